//! What a change touched: the rows that are to be written, and whether blobs' files are still needed.

use std::collections::BTreeSet;

use acr_core::Digest;

/// One row of the database: a kind, a repository or whatever the kind is by, and an item in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Row {
    pub(super) kind: Kind,
    pub(super) of: String,
    pub(super) item: String,
}

/// The kinds of rows, in the order in which they are read: a tag after its manifest. The numbers
/// are on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(super) enum Kind {
    Registry = 0,
    Repository = 1,
    Manifest = 2,
    Tag = 3,
    Blob = 4,
    Upload = 5,
    DeletedManifest = 6,
    DeletedTag = 7,
}

impl Kind {
    const ALL: [Self; 8] = [
        Self::Registry,
        Self::Repository,
        Self::Manifest,
        Self::Tag,
        Self::Blob,
        Self::Upload,
        Self::DeletedManifest,
        Self::DeletedTag,
    ];

    pub(super) fn of(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| *kind as u8 == number)
    }

    pub(super) fn row(self, of: &str, item: &str) -> Row {
        Row {
            kind: self,
            of: of.to_owned(),
            item: item.to_owned(),
        }
    }
}

/// What events did to a state.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// Rows that changed, came or went, if anybody wants to know; the state says which.
    pub(super) rows: Option<BTreeSet<Row>>,
    /// Every row went before those above came.
    pub(super) cleared: bool,
    /// A repository more knows each of these files.
    pub(super) linked: Vec<Digest>,
    /// A repository less knows each of these.
    pub(super) unlinked: Vec<Digest>,
}

impl Effects {
    /// Nothing yet, where `rows` are to be noted down or not.
    pub(super) fn new(rows: bool) -> Self {
        Self {
            rows: rows.then(BTreeSet::new),
            ..Self::default()
        }
    }

    pub(super) fn touch(&mut self, kind: Kind, of: &str, item: &str) {
        if let Some(rows) = &mut self.rows {
            rows.insert(kind.row(of, item));
        }
    }

    /// Every row goes.
    pub(super) fn clear(&mut self) {
        self.cleared = true;
        if let Some(rows) = &mut self.rows {
            rows.clear();
        }
    }
}

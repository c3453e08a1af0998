//! Repositories, their manifests and tags.

use std::collections::{BTreeMap, BTreeSet};

use acr_core::{Digest, Tag};
use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::Subject;
use crate::manifest::Summary;

/// The four switches of a repository, tag or manifest, in the order of the service's answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Attributes {
    pub(crate) delete_enabled: bool,
    pub(crate) write_enabled: bool,
    pub(crate) read_enabled: bool,
    pub(crate) list_enabled: bool,
}

impl Default for Attributes {
    fn default() -> Self {
        Self {
            delete_enabled: true,
            write_enabled: true,
            read_enabled: true,
            list_enabled: true,
        }
    }
}

impl Attributes {
    /// Whether the thing itself may be deleted: a write lock protects it as well.
    pub(crate) fn deletable(self) -> bool {
        self.delete_enabled && self.write_enabled
    }
}

/// A repository: it comes with its first manifest and goes with its last.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Repository {
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    /// Whether it can be loaded while it runs; not known of every repository.
    #[serde(default)]
    pub(crate) teleport: Option<bool>,
    /// By digest.
    pub(crate) manifests: BTreeMap<String, Manifest>,
    pub(crate) tags: BTreeMap<String, TagEntry>,
    /// When deleted tags and manifests were last updated: a list in time order goes on after an
    /// item that is no longer there.
    pub(crate) departed: BTreeMap<String, Timestamp>,
}

/// What a tag points to.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct TagEntry {
    pub(crate) digest: Digest,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    #[serde(default)]
    pub(crate) signed: bool,
}

impl TagEntry {
    pub(crate) fn new(digest: Digest, created: Timestamp, updated: Timestamp) -> Self {
        Self {
            digest,
            created,
            updated,
            attributes: Attributes::default(),
            signed: false,
        }
    }
}

/// The bytes of a manifest.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Content {
    /// The exact bytes; a manifest is JSON and so always text.
    Text(String),
    /// As many spaces: the manifest was seeded without its content.
    Blank(u64),
}

impl Content {
    pub(crate) fn size(&self) -> u64 {
        match self {
            Self::Text(text) => text.len() as u64,
            Self::Blank(size) => *size,
        }
    }

    pub(crate) fn bytes(&self) -> Bytes {
        match self {
            Self::Text(text) => Bytes::copy_from_slice(text.as_bytes()),
            Self::Blank(size) => vec![b' '; usize::try_from(*size).unwrap_or_default()].into(),
        }
    }
}

/// The state of a manifest that is in quarantine, and of one that is no longer.
pub(crate) const QUARANTINED: &str = "Quarantined";
pub(crate) const PASSED: &str = "Passed";

/// A manifest and what is known of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Manifest {
    pub(crate) content: Content,
    pub(crate) media_type: String,
    pub(crate) summary: Summary,
    pub(crate) created: Timestamp,
    pub(crate) updated: Timestamp,
    pub(crate) attributes: Attributes,
    /// Shown in listings, where it is known.
    #[serde(default)]
    pub(crate) quarantine: Option<String>,
    pub(crate) tags: BTreeSet<String>,
}

impl Manifest {
    /// Whether it is held back: it was quarantined and has not passed.
    pub(crate) fn is_held(&self) -> bool {
        let state = self.quarantine.as_deref();
        state.is_some_and(|state| state != PASSED)
    }

    /// A manifest that is put for the first time.
    pub(crate) fn new(
        content: Content,
        media_type: String,
        summary: Summary,
        at: Timestamp,
    ) -> Self {
        Self {
            content,
            media_type,
            summary,
            created: at,
            updated: at,
            attributes: Attributes::default(),
            quarantine: None,
            tags: BTreeSet::new(),
        }
    }
}

impl Repository {
    pub(super) fn new(at: Timestamp) -> Self {
        Self {
            created: at,
            updated: at,
            attributes: Attributes::default(),
            teleport: None,
            manifests: BTreeMap::new(),
            tags: BTreeMap::new(),
            departed: BTreeMap::new(),
        }
    }

    pub(crate) fn manifest(&self, digest: &Digest) -> Option<&Manifest> {
        self.manifests.get(digest.as_str())
    }

    pub(crate) fn tag_entry(&self, tag: &Tag) -> Option<&TagEntry> {
        self.tags.get(tag.as_str())
    }

    pub(super) fn put(&mut self, digest: &Digest, manifest: Manifest) {
        self.updated = manifest.updated;
        self.departed.remove(digest.as_str());
        self.manifests
            .entry(digest.to_string())
            .and_modify(|before| before.updated = manifest.updated)
            .or_insert(manifest);
    }

    /// Puts a manifest as it is in the place of another, which leaves it its tags.
    pub(super) fn insert(&mut self, digest: &Digest, mut manifest: Manifest) {
        self.departed.remove(digest.as_str());
        if let Some(before) = self.manifests.remove(digest.as_str()) {
            manifest.tags = before.tags;
        }
        self.manifests.insert(digest.to_string(), manifest);
    }

    pub(super) fn tag(&mut self, tag: Tag, digest: &Digest, at: Timestamp) {
        let before = self.tags.get(tag.as_str());
        let created = before.map_or(at, |entry| entry.created);
        let mut entry = TagEntry::new(digest.clone(), created, at);
        entry.attributes = before.map(|entry| entry.attributes).unwrap_or_default();
        self.insert_tag(tag, entry);
    }

    pub(super) fn insert_tag(&mut self, tag: Tag, entry: TagEntry) {
        let (name, digest) = (String::from(tag), entry.digest.clone());
        self.departed.remove(&name);
        if let Some(before) = self.tags.insert(name.clone(), entry)
            && let Some(manifest) = self.manifests.get_mut(before.digest.as_str())
        {
            manifest.tags.remove(&name);
        }
        if let Some(manifest) = self.manifests.get_mut(digest.as_str()) {
            manifest.tags.insert(name);
        }
    }

    pub(super) fn remove_manifest(&mut self, digest: &Digest, at: Timestamp) {
        let Some(manifest) = self.manifests.remove(digest.as_str()) else {
            return;
        };
        for tag in &manifest.tags {
            self.remove_tag(tag, at);
        }
        self.updated = at;
        self.departed.insert(digest.to_string(), manifest.updated);
    }

    pub(super) fn remove_tag(&mut self, tag: &str, at: Timestamp) {
        let Some(entry) = self.tags.remove(tag) else {
            return;
        };
        if let Some(manifest) = self.manifests.get_mut(entry.digest.as_str()) {
            manifest.tags.remove(tag);
        }
        self.updated = at;
        self.departed.insert(tag.to_owned(), entry.updated);
    }

    pub(super) fn set_quarantine(&mut self, digest: &Digest, state: String) {
        if let Some(manifest) = self.manifests.get_mut(digest.as_str()) {
            manifest.quarantine = Some(state);
        }
    }

    /// New attributes leave the time of the last update as it was.
    pub(super) fn set_attributes(&mut self, subject: &Subject, attributes: Attributes) {
        let place = match subject {
            Subject::Repository => Some(&mut self.attributes),
            Subject::Tag(tag) => {
                let entry = self.tags.get_mut(tag.as_str());
                entry.map(|entry| &mut entry.attributes)
            }
            Subject::Manifest(digest) => {
                let manifest = self.manifests.get_mut(digest.as_str());
                manifest.map(|manifest| &mut manifest.attributes)
            }
        };
        if let Some(place) = place {
            *place = attributes;
        }
    }
}

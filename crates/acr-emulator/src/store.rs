//! What the registry holds: metadata in memory, blobs on disk.
//!
//! Every change is an [`Event`]. A change is decided while the state is locked, written to the
//! journal where a data directory was given, and applied; so what was answered with success is
//! found again after a restart.

mod blob;
mod blobs;
mod event;
mod journal;
mod repository;
mod state;

use std::{
    io,
    path::Path,
    sync::{Mutex, MutexGuard, PoisonError},
};

use acr_core::Digest;
use journal::Journal;

pub(crate) use blob::Blob;
pub(crate) use blobs::BlobDir;
pub(crate) use event::{Event, Subject};
pub(crate) use journal::write_atomically;
pub(crate) use repository::{
    Attributes, Content, Manifest, PASSED, QUARANTINED, Repository, TagEntry,
};
pub(crate) use state::State;

/// The state, its journal and the blobs' directory.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Mutex<Inner>,
    pub(crate) blobs: BlobDir,
}

#[derive(Debug)]
struct Inner {
    state: State,
    journal: Option<Journal>,
}

impl Store {
    /// Opens the directory; with `keep`, what an earlier run left there is found again.
    pub(crate) fn open(directory: &Path, keep: bool) -> io::Result<Self> {
        let blobs = BlobDir::open(directory)?;
        let (state, journal) = if keep {
            let (state, journal) = Journal::open(directory)?;
            (state, Some(journal))
        } else {
            (State::default(), None)
        };
        let inner = Mutex::new(Inner { state, journal });
        let store = Self { inner, blobs };
        store
            .blobs
            .remove_uploads_except(&store.read(State::upload_ids))?;
        Ok(store)
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock().state)
    }

    /// Decides on a change and makes it, with nothing in between.
    ///
    /// # Errors
    /// Those of `decide`, and of a journal that cannot be written; then nothing has changed.
    pub(crate) fn commit<T, E: From<io::Error>>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Vec<Event>, T), E>,
    ) -> Result<T, E> {
        let mut inner = self.lock();
        let (events, outcome) = decide(&inner.state)?;
        inner.apply(events)?;
        Ok(outcome)
    }

    /// Deletes the bytes of a blob that no repository knows.
    pub(crate) fn remove_unknown(&self, digest: &Digest) {
        let inner = self.lock();
        if inner.state.blob_links(digest) == 0 {
            self.blobs.remove(digest);
        }
    }

    /// Forgets and deletes everything.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let mut inner = self.lock();
        inner.apply(vec![Event::Cleared])?;
        self.blobs.clear()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn apply(&mut self, events: Vec<Event>) -> io::Result<()> {
        if let Some(journal) = &mut self.journal {
            journal.append(&events)?;
        }
        for event in events {
            self.state.apply(event);
        }
        Ok(())
    }
}

//! What the registry holds: metadata in memory, blobs on disk.
//!
//! Every change is an [`Event`]. A change is decided while the state is locked, written to the
//! journal where a data directory was given, and applied; so what was answered with success is
//! found again after a restart.

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

use journal::Journal;

pub(crate) use blobs::BlobDir;
pub(crate) use event::{Event, Subject};
pub(crate) use journal::write_atomically;
pub(crate) use repository::{Attributes, Manifest, Repository, TagEntry};
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
    /// Those of `decide`; then nothing has changed.
    pub(crate) fn commit<T, E>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Vec<Event>, T), E>,
    ) -> Result<T, E> {
        let mut inner = self.lock();
        let (events, outcome) = decide(&inner.state)?;
        for event in events {
            inner.apply(event);
        }
        Ok(outcome)
    }

    /// Forgets and deletes everything.
    pub(crate) fn clear(&self) -> io::Result<()> {
        let mut inner = self.lock();
        inner.apply(Event::Cleared);
        self.blobs.clear()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn apply(&mut self, event: Event) {
        if let Some(journal) = &mut self.journal
            && let Err(error) = journal.append(&event)
        {
            tracing::error!(%error, "a change will not survive a restart");
        }
        self.state.apply(event);
    }
}

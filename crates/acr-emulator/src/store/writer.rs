//! The thread that writes changes down, so that no task waits for a disk.
//!
//! Whatever was decided while the disk was busy is written in one transaction: many clients share
//! the time that one of them would take.

use std::{
    io,
    path::{Path, PathBuf},
    sync::{PoisonError, RwLock, Weak, mpsc},
    thread::{self, JoinHandle},
};

use acr_core::Digest;

use super::{
    Inner,
    blobs::BlobDir,
    database::{Change, Database},
};

/// What is called when a batch is on disk, or cannot be.
pub(super) type Done = Box<dyn FnOnce(io::Result<()>) + Send>;

/// What one decision changed.
pub(super) struct Batch {
    pub(super) changes: Vec<Change>,
    pub(super) cleared: bool,
    pub(super) linked: Vec<Digest>,
    pub(super) unlinked: Vec<Digest>,
    pub(super) done: Done,
}

/// Starts the thread. It ends when the other end of `queue` is gone.
pub(super) fn start(
    queue: mpsc::Receiver<Batch>,
    database: Database,
    directory: &Path,
    blobs: BlobDir,
    inner: Weak<RwLock<Inner>>,
) -> io::Result<JoinHandle<()>> {
    let writer = Writer {
        queue,
        database: Some(database),
        directory: directory.to_owned(),
        blobs,
        inner,
    };
    let thread = thread::Builder::new().name("acr-emulator-writer".to_owned());
    thread.spawn(move || writer.run())
}

struct Writer {
    queue: mpsc::Receiver<Batch>,
    /// None when it could not be opened again.
    database: Option<Database>,
    directory: PathBuf,
    blobs: BlobDir,
    inner: Weak<RwLock<Inner>>,
}

impl Writer {
    fn run(mut self) {
        while let Ok(first) = self.queue.recv() {
            let mut batches = vec![first];
            batches.extend(self.queue.try_iter());
            match self.write(&batches) {
                Ok(()) => self.settle(batches, None),
                Err(error) => {
                    tracing::error!(%error, "changes could not be written down");
                    self.go_back(batches, &error);
                }
            }
        }
    }

    fn write(&self, batches: &[Batch]) -> io::Result<()> {
        let Some(database) = &self.database else {
            return Err(io::Error::other("what is on disk could not be read back"));
        };
        let changes = batches
            .iter()
            .map(|batch| (batch.cleared, batch.changes.as_slice()));
        database.write(changes)
    }

    /// Tells everybody, and lets go of the files that are not needed.
    fn settle(&self, batches: Vec<Batch>, error: Option<&io::Error>) {
        for batch in batches {
            match error {
                None => self.blobs.release(&batch.unlinked),
                Some(_) => self.blobs.release(&batch.linked),
            }
            let again = |error: &io::Error| io::Error::new(error.kind(), error.to_string());
            (batch.done)(error.map(again).map_or(Ok(()), Err));
        }
    }

    /// Puts what is on disk in the place of what is in memory. Decisions that were made meanwhile
    /// may rest on what was not written down, so they fail as well.
    fn go_back(&mut self, mut failed: Vec<Batch>, error: &io::Error) {
        let Some(inner) = self.inner.upgrade() else {
            return self.settle(failed, Some(error));
        };
        let mut inner = inner.write().unwrap_or_else(PoisonError::into_inner);
        failed.extend(self.queue.try_iter());
        // After a fault redb does nothing more with a file that was not opened anew.
        self.database = None;
        match Database::open(&self.directory) {
            Ok((database, state)) => {
                self.database = Some(database);
                inner.state = state;
            }
            // The next change fails as well, and then this is tried again.
            Err(error) => tracing::error!(%error, "the data directory cannot be read back"),
        }
        drop(inner);
        self.settle(failed, Some(error));
    }
}

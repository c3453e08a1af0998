//! What the registry holds: metadata in memory, blobs on disk.
//!
//! Every change is an [`Event`]. A change is decided and applied while the state is locked. Where a
//! data directory was given, the rows of the database that it touched are then written down, and
//! it is not answered before they are on disk: so what was answered with success is found again
//! after a restart. Others may see it a moment before that.

mod blob;
mod blobs;
mod database;
mod deleted;
mod effects;
mod event;
mod indexed;
mod repository;
mod rows;
mod state;
mod writer;

use std::{
    fs,
    io::{self, Write},
    path::Path,
    sync::{Arc, Mutex, PoisonError, RwLock, RwLockWriteGuard, mpsc},
    thread::JoinHandle,
};

use acr_core::Digest;
use tokio::sync::oneshot;

pub(crate) use blob::Blob;
pub(crate) use blobs::{BlobDir, Hold};
pub(crate) use deleted::{DeletedManifest, DeletedRepository, DeletedTag};
pub(crate) use event::{Event, Subject};
pub(crate) use indexed::{Dated, Indexed};
pub use repository::Attributes;
pub(crate) use repository::{Content, Manifest, PASSED, QUARANTINED, Repository, TagEntry};
pub(crate) use state::State;

use database::Database;
use effects::Effects;
use writer::{Batch, Done};

/// The state, the thread that writes it down, and the blobs' directory.
#[derive(Debug)]
pub(crate) struct Store {
    inner: Arc<RwLock<Inner>>,
    writer: Mutex<Option<JoinHandle<()>>>,
    pub(crate) blobs: BlobDir,
}

#[derive(Debug)]
struct Inner {
    state: State,
    medium: Medium,
}

/// Where changes are written down.
#[derive(Debug)]
enum Medium {
    Memory,
    Disk(mpsc::Sender<Batch>),
    /// Nowhere any more.
    Closed,
}

impl Store {
    /// Opens the directory; with `keep`, what an earlier run left there is found again.
    pub(crate) fn open(directory: &Path, keep: bool) -> io::Result<Self> {
        let blobs = BlobDir::open(directory, keep)?;
        let store = |state, medium| Self {
            inner: Arc::new(RwLock::new(Inner { state, medium })),
            writer: Mutex::default(),
            blobs: blobs.clone(),
        };
        if !keep {
            return Ok(store(State::default(), Medium::Memory));
        }
        // Blobs that nobody knows are swept away: not those of which the knowledge is lost.
        if let Some(path) = Database::missing(directory)
            && !blobs.is_empty()?
        {
            return Err(database::damaged(
                &path,
                "it holds nothing, but there are blobs",
            ));
        }
        let (database, state) = Database::open(directory)?;
        find_files(&state, &blobs)?;
        let (sender, queue) = mpsc::channel();
        let store = store(state, Medium::Disk(sender));
        let inner = Arc::downgrade(&store.inner);
        let writer = writer::start(queue, database, directory, blobs, inner)?;
        *store.writer.lock().unwrap_or_else(PoisonError::into_inner) = Some(writer);
        Ok(store)
    }

    /// Looks at the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(
            &self
                .inner
                .read()
                .unwrap_or_else(PoisonError::into_inner)
                .state,
        )
    }

    /// Decides on a change and makes it, with nothing in between. That happens at once; what is
    /// left to wait for is the disk.
    ///
    /// # Errors
    /// Those of `decide`, and of a disk that cannot be written; then nothing has changed.
    pub(crate) fn commit<T, E: From<io::Error>, D>(
        &self,
        decide: D,
    ) -> impl Future<Output = Result<T, E>> + use<T, E, D>
    where
        D: FnOnce(&State) -> Result<(Vec<Event>, T), E>,
    {
        let (sender, written) = oneshot::channel();
        // Nobody may be waiting any more.
        let done = Box::new(|outcome| drop(sender.send(outcome)));
        let made = self.make(decide, done);
        let blobs = self.blobs.clone();
        async move {
            let (outcome, unlinked) = made?;
            if !unlinked.is_empty() {
                let release = tokio::task::spawn_blocking(move || blobs.release(&unlinked));
                release.await.map_err(io::Error::from)?;
            }
            written.await.map_err(|_| closed())??;
            Ok(outcome)
        }
    }

    /// As [`Store::commit`], for whoever is no task and may wait.
    pub(crate) fn commit_blocking<T, E: From<io::Error>>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Vec<Event>, T), E>,
    ) -> Result<T, E> {
        let (sender, written) = mpsc::channel();
        let done = Box::new(move |outcome| drop(sender.send(outcome)));
        let (outcome, unlinked) = self.make(decide, done)?;
        self.blobs.release(&unlinked);
        written.recv().map_err(|_| closed())??;
        Ok(outcome)
    }

    /// Makes a change in memory, and gives the files that nobody writes down as unlinked.
    fn make<T, E: From<io::Error>>(
        &self,
        decide: impl FnOnce(&State) -> Result<(Vec<Event>, T), E>,
        done: Done,
    ) -> Result<(T, Vec<Digest>), E> {
        let mut inner = self.write();
        if let Medium::Closed = inner.medium {
            return Err(closed().into());
        }
        let (events, outcome) = decide(&inner.state)?;
        let unlinked = inner.apply(events, &self.blobs, done);
        Ok((outcome, unlinked))
    }

    /// Forgets and deletes everything.
    pub(crate) fn clear(&self) -> io::Result<()> {
        self.commit_blocking(|_| Ok::<_, io::Error>((vec![Event::Cleared], ())))?;
        self.blobs.clear_uploads()
    }

    /// Writes down what is still to be, and lets go of the directory.
    pub(crate) fn close(&self) {
        let mut inner = self.write();
        if let Medium::Disk(_) = inner.medium {
            inner.medium = Medium::Closed;
        }
        drop(inner);
        let writer = self
            .writer
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if writer.is_some_and(|writer| writer.join().is_err()) {
            tracing::error!("the thread that writes changes down has panicked");
        }
    }

    fn write(&self) -> RwLockWriteGuard<'_, Inner> {
        self.inner.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Store {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    fn apply(&mut self, events: Vec<Event>, blobs: &BlobDir, done: Done) -> Vec<Digest> {
        let disk = matches!(self.medium, Medium::Disk(_));
        let nothing = events.is_empty();
        let mut effects = Effects::new(disk);
        for event in events {
            self.state.apply(event, &mut effects);
        }
        blobs.add(&effects.linked);
        let Medium::Disk(queue) = &self.medium else {
            done(Ok(()));
            return effects.unlinked;
        };
        if nothing {
            done(Ok(()));
            return Vec::new();
        }
        let rows = effects.rows.unwrap_or_default().into_iter();
        let batch = Batch {
            changes: rows.map(|row| self.state.change(row)).collect(),
            cleared: effects.cleared,
            linked: effects.linked,
            unlinked: effects.unlinked,
            done,
        };
        // If the writer is gone, so is `done`, and whoever waits for it hears of that.
        drop(queue.send(batch));
        Vec::new()
    }
}

/// Makes sure that every blob has its bytes, and deletes what nobody knows.
fn find_files(state: &State, blobs: &BlobDir) -> io::Result<()> {
    for (digest, blob) in state.files() {
        let path = blobs.path(digest);
        let length = match fs::metadata(&path) {
            Ok(metadata) => metadata.len(),
            Err(error) => return Err(database::damaged(&path, error)),
        };
        if length != blob.size {
            let fault = format!("it has {length} bytes of {}", blob.size);
            return Err(database::damaged(&path, fault));
        }
        blobs.add([digest]);
    }
    blobs.sweep(&state.upload_ids())
}

fn closed() -> io::Error {
    io::Error::other("the emulator is stopping")
}

/// Writes a file so that it is there as a whole or not at all.
pub(crate) fn write_atomically(path: &Path, content: &[u8]) -> io::Result<()> {
    let directory = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    blobs::sync_directory(directory)
}

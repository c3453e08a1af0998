//! Uploads under way: bytes go to a file and through a hash as they come.

use std::{
    collections::HashMap,
    fs::{File, OpenOptions},
    io::{self, Read, Write},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use acr_core::{Algorithm, Digest, DigestVerifier, RepositoryName};
use axum::body::Body;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::{
    runtime::Handle,
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
    task::spawn_blocking,
    time::timeout,
};

use crate::store::{BlobDir, Store};

/// How much of a file is read at a time to hash it.
const READ: usize = 256 * 1024;
/// So much of a body is gathered before it is written: 1 MiB, which makes up for the way to another
/// thread and back.
const GATHERED: usize = 1024 * 1024;
/// A client that sends nothing for so long has broken off: others wait for its upload.
const SILENCE: Duration = Duration::from_secs(60);

/// One upload. Whoever holds it is alone with it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) repository: RepositoryName,
    pub(crate) uuid: String,
    pub(crate) started: Timestamp,
    pub(crate) path: PathBuf,
    received: Arc<AsyncMutex<Received>>,
    /// That of all bytes received, as of when the session was taken or last changed.
    hash: DigestVerifier,
    /// Completed or cancelled while somebody else was waiting for it.
    pub(crate) ended: bool,
}

/// The file of an upload, which is open only while bytes come: uploads that nobody goes on with
/// must not use up what the system lets be open. Written and hashed by threads on which nothing
/// else waits.
#[derive(Debug)]
struct Received {
    path: PathBuf,
    hash: DigestVerifier,
}

/// Why bytes were not taken, or not all of them.
#[derive(Debug)]
pub(crate) enum AppendError {
    /// The client broke off; what came before is kept.
    Client,
    /// The emulator's disk failed.
    Disk(io::Error),
}

/// Where a session stood, to go back to.
#[derive(Debug)]
pub(crate) struct Mark(DigestVerifier);

impl Mark {
    /// How many bytes there were.
    pub(crate) fn offset(&self) -> u64 {
        self.0.bytes()
    }
}

impl Session {
    /// Begins an upload that nobody else knows of.
    pub(crate) async fn create(
        blobs: &BlobDir,
        repository: RepositoryName,
        uuid: String,
        started: Timestamp,
    ) -> io::Result<Self> {
        let path = blobs.upload_path(&uuid);
        let received = Received::create(path)?;
        Ok(Self::new(repository, uuid, started, received))
    }

    fn new(
        repository: RepositoryName,
        uuid: String,
        started: Timestamp,
        received: Received,
    ) -> Self {
        Self {
            path: received.path.clone(),
            hash: received.hash.clone(),
            received: Arc::new(AsyncMutex::new(received)),
            repository,
            uuid,
            started,
            ended: false,
        }
    }

    /// How many bytes have come.
    pub(crate) fn offset(&self) -> u64 {
        self.hash.bytes()
    }

    /// Takes a body's bytes.
    pub(crate) async fn append(&mut self, body: Body) -> Result<(), AppendError> {
        let received = Arc::clone(&self.received).lock_owned().await;
        let (received, outcome) = receive(received, body).await.map_err(AppendError::Disk)?;
        self.hash = received.hash.clone();
        outcome
    }

    /// Waits until what an earlier holder left behind is written.
    async fn settle(&mut self) {
        self.hash = self.received.lock().await.hash.clone();
    }

    /// Where the session stands now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.hash.clone())
    }

    /// Drops the bytes that came after the mark.
    pub(crate) async fn rewind(&mut self, to: Mark) -> io::Result<()> {
        let mut received = self.received.lock().await;
        received.open()?.set_len(to.offset())?;
        received.hash = to.0;
        self.hash = received.hash.clone();
        Ok(())
    }

    /// The digest of all bytes, under the algorithm of `like`.
    pub(crate) async fn digest(&self, like: Algorithm) -> io::Result<Digest> {
        if like == Algorithm::Sha256 {
            return Ok(self.hash.clone().finish());
        }
        let path = self.path.clone();
        let hash = spawn_blocking(move || hash_file(File::open(path)?, like)).await??;
        Ok(hash.finish())
    }
}

/// All uploads under way.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    open: Mutex<HashMap<String, Arc<AsyncMutex<Session>>>>,
}

impl Sessions {
    /// Lets others find an upload.
    pub(crate) fn add(&self, session: Session) {
        let uuid = session.uuid.clone();
        let session = Arc::new(AsyncMutex::new(session));
        self.lock().insert(uuid, session);
    }

    /// The upload of this id, waiting until nobody else holds it. An upload that an earlier run of
    /// the emulator began is opened again: what it had received is hashed anew. One whose file is
    /// gone is unknown.
    pub(crate) async fn find(
        &self,
        store: &Store,
        uuid: &str,
    ) -> io::Result<Option<OwnedMutexGuard<Session>>> {
        let known = self.lock().get(uuid).cloned();
        let session = match known {
            Some(session) => session,
            None => {
                let Some(record) = store.read(|state| state.upload(uuid).cloned()) else {
                    return Ok(None);
                };
                let path = store.blobs.upload_path(uuid);
                let reopening = spawn_blocking(move || Received::reopen(path));
                let received = match reopening.await? {
                    Ok(received) => received,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                let (uuid, started) = (uuid.to_owned(), record.started);
                let key = uuid.clone();
                let session = Session::new(record.repository, uuid, started, received);
                let fresh = Arc::new(AsyncMutex::new(session));
                let mut open = self.lock();
                Arc::clone(open.entry(key).or_insert(fresh))
            }
        };
        let mut guard = session.lock_owned().await;
        guard.settle().await;
        Ok((!guard.ended).then_some(guard))
    }

    /// Forgets an upload.
    pub(crate) fn remove(&self, session: &mut Session) {
        session.ended = true;
        self.lock().remove(&session.uuid);
    }

    /// Forgets all uploads.
    pub(crate) fn clear(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<AsyncMutex<Session>>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Received {
    fn create(path: PathBuf) -> io::Result<Self> {
        File::create_new(&path)?;
        let hash = DigestVerifier::new(Algorithm::Sha256);
        Ok(Self { path, hash })
    }

    fn reopen(path: PathBuf) -> io::Result<Self> {
        let hash = hash_file(File::open(&path)?, Algorithm::Sha256)?;
        Ok(Self { path, hash })
    }

    /// Every write goes to the end, wherever that is after a rewind.
    fn open(&self) -> io::Result<File> {
        OpenOptions::new().append(true).open(&self.path)
    }

    /// Adds bytes; those that could not be written whole are as if they had not come.
    fn add(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut file = self.open()?;
        if let Err(error) = file.write_all(bytes) {
            file.set_len(self.hash.bytes())?;
            return Err(error);
        }
        self.hash.update(bytes);
        Ok(())
    }
}

/// Bytes on their way to a file. When the client breaks off, the request may be dropped with them:
/// they are then written all the same, and whoever takes the upload next waits for that.
struct Gathered {
    to: Option<OwnedMutexGuard<Received>>,
    /// Copied, so that what they were read into can be read into again: cheaper than new memory.
    bytes: Vec<u8>,
}

impl Drop for Gathered {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if let (Some(mut to), Ok(runtime)) = (self.to.take(), Handle::try_current())
            && !bytes.is_empty()
        {
            runtime.spawn_blocking(move || {
                if let Err(error) = to.add(&bytes) {
                    tracing::warn!(%error, "the last bytes of an upload are lost");
                }
            });
        }
    }
}

/// Takes a body's bytes until it ends or breaks.
async fn receive(
    mut to: OwnedMutexGuard<Received>,
    body: Body,
) -> io::Result<(OwnedMutexGuard<Received>, Result<(), AppendError>)> {
    let mut stream = body.into_data_stream();
    let mut bytes = Vec::new();
    loop {
        let mut gathered = Gathered {
            to: Some(to),
            bytes,
        };
        let rest = loop {
            match timeout(SILENCE, stream.next()).await {
                Ok(Some(Ok(chunk))) => {
                    gathered.bytes.extend_from_slice(&chunk);
                    if gathered.bytes.len() >= GATHERED {
                        break None;
                    }
                }
                Ok(Some(Err(_))) | Err(_) => break Some(Err(AppendError::Client)),
                Ok(None) => break Some(Ok(())),
            }
        };
        let Some(mut guard) = gathered.to.take() else {
            return Err(io::Error::other("an upload was taken away"));
        };
        let mut taken = std::mem::take(&mut gathered.bytes);
        let writing = spawn_blocking(move || {
            let written = guard.add(&taken);
            taken.clear();
            (guard, taken, written)
        });
        let written;
        (to, bytes, written) = writing.await?;
        match (written, rest) {
            (Err(error), _) => return Ok((to, Err(AppendError::Disk(error)))),
            (Ok(()), Some(outcome)) => return Ok((to, outcome)),
            (Ok(()), None) => {}
        }
    }
}

fn hash_file(mut file: File, algorithm: Algorithm) -> io::Result<DigestVerifier> {
    let mut hash = DigestVerifier::new(algorithm);
    let mut buffer = vec![0; READ];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hash);
        }
        hash.update(&buffer[..read]);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use futures_util::stream;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_falls_silent_has_broken_off() {
        let folder = tempfile::tempdir().unwrap();
        let blobs = BlobDir::open(folder.path(), false).unwrap();
        let (name, uuid) = ("app".parse().unwrap(), "1-2".to_owned());
        let session = Session::create(&blobs, name, uuid, Timestamp::UNIX_EPOCH);
        let mut session = session.await.unwrap();
        let sent = stream::iter([Ok::<_, io::Error>(Bytes::from_static(b"begin"))]);
        let body = Body::from_stream(sent.chain(stream::pending()));
        let outcome = session.append(body).await;
        assert!(matches!(outcome, Err(AppendError::Client)), "{outcome:?}");
        assert_eq!(session.offset(), 5, "what came before is kept");
    }
}

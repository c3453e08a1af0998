//! Uploads under way: bytes go to a file and through a hash as they come.

use std::{
    collections::HashMap,
    io,
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use acr_core::{Algorithm, Digest, DigestVerifier, RepositoryName};
use axum::body::Body;
use futures_util::StreamExt;
use jiff::Timestamp;
use tokio::{
    fs::{File, OpenOptions},
    io::{AsyncReadExt, AsyncWriteExt},
    sync::{Mutex as AsyncMutex, OwnedMutexGuard},
};

use crate::store::{BlobDir, Store};

/// How much of a file is read at a time to hash it.
const READ: usize = 256 * 1024;

/// One upload. Whoever holds it is alone with it.
#[derive(Debug)]
pub(crate) struct Session {
    pub(crate) repository: RepositoryName,
    pub(crate) uuid: String,
    pub(crate) started: Timestamp,
    pub(crate) path: PathBuf,
    file: File,
    hash: DigestVerifier,
    /// Completed or cancelled while somebody else was waiting for it.
    pub(crate) ended: bool,
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
        Ok(Self {
            file: appending().create_new(true).open(&path).await?,
            hash: DigestVerifier::new(Algorithm::Sha256),
            repository,
            uuid,
            started,
            path,
            ended: false,
        })
    }

    /// How many bytes have come.
    pub(crate) fn offset(&self) -> u64 {
        self.hash.bytes()
    }

    /// Takes a body's bytes.
    pub(crate) async fn append(&mut self, body: Body) -> Result<(), AppendError> {
        let mut stream = body.into_data_stream();
        let mut outcome = Ok(());
        while let Some(chunk) = stream.next().await {
            let Ok(chunk) = chunk else {
                outcome = Err(AppendError::Client);
                break;
            };
            self.file
                .write_all(&chunk)
                .await
                .map_err(AppendError::Disk)?;
            self.hash.update(&chunk);
        }
        self.file.flush().await.map_err(AppendError::Disk)?;
        outcome
    }

    /// Where the session stands now.
    pub(crate) fn mark(&self) -> Mark {
        Mark(self.hash.clone())
    }

    /// Drops the bytes that came after the mark.
    pub(crate) async fn rewind(&mut self, to: Mark) -> io::Result<()> {
        self.file.set_len(to.offset()).await?;
        self.hash = to.0;
        Ok(())
    }

    /// The digest of all bytes, under the algorithm of `like`.
    pub(crate) async fn digest(&self, like: Algorithm) -> io::Result<Digest> {
        if like == Algorithm::Sha256 {
            return Ok(self.hash.clone().finish());
        }
        let file = File::open(&self.path).await?;
        Ok(hash_file(file, like).await?.finish())
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
                let reader = match File::open(&path).await {
                    Ok(reader) => reader,
                    Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
                    Err(error) => return Err(error),
                };
                let session = Session {
                    hash: hash_file(reader, Algorithm::Sha256).await?,
                    file: appending().open(&path).await?,
                    repository: record.repository,
                    uuid: uuid.to_owned(),
                    started: record.started,
                    path,
                    ended: false,
                };
                let fresh = Arc::new(AsyncMutex::new(session));
                let mut open = self.lock();
                Arc::clone(open.entry(uuid.to_owned()).or_insert(fresh))
            }
        };
        let guard = session.lock_owned().await;
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

/// Every write goes to the end, wherever that is after a rewind.
fn appending() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.append(true);
    options
}

async fn hash_file(mut file: File, algorithm: Algorithm) -> io::Result<DigestVerifier> {
    let mut hash = DigestVerifier::new(algorithm);
    let mut buffer = vec![0; READ];
    loop {
        let read = file.read(&mut buffer).await?;
        if read == 0 {
            return Ok(hash);
        }
        hash.update(&buffer[..read]);
    }
}

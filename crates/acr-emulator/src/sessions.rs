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

impl Session {
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
    /// Begins an upload.
    pub(crate) async fn create(
        &self,
        blobs: &BlobDir,
        repository: RepositoryName,
        uuid: String,
        started: Timestamp,
    ) -> io::Result<OwnedMutexGuard<Session>> {
        let path = blobs.upload_path(&uuid);
        let session = Session {
            file: File::create(&path).await?,
            hash: DigestVerifier::new(Algorithm::Sha256),
            repository,
            uuid: uuid.clone(),
            started,
            path,
            ended: false,
        };
        let session = Arc::new(AsyncMutex::new(session));
        self.lock().insert(uuid, Arc::clone(&session));
        Ok(session.lock_owned().await)
    }

    /// The upload of this id, waiting until nobody else holds it. An upload that an earlier run of
    /// the emulator began is opened again: what it had received is hashed anew.
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
                let reader = File::open(&path).await?;
                let session = Session {
                    hash: hash_file(reader, Algorithm::Sha256).await?,
                    file: OpenOptions::new().append(true).open(&path).await?,
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

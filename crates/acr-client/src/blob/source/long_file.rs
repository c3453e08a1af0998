//! Files that are too long to be held in memory: read on a thread that keeps a little ahead.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    ops::Range,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use acr_core::{Algorithm, Digest, DigestVerifier};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::blob::buffers::Buffers;

/// So much is read at once: enough that the way from thread to thread costs nothing beside it, and
/// little enough to stay in the processor's cache.
const PIECE: usize = 256 * 1024;

/// So many pieces wait for whoever takes them.
const AHEAD: usize = 4;

/// An opened file, any part of which can be read, and read again.
#[derive(Clone)]
pub(crate) struct LongFile {
    path: PathBuf,
    /// Its place is set before each read: another reader may be at its end still.
    file: Arc<Mutex<File>>,
    /// As it was when it was opened.
    pub(crate) size: u64,
    buffers: Buffers,
}

/// A part of it, piece by piece. Dropped, the thread ends.
pub(crate) struct Reading(mpsc::Receiver<io::Result<Bytes>>);

impl LongFile {
    pub(super) fn new(path: PathBuf, file: File, size: u64) -> Self {
        Self {
            path,
            file: Arc::new(Mutex::new(file)),
            size,
            buffers: Buffers::of(PIECE),
        }
    }

    /// Begins to read a part.
    pub(crate) fn read(&self, part: Range<u64>) -> Reading {
        let (pieces, receiver) = mpsc::channel(AHEAD);
        let this = self.clone();
        tokio::task::spawn_blocking(move || {
            this.pieces(part, |piece| pieces.blocking_send(piece).is_ok());
        });
        Reading(receiver)
    }

    /// The digest of all of it.
    pub(crate) async fn digest(&self) -> io::Result<Digest> {
        let all = DigestVerifier::new(Algorithm::Sha256);
        let all = self.hashed(all, self.size).await?;
        Ok(all.finish())
    }

    /// Goes on with the hash of its bytes until there.
    pub(crate) async fn hashed(
        &self,
        mut verifier: DigestVerifier,
        end: u64,
    ) -> io::Result<DigestVerifier> {
        let this = self.clone();
        let hashing = move || {
            let mut failed = None;
            this.pieces(verifier.bytes()..end, |piece| match piece {
                Ok(piece) => {
                    verifier.update(&piece);
                    true
                }
                Err(error) => {
                    failed = Some(error);
                    false
                }
            });
            failed.map_or(Ok(verifier), Err)
        };
        super::blocking(hashing).await
    }

    /// Gives the pieces of a part, as long as they are wanted.
    fn pieces(&self, part: Range<u64>, mut take: impl FnMut(io::Result<Bytes>) -> bool) {
        let mut at = part.start;
        while at < part.end {
            let size = (part.end - at).min(PIECE as u64);
            let piece = self.piece(at, size);
            at += size;
            let failed = piece.is_err();
            if !take(piece) || failed {
                return;
            }
        }
    }

    fn piece(&self, at: u64, size: u64) -> io::Result<Bytes> {
        let mut buffer = self.buffers.take();
        let size = usize::try_from(size).unwrap_or(PIECE).min(PIECE);
        let read = {
            let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(at))
                .and_then(|_| file.read_exact(&mut buffer.room()[..size]))
                .and_then(|()| file.metadata())
        };
        match read {
            Ok(metadata) if metadata.len() == self.size => {}
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => {
                return Err(super::of_path(&self.path, &error));
            }
            _ => return Err(changed(&self.path, self.size)),
        }
        buffer.fill(size);
        Ok(buffer.into_bytes())
    }
}

/// It is another one than it was when it was opened.
pub(super) fn changed(path: &Path, size: u64) -> io::Error {
    let path = path.display();
    let why = format!("{path} changed its length while it was sent: it had {size} bytes at first");
    io::Error::new(io::ErrorKind::InvalidData, why)
}

impl Reading {
    /// The next piece; `None` at the end.
    pub(crate) async fn next(&mut self) -> Option<io::Result<Bytes>> {
        self.0.recv().await
    }
}

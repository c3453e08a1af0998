//! Where a blob's bytes come from.

use std::{
    fs::File,
    io::{self, Read, Seek, SeekFrom},
    path::PathBuf,
    time::SystemTime,
};

use acr_core::Digest;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::task::spawn_blocking;

use crate::store::{State, Store};

/// How much is read from disk at a time.
const READ: usize = 256 * 1024;
/// What a blob that was seeded without its bytes consists of.
static ZEROS: [u8; READ] = [0; READ];

/// A blob that is there.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) size: u64,
    pub(super) modified: Option<SystemTime>,
    /// Nothing for zeros.
    file: Option<File>,
}

impl Source {
    /// Finds a blob, whoever holds it.
    pub(super) async fn find(store: &Store, digest: &Digest) -> io::Result<Self> {
        let path = store.blobs.path(digest);
        match spawn_blocking(move || Self::open(path)).await? {
            Ok(source) => Ok(source),
            Err(error) => {
                let zeros = store.read(|state: &State| state.zeros(digest));
                let size = zeros.ok_or(error)?;
                Ok(Self {
                    size,
                    modified: Some(SystemTime::now()),
                    file: None,
                })
            }
        }
    }

    fn open(path: PathBuf) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            size: metadata.len(),
            modified: metadata.modified().ok(),
            file: Some(file),
        })
    }

    /// The bytes from here on.
    pub(super) fn body(self, first: u64, length: u64) -> io::Result<Body> {
        let Some(mut file) = self.file else {
            return Ok(zeros(length));
        };
        file.seek(SeekFrom::Start(first))?;
        Ok(Body::from_stream(stream::try_unfold(
            (file, length),
            |(mut file, left)| async move {
                if left == 0 {
                    return Ok(None);
                }
                let reading =
                    spawn_blocking(move || read(&mut file, left).map(|bytes| (bytes, file)));
                let (bytes, file) = reading.await??;
                let left = left - bytes.len() as u64;
                Ok::<_, io::Error>(Some((bytes, (file, left))))
            },
        )))
    }
}

/// The next bytes of a file that has so many left.
fn read(file: &mut File, left: u64) -> io::Result<Bytes> {
    let wanted = usize::try_from(left).unwrap_or(usize::MAX).min(READ);
    let mut buffer = Vec::with_capacity(wanted);
    file.take(wanted as u64).read_to_end(&mut buffer)?;
    if buffer.len() < wanted {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    Ok(buffer.into())
}

fn zeros(length: u64) -> Body {
    let mut left = length;
    Body::from_stream(stream::iter(std::iter::from_fn(move || {
        let next = usize::try_from(left).unwrap_or(usize::MAX).min(READ);
        left -= next as u64;
        (next > 0).then(|| Ok::<_, io::Error>(Bytes::from_static(&ZEROS[..next])))
    })))
}

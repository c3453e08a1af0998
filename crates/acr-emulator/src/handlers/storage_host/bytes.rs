//! Where a blob's bytes come from.

use std::{
    io::{self, SeekFrom},
    time::SystemTime,
};

use acr_core::Digest;
use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncSeekExt},
};
use tokio_util::io::ReaderStream;

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
        match File::open(store.blobs.path(digest)).await {
            Ok(file) => {
                let metadata = file.metadata().await?;
                Ok(Self {
                    size: metadata.len(),
                    modified: metadata.modified().ok(),
                    file: Some(file),
                })
            }
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

    /// The bytes from here on.
    pub(super) async fn body(self, first: u64, length: u64) -> io::Result<Body> {
        let Some(mut file) = self.file else {
            return Ok(zeros(length));
        };
        file.seek(SeekFrom::Start(first)).await?;
        let bytes = ReaderStream::with_capacity(file.take(length), READ);
        Ok(Body::from_stream(bytes))
    }
}

fn zeros(length: u64) -> Body {
    let mut left = length;
    Body::from_stream(stream::iter(std::iter::from_fn(move || {
        let next = usize::try_from(left).unwrap_or(usize::MAX).min(READ);
        left -= next as u64;
        (next > 0).then(|| Ok::<_, io::Error>(Bytes::from_static(&ZEROS[..next])))
    })))
}

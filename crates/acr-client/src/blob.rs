//! Blobs: layers, configurations, and whatever else a manifest names.

mod buffers;
pub(crate) mod download;
mod file;
pub(crate) mod hashing;
pub(crate) mod location;
pub(crate) mod mount;
pub(crate) mod properties;
pub(crate) mod range;
mod redirect;
pub(crate) mod saved;
mod session;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod upload;
pub(crate) mod upload_session;

use acr_core::Digest;

use crate::Result;

/// How far a transfer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Bytes that were given to the registry, or came from it, so far. Fewer than before when the
    /// registry turned out to have fewer.
    pub bytes: u64,
}

impl Progress {
    /// So many bytes, for tests.
    #[must_use]
    pub fn new(bytes: u64) -> Self {
        Self { bytes }
    }
}

/// What is tried on a blob, for errors: its digest is in it where there is one.
fn verb(verb: &str, digest: &Result<Digest>) -> String {
    match digest {
        Ok(digest) => format!("{verb} the blob {digest} of"),
        Err(_) => format!("{verb} a blob of"),
    }
}

/// Told of a transfer's progress.
#[derive(Clone)]
pub(crate) struct OnProgress(std::sync::Arc<dyn Fn(Progress) + Send + Sync>);

impl OnProgress {
    pub(crate) fn new(told: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        Self(std::sync::Arc::new(told))
    }

    pub(crate) fn tell(&self, bytes: u64) {
        (self.0)(Progress { bytes });
    }
}

impl std::fmt::Debug for OnProgress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("OnProgress")
    }
}

//! Blobs of a seed.

use acr_core::Digest;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;

use super::{SeedBlob, SeedError, place::Place};
use crate::store::Blob;

/// A blob that was checked.
#[derive(Debug)]
pub(super) struct Sown {
    pub(super) digest: Digest,
    size: u64,
    /// The bytes, if there are any to be written.
    pub(super) bytes: Option<Vec<u8>>,
    zeros: bool,
}

impl Sown {
    /// The blob as it is put at this time.
    pub(super) fn stored(self, at: Timestamp) -> (Digest, Blob) {
        let Self { size, zeros, .. } = self;
        (self.digest, Blob { size, at, zeros })
    }
}

/// Checks the blob that is the `number`th of its repository.
pub(super) fn check(repository: &str, number: usize, blob: SeedBlob) -> Result<Sown, SeedError> {
    let place = Place {
        repository,
        item: match &blob.digest {
            Some(digest) => format!("blob {digest}"),
            None => format!("blob {number}"),
        },
    };
    let SeedBlob {
        digest,
        size,
        content,
        text,
    } = blob;
    let bytes = match (content, text) {
        (Some(_), Some(_)) => return Err(place.fault("there are both `content` and `text`")),
        (Some(content), None) => Some(STANDARD.decode(content).map_err(|e| place.fault(e))?),
        (None, text) => text.map(String::into_bytes),
    };
    if let Some(bytes) = bytes {
        let digest = place.check(&bytes, digest.as_deref(), size)?;
        return Ok(Sown {
            digest,
            size: bytes.len() as u64,
            bytes: Some(bytes),
            zeros: false,
        });
    }
    let (Some(digest), Some(size)) = (digest, size) else {
        return Err(place.fault("there is neither content nor a digest and size"));
    };
    Ok(Sown {
        digest: place.digest(&digest)?,
        size,
        bytes: None,
        zeros: true,
    })
}

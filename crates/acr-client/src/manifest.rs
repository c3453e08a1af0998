//! Manifests: their bytes, and what stands in them.

use acr_core::{Digest, DigestMismatch, DigestVerifier, MediaType, Reference, RepositoryName};
use bytes::Bytes;
use http::HeaderMap;
use serde::de::DeserializeOwned;

use crate::{Error, Result, call::Context, shared::answered};

mod model;
mod put;

pub use model::{ImageIndex, ImageManifest};
pub(crate) use put::same_digest;
pub use put::{Manifest, PushedManifest, PutManifest, PutManifestOptions};

/// A manifest as the registry holds it: the bytes that were pushed, verified against the digest.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ManifestContent {
    /// The bytes; the digest is over exactly these.
    pub bytes: Bytes,
    /// The digest.
    pub digest: Digest,
    /// The media type.
    pub media_type: MediaType,
}

impl ManifestContent {
    /// As the manifest of an image or artifact (OCI, or Docker version 2).
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when it is none.
    pub fn as_image(&self) -> Result<ImageManifest> {
        self.parse("an image manifest", self.media_type.is_index())
    }

    /// As an index (OCI) or manifest list (Docker).
    ///
    /// # Errors
    /// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer) when it is none.
    pub fn as_index(&self) -> Result<ImageIndex> {
        self.parse("an index", !self.media_type.is_index())
    }

    fn parse<T: DeserializeOwned>(&self, what: &str, other_type: bool) -> Result<T> {
        let attempt = || format!("read the manifest {} as {what}", self.digest);
        if other_type {
            return Err(Error::unexpected(
                attempt(),
                format!("its type is {}", self.media_type),
            ));
        }
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::unexpected(attempt(), error.to_string()))
    }
}

/// Fetches a manifest and verifies it: against the digest asked for, else the one in the answer.
pub(crate) async fn get(
    call: &Context,
    repository: &RepositoryName,
    reference: &Reference,
) -> Result<ManifestContent> {
    let attempt = &call.attempt;
    let accept = MediaType::MANIFESTS
        .each_ref()
        .map(MediaType::as_str)
        .join(", ");
    let answer = call
        .rest
        .get_manifest(repository.as_str(), reference.as_str(), Some(&accept))
        .await;
    let answer = answered(attempt, answer).await?;
    let expected = match reference.digest() {
        Some(digest) => Some(digest.clone()),
        None => header_digest(answer.headers()).map_err(|what| Error::unexpected(attempt, what))?,
    };
    let media_type = answer
        .headers()
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    let media_type = media_type
        .and_then(|text| MediaType::new(text).ok())
        .ok_or_else(|| Error::unexpected(attempt, "it has no content type"))?;
    let bytes = acr_rest::collect(answer.into_inner()).await;
    let bytes = bytes.map_err(|failure| Error::of_failure(attempt, failure))?;
    let digest = verified(&bytes, expected).map_err(|mismatch| Error::new(attempt, mismatch))?;
    Ok(ManifestContent {
        bytes,
        digest,
        media_type,
    })
}

fn verified(bytes: &[u8], expected: Option<Digest>) -> std::result::Result<Digest, DigestMismatch> {
    match expected {
        None => Ok(Digest::of(bytes)),
        Some(expected) => {
            let mut verifier = DigestVerifier::expecting(expected, None);
            verifier.update(bytes);
            verifier.verify().map(|(digest, _)| digest)
        }
    }
}

/// The digest in the answer, if there is one.
pub(crate) fn header_digest(headers: &HeaderMap) -> std::result::Result<Option<Digest>, String> {
    let Some(value) = headers.get("docker-content-digest") else {
        return Ok(None);
    };
    let text = value
        .to_str()
        .map_err(|_| "its digest is no text".to_owned())?;
    crate::convert::digest(text).map(Some)
}

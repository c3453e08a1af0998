//! Fetching manifests, and asking whether they are there.

use acr_core::{Digest, DigestMismatch, DigestVerifier, MediaType, Reference};
use http::{HeaderMap, header};

use super::ManifestContent;
use crate::{
    Call, Descriptor, Error, Repository, Result,
    call::Context,
    headers::{absent, declared_size, header_digest, same_digest},
    names::{IntoMediaType, IntoReference, checked},
    shared::answered,
};

/// The fetching of a manifest.
pub type GetManifest = Call<ManifestContent, ManifestOptions>;

/// The question whether a manifest is there, and what it is.
pub type HeadManifest = Call<Option<Descriptor>, ManifestOptions>;

/// What the calls that ask for a manifest may be told.
#[derive(Debug)]
pub struct ManifestOptions {
    repository: Repository,
    reference: Result<Reference>,
    accept: Result<Vec<MediaType>>,
}

impl ManifestOptions {
    pub(crate) fn new(repository: &Repository, reference: Result<Reference>) -> Self {
        Self {
            repository: repository.clone(),
            reference,
            accept: Ok(MediaType::MANIFESTS.to_vec()),
        }
    }
}

impl<T> Call<T, ManifestOptions> {
    /// Asks for manifests of these types only, instead of [all](MediaType::MANIFESTS).
    ///
    /// The service does not choose by it: a manifest of another type still comes, so look at its
    /// media type. Only a Docker image is converted to schema 1, with other bytes and another
    /// digest, when its own type is not among these.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::MediaType;
    ///
    /// let manifest = repo.get_manifest("v1").accept([MediaType::OCI_MANIFEST]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn accept<M: IntoMediaType>(mut self, types: impl IntoIterator<Item = M>) -> Self {
        let attempt = self.attempt().to_owned();
        let types: Result<Vec<_>> = types.into_iter().map(|it| checked(&attempt, it)).collect();
        self.special().accept = match types {
            Ok(types) if types.is_empty() => Err(Error::invalid(attempt, "no type is accepted")),
            types => types,
        };
        self
    }
}

impl Repository {
    /// The manifest behind a tag or digest: its bytes as they were pushed, verified.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let manifest = repo.get_manifest("v1").await?;
    /// println!("{} {}", manifest.media_type, manifest.digest);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), when awaited, if it is neither a tag nor a digest;
    /// [`is_not_found`](Error::is_not_found) when there is no such manifest.
    pub fn get_manifest(&self, reference: impl IntoReference) -> GetManifest {
        let reference = checked(&self.attempt("get a manifest of"), reference);
        self.on_manifest("get", reference, |call, it| async move {
            get(&call, &it.repository, &it.reference?, &it.accept?).await
        })
    }

    /// Asks whether a manifest is there, and what it is: media type, digest and size. `None` when it
    /// is not there.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// match repo.head_manifest("latest").await? {
    ///     Some(manifest) => println!("latest is {}", manifest.digest),
    ///     None => println!("there is no latest"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), when awaited, if it is neither a tag nor a digest.
    pub fn head_manifest(&self, reference: impl IntoReference) -> HeadManifest {
        let reference = checked(&self.attempt("look for a manifest of"), reference);
        self.on_manifest("look for", reference, |call, it| async move {
            head(&call, &it.repository, &it.reference?, &it.accept?).await
        })
    }

    pub(crate) fn on_manifest<T, F>(
        &self,
        verb: &str,
        reference: Result<Reference>,
        send: fn(Context, ManifestOptions) -> F,
    ) -> Call<T, ManifestOptions>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let attempt = match &reference {
            Ok(reference) => format!("{verb} the manifest {}", self.image(reference)),
            Err(_) => self.attempt(&format!("{verb} a manifest of")),
        };
        let options = ManifestOptions::new(self, reference);
        Call::new(&self.shared, attempt, options, send)
    }
}

/// Fetches a manifest and verifies it: against the digest asked for, else the one in the answer.
pub(crate) async fn get(
    call: &Context,
    repository: &Repository,
    reference: &Reference,
    accept: &[MediaType],
) -> Result<ManifestContent> {
    let attempt = format!("get the manifest {}", repository.image(reference));
    let (name, accept) = (repository.name.as_str(), list(accept));
    let answer = call
        .rest
        .get_manifest(name, reference.as_str(), Some(&accept))
        .await;
    let answer = answered(&attempt, answer).await?;
    let expected = expected(reference, answer.headers(), &attempt)?;
    let media_type = media_type(answer.headers(), &attempt)?;
    let bytes = acr_rest::collect(answer.into_inner()).await;
    let bytes = bytes.map_err(|failure| Error::of_failure(&attempt, failure))?;
    let digest = verified(&bytes, expected).map_err(|mismatch| Error::new(attempt, mismatch))?;
    Ok(ManifestContent {
        bytes,
        digest,
        media_type,
    })
}

/// Asks for a manifest's headers; `None` when it is not there.
pub(crate) async fn head(
    call: &Context,
    repository: &Repository,
    reference: &Reference,
    accept: &[MediaType],
) -> Result<Option<Descriptor>> {
    let attempt = format!("look for the manifest {}", repository.image(reference));
    let (name, accept) = (repository.name.as_str(), list(accept));
    let answer = call
        .rest
        .head_manifest(name, reference.as_str(), Some(&accept))
        .await;
    let Some(answer) = absent(answered(&attempt, answer).await)? else {
        return Ok(None);
    };
    let headers = answer.headers();
    let media_type = media_type(headers, &attempt)?;
    let size =
        declared_size(headers).ok_or_else(|| Error::unexpected(&attempt, "it has no size"))?;
    if let Some(asked) = reference.digest() {
        same_digest(headers, asked, size).map_err(|kind| Error::new(&attempt, kind))?;
    }
    let digest = expected(reference, headers, &attempt)?
        .ok_or_else(|| Error::unexpected(&attempt, "it has no digest"))?;
    Ok(Some(Descriptor::new(media_type, digest, size)))
}

/// The digest that the manifest must have: the one asked for, or else the one that the registry
/// names.
fn expected(reference: &Reference, headers: &HeaderMap, attempt: &str) -> Result<Option<Digest>> {
    match reference.digest() {
        Some(asked) => Ok(Some(asked.clone())),
        None => header_digest(headers).map_err(|what| Error::unexpected(attempt, what)),
    }
}

fn list(accept: &[MediaType]) -> String {
    let texts: Vec<_> = accept.iter().map(MediaType::as_str).collect();
    texts.join(", ")
}

fn media_type(headers: &HeaderMap, attempt: &str) -> Result<MediaType> {
    let text = headers
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok());
    text.and_then(|text| MediaType::new(text).ok())
        .ok_or_else(|| Error::unexpected(attempt, "it has no content type"))
}

fn verified(bytes: &[u8], expected: Option<Digest>) -> Result<Digest, DigestMismatch> {
    match expected {
        None => Ok(Digest::of(bytes)),
        Some(expected) => {
            let mut verifier = DigestVerifier::expecting(expected, None);
            verifier.update(bytes);
            verifier.verify().map(|(digest, _)| digest)
        }
    }
}

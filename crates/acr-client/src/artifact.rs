//! The manifest behind a tag or digest.

use std::fmt;

use acr_core::{Digest, ImageReference, Reference};
use acr_rest::{API_VERSION, ResponseValue, types};
use futures_util::future::BoxFuture;

use crate::{
    Call, Deleted, Error, ErrorKind, ManifestContent, ManifestProperties, Repository, Result,
    UpdateProperties, convert, manifest, shared::answered,
};

/// A handle on the manifest behind a tag or digest: an image, an index or another artifact.
///
/// Calls on a handle by tag look up first which manifest that is.
#[derive(Clone)]
pub struct Artifact {
    repository: Repository,
    reference: Reference,
}

impl Artifact {
    pub(crate) fn new(repository: Repository, reference: Reference) -> Self {
        Self {
            repository,
            reference,
        }
    }

    /// The tag or digest that it was made with.
    #[must_use]
    pub fn reference(&self) -> &Reference {
        &self.reference
    }

    /// The repository that it is in.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// It named in full, for `docker pull` and the like.
    #[must_use]
    pub fn full_reference(&self) -> ImageReference {
        self.repository.image(&self.reference)
    }

    /// What the registry tells about it.
    pub fn properties(&self) -> Call<ManifestProperties> {
        let this = self.clone();
        Call::new(async move {
            let attempt = this.attempt("read the properties of");
            let digest = this.resolve(&attempt).await?;
            let rest = &this.repository.shared.rest;
            let name = this.repository.name.as_str();
            let answer = rest
                .get_manifest_properties(name, digest.as_str(), Some(API_VERSION))
                .await;
            this.converted(attempt, answer).await
        })
    }

    /// Changes what may be done with it.
    pub fn update_properties(&self) -> UpdateProperties<ManifestProperties> {
        let this = self.clone();
        UpdateProperties::new(move |flags| {
            Box::pin(async move {
                let attempt = this.attempt("update the properties of");
                let body = types::ManifestChangeableAttributes {
                    delete_enabled: flags.delete,
                    write_enabled: flags.write,
                    list_enabled: flags.list,
                    read_enabled: flags.read,
                    quarantine_state: None,
                };
                let digest = this.resolve(&attempt).await?;
                let rest = &this.repository.shared.rest;
                let name = this.repository.name.as_str();
                let answer = rest
                    .update_manifest_properties(name, digest.as_str(), Some(API_VERSION), &body)
                    .await;
                this.converted(attempt, answer).await
            })
        })
    }

    /// Its content: the bytes as they were pushed, verified.
    pub fn content(&self) -> Call<ManifestContent> {
        let this = self.clone();
        Call::new(async move { manifest::get(&this.repository, &this.reference).await })
    }

    /// Deletes it, with every tag on it. By tag, while other tags point to the same manifest, it
    /// is an error that names them, unless one chains
    /// [`with_all_tags`](DeleteArtifact::with_all_tags).
    pub fn delete(&self) -> DeleteArtifact {
        DeleteArtifact {
            artifact: self.clone(),
            with_all_tags: false,
        }
    }

    /// The digest: known, or what the tag points to now.
    async fn resolve(&self, attempt: &str) -> Result<Digest> {
        let tag = match &self.reference {
            Reference::Digest(digest) => return Ok(digest.clone()),
            Reference::Tag(tag) => tag,
        };
        let rest = &self.repository.shared.rest;
        let answer = rest
            .get_tag_properties(
                self.repository.name.as_str(),
                tag.as_str(),
                Some(API_VERSION),
            )
            .await;
        let tag = answered(attempt, answer).await?.into_inner().tag;
        convert::digest(&tag.digest).map_err(|what| Error::unexpected(attempt, what))
    }

    async fn converted(
        &self,
        attempt: String,
        answer: Result<ResponseValue<types::ManifestAttributes>, acr_rest::Error<()>>,
    ) -> Result<ManifestProperties> {
        let manifest = answered(&attempt, answer).await?.into_inner().manifest;
        convert::manifest(&self.repository.name, manifest)
            .map_err(|what| Error::unexpected(attempt, what))
    }

    fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.full_reference())
    }
}

/// The deletion of a manifest.
#[derive(Clone)]
#[must_use = "nothing is sent before the call is awaited"]
pub struct DeleteArtifact {
    artifact: Artifact,
    with_all_tags: bool,
}

impl DeleteArtifact {
    /// Even if other tags than the one named point to the manifest: they go along.
    pub fn with_all_tags(self) -> Self {
        Self {
            with_all_tags: true,
            ..self
        }
    }

    async fn send(self) -> Result<Deleted> {
        let artifact = &self.artifact;
        let attempt = artifact.attempt("delete");
        let digest = match artifact.resolve(&attempt).await {
            Err(error) if error.is_not_found() => return Ok(Deleted::NotFound),
            digest => digest?,
        };
        if let (Reference::Tag(tag), false) = (&artifact.reference, self.with_all_tags) {
            let tags = artifact
                .repository
                .list_tags()
                .digest(&digest)
                .try_collect()
                .await?;
            // Not every server knows the filter.
            let others = tags
                .into_iter()
                .filter(|other| other.digest == digest && other.name != *tag);
            let others: Vec<_> = others.map(|other| other.name.to_string()).collect();
            if !others.is_empty() {
                return Err(Error::new(attempt, ErrorKind::OtherTags(others)));
            }
        }
        let rest = &artifact.repository.shared.rest;
        let answer = rest
            .delete_manifest(artifact.repository.name.as_str(), digest.as_str())
            .await;
        deleted(&attempt, answer).await
    }
}

impl IntoFuture for DeleteArtifact {
    type Output = Result<Deleted>;
    type IntoFuture = BoxFuture<'static, Result<Deleted>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// What the answer to a delete means.
pub(crate) async fn deleted(
    attempt: &str,
    answer: Result<ResponseValue<()>, acr_rest::Error<()>>,
) -> Result<Deleted> {
    match answered(attempt, answer).await {
        Ok(_) => Ok(Deleted::Deleted),
        Err(error) if error.is_not_found() => Ok(Deleted::NotFound),
        Err(error) => Err(error),
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({})", self.full_reference())
    }
}

impl fmt::Debug for DeleteArtifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("DeleteArtifact");
        shown
            .field("artifact", &self.artifact)
            .field("with_all_tags", &self.with_all_tags)
            .finish()
    }
}

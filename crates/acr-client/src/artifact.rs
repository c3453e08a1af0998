//! The manifest behind a tag or digest.

use std::fmt;

use acr_core::{Digest, ImageReference, Reference};
use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Call, Deleted, Error, ErrorKind, ManifestContent, ManifestProperties, Repository, Result,
    UpdateFlags, UpdateProperties,
    call::Context,
    convert,
    locks::{Item, explain},
    manifest,
    shared::answered,
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
        self.call("read the properties of", (), |call, ()| async move {
            let digest = this.look_up(&call).await?;
            let name = this.repository.name.as_str();
            let answer = call
                .rest
                .get_manifest_properties(name, digest.as_str(), Some(API_VERSION))
                .await;
            this.converted(&call, answer).await
        })
    }

    /// Changes what may be done with it.
    pub fn update_properties(&self) -> UpdateProperties<ManifestProperties> {
        let this = self.clone();
        let flags = UpdateFlags::default();
        self.call(
            "update the properties of",
            flags,
            |call, flags| async move {
                let body = types::ManifestChangeableAttributes {
                    delete_enabled: flags.delete,
                    write_enabled: flags.write,
                    list_enabled: flags.list,
                    read_enabled: flags.read,
                    quarantine_state: None,
                };
                let digest = this.look_up(&call).await?;
                let name = this.repository.name.as_str();
                let answer = call
                    .rest
                    .update_manifest_properties(name, digest.as_str(), Some(API_VERSION), &body)
                    .await;
                this.converted(&call, answer).await
            },
        )
    }

    /// Its content: the bytes as they were pushed, verified.
    pub fn content(&self) -> Call<ManifestContent> {
        let this = self.clone();
        self.call("get the manifest", (), |call, ()| async move {
            manifest::get(&call, &this.repository.name, &this.reference).await
        })
    }

    /// Deletes it, with every tag on it. By tag, while other tags point to the same manifest, it
    /// is an error that names them, unless one chains
    /// [`with_all_tags`](DeleteArtifact::with_all_tags).
    pub fn delete(&self) -> DeleteArtifact {
        let this = self.clone();
        let options = DeleteArtifactOptions::default();
        self.call("delete", options, |call, options| async move {
            delete(&this, &call, options).await
        })
    }

    /// The digest: known, or what the tag points to now.
    pub(crate) async fn look_up(&self, call: &Context) -> Result<Digest> {
        let tag = match &self.reference {
            Reference::Digest(digest) => return Ok(digest.clone()),
            Reference::Tag(tag) => tag,
        };
        let name = self.repository.name.as_str();
        let answer = call
            .rest
            .get_tag_properties(name, tag.as_str(), Some(API_VERSION))
            .await;
        let tag = answered(&call.attempt, answer).await?.into_inner().tag;
        convert::told(tag.digest, "digest")
            .and_then(|digest| convert::digest(&digest))
            .map_err(|what| Error::unexpected(&call.attempt, what))
    }

    async fn converted(
        &self,
        call: &Context,
        answer: Result<ResponseValue<types::ManifestAttributes>, acr_rest::Error<()>>,
    ) -> Result<ManifestProperties> {
        let body = answered(&call.attempt, answer).await?.into_inner();
        convert::manifest(
            body.registry.unwrap_or_default(),
            &self.repository.name,
            body.manifest,
        )
        .map_err(|what| Error::unexpected(&call.attempt, what))
    }

    pub(crate) fn call<T, K, F>(
        &self,
        verb: &str,
        special: K,
        send: impl FnOnce(Context, K) -> F + Send + 'static,
    ) -> Call<T, K>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let attempt = format!("{verb} {}", self.full_reference());
        Call::new(&self.repository.shared, attempt, special, send)
    }
}

/// The deletion of a manifest.
pub type DeleteArtifact = Call<Deleted, DeleteArtifactOptions>;

/// What the deletion of a manifest can be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeleteArtifactOptions {
    with_all_tags: bool,
}

impl<T> Call<T, DeleteArtifactOptions> {
    /// Even if other tags than the one named point to the manifest: they go along.
    pub fn with_all_tags(mut self) -> Self {
        self.special().with_all_tags = true;
        self
    }
}

async fn delete(
    artifact: &Artifact,
    call: &Context,
    options: DeleteArtifactOptions,
) -> Result<Deleted> {
    let digest = match artifact.look_up(call).await {
        Err(error) if error.is_not_found() => return Ok(Deleted::NotFound),
        digest => digest?,
    };
    if let (Reference::Tag(tag), false) = (&artifact.reference, options.with_all_tags) {
        let tags = artifact
            .repository
            .list_tags()
            .options(call.options.clone())
            .digest(&digest)
            .try_collect()
            .await?;
        // Not every server knows the filter.
        let others = tags
            .into_iter()
            .filter(|other| other.digest == digest && other.name != *tag);
        let others: Vec<_> = others.map(|other| other.name.to_string()).collect();
        if !others.is_empty() {
            return Err(Error::new(&call.attempt, ErrorKind::OtherTags(others)));
        }
    }
    let name = artifact.repository.name.as_str();
    let answer = call.rest.delete_manifest(name, digest.as_str()).await;
    let outcome = deleted(&call.attempt, answer).await;
    let item = Item::Manifest(&digest);
    explain(call, &artifact.repository.name, item, outcome).await
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

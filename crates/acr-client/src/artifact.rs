//! The manifest behind a tag or digest.

use std::fmt;

use acr_core::{Digest, ImageReference, MediaType, Reference};
use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Call, Descriptor, Error, GetManifest, HeadManifest, ManifestProperties, PushedManifest,
    Repository, Result, UpdateFlags, UpdateProperties, call::Context, convert, manifest,
    names::IntoTagName, shared::answered,
};

mod attach;
mod delete;
mod lists;
mod platform;
mod referrers;

pub use attach::Attachment;
pub(crate) use delete::deleted;
pub use delete::{DeleteArtifact, DeleteArtifactOptions};
pub use referrers::Referrer;

/// A handle on the manifest behind a tag or digest: an image, an index or another artifact.
///
/// Calls on a handle by tag look up first which manifest that is. The tag itself, with a lock of its
/// own, is a [`Tag`](crate::Tag).
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// let image = repo.artifact("v1")?;
/// let properties = image.properties().await?;
/// println!("{} was pushed at {:?}", properties.digest, properties.created_at);
/// image.add_tags(["stable", "2024"]).await?;
/// # Ok(())
/// # }
/// ```
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
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// println!("docker pull {}", image.full_reference());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn full_reference(&self) -> ImageReference {
        self.repository.image(&self.reference)
    }

    /// What the registry tells about it. Of an index, that includes the images in it:
    /// [`related_artifacts`](ManifestProperties::related_artifacts).
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let properties = image.properties().await?;
    /// println!("{} {:?}", properties.digest, properties.tags);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when there is no such tag or manifest.
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
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.update_properties().can_write(false).can_delete(false).await?;
    /// # Ok(())
    /// # }
    /// ```
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

    /// Its content: the bytes as they were pushed, verified. The same as
    /// [`Repository::get_manifest`].
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let manifest = image.content().await?;
    /// println!("{} {} bytes", manifest.media_type, manifest.bytes.len());
    /// # Ok(())
    /// # }
    /// ```
    pub fn content(&self) -> GetManifest {
        self.repository.get_manifest(self.reference.clone())
    }

    /// What it is at this moment: media type, digest and size; `None` when it is not there. The same
    /// as [`Repository::head_manifest`].
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// if let Some(manifest) = image.resolve().await? {
    ///     // From here on by digest: a tag may be moved at any time.
    ///     let pinned = image.repository().artifact(&manifest.digest)?;
    ///     println!("{}", pinned.full_reference());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve(&self) -> HeadManifest {
        self.repository.head_manifest(self.reference.clone())
    }

    /// The image for a platform: chosen out of an index by the rules of
    /// [`Platform::choose`](crate::Platform::choose), or this image itself when it is for that
    /// platform. It gives a handle by digest.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Platform;
    ///
    /// let image = image.platform(Platform::new("linux", "arm64").variant("v8")).await?;
    /// let manifest = image.content().await?.as_image()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::NoPlatform`](crate::ErrorKind::NoPlatform), which lists what there is.
    pub fn platform(&self, platform: crate::Platform) -> Call<Self> {
        let this = self.clone();
        let verb = format!("find {platform} in");
        self.call(&verb, (), |call, ()| async move {
            platform::resolve(&call, &this, &platform).await
        })
    }

    /// Lets more tags point to it, moved if they are there. Its bytes are fetched once, and put back
    /// as they are under each tag.
    ///
    /// The tags are set one after the other; when one fails, the error names it, and those before
    /// it are set. So they are when the call is dropped half-way.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.add_tags(["stable", "2026"]).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn add_tags<N: IntoTagName>(
        &self,
        tags: impl IntoIterator<Item = N>,
    ) -> Call<PushedManifest> {
        let this = self.clone();
        let tags = manifest::checked_tags(&this.attempt("tag"), tags);
        self.call("tag", (), |call, ()| async move {
            let tags = tags?;
            if tags.is_empty() {
                return Err(Error::invalid(&call.attempt, "no tag is named"));
            }
            let (repository, accept) = (&this.repository, &MediaType::MANIFESTS);
            let content = manifest::get(&call, repository, &this.reference, accept).await?;
            let (media_type, bytes) = (&content.media_type, content.bytes);
            manifest::put_everywhere(&call, repository, media_type, bytes, tags).await
        })
    }

    /// Deletes it, with every tag on it. By tag, while other tags point to the same manifest, it
    /// is an error that names them, unless one chains
    /// [`with_all_tags`](DeleteArtifact::with_all_tags).
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// // Whatever tags are on it, they go along.
    /// image.delete().with_all_tags().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self) -> DeleteArtifact {
        let this = self.clone();
        let options = DeleteArtifactOptions::default();
        self.call("delete", options, |call, options| async move {
            delete::delete(&this, &call, options).await
        })
    }

    /// Puts something about it beside it: blobs, and a manifest that names this one as its subject.
    /// It is found by [`referrers`](Self::referrers).
    ///
    /// Dropped half-way, or failed, it leaves blobs that no manifest names; the manifest comes last.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::Attachment;
    ///
    /// let report = Attachment::new("application/vnd.contoso.scan").blob("{}", "application/json");
    /// println!("{}", image.attach(report).await?.descriptor.digest);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`is_not_found`](Error::is_not_found) when this manifest is not there.
    pub fn attach(&self, attachment: Attachment) -> Call<PushedManifest> {
        let this = self.clone();
        self.call("attach something to", (), |call, ()| async move {
            attach::attach(&call, &this, attachment).await
        })
    }

    /// The digest: known, or what the tag points to now, as the registry's own API says (right
    /// `metadata/read`).
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

    /// What a manifest about it names it by, as `/v2` says (right `content/read`).
    pub(crate) async fn descriptor(&self, call: &Context) -> Result<Descriptor> {
        let (repository, accept) = (&self.repository, &MediaType::MANIFESTS);
        if let Some(there) = manifest::head(call, repository, &self.reference, accept).await? {
            return Ok(there);
        }
        // The answer to a HEAD has no words; this one says what is missing.
        let content = manifest::get(call, repository, &self.reference, accept).await?;
        Ok(content.descriptor())
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
        Call::new(&self.repository.shared, self.attempt(verb), special, send)
    }

    /// `verb host/name:tag`, for errors.
    pub(crate) fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.full_reference())
    }
}

impl fmt::Debug for Artifact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Artifact({})", self.full_reference())
    }
}

//! A repository.

use std::{fmt, sync::Arc};

use acr_core::{ImageReference, Reference, RegistryEndpoint, RepositoryName};
use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Artifact, Call, ContainerRegistryClient, DeletedRepository, Error, ManifestProperties, Pager,
    RepositoryProperties, Result, Tag, TagProperties, UpdateFlags, UpdateProperties,
    call::Context,
    convert, list,
    locks::{Item, explain},
    names::{IntoReference, IntoTagName, checked},
    shared::{Shared, answered},
};

/// A handle on a repository: it costs nothing, sends nothing by itself, and can be cloned.
///
/// ```no_run
/// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
/// let repo = registry.repository("team/app")?;
/// let image = repo.get_manifest("v1").await?;
/// println!("{} {}", repo.name(), image.digest);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Repository {
    pub(crate) shared: Arc<Shared>,
    pub(crate) name: RepositoryName,
}

impl Repository {
    pub(crate) fn new(shared: Arc<Shared>, name: RepositoryName) -> Self {
        Self { shared, name }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &RepositoryName {
        &self.name
    }

    /// The registry's address.
    #[must_use]
    pub fn endpoint(&self) -> &RegistryEndpoint {
        &self.shared.endpoint
    }

    /// The registry that it is in, seen by the same client.
    #[must_use]
    pub fn registry(&self) -> ContainerRegistryClient {
        ContainerRegistryClient {
            shared: Arc::clone(&self.shared),
        }
    }

    /// A handle on a tag: the name itself, with properties and a lock of its own. Deleting it
    /// leaves the manifest.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let tag = repo.tag("v1")?;
    /// println!("{} points to {}", tag.name(), tag.properties().await?.digest);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when no tag can be called so.
    pub fn tag(&self, name: impl IntoTagName) -> Result<Tag> {
        Ok(Tag::new(
            self.clone(),
            checked(&self.attempt("use a tag of"), name)?,
        ))
    }

    /// A handle on the manifest behind a tag or digest. Deleting it takes every tag on it along.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let image = repo.artifact("v1")?;
    /// println!("{}", image.full_reference());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when it is neither a tag nor a
    /// digest.
    pub fn artifact(&self, reference: impl IntoReference) -> Result<Artifact> {
        Ok(Artifact::new(
            self.clone(),
            checked(&self.attempt("use a manifest of"), reference)?,
        ))
    }

    /// What the registry tells about it.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let properties = repo.properties().await?;
    /// println!("can be deleted: {}", properties.can_delete);
    /// # Ok(())
    /// # }
    /// ```
    pub fn properties(&self) -> Call<RepositoryProperties> {
        let name = self.name.clone();
        self.call("read the properties of", (), |call, ()| async move {
            let answer = call
                .rest
                .get_properties(name.as_str(), Some(API_VERSION))
                .await;
            converted(&call, answer).await
        })
    }

    /// Changes what may be done with it. The flags hold for everything in it.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// // Nothing in it can be deleted from now on.
    /// repo.update_properties().can_delete(false).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_properties(&self) -> UpdateProperties<RepositoryProperties> {
        let name = self.name.clone();
        let flags = UpdateFlags::default();
        self.call(
            "update the properties of",
            flags,
            |call, flags| async move {
                let body = types::RepositoryChangeableAttributes {
                    delete_enabled: flags.delete,
                    write_enabled: flags.write,
                    list_enabled: flags.list,
                    read_enabled: flags.read,
                    teleport_enabled: None,
                };
                let answer = call
                    .rest
                    .update_properties(name.as_str(), Some(API_VERSION), &body)
                    .await;
                converted(&call, answer).await
            },
        )
    }

    /// Deletes it with everything in it, and tells what that was; `None` when it was not there.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// match repo.delete().await? {
    ///     Some(deleted) => println!("{} manifests went with it", deleted.manifests.len()),
    ///     None => println!("it was not there"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn delete(&self) -> Call<Option<DeletedRepository>> {
        let name = self.name.clone();
        self.call("delete", (), |call, ()| async move {
            let answer = call
                .rest
                .delete_repository(name.as_str(), Some(API_VERSION))
                .await;
            match answered(&call.attempt, answer).await {
                Ok(answer) => {
                    let body = answer.into_inner();
                    Ok(Some(DeletedRepository {
                        manifests: body.manifests_deleted.unwrap_or_default(),
                        tags: body.tags_deleted.unwrap_or_default(),
                    }))
                }
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => explain(&call, &name, Item::Repository, Err(error)).await,
            }
        })
    }

    /// Its tags, in lexical order unless another is asked for.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let mut tags = repo.list_tags();
    /// while let Some(tag) = tags.try_next().await? {
    ///     println!("{} {}", tag.name, tag.digest);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_tags(&self) -> Pager<TagProperties> {
        list::tags(&self.shared, &self.name)
    }

    /// Its manifests, by digest unless another order is asked for.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::OrderBy;
    ///
    /// let mut manifests = repo.list_manifests().order(OrderBy::LastUpdatedDescending);
    /// if let Some(newest) = manifests.try_next().await? {
    ///     println!("{}", newest.digest);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_manifests(&self) -> Pager<ManifestProperties> {
        list::manifests(&self.shared, &self.name)
    }

    /// A call on this repository.
    pub(crate) fn call<T, K, F>(
        &self,
        verb: &str,
        special: K,
        send: impl FnOnce(Context, K) -> F + Send + 'static,
    ) -> Call<T, K>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Call::new(&self.shared, self.attempt(verb), special, send)
    }

    /// `verb host/name`, for errors.
    pub(crate) fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.full_name())
    }

    pub(crate) fn full_name(&self) -> String {
        format!("{}/{}", self.shared.endpoint.authority(), self.name)
    }

    pub(crate) fn image(&self, reference: &Reference) -> ImageReference {
        ImageReference::new(&self.shared.endpoint, &self.name, reference)
    }
}

async fn converted(
    call: &Context,
    answer: Result<ResponseValue<types::RepositoryAttributes>, acr_rest::Error<()>>,
) -> Result<RepositoryProperties> {
    let properties = answered(&call.attempt, answer).await?.into_inner();
    convert::repository(properties).map_err(|what| Error::unexpected(&call.attempt, what))
}

impl fmt::Debug for Repository {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Repository({})", self.full_name())
    }
}

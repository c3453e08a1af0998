//! A tag: the name itself.

use std::fmt;

use acr_core::{Digest, ImageReference, Tag as TagName};
use acr_rest::{API_VERSION, ResponseValue, types};
use http::HeaderMap;

use crate::{
    Artifact, Call, Error, Repository, Result, TagProperties, Untagged, UpdateFlags,
    UpdateProperties,
    call::Context,
    convert,
    locks::{Item, explain},
    shared::answered,
};

/// A handle on a tag: a name that points to a manifest, with properties and a lock of its own.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// let tag = repo.tag("v1")?;
/// tag.update_properties().can_write(false).await?; // nobody moves it
/// println!("{}", tag.full_reference());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Tag {
    repository: Repository,
    name: TagName,
}

impl Tag {
    pub(crate) fn new(repository: Repository, name: TagName) -> Self {
        Self { repository, name }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &TagName {
        &self.name
    }

    /// The repository that it is in.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// A handle on the manifest that it points to when that is asked for.
    #[must_use]
    pub fn artifact(&self) -> Artifact {
        Artifact::new(self.repository.clone(), (&self.name).into())
    }

    /// It named in full, for `docker pull` and the like.
    ///
    /// ```no_run
    /// # async fn f(tag: acr_client::Tag) -> acr_client::Result<()> {
    /// println!("docker pull {}", tag.full_reference());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn full_reference(&self) -> ImageReference {
        self.repository.image(&(&self.name).into())
    }

    /// What the registry tells about it.
    ///
    /// ```no_run
    /// # async fn f(tag: acr_client::Tag) -> acr_client::Result<()> {
    /// let properties = tag.properties().await?;
    /// println!("{} can be moved: {}", properties.name, properties.can_write);
    /// # Ok(())
    /// # }
    /// ```
    pub fn properties(&self) -> Call<TagProperties> {
        let this = self.clone();
        self.call(
            "read the properties of the tag",
            (),
            |call, ()| async move {
                let name = this.repository.name.as_str();
                let answer = call
                    .rest
                    .get_tag_properties(name, this.name.as_str(), Some(API_VERSION))
                    .await;
                this.converted(&call, answer).await
            },
        )
    }

    /// Changes what may be done with it: its own lock, which is another one than the manifest's.
    ///
    /// ```no_run
    /// # async fn f(tag: acr_client::Tag) -> acr_client::Result<()> {
    /// let locked = tag.update_properties().can_write(false).await?;
    /// assert!(!locked.can_write);
    /// # Ok(())
    /// # }
    /// ```
    pub fn update_properties(&self) -> UpdateProperties<TagProperties> {
        let this = self.clone();
        let flags = UpdateFlags::default();
        let verb = "update the properties of the tag";
        self.call(verb, flags, |call, flags| async move {
            let body = types::TagChangeableAttributes {
                delete_enabled: flags.delete,
                write_enabled: flags.write,
                list_enabled: flags.list,
                read_enabled: flags.read,
            };
            let name = this.repository.name.as_str();
            let answer = call
                .rest
                .update_tag_attributes(name, this.name.as_str(), Some(API_VERSION), &body)
                .await;
            this.converted(&call, answer).await
        })
    }

    /// Removes the tag, and tells which manifest it pointed to, which stays; `None` when there was
    /// no such tag. Other tags on the manifest stay, too.
    pub fn delete(&self) -> Call<Option<Untagged>> {
        let this = self.clone();
        self.call("delete the tag", (), |call, ()| async move {
            let name = this.repository.name.as_str();
            let answer = call
                .rest
                .delete_tag(name, this.name.as_str(), Some(API_VERSION))
                .await;
            let outcome = match answered(&call.attempt, answer).await {
                Ok(answer) => Ok(Some(Untagged {
                    digest: untagged(answer.headers()),
                    name: this.name.clone(),
                })),
                Err(error) if error.is_not_found() => Ok(None),
                Err(error) => Err(error),
            };
            explain(&call, &this.repository.name, Item::Tag(&this.name), outcome).await
        })
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

    async fn converted(
        &self,
        call: &Context,
        answer: Result<ResponseValue<types::TagAttributes>, acr_rest::Error<()>>,
    ) -> Result<TagProperties> {
        let body = answered(&call.attempt, answer).await?.into_inner();
        convert::tag(
            body.registry.unwrap_or_default(),
            &self.repository.name,
            body.tag,
        )
        .map_err(|what| Error::unexpected(&call.attempt, what))
    }
}

/// The manifest that a tag pointed to, as the answer to its deletion tells. The tag is gone, whatever
/// else stands there.
fn untagged(headers: &HeaderMap) -> Option<Digest> {
    let digest = headers.get("x-ms-int-docker-content-digest")?;
    convert::digest(digest.to_str().ok()?).ok()
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.full_reference())
    }
}

//! A tag: the name itself.

use std::fmt;

use acr_core::{ImageReference, Tag as TagName};
use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Call, Deleted, Error, Repository, Result, TagProperties, UpdateFlags, UpdateProperties,
    call::Context, convert, shared::answered,
};

/// A handle on a tag: a name that points to a manifest, with properties and a lock of its own.
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

    /// It named in full, for `docker pull` and the like.
    #[must_use]
    pub fn full_reference(&self) -> ImageReference {
        self.repository.image(&(&self.name).into())
    }

    /// What the registry tells about it.
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

    /// Changes what may be done with it.
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

    /// Removes the tag; the manifest stays.
    pub fn delete(&self) -> Call<Deleted> {
        let this = self.clone();
        self.call("delete the tag", (), |call, ()| async move {
            let name = this.repository.name.as_str();
            let answer = call
                .rest
                .delete_tag(name, this.name.as_str(), Some(API_VERSION))
                .await;
            crate::artifact::deleted(&call.attempt, answer).await
        })
    }

    fn call<T, K, F>(
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
        let tag = answered(&call.attempt, answer).await?.into_inner().tag;
        convert::tag(&self.repository.name, tag)
            .map_err(|what| Error::unexpected(&call.attempt, what))
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.full_reference())
    }
}

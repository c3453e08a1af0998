//! A tag: the name itself.

use std::fmt;

use acr_core::{ImageReference, Tag as TagName};
use acr_rest::{API_VERSION, ResponseValue, types};

use crate::{
    Call, Deleted, Error, Repository, Result, TagProperties, UpdateProperties, convert,
    shared::answered,
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
        Call::new(async move {
            let rest = &this.repository.shared.rest;
            let name = this.repository.name.as_str();
            let answer = rest
                .get_tag_properties(name, this.name.as_str(), Some(API_VERSION))
                .await;
            this.converted("read the properties of the tag", answer)
                .await
        })
    }

    /// Changes what may be done with it.
    pub fn update_properties(&self) -> UpdateProperties<TagProperties> {
        let this = self.clone();
        UpdateProperties::new(move |flags| {
            Box::pin(async move {
                let body = types::TagChangeableAttributes {
                    delete_enabled: flags.delete,
                    write_enabled: flags.write,
                    list_enabled: flags.list,
                    read_enabled: flags.read,
                };
                let rest = &this.repository.shared.rest;
                let name = this.repository.name.as_str();
                let answer = rest
                    .update_tag_attributes(name, this.name.as_str(), Some(API_VERSION), &body)
                    .await;
                this.converted("update the properties of the tag", answer)
                    .await
            })
        })
    }

    /// Removes the tag; the manifest stays.
    pub fn delete(&self) -> Call<Deleted> {
        let this = self.clone();
        Call::new(async move {
            let rest = &this.repository.shared.rest;
            let answer = rest
                .delete_tag(
                    this.repository.name.as_str(),
                    this.name.as_str(),
                    Some(API_VERSION),
                )
                .await;
            crate::artifact::deleted(&this.attempt("delete the tag"), answer).await
        })
    }

    async fn converted(
        &self,
        verb: &str,
        answer: Result<ResponseValue<types::TagAttributes>, acr_rest::Error<()>>,
    ) -> Result<TagProperties> {
        let attempt = self.attempt(verb);
        let tag = answered(&attempt, answer).await?.into_inner().tag;
        convert::tag(&self.repository.name, tag).map_err(|what| Error::unexpected(attempt, what))
    }

    fn attempt(&self, verb: &str) -> String {
        format!("{verb} {}", self.full_reference())
    }
}

impl fmt::Debug for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tag({})", self.full_reference())
    }
}

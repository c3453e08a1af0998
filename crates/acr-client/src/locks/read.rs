//! How locks are read: when one asks for them, and after a call was refused as disallowed.

use acr_core::{Digest, RepositoryName, Tag as TagName};
use acr_rest::{API_VERSION, RetryOptions};
use futures_util::future::try_join;

use super::{Lock, LockLevel, Locks};
use crate::{
    Artifact, Call, Error, ManifestProperties, Repository, RepositoryProperties, Result, Tag,
    TagProperties, call::Context, convert, shared::answered,
};

/// Whose locks are read.
#[derive(Clone, Copy)]
pub(crate) enum Item<'a> {
    Repository,
    Manifest(&'a Digest),
    Tag(&'a TagName),
}

impl Repository {
    /// Its lock. One request.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// println!("{}", repo.locks().await?.blocks_delete());
    /// # Ok(())
    /// # }
    /// ```
    pub fn locks(&self) -> Call<Locks> {
        let name = self.name.clone();
        self.call("read the locks of", (), |call, ()| async move {
            read(&call, &name, Item::Repository).await
        })
    }
}

impl Tag {
    /// Its lock, and those of its manifest and repository. Three requests.
    pub fn locks(&self) -> Call<Locks> {
        let this = self.clone();
        self.call("read the locks of the tag", (), |call, ()| async move {
            read(&call, &this.repository().name, Item::Tag(this.name())).await
        })
    }
}

impl Artifact {
    /// Its lock, and those of its repository and of the tags on it. Three requests, one more to find
    /// the manifest by a tag.
    pub fn locks(&self) -> Call<Locks> {
        let this = self.clone();
        self.call("read the locks of", (), |call, ()| async move {
            let digest = this.look_up(&call).await?;
            read(&call, &this.repository().name, Item::Manifest(&digest)).await
        })
    }
}

/// The outcome of an operation. Where the registry called it disallowed, its error gets to know the
/// locks: a best-effort look, bounded in time and sent once, whose own failure changes nothing.
pub(crate) async fn explain<T>(
    call: &Context,
    repository: &RepositoryName,
    item: Item<'_>,
    outcome: Result<T>,
) -> Result<T> {
    let error = match outcome {
        Err(error) if error.is_locked() => error,
        outcome => return outcome,
    };
    let mut call = call.clone();
    call.rest = call.rest.with_extension(RetryOptions::none());
    let look = async {
        match read(&call, repository, item).await {
            // What was to be made new has no lock of its own.
            Err(error) if error.is_not_found() => read(&call, repository, Item::Repository).await,
            locks => locks,
        }
    };
    match tokio::time::timeout(Locks::LOOK, look).await {
        Ok(Ok(locks)) => Err(error.with_locks(locks)),
        _ => Err(error),
    }
}

async fn read(call: &Context, name: &RepositoryName, item: Item<'_>) -> Result<Locks> {
    let around = repository(call, name);
    match item {
        Item::Repository => Ok(locks(LockLevel::Repository, &around.await?)),
        Item::Manifest(digest) => {
            let below = try_join(manifest(call, name, digest), tags(call, name, digest));
            let (around, (manifest, tags)) = try_join(around, below).await?;
            let mut locks = locks(LockLevel::Manifest, &around);
            locks.add(&manifest);
            locks.tags = tags;
            Ok(locks)
        }
        Item::Tag(name_of_tag) => {
            let (around, tag) = try_join(around, tag(call, name, name_of_tag)).await?;
            let manifest = manifest(call, name, &tag.digest).await?;
            let mut locks = locks(LockLevel::Tag, &around);
            locks.add(&manifest);
            locks.tags = vec![Lock::from(&tag)];
            Ok(locks)
        }
    }
}

fn locks(level: LockLevel, repository: &RepositoryProperties) -> Locks {
    Locks::builder(level, Lock::from(repository)).build()
}

impl Locks {
    fn add(&mut self, manifest: &ManifestProperties) {
        self.manifest = Some(manifest.into());
        self.quarantine_state.clone_from(&manifest.quarantine_state);
    }
}

async fn repository(call: &Context, name: &RepositoryName) -> Result<RepositoryProperties> {
    let answer = call.rest.get_properties(name.as_str(), Some(API_VERSION));
    let body = answered(&call.attempt, answer.await).await?.into_inner();
    convert::repository(body).map_err(|what| Error::unexpected(&call.attempt, what))
}

async fn manifest(
    call: &Context,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<ManifestProperties> {
    let answer = call
        .rest
        .get_manifest_properties(name.as_str(), digest.as_str(), Some(API_VERSION))
        .await;
    let body = answered(&call.attempt, answer).await?.into_inner();
    convert::manifest(body.registry.unwrap_or_default(), name, body.manifest)
        .map_err(|what| Error::unexpected(&call.attempt, what))
}

async fn tag(call: &Context, name: &RepositoryName, tag: &TagName) -> Result<TagProperties> {
    let answer = call
        .rest
        .get_tag_properties(name.as_str(), tag.as_str(), Some(API_VERSION))
        .await;
    let body = answered(&call.attempt, answer).await?.into_inner();
    convert::tag(body.registry.unwrap_or_default(), name, body.tag)
        .map_err(|what| Error::unexpected(&call.attempt, what))
}

/// The first page, as long as it is by itself.
async fn tags(call: &Context, name: &RepositoryName, digest: &Digest) -> Result<Vec<Lock>> {
    let (name_text, filter) = (name.as_str(), Some(digest.as_str()));
    let answer = call
        .rest
        .get_tags(name_text, Some(API_VERSION), filter, None, None, None)
        .await;
    let body = answered(&call.attempt, answer).await?.into_inner();
    let tags = body.tags.unwrap_or_default().into_iter();
    let tags = tags.filter_map(|tag| convert::tag(String::new(), name, tag).ok());
    // Not every server knows the filter.
    let tags = tags.filter(|tag| tag.digest == *digest);
    Ok(tags.map(|tag| Lock::from(&tag)).collect())
}

//! Deleting a manifest, with what that takes along.

use acr_core::Reference;
use acr_rest::ResponseValue;

use crate::{
    Artifact, Call, Deleted, Error, ErrorKind, Result,
    call::Context,
    locks::{Item, explain},
    shared::answered,
};

/// The deletion of a manifest.
///
/// By tag it looks twice before: which manifest the tag points to, and which other tags do. A tag
/// that somebody sets on the manifest between that and the deletion is not seen, and goes along; a
/// tag that somebody moves to another manifest stays, and what it pointed to at first goes. By
/// digest nothing is looked up: all tags on the manifest go along.
///
/// Dropped half-way, the manifest may be gone.
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
/// use acr_client::{Deleted, ErrorKind};
///
/// match image.delete().await {
///     Ok(Deleted::Deleted) => println!("it is gone"),
///     Ok(Deleted::NotFound) => println!("it was not there"),
///     Err(error) => match error.kind() {
///         ErrorKind::OtherTags(tags) => println!("{tags:?} would go along"),
///         _ => return Err(error),
///     },
/// }
/// # Ok(())
/// # }
/// ```
pub type DeleteArtifact = Call<Deleted, DeleteArtifactOptions>;

/// What [`DeleteArtifact`] may be told.
#[derive(Clone, Copy, Debug, Default)]
pub struct DeleteArtifactOptions {
    with_all_tags: bool,
}

impl<T> Call<T, DeleteArtifactOptions> {
    /// Even if other tags than the one named point to the manifest: they go along.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// image.delete().with_all_tags().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_all_tags(mut self) -> Self {
        self.special().with_all_tags = true;
        self
    }
}

pub(super) async fn delete(
    artifact: &Artifact,
    call: &Context,
    options: DeleteArtifactOptions,
) -> Result<Deleted> {
    let digest = match artifact.look_up(call).await {
        Err(error) if error.is_not_found() => return Ok(Deleted::NotFound),
        digest => digest?,
    };
    let repository = artifact.repository();
    if let (Reference::Tag(tag), false) = (artifact.reference(), options.with_all_tags) {
        let tags = repository
            .list_tags()
            .options(call.options.clone())
            .digest(&digest);
        let tags = tags.try_collect().await?;
        // Not every server knows the filter.
        let others = tags
            .into_iter()
            .filter(|other| other.digest == digest && other.name != *tag);
        let others: Vec<_> = others.map(|other| other.name.to_string()).collect();
        if !others.is_empty() {
            return Err(Error::new(&call.attempt, ErrorKind::OtherTags(others)));
        }
    }
    let name = repository.name.as_str();
    let answer = call.rest.delete_manifest(name, digest.as_str()).await;
    let outcome = deleted(&call.attempt, answer).await;
    explain(call, &repository.name, Item::Manifest(&digest), outcome).await
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

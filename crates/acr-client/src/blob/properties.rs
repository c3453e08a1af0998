//! Whether a blob is there, and its deletion.

use acr_core::Digest;

use crate::{
    Call, Deleted, Error, Repository, Result,
    artifact::deleted,
    call::Context,
    headers::{absent, declared_size, same_digest},
    locks::{Item, explain},
    names::{IntoDigest, checked},
    shared::answered,
};

/// What the registry tells about a blob.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct BlobProperties {
    /// The digest.
    pub digest: Digest,
    /// Its size in bytes.
    pub size: u64,
}

impl BlobProperties {
    /// A blob of this digest and size in bytes.
    #[must_use]
    pub fn new(digest: Digest, size: u64) -> Self {
        Self { digest, size }
    }
}

pub(crate) async fn head(
    call: &Context,
    repository: &Repository,
    digest: &Digest,
) -> Result<Option<BlobProperties>> {
    let attempt = format!("look for the blob {digest} of {}", repository.full_name());
    let name = repository.name.as_str();
    let answer = call
        .rest
        .check_blob_exists(name, digest.as_str(), None)
        .await;
    let Some(answer) = absent(answered(&attempt, answer).await)? else {
        return Ok(None);
    };
    let size = declared_size(answer.headers());
    let size = size.ok_or_else(|| Error::unexpected(&attempt, "it has no size"))?;
    same_digest(answer.headers(), digest, size).map_err(|kind| Error::new(attempt, kind))?;
    Ok(Some(BlobProperties::new(digest.clone(), size)))
}

impl Repository {
    /// Asks whether a blob is there, and how large it is; `None` when it is not.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// match repo.head_blob(&digest).await? {
    ///     Some(blob) => println!("{} bytes", blob.size),
    ///     None => println!("it is not there"),
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), when awaited, if it is no
    /// digest.
    pub fn head_blob(&self, digest: impl IntoDigest) -> Call<Option<BlobProperties>> {
        self.on_blob("look for", digest, |call, repository, digest| async move {
            head(&call, &repository, &digest).await
        })
    }

    /// Deletes a blob. Manifests that name it are not asked, and cannot be pulled afterwards.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// println!("{:?}", repo.delete_blob(&digest).await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`head_blob`](Self::head_blob).
    pub fn delete_blob(&self, digest: impl IntoDigest) -> Call<Deleted> {
        self.on_blob("delete", digest, |call, repository, digest| async move {
            let name = repository.name.as_str();
            let answer = call.rest.delete_blob(name, digest.as_str()).await;
            let outcome = deleted(&call.attempt, answer).await;
            explain(&call, &repository.name, Item::Repository, outcome).await
        })
    }

    fn on_blob<T, F>(
        &self,
        verb: &str,
        digest: impl IntoDigest,
        send: fn(Context, Self, Digest) -> F,
    ) -> Call<T>
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let this = self.clone();
        let digest = checked::<Digest, _>(&self.attempt(&format!("{verb} a blob of")), digest);
        self.call(
            &super::verb(verb, &digest),
            (),
            move |call, ()| async move { send(call, this, digest?).await },
        )
    }
}

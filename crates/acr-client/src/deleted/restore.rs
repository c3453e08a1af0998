//! How a manifest comes back.

use acr_core::{Digest, Tag};
use acr_rest::{API_VERSION, types};

use crate::{
    Call, Repository, Result,
    names::{IntoDigest, IntoTagName, checked},
    shared::answered,
};

/// The restoring of a manifest that was deleted: [`Repository::restore_manifest`].
pub type RestoreManifest = Call<(), RestoreManifestOptions>;

/// What a [`RestoreManifest`] can be told.
#[derive(Debug)]
pub struct RestoreManifestOptions {
    tag: Result<Option<Tag>>,
    force: bool,
}

impl<T> Call<T, RestoreManifestOptions> {
    /// The tag that points to it from now on.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.restore_manifest(&digest).tag("v1").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tag(mut self, name: impl IntoTagName) -> Self {
        let tag = checked(self.attempt(), name);
        self.special().tag = tag.map(Some);
        self
    }

    /// Even if the tag points to another manifest now, which then loses it.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.restore_manifest(&digest).tag("v1").force().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn force(mut self) -> Self {
        self.special().force = true;
        self
    }
}

pub(super) fn restore(repository: &Repository, digest: impl IntoDigest) -> RestoreManifest {
    let name = repository.name.clone();
    let digest = checked::<Digest, _>(&repository.attempt("restore a manifest of"), digest);
    let verb = match &digest {
        Ok(digest) => format!("restore {digest} in"),
        Err(_) => "restore a manifest of".to_owned(),
    };
    let options = RestoreManifestOptions {
        tag: Ok(None),
        force: false,
    };
    repository.call(&verb, options, |call, options| async move {
        let digest = digest?;
        let body = types::RestoreRequest {
            tag: options.tag?.map(|tag| tag.to_string()),
        };
        let answer = call
            .rest
            .restore_deleted_manifest(
                name.as_str(),
                digest.as_str(),
                Some(API_VERSION),
                options.force.then_some(true),
                &body,
            )
            .await;
        answered(&call.attempt, answer).await?;
        Ok(())
    })
}

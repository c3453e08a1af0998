//! Taking a blob over from another repository.

use acr_core::{Digest, RepositoryName};
use bytes::Bytes;
use http::StatusCode;

use crate::{
    Call, Error, Repository, Result, UploadSession,
    blob::session::Session,
    call::Context,
    headers::same_digest,
    names::{IntoDigest, IntoRepositoryName, checked},
    shared::answered,
};

/// The mounting of a blob: it is not awaited itself, one says [from](Self::from) where.
///
/// Nothing is transferred: afterwards the same blob is in both repositories. It needs the right to
/// pull from the other repository, and to push to this one.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
/// use acr_client::MountOutcome;
///
/// match repo.mount_blob(&digest).from("library/base").await? {
///     MountOutcome::Mounted(digest) => println!("{digest} is here now"),
///     MountOutcome::NotMounted(session) => {
///         // It is not there: send its bytes by this session, or give it up.
///         session.cancel().await?;
///     }
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing is sent before one says from where"]
pub struct MountBlob {
    repository: Repository,
    digest: Result<Digest>,
}

/// What became of a mount.
#[derive(Debug)]
pub enum MountOutcome {
    /// The blob is in this repository now.
    Mounted(Digest),
    /// The other repository does not have it. The registry has opened an upload instead, by which
    /// its bytes can be sent; [cancel](UploadSession::cancel) it otherwise. Dropped, it is left to
    /// the registry, which discards it by itself after a while.
    NotMounted(UploadSession),
}

impl MountBlob {
    /// From this repository of the same registry.
    ///
    /// Dropped half-way, the blob may have been mounted, or a session may be left that the registry
    /// discards by itself.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.mount_blob(&digest).from("library/base").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), when awaited, if no repository
    /// can be called so, or the digest is none.
    pub fn from(self, repository: impl IntoRepositoryName) -> Call<MountOutcome> {
        let source = checked(&self.repository.attempt(MOUNT), repository);
        let verb = match (&self.digest, &source) {
            (Ok(digest), Ok(source)) => format!("mount the blob {digest} of {source} in"),
            _ => MOUNT.to_owned(),
        };
        let repository = self.repository.clone();
        repository.call(&verb, (), move |call, ()| async move {
            self.send(&call, source?).await
        })
    }

    async fn send(self, call: &Context, source: RepositoryName) -> Result<MountOutcome> {
        let (repository, digest) = (self.repository, self.digest?);
        Ok(match mount(call, repository, &digest, &source).await? {
            None => MountOutcome::Mounted(digest),
            Some(session) => MountOutcome::NotMounted(UploadSession::new(session)),
        })
    }
}

/// Takes a blob over; if that cannot be, the session that the registry has opened instead.
pub(super) async fn mount(
    call: &Context,
    repository: Repository,
    digest: &Digest,
    source: &RepositoryName,
) -> Result<Option<Session>> {
    let (name, from) = (repository.name.as_str(), Some(source.as_str()));
    let answer = call
        .rest
        .start_upload(name, None, from, Some(digest.as_str()), Bytes::new())
        .await;
    let answer = answered(&call.attempt, answer).await?;
    if answer.status() == StatusCode::CREATED {
        same_digest(answer.headers(), digest, 0).map_err(|kind| Error::new(&call.attempt, kind))?;
        return Ok(None);
    }
    Session::opened(repository, answer.headers(), digest.algorithm()).map(Some)
}

const MOUNT: &str = "mount a blob in";

impl Repository {
    /// Takes a blob over from another repository of the same registry; one says which by
    /// [`from`](MountBlob::from). Nothing is transferred.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
    /// repo.mount_blob(&digest).from("library/base").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn mount_blob(&self, digest: impl IntoDigest) -> MountBlob {
        MountBlob {
            repository: self.clone(),
            digest: checked(&self.attempt(MOUNT), digest),
        }
    }
}

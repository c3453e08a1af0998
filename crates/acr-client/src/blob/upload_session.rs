//! An upload in steps of one's own.

use std::{fmt, sync::Arc};

use acr_core::{Algorithm, Digest, MediaType};
use bytes::Bytes;
use tokio::sync::{Mutex, MutexGuard};

use crate::{
    Call, Deleted, Descriptor, Error, Progress, Repository, Result, Resumption, SavedUpload,
    blob::session::{Session, UPLOAD},
    call::Context,
    names::{IntoDigest, IntoMediaType, checked},
};

/// An upload in steps of one's own, where [`upload_blob`](crate::Repository::upload_blob) does not
/// do: for bytes that come from elsewhere piece by piece.
///
/// The service wants chunks in order and one at a time: calls of one session wait for each other.
/// Nothing is in the repository before [`complete`](Self::complete). After a call that failed, or
/// was dropped half-way, nobody knows how much of it arrived: ask [`status`](Self::status) before
/// going on. A session that is left alone the registry discards by itself after a while.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// use acr_client::Digest;
///
/// let session = repo.start_upload().await?;
/// session.send_chunk("Hello, ").await?;
/// let progress = session.send_chunk("world!").await?;
/// assert_eq!(progress.bytes, 13);
/// let blob = session.complete(Digest::of(b"Hello, world!")).media_type("text/plain").await?;
/// println!("{} is stored", blob.digest);
/// # Ok(())
/// # }
/// ```
pub struct UploadSession {
    repository: Repository,
    id: String,
    state: Arc<Mutex<State>>,
}

struct State {
    session: Session,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    /// What we know of it is what the registry knows.
    Open,
    /// A call failed or was dropped: how much of it arrived is unknown.
    Unsure,
    /// Completed or cancelled.
    Ended,
}

impl UploadSession {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            repository: session.repository.clone(),
            id: session.id.clone(),
            state: Arc::new(Mutex::new(State {
                session,
                standing: Standing::Open,
            })),
        }
    }

    /// The registry's name for the upload, for logs. It is no secret: nobody can use it alone.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The repository that the blob goes to.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// Sends the next bytes, in one request that holds them all in memory; 4 MiB is a good size. It
    /// tells how many bytes the registry has then. Nothing is sent for an empty chunk.
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> acr_client::Result<()> {
    /// println!("{} bytes are there", upload.send_chunk("some bytes").await?.bytes);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when a call before this one failed, so that one has to ask
    /// [`status`](Self::status) first, or when the upload has ended.
    pub fn send_chunk(&self, chunk: impl Into<Bytes>) -> Call<Progress> {
        self.call(UPLOAD, chunk.into(), |call, mut state, chunk| async move {
            state.must_be_open(&call.attempt)?;
            if !chunk.is_empty() {
                state.standing = Standing::Unsure;
                state.session.chunk(&call, chunk).await?;
                state.standing = Standing::Open;
            }
            Ok(state.progress())
        })
    }

    /// Asks how many bytes the registry has: where to go on after a call that failed. When it has
    /// fewer than were sent, the rest has to be sent again.
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> acr_client::Result<()> {
    /// println!("{} bytes are there", upload.status().await?.bytes);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Code `BLOB_UPLOAD_UNKNOWN` or `BLOB_UPLOAD_INVALID` when the upload is lost. The service
    /// gives up an upload whose chunk was cut off in the middle: start another one then.
    pub fn status(&self) -> Call<Progress> {
        self.call(
            "ask how far an upload is to",
            (),
            |call, mut state, ()| async move {
                state.must_not_have_ended(&call.attempt)?;
                state.standing = Standing::Unsure;
                state.session.status(&call).await?;
                state.standing = Standing::Open;
                Ok(state.progress())
            },
        )
    }

    /// Ends the upload: the blob is there when its bytes have this digest. Without a media type the
    /// descriptor is that of an octet stream.
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> acr_client::Result<()> {
    /// use acr_client::Digest;
    ///
    /// upload.complete(Digest::of(b"some bytes")).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::DigestMismatch`](crate::ErrorKind::DigestMismatch) when the bytes sent have another digest; then nothing was
    /// stored, and the session is still open. Otherwise as [`send_chunk`](Self::send_chunk).
    pub fn complete(&self, digest: impl IntoDigest) -> CompleteUpload {
        let digest = checked(&self.repository.attempt(UPLOAD), digest);
        let options = CompleteUploadOptions {
            state: Arc::clone(&self.state),
            digest,
            last_chunk: Bytes::new(),
            media_type: Ok(MediaType::OCTET_STREAM),
        };
        let send = |call, options: CompleteUploadOptions| async move { options.send(&call).await };
        self.repository.call(UPLOAD, options, send)
    }

    /// What another process, or this one later, needs to go on with the upload by
    /// [`resume_upload`](Repository::resume_upload). Nothing is sent.
    ///
    /// Between two chunks it can surely be gone on with. Saved after a call that failed, or was
    /// dropped half-way, it can be where the registry allows it; see [`Resumption`].
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> Result<(), Box<dyn std::error::Error>> {
    /// upload.send_chunk("some bytes").await?;
    /// std::fs::write("upload.json", serde_json::to_vec(&upload.save()?)?)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the upload has ended, or
    /// while another call of this session is under way.
    pub fn save(&self) -> Result<SavedUpload> {
        let attempt = self.repository.attempt("save an upload to");
        let busy = "another call of this upload is under way: save it between two calls";
        let state = self.state.try_lock();
        let state = state.map_err(|_| Error::invalid(&attempt, busy))?;
        state.must_not_have_ended(&attempt)?;
        Ok(SavedUpload::of(&state.session))
    }

    /// Gives the upload up: the registry discards what was sent. [`Deleted::NotFound`] says that it
    /// had done so already.
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> acr_client::Result<()> {
    /// upload.cancel().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cancel(&self) -> Call<Deleted> {
        self.call(
            "cancel an upload to",
            (),
            |call, mut state, ()| async move {
                state.must_not_have_ended(&call.attempt)?;
                let cancelled = state.session.cancel(&call).await?;
                state.standing = Standing::Ended;
                Ok(cancelled)
            },
        )
    }

    /// A call that has the session for itself.
    fn call<T, P, F>(
        &self,
        verb: &str,
        params: P,
        run: impl FnOnce(Context, tokio::sync::OwnedMutexGuard<State>, P) -> F + Send + 'static,
    ) -> Call<T>
    where
        T: Send + 'static,
        P: Send + 'static,
        F: Future<Output = Result<T>> + Send + 'static,
    {
        let state = Arc::clone(&self.state);
        self.repository.call(verb, (), move |call, ()| async move {
            let state = state.lock_owned().await;
            run(call, state, params).await
        })
    }
}

impl State {
    fn progress(&self) -> Progress {
        Progress {
            bytes: self.session.bytes,
        }
    }

    fn must_not_have_ended(&self, attempt: &str) -> Result<()> {
        match self.standing {
            Standing::Ended => Err(Error::invalid(
                attempt,
                "this upload was completed or cancelled",
            )),
            _ => Ok(()),
        }
    }

    fn must_be_open(&self, attempt: &str) -> Result<()> {
        self.must_not_have_ended(attempt)?;
        match self.standing {
            Standing::Unsure => Err(Error::invalid(
                attempt,
                "a call before this one did not end well: ask `status()` where to go on",
            )),
            _ => Ok(()),
        }
    }
}

/// The end of an upload.
///
/// Dropped half-way, the blob may be there.
pub type CompleteUpload = Call<Descriptor, CompleteUploadOptions>;

/// What [`CompleteUpload`] may be told.
pub struct CompleteUploadOptions {
    state: Arc<Mutex<State>>,
    digest: Result<Digest>,
    last_chunk: Bytes,
    media_type: Result<MediaType>,
}

impl CompleteUploadOptions {
    async fn send(self, call: &Context) -> Result<Descriptor> {
        let (digest, media_type) = (self.digest?, self.media_type?);
        let mut state: MutexGuard<'_, State> = self.state.lock().await;
        state.must_be_open(&call.attempt)?;
        let session = &state.session;
        let sent = session.digest_with(&self.last_chunk);
        if let Some(sent) = sent.filter(|sent| sent.algorithm() == digest.algorithm()) {
            session.must_match(&digest, &sent, &self.last_chunk)?;
        }
        state.standing = Standing::Unsure;
        let session = &mut state.session;
        let size = session.complete(call, self.last_chunk, &digest).await?;
        state.standing = Standing::Ended;
        Ok(Descriptor::new(media_type, digest, size))
    }
}

impl<T> Call<T, CompleteUploadOptions> {
    /// The last bytes, sent along instead of as a chunk of their own.
    ///
    /// ```no_run
    /// # async fn f(upload: acr_client::UploadSession) -> acr_client::Result<()> {
    /// use acr_client::Digest;
    ///
    /// upload.complete(Digest::of(b"some bytes")).last_chunk("some bytes").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn last_chunk(mut self, chunk: impl Into<Bytes>) -> Self {
        self.special().last_chunk = chunk.into();
        self
    }

    /// What the descriptor calls it; the registry itself does not know a blob's type.
    pub fn media_type(mut self, media_type: impl IntoMediaType) -> Self {
        let media_type = checked(self.attempt(), media_type);
        self.special().media_type = media_type;
        self
    }
}

impl Repository {
    /// Opens an upload in steps of one's own. Where a file, a reader or bytes in memory are to be
    /// uploaded, [`upload_blob`](Self::upload_blob) does all of it.
    ///
    /// Dropped half-way, it may leave a session that the registry discards by itself.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Digest;
    ///
    /// let upload = repo.start_upload().await?;
    /// upload.send_chunk("some bytes").await?;
    /// upload.complete(Digest::of(b"some bytes")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_upload(&self) -> Call<UploadSession> {
        let this = self.clone();
        self.call(UPLOAD, (), |call, ()| async move {
            let session = Session::start(&call, this, Algorithm::Sha256).await?;
            Ok(UploadSession::new(session))
        })
    }
}

/// An upload that goes on.
#[derive(Debug)]
#[non_exhaustive]
pub struct ResumedUpload {
    /// To go on with.
    pub session: UploadSession,
    /// Where: as many bytes of the blob as [`how.bytes()`](Resumption::bytes) says are there, and
    /// the next chunk begins behind them.
    pub how: Resumption,
}

impl Repository {
    /// Goes on with an upload that was [saved](UploadSession::save), or begins another one where the
    /// registry has given that one up; [`how`](ResumedUpload::how) tells which.
    ///
    /// The registry is asked what it has. Dropped half-way, it may leave a session that the registry
    /// discards by itself.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository, saved: acr_client::SavedUpload, blob: bytes::Bytes) -> acr_client::Result<()> {
    /// use acr_client::Digest;
    ///
    /// let resumed = repo.resume_upload(saved).await?;
    /// let there = resumed.how.bytes() as usize;
    /// resumed.session.send_chunk(blob.slice(there..)).await?;
    /// resumed.session.complete(Digest::of(&blob)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput), and nothing is sent, when it was
    /// saved for another registry or repository.
    pub fn resume_upload(&self, saved: SavedUpload) -> Call<ResumedUpload> {
        let this = self.clone();
        let verb = "go on with an upload to";
        self.call(verb, (), |call, ()| async move {
            let (session, how) = saved.go_on(&call, this).await?;
            let session = UploadSession::new(session);
            Ok(ResumedUpload { session, how })
        })
    }
}

impl fmt::Debug for CompleteUploadOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CompleteUploadOptions")
            .field("digest", &self.digest)
            .field("media_type", &self.media_type)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UploadSession {
    /// Without its address, whose query is as good as a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UploadSession")
            .field("repository", &self.repository)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

//! A conversion that is under way.

use std::{fmt, time::Duration};

use acr_rest::{API_VERSION, ResponseValue, types};

use super::status::StreamingProgress;
use crate::{Call, Error, Repository, Result, call::Context, convert, shared::answered};

/// How often it is asked how a conversion stands.
const INTERVAL: Duration = Duration::from_secs(5);

/// A handle on a conversion for streaming, which goes on in the registry by itself. Its
/// [id](Self::id) can be stored, and makes the same handle again in another process.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, stored: String) -> acr_client::Result<()> {
/// use std::time::Duration;
///
/// let conversion = repo.streaming_operation(stored);
/// let end = conversion
///     .finished()
///     .on_progress(|now| println!("{} {}", now.status, now.progress.as_deref().unwrap_or("")))
///     .timeout(Duration::from_secs(15 * 60))
///     .await?;
/// println!("{}: {}", end.status, end.details.unwrap_or_default());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct StreamingOperation {
    repository: Repository,
    id: String,
}

/// The wait for the end of a conversion: [`StreamingOperation::finished`].
pub type FinishStreaming = Call<StreamingProgress, FinishStreamingOptions>;

/// What a [`FinishStreaming`] can be told.
#[derive(Default)]
pub struct FinishStreamingOptions {
    interval: Option<Duration>,
    on_progress: Option<Tell>,
}

type Tell = Box<dyn Fn(&StreamingProgress) + Send + Sync>;

impl StreamingOperation {
    pub(crate) fn new(repository: Repository, id: String) -> Self {
        Self { repository, id }
    }

    /// The registry's name for it.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The repository that it works in.
    #[must_use]
    pub fn repository(&self) -> &Repository {
        &self.repository
    }

    /// How it stands now.
    ///
    /// ```no_run
    /// # async fn f(conversion: acr_client::StreamingOperation) -> acr_client::Result<()> {
    /// println!("{:?}", conversion.status().await?.percent());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// A status of 404 with the code `OPERATION_UNKNOWN` when there is none of this id.
    pub fn status(&self) -> Call<StreamingProgress> {
        let this = self.clone();
        self.call("read the status of", (), |call, ()| async move {
            this.asked(&call).await
        })
    }

    /// Waits for its end, and tells what that was: whether it succeeded, failed or was cancelled
    /// stands in the [`status`](StreamingProgress::status). There is no limit to the wait but the
    /// call's own [`timeout`](Call::timeout). Dropping it ends the wait, not the conversion.
    ///
    /// # Errors
    /// As for [`status`](Self::status): the first time that it cannot be told ends the wait.
    pub fn finished(&self) -> FinishStreaming {
        let this = self.clone();
        let options = FinishStreamingOptions::default();
        self.call("await the end of", options, |call, options| {
            finish(call, this, options)
        })
    }

    /// Ends it before it has done its work, and tells how it stands then. One that has ended stays
    /// as it is.
    ///
    /// ```no_run
    /// # async fn f(conversion: acr_client::StreamingOperation) -> acr_client::Result<()> {
    /// println!("{:?}", conversion.cancel().await?.status);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As for [`status`](Self::status).
    pub fn cancel(&self) -> Call<StreamingProgress> {
        let this = self.clone();
        self.call("cancel", (), |call, ()| async move {
            let name = this.repository.name.as_str();
            let answer = call
                .rest
                .cancel_operation(name, &this.id, Some(API_VERSION))
                .await;
            told(&call, answer).await
        })
    }

    async fn asked(&self, call: &Context) -> Result<StreamingProgress> {
        let name = self.repository.name.as_str();
        let answer = call
            .rest
            .get_operation(name, &self.id, Some(API_VERSION))
            .await;
        told(call, answer).await
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
        let verb = format!("{verb} the conversion {:?} in", self.id);
        self.repository.call(&verb, special, send)
    }
}

/// How a conversion stands.
async fn told(
    call: &Context,
    answer: Result<ResponseValue<types::StreamingOperation>, acr_rest::Error<()>>,
) -> Result<StreamingProgress> {
    let answer = answered(&call.attempt, answer).await?;
    convert::streaming::progress(answer.into_inner())
        .map_err(|what| Error::unexpected(&call.attempt, what))
}

async fn finish(
    call: Context,
    operation: StreamingOperation,
    options: FinishStreamingOptions,
) -> Result<StreamingProgress> {
    loop {
        let progress = operation.asked(&call).await?;
        if let Some(tell) = &options.on_progress {
            tell(&progress);
        }
        if progress.status.is_final() {
            return Ok(progress);
        }
        tokio::time::sleep(options.interval.unwrap_or(INTERVAL)).await;
    }
}

impl<T> Call<T, FinishStreamingOptions> {
    /// How long to wait before asking again, instead of 5 s.
    ///
    /// ```no_run
    /// # async fn f(conversion: acr_client::StreamingOperation) -> acr_client::Result<()> {
    /// use std::time::Duration;
    ///
    /// let outcome = conversion.finished().poll_interval(Duration::from_secs(5)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn poll_interval(mut self, interval: Duration) -> Self {
        self.special().interval = Some(interval);
        self
    }

    /// What to do with each answer, the last one included. It must not block.
    ///
    /// ```no_run
    /// # async fn f(conversion: acr_client::StreamingOperation) -> acr_client::Result<()> {
    /// let outcome = conversion.finished().on_progress(|it| println!("{:?}", it.percent())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_progress(
        mut self,
        tell: impl Fn(&StreamingProgress) + Send + Sync + 'static,
    ) -> Self {
        self.special().on_progress = Some(Box::new(tell));
        self
    }
}

impl fmt::Debug for StreamingOperation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let repository = self.repository.full_name();
        write!(f, "StreamingOperation({:?} in {repository})", self.id)
    }
}

impl fmt::Debug for FinishStreamingOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FinishStreamingOptions")
            .field("interval", &self.interval)
            .finish_non_exhaustive()
    }
}

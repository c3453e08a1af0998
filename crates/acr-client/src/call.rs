//! Calls that are awaited directly.

use std::{fmt, sync::Arc, time::Duration};

use acr_rest::{Capture, Clock, Pipeline, RetryOptions, retry::Patience};
use futures_util::future::BoxFuture;
use tokio_util::sync::CancellationToken;

use crate::{
    CallOptions, Error, ErrorKind, ResponseInfo, Result,
    options::{Cancelled, shared_options},
    shared::Shared,
};

/// A call. Nothing is sent before it is awaited.
///
/// What every call can be told is chained: a timeout, retries, headers, a hook. What only this one
/// can be told (`K`) is, too. It owns what it needs, so it can be spawned:
///
/// ```no_run
/// # async fn f(registry: acr_client::ContainerRegistryClient) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// let call = registry.repository("library/hello-world")?.properties().timeout(Duration::from_secs(2));
/// let properties = tokio::spawn(call.into_future()).await??;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is sent before the call is awaited"]
pub struct Call<T, K = ()> {
    shared: Arc<Shared>,
    attempt: String,
    options: CallOptions,
    special: K,
    send: Work<T, K>,
}

type Work<T, K> = Box<dyn FnOnce(Context, K) -> BoxFuture<'static, Result<T>> + Send>;

/// What a call's requests are sent with: the options ride along.
#[derive(Clone)]
pub(crate) struct Context {
    /// The bindings, with the call's options.
    pub(crate) rest: acr_rest::Client,
    /// To where a redirect leads, with the call's options; without a token.
    pub(crate) storage: Pipeline,
    /// For calls that are made of others.
    pub(crate) options: CallOptions,
    /// What is tried, on what: for errors.
    pub(crate) attempt: String,
    clock: Arc<dyn Clock>,
    retry: RetryOptions,
}

impl Context {
    /// For a transfer, which is taken up again where one request is sent again.
    pub(crate) fn patience(&self) -> Patience {
        Patience::new(self.retry, Arc::clone(&self.clock))
    }

    /// Is cancelled when what this call is a part of has failed. Who has not asked for it until then is
    /// dropped; who has ends by itself, and leaves nothing behind.
    pub(crate) fn cancelled(&self) -> &CancellationToken {
        self.options.cancelled.heed()
    }

    /// A context over this way.
    pub(crate) fn new(
        shared: &Shared,
        (rest, storage): (acr_rest::Client, Pipeline),
        options: CallOptions,
        attempt: &str,
    ) -> Self {
        Self {
            rest,
            storage,
            attempt: attempt.to_owned(),
            clock: Arc::clone(&shared.clock),
            retry: options.retried().unwrap_or(shared.retry),
            options,
        }
    }
}

impl<T, K> Call<T, K> {
    pub(crate) fn new<F>(
        shared: &Arc<Shared>,
        attempt: impl Into<String>,
        special: K,
        send: impl FnOnce(Context, K) -> F + Send + 'static,
    ) -> Self
    where
        F: Future<Output = Result<T>> + Send + 'static,
    {
        Self {
            shared: Arc::clone(shared),
            attempt: attempt.into(),
            options: CallOptions::default(),
            special,
            send: Box::new(|call, special| Box::pin(send(call, special))),
        }
    }

    /// What only this call can be told.
    pub(crate) fn special(&mut self) -> &mut K {
        &mut self.special
    }

    /// What is tried, on what: for errors.
    pub(crate) fn attempt(&self) -> &str {
        &self.attempt
    }

    /// With what tells it that a call beside it has failed.
    pub(crate) fn cancelled(mut self, cancelled: Cancelled) -> Self {
        self.options.cancelled = cancelled;
        self
    }

    fn set(mut self, change: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        // The capture belongs to the type that `with_response` has made.
        let capture = self.options.capture.take();
        self.options = change(self.options);
        self.options.capture = capture;
        self
    }

    shared_options!();
}

impl<T: Send + 'static, K: 'static> Call<T, K> {
    /// Gives the last answer's status and headers along with the value.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let (properties, response) = image.properties().with_response().await?;
    /// println!("{} {:?}", response.status, response.correlation_id());
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_response(mut self) -> Call<(T, ResponseInfo), K> {
        let capture = Capture::default();
        self.options.capture = Some(capture.clone());
        let (send, attempt) = (self.send, self.attempt.clone());
        Call {
            shared: self.shared,
            attempt: self.attempt,
            options: self.options,
            special: self.special,
            send: Box::new(move |call, special| {
                let work = send(call, special);
                Box::pin(async move {
                    let value = work.await?;
                    let answer = capture
                        .take()
                        .ok_or_else(|| Error::unexpected(attempt, "nothing was sent"))?;
                    Ok((value, answer.into()))
                })
            }),
        }
    }
}

impl<T, K> IntoFuture for Call<T, K>
where
    T: Send + 'static,
    K: Send + 'static,
{
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let call = self.options.context(&self.shared, &self.attempt)?;
            let limit = call.options.timeout;
            let work = (self.send)(call, self.special);
            within(limit, self.attempt, work).await
        })
    }
}

#[cfg(feature = "blocking")]
impl<T, K> Call<T, K>
where
    T: Send + 'static,
    K: Send + 'static,
{
    /// Makes the call and waits for it: without async. See [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// As when it is awaited; [`ErrorKind::AsyncContext`] within an async task, where nothing may
    /// wait.
    pub fn wait(self) -> Result<T> {
        let attempt = self.attempt.clone();
        crate::blocking::wait(&attempt, self.into_future())
    }
}

impl<T, K> fmt::Debug for Call<T, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("attempt", &self.attempt)
            .field("options", &self.options)
            .finish_non_exhaustive()
    }
}

/// A call of the token engine, or one that sends no request of its own. Its requests are shared by all
/// who wait for the same token, so only the time that one waits oneself can be set.
///
/// Nothing is sent before it is awaited. Dropped half-way, others who wait for the same token still
/// get it.
#[must_use = "nothing is sent before the call is awaited"]
pub struct TokenCall<T> {
    attempt: String,
    timeout: Option<Duration>,
    work: BoxFuture<'static, Result<T>>,
}

impl<T> TokenCall<T> {
    pub(crate) fn new(
        attempt: String,
        work: impl Future<Output = Result<T>> + Send + 'static,
    ) -> Self {
        Self {
            attempt,
            timeout: None,
            work: Box::pin(work),
        }
    }

    /// How long the whole call may take, with all retries.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use std::time::Duration;
    ///
    /// let login = registry.docker_login().timeout(Duration::from_secs(10)).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(self, timeout: Duration) -> Self {
        Self {
            timeout: Some(timeout),
            ..self
        }
    }
}

impl<T: Send + 'static> IntoFuture for TokenCall<T> {
    type Output = Result<T>;
    type IntoFuture = BoxFuture<'static, Result<T>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(within(self.timeout, self.attempt, self.work))
    }
}

#[cfg(feature = "blocking")]
impl<T: Send + 'static> TokenCall<T> {
    /// Makes the call and waits for it: without async. See [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// As when it is awaited; [`ErrorKind::AsyncContext`] within an async task, where nothing may
    /// wait.
    pub fn wait(self) -> Result<T> {
        let attempt = self.attempt.clone();
        crate::blocking::wait(&attempt, self.into_future())
    }
}

impl<T> fmt::Debug for TokenCall<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCall")
            .field("attempt", &self.attempt)
            .finish_non_exhaustive()
    }
}

/// The outcome, unless it takes longer.
pub(crate) async fn within<T>(
    limit: Option<Duration>,
    attempt: String,
    work: impl Future<Output = Result<T>>,
) -> Result<T> {
    let Some(after) = limit else {
        return work.await;
    };
    tokio::time::timeout(after, work)
        .await
        .unwrap_or_else(|_| Err(Error::new(attempt, ErrorKind::Timeout { after })))
}

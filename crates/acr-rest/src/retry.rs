//! When a request is sent again: the one place that decides it.
//!
//! | what happened | repeatable request | other request | body is a stream |
//! |---|---|---|---|
//! | no connection could be made | again | again | not again |
//! | TLS failed | not again | not again | not again |
//! | the connection broke before the answer | again | not again | not again |
//! | no answer came in time | again | not again | not again |
//! | the answer's body broke off, or stood still | again | not again | not again |
//! | 429 | again | again | not again |
//! | 408, 500, 502, 503, 504 | again | not again | not again |
//! | anything else | not again | not again | not again |
//!
//! Repeatable is what leaves the same state when it arrives twice: every GET, HEAD, DELETE and
//! PUT of a manifest, the change of properties, the switch of artifact streaming, the metadata query,
//! the token requests, and the start of an upload (a second session harms nobody). A chunk of an
//! upload and its end are not: the server may have taken them. Nor is the start of a conversion, or a
//! restoration. A request whose body is a stream is never sent again, since nobody has its bytes any
//! more.
//!
//! The body of an answer counts where it is read whole before anybody sees it: lists, properties,
//! manifests and tokens. What breaks in the body of a blob, the reader of the blob sees.
//!
//! Between two tries the wait grows exponentially with jitter; `Retry-After` replaces it, in seconds
//! or as a date (RFC 9110 §10.2.3), as long as it fits into the time allowed. Time is that of the
//! [`Clock`], without that in which the [`governor`](crate::governor) held the request back. Each decision is an event at level `DEBUG`.

mod after;
mod kind;
mod options;
mod patience;
mod table;

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

pub(crate) use after::retry_after;
pub use options::{NoAttempts, RetryOptions};
pub use patience::Patience;
pub use table::{Cause, TABLE, is_retryable, is_retryable_status};

use crate::{Clock, Operation, SystemClock, governor::Held, guard};
use kind::Kind;

/// Which try of a request it is, this one included: in the extensions of each try, for middleware
/// that stands behind [`Retry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

/// What an answer took, in its extensions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Tried {
    /// How often the request was sent.
    pub attempts: u32,
    /// From the first try to this answer, waits included, by the clock of [`Retry`].
    pub elapsed: Duration,
    /// When the answer came, by the same clock.
    pub(crate) at: SystemTime,
}

impl Tried {
    /// What is known of this answer, whether it came through [`Retry`] or not.
    pub(crate) fn of(response: &Response) -> Self {
        let known = response.extensions().get::<Self>();
        known.copied().unwrap_or_else(|| Self {
            attempts: 1,
            elapsed: Duration::ZERO,
            at: SystemTime::now(),
        })
    }
}

/// There is no answer, after this many attempts. The source is what happened to the last.
#[derive(Debug)]
#[non_exhaustive]
pub struct Exhausted {
    /// How often the request was sent.
    pub attempts: u32,
    /// How long all of it took, waits included, by the clock of [`Retry`].
    pub elapsed: Duration,
    source: reqwest_middleware::Error,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (attempts, elapsed) = (self.attempts, self.elapsed.as_secs_f32());
        let s = if attempts == 1 { "" } else { "s" };
        write!(f, "{attempts} attempt{s} in {elapsed:.1} s failed")
    }
}

impl std::error::Error for Exhausted {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.source {
            reqwest_middleware::Error::Middleware(error) => Some(&**error),
            reqwest_middleware::Error::Reqwest(error) => Some(error),
        }
    }
}

/// The middleware that sends again. [`RetryOptions`] in the extensions of a request, by
/// [`Client::with_extension`](crate::Client::with_extension), replace its own for that one.
#[derive(Clone, Debug)]
pub struct Retry {
    options: RetryOptions,
    clock: Arc<dyn Clock>,
}

impl Default for Retry {
    fn default() -> Self {
        Self::new(RetryOptions::default())
    }
}

impl Retry {
    /// With these options, by the operating system's clock.
    #[must_use]
    pub fn new(options: RetryOptions) -> Self {
        Self {
            options,
            clock: Arc::new(SystemClock),
        }
    }

    /// By another clock: the time that is allowed, and the date of a `Retry-After`. The waits
    /// themselves are tokio's.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// What the tries took until now.
    fn tried(&self, attempts: u32, started: SystemTime) -> Tried {
        let at = self.clock.now();
        Tried {
            attempts,
            elapsed: at.duration_since(started).unwrap_or_default(),
            at,
        }
    }
}

#[async_trait::async_trait]
impl Middleware for Retry {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let options = extensions.get::<RetryOptions>().copied();
        let options = options.unwrap_or(self.options);
        let kind = Kind::of(&request);
        let whole = kind::is_read_whole(&request, extensions.get::<Operation>());
        let started = self.clock.now();
        let mut delays = options.delays();
        let mut attempts = 0;
        loop {
            let again = request.try_clone();
            attempts += 1;
            extensions.insert(Attempts(attempts));
            let mut outcome = next.clone().run(request, extensions).await;
            if whole {
                outcome = read(outcome).await;
            }
            let tried = self.tried(attempts, started);
            let held = extensions.get::<Held>().copied().unwrap_or_default();
            let decision = decide(&outcome, kind, &options, &mut delays, tried, held);
            let (Some(again), Some(wait)) = (again, decision) else {
                return finish(outcome, tried);
            };
            request = again;
            tokio::time::sleep(wait).await;
        }
    }
}

/// How long to wait before the next try; `None` where there is none.
fn decide(
    outcome: &Result<Response>,
    kind: Kind,
    options: &RetryOptions,
    delays: &mut impl Iterator<Item = Duration>,
    tried: Tried,
    held: Held,
) -> Option<Duration> {
    let cause = Cause::of(outcome)?;
    let Tried {
        attempts, elapsed, ..
    } = tried;
    let reason = match delays.next() {
        _ if !cause.is_sent_again(kind) => "it would not be the same, or would not help",
        None => "there were as many attempts as are allowed",
        Some(delay) => {
            let answer = outcome.as_ref().ok();
            let asked = answer.and_then(|answer| retry_after(answer.headers(), tried.at));
            let wait = asked.unwrap_or(delay);
            if options.allows(elapsed.saturating_sub(held.0), wait) {
                tracing::debug!(attempts, %cause, ?wait, ?elapsed, asked = asked.is_some(), "the request is sent again");
                return Some(wait);
            }
            "the time that is allowed would be over"
        }
    };
    tracing::debug!(attempts, %cause, ?elapsed, reason, "the request is not sent again");
    None
}

/// The same outcome with the body of a success in hand, or what broke it.
async fn read(outcome: Result<Response>) -> Result<Response> {
    match outcome {
        Ok(response) if response.status().is_success() => Ok(guard::whole(response).await?),
        other => other,
    }
}

fn finish(outcome: Result<Response>, tried: Tried) -> Result<Response> {
    match outcome {
        Ok(mut response) => {
            response.extensions_mut().insert(tried);
            Ok(response)
        }
        // The address of an upload, or of a blob, is a key.
        Err(source) => Err(reqwest_middleware::Error::middleware(Exhausted {
            attempts: tried.attempts,
            elapsed: tried.elapsed,
            source: source.without_url(),
        })),
    }
}

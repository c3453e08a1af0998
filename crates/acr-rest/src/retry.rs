//! When a request is sent again: the one place that decides it.
//!
//! | what happened | repeatable request | other request |
//! |---|---|---|
//! | no connection could be made | again | again |
//! | TLS failed | not again | not again |
//! | the connection broke, or the answer did not come | again | not again |
//! | 429 | again | again |
//! | 408, 500, 502, 503, 504 | again | not again |
//! | anything else | not again | not again |
//!
//! Repeatable is what leaves the same state when it arrives twice: every GET, HEAD, DELETE and
//! PUT of a manifest, the change of properties, the token requests, and the start of an upload (a
//! second session harms nobody). A chunk of an upload and its end are not: the server may have
//! taken them. A request whose body is a stream is never sent again.
//!
//! Between two tries the wait grows exponentially with jitter; `Retry-After` replaces it, as long
//! as it fits into the time allowed.

use std::{
    fmt, io,
    time::{Duration, Instant, SystemTime},
};

use backon::{BackoffBuilder, ExponentialBuilder};
use http::{Extensions, HeaderMap, Method, StatusCode, header::RETRY_AFTER};
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

use crate::guard::Silence;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryOptions {
    max_attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    max_elapsed: Duration,
}

impl Default for RetryOptions {
    /// 4 attempts, waiting 0.8 s, then twice as long each time up to 30 s, for at most 2 minutes.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_delay: Duration::from_millis(800),
            max_delay: Duration::from_secs(30),
            max_elapsed: Duration::from_secs(120),
        }
    }
}

impl RetryOptions {
    /// No second attempt.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included.
    #[must_use]
    pub fn max_attempts(self, max_attempts: u32) -> Self {
        Self {
            max_attempts: max_attempts.max(1),
            ..self
        }
    }

    /// The wait before the second attempt, without jitter.
    #[must_use]
    pub fn initial_delay(self, initial_delay: Duration) -> Self {
        Self {
            initial_delay,
            ..self
        }
    }

    /// The longest wait between two attempts.
    #[must_use]
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// No attempt begins later than this after the first one.
    #[must_use]
    pub fn max_elapsed(self, max_elapsed: Duration) -> Self {
        Self {
            max_elapsed,
            ..self
        }
    }

    /// Whether a try may begin after this wait. A server may ask for a wait of any length.
    fn allows(&self, elapsed: Duration, wait: Duration) -> bool {
        elapsed
            .checked_add(wait)
            .is_some_and(|begin| begin <= self.max_elapsed)
    }

    fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.initial_delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.max_attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }
}

/// How often a request was sent, this time included; in the extensions of each try, and of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts(pub u32);

/// Every attempt failed without an answer. The source is what happened to the last.
#[derive(Debug)]
pub struct Exhausted {
    /// How often the request was sent.
    pub attempts: u32,
    /// How long all of it took.
    pub elapsed: Duration,
    source: reqwest_middleware::Error,
}

impl fmt::Display for Exhausted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} attempts in {:.1} s failed",
            self.attempts,
            self.elapsed.as_secs_f32()
        )
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

/// The middleware that sends again.
#[derive(Clone, Copy, Debug, Default)]
pub struct Retry {
    options: RetryOptions,
}

impl Retry {
    /// With these options.
    #[must_use]
    pub fn new(options: RetryOptions) -> Self {
        Self { options }
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
        let started = Instant::now();
        let repeatable = is_repeatable(&request);
        // What one call asks for goes before what the client does.
        let options = extensions
            .get::<RetryOptions>()
            .copied()
            .unwrap_or(self.options);
        let mut delays = options.delays();
        let mut attempts = 0;
        loop {
            let again = request.try_clone();
            attempts += 1;
            extensions.insert(Attempts(attempts));
            let outcome = next.clone().run(request, extensions).await;
            let wait = wanted(&outcome, repeatable)
                .and_then(|asked| delays.next().map(|delay| asked.unwrap_or(delay)))
                .filter(|wait| options.allows(started.elapsed(), *wait));
            let (Some(again), Some(wait)) = (again, wait) else {
                return finish(outcome, attempts, started.elapsed());
            };
            request = again;
            tracing::debug!(
                attempts,
                ?wait,
                outcome = outcome_name(&outcome),
                "the request is sent again"
            );
            tokio::time::sleep(wait).await;
        }
    }
}

fn finish(outcome: Result<Response>, attempts: u32, elapsed: Duration) -> Result<Response> {
    match outcome {
        Ok(mut response) => {
            response.extensions_mut().insert(Attempts(attempts));
            Ok(response)
        }
        Err(error) if attempts == 1 => Err(error),
        Err(source) => Err(reqwest_middleware::Error::middleware(Exhausted {
            attempts,
            elapsed,
            source,
        })),
    }
}

/// Whether to send again, and when the server says how long to wait, that.
fn wanted(outcome: &Result<Response>, repeatable: bool) -> Option<Option<Duration>> {
    match outcome {
        Ok(response) => {
            let again = match response.status() {
                StatusCode::TOO_MANY_REQUESTS => true,
                StatusCode::REQUEST_TIMEOUT
                | StatusCode::INTERNAL_SERVER_ERROR
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT => repeatable,
                _ => false,
            };
            again.then(|| retry_after(response.headers()))
        }
        Err(reqwest_middleware::Error::Reqwest(error)) => {
            let again =
                !error.is_builder() && !is_permanent(error) && (error.is_connect() || repeatable);
            again.then_some(None)
        }
        // The other errors of middleware are decisions, which a second try would not change.
        Err(reqwest_middleware::Error::Middleware(error)) => {
            let again = repeatable && error.downcast_ref::<Silence>().is_some();
            again.then_some(None)
        }
    }
}

/// A certificate that is not trusted, or a server that does not speak TLS, will not be another one
/// in a second. TLS errors come as data that is invalid, wrapped in other I/O errors, which do not
/// name what they wrap as their source.
fn is_permanent(error: &reqwest::Error) -> bool {
    let mut io = crate::find::<io::Error>(error).filter(|_| error.is_connect());
    while let Some(error) = io {
        if error.kind() == io::ErrorKind::InvalidData {
            return true;
        }
        io = error.get_ref().and_then(|inner| inner.downcast_ref());
    }
    false
}

fn is_repeatable(request: &Request) -> bool {
    let path = request.url().path();
    match *request.method() {
        Method::POST => path.starts_with("/oauth2/") || path.ends_with("/blobs/uploads/"),
        Method::PATCH => path.starts_with("/acr/v1/"),
        Method::PUT => !path.contains("/blobs/uploads/"),
        _ => true,
    }
}

fn outcome_name(outcome: &Result<Response>) -> String {
    match outcome {
        Ok(response) => response.status().as_u16().to_string(),
        Err(_) => "no answer".to_owned(),
    }
}

/// The wait that `Retry-After` asks for, in seconds or until a date (RFC 9110 §10.2.3).
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    match text.parse() {
        Ok(seconds) => Some(Duration::from_secs(seconds)),
        Err(_) => {
            let date = httpdate::parse_http_date(text).ok()?;
            Some(date.duration_since(SystemTime::now()).unwrap_or_default())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: Method, path: &str) -> Request {
        Request::new(
            method,
            format!("https://reg.azurecr.io{path}").parse().unwrap(),
        )
    }

    fn answer(status: u16) -> Result<Response> {
        Ok(Response::from(
            http::Response::builder().status(status).body("").unwrap(),
        ))
    }

    #[test]
    fn the_table() {
        for (status, repeatable, other) in [
            (429, true, true),
            (408, true, false),
            (500, true, false),
            (503, true, false),
        ] {
            assert_eq!(
                wanted(&answer(status), true).is_some(),
                repeatable,
                "{status}"
            );
            assert_eq!(wanted(&answer(status), false).is_some(), other, "{status}");
        }
        for status in [200, 307, 400, 401, 403, 404, 405, 409, 416, 501] {
            assert!(wanted(&answer(status), true).is_none(), "{status}");
        }
    }

    #[test]
    fn what_is_repeatable() {
        assert!(is_repeatable(&request(Method::PUT, "/v2/app/manifests/v1")));
        assert!(is_repeatable(&request(Method::PATCH, "/acr/v1/app")));
        assert!(is_repeatable(&request(Method::POST, "/oauth2/token")));
        assert!(is_repeatable(&request(
            Method::POST,
            "/v2/app/blobs/uploads/"
        )));
        assert!(!is_repeatable(&request(
            Method::PATCH,
            "/v2/app/blobs/uploads/1"
        )));
    }

    #[test]
    fn retry_after_in_both_forms() {
        let headers = |value: &str| HeaderMap::from_iter([(RETRY_AFTER, value.parse().unwrap())]);
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        let in_a_minute = httpdate::fmt_http_date(SystemTime::now() + Duration::from_secs(60));
        let wait = retry_after(&headers(&in_a_minute)).unwrap().as_secs();
        assert!((57..=60).contains(&wait), "{wait}");
        assert_eq!(
            retry_after(&headers("Thu, 10 Feb 2022 00:26:59 GMT")),
            Some(Duration::ZERO)
        );
        assert_eq!(retry_after(&headers("soon")), None);
    }

    #[test]
    fn a_wait_of_any_length_is_borne() {
        let options = RetryOptions::default();
        assert!(options.allows(Duration::from_secs(1), Duration::from_secs(119)));
        assert!(!options.allows(Duration::from_secs(2), Duration::from_secs(119)));
        assert!(!options.allows(Duration::from_secs(1), Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn the_delays_are_bounded() {
        let delays: Vec<_> = RetryOptions::default()
            .max_attempts(10)
            .max_delay(Duration::from_secs(5))
            .delays()
            .collect();
        assert_eq!(delays.len(), 9);
        assert!(
            delays.iter().all(|delay| *delay <= Duration::from_secs(10)),
            "{delays:?}"
        );
        assert_eq!(RetryOptions::none().delays().count(), 0);
    }
}

//! What every call can be told: the one place where those options are kept, checked and put on the
//! way of the requests.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use acr_rest::{Capture, Captured, Exchange, LogOptions, OnExchange, RetryOptions};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use tokio_util::sync::CancellationToken;

use crate::{Error, Result, call::Context, shared::Shared};

/// What a call can be told beside what it is about, prepared once for many calls.
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
/// use std::time::Duration;
/// use acr_client::CallOptions;
///
/// let hurried = CallOptions::new().timeout(Duration::from_secs(2)).client_request_id("nightly-7");
/// let properties = image.properties().options(hurried.clone()).await?;
/// let content = image.content().options(hurried).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
#[must_use = "options do nothing before a call has them"]
pub struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    retry: Option<RetryOptions>,
    log: Option<LogOptions>,
    headers: HeaderMap,
    on_exchange: Option<OnExchange>,
    pub(crate) capture: Option<Capture>,
    pub(crate) cancelled: Cancelled,
    /// Why they cannot be; told when the call is awaited.
    refused: Option<String>,
}

/// Whether what a call is a part of has failed, and whether the call then ends by itself, leaving nothing
/// behind, instead of being dropped.
#[derive(Clone, Default)]
pub(crate) struct Cancelled {
    token: CancellationToken,
    heeded: Arc<AtomicBool>,
}

impl Cancelled {
    pub(crate) fn by(token: CancellationToken) -> Self {
        Self {
            token,
            heeded: Arc::default(),
        }
    }

    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// From now on the call watches the token itself.
    pub(crate) fn heed(&self) -> &CancellationToken {
        self.heeded.store(true, Ordering::Relaxed);
        &self.token
    }

    pub(crate) fn is_heeded(&self) -> bool {
        self.heeded.load(Ordering::Relaxed)
    }
}

/// What the last answer of a call said beside its body.
///
/// ```no_run
/// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
/// let (_, response) = image.properties().with_response().await?;
/// println!("{} after {} tries", response.status, response.attempts);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ResponseInfo {
    /// The status.
    pub status: StatusCode,
    /// The headers. Values that let anybody go on where we are, such as the address of a blob, are
    /// marked as sensitive and do not print.
    pub headers: HeaderMap,
    /// How often the request was sent.
    pub attempts: u32,
}

impl ResponseInfo {
    /// An answer with this status to the first try, without headers, for tests.
    ///
    /// ```
    /// use acr_client::ResponseInfo;
    ///
    /// let mut response = ResponseInfo::new(http::StatusCode::OK);
    /// response.attempts = 2;
    /// assert_eq!(response.request_id(), None);
    /// ```
    #[must_use]
    pub fn new(status: StatusCode) -> Self {
        Self {
            status,
            headers: HeaderMap::new(),
            attempts: 1,
        }
    }
}

/// Headers that the pipeline sets itself: another value would break the request, or show or replace
/// a token.
const OWNED: [HeaderName; 20] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::AUTHORIZATION,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_RANGE,
    header::CONTENT_TYPE,
    header::COOKIE,
    header::EXPECT,
    header::HOST,
    header::PROXY_AUTHORIZATION,
    header::RANGE,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
    HeaderName::from_static("keep-alive"),
    CLIENT_REQUEST_ID,
];

const CLIENT_REQUEST_ID: HeaderName = HeaderName::from_static("x-ms-client-request-id");

impl CallOptions {
    /// Nothing out of the ordinary.
    pub fn new() -> Self {
        Self::default()
    }

    /// How long the whole call may take, with getting tokens and all retries; where a stream is
    /// returned, until it begins. Of a list it is the time for each page.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::CallOptions;
    ///
    /// let options = CallOptions::new().timeout(std::time::Duration::from_secs(2));
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// How often and how long each request is tried, instead of what the client says.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::{CallOptions, RetryOptions};
    ///
    /// let options = CallOptions::new().retry(RetryOptions::none());
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(mut self, retry: RetryOptions) -> Self {
        if let Err(error) = retry.check() {
            self.refuse(error.to_string());
        }
        self.retry = Some(retry);
        self
    }

    /// What is logged, instead of what the client says.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::{CallOptions, LogOptions};
    ///
    /// let options = CallOptions::new().log(LogOptions::bodies());
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log(mut self, log: LogOptions) -> Self {
        if let Err(error) = log.check() {
            self.refuse(error.to_string());
        }
        self.log = Some(log);
        self
    }

    /// An id of one's own for the requests, `x-ms-client-request-id`: the service logs it, and
    /// repeats it in some answers.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::CallOptions;
    ///
    /// let options = CallOptions::new().client_request_id("nightly-7");
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_request_id(mut self, id: impl Into<String>) -> Self {
        match HeaderValue::from_str(&id.into()) {
            Ok(id) => {
                self.headers.insert(CLIENT_REQUEST_ID, id);
            }
            Err(_) => self.refuse("the client request id cannot stand in a header".to_owned()),
        }
        self
    }

    /// A further header on each request to the registry; never on those for tokens, nor on those to
    /// where a download is redirected. Headers that the client sets itself are refused.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::CallOptions;
    ///
    /// let options = CallOptions::new().header("x-meta-source-client", "me");
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn header<N, V>(mut self, name: N, value: V) -> Self
    where
        N: TryInto<HeaderName, Error: Into<http::Error>>,
        V: TryInto<HeaderValue, Error: Into<http::Error>>,
    {
        match (
            name.try_into().map_err(Into::into),
            value.try_into().map_err(Into::into),
        ) {
            (Ok(name), Ok(_)) if OWNED.contains(&name) => {
                self.refuse(format!("the header `{name}` is set by the client itself"));
            }
            (Ok(name), Ok(value)) => {
                self.headers.append(name, value);
            }
            (Err(error), _) | (_, Err(error)) => {
                let error: http::Error = error;
                self.refuse(error.to_string());
            }
        }
        self
    }

    /// Told of each exchange with the registry, and with where it redirects to: method, URL, headers,
    /// status, without their secrets. It must not block. Requests for tokens are shared by all calls,
    /// and are not told of.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// use acr_client::CallOptions;
    ///
    /// let options = CallOptions::new().on_exchange(|exchange| println!("{} {}", exchange.method(), exchange.url()));
    /// let properties = image.properties().options(options).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn on_exchange(
        mut self,
        on_exchange: impl Fn(&Exchange<'_>) + Send + Sync + 'static,
    ) -> Self {
        self.on_exchange = Some(OnExchange(Arc::new(on_exchange)));
        self
    }

    fn refuse(&mut self, why: String) {
        self.refused.get_or_insert(why);
    }

    /// That they can be.
    pub(crate) fn check(&self, attempt: &str) -> Result<()> {
        match &self.refused {
            Some(why) => Err(Error::invalid(attempt, why.clone())),
            None => Ok(()),
        }
    }

    pub(crate) fn retried(&self) -> Option<RetryOptions> {
        self.retry
    }

    pub(crate) fn logged(&self) -> Option<&LogOptions> {
        self.log.as_ref()
    }

    /// These, and for what they do not say, those of the client.
    pub(crate) fn over(self, defaults: &Self) -> Self {
        let mut headers = defaults.headers.clone();
        // Of a name that stands in both, only the values of the call are sent.
        headers.extend(self.headers);
        Self {
            timeout: self.timeout.or(defaults.timeout),
            retry: self.retry.or(defaults.retry),
            log: self.log.or_else(|| defaults.log.clone()),
            headers,
            on_exchange: self.on_exchange.or_else(|| defaults.on_exchange.clone()),
            capture: self.capture,
            cancelled: self.cancelled,
            refused: self.refused.or_else(|| defaults.refused.clone()),
        }
    }

    /// The way on which a call's requests go.
    pub(crate) fn context(&self, shared: &Shared, attempt: &str) -> Result<Context> {
        self.clone().over(&shared.defaults).way(shared, attempt)
    }

    fn way(self, shared: &Shared, attempt: &str) -> Result<Context> {
        self.check(attempt)?;
        let (mut rest, mut storage) = (shared.rest.clone(), shared.storage.clone());
        if !self.headers.is_empty() {
            rest = rest.with_headers(self.headers.clone());
        }
        macro_rules! ride_along {
            ($($option:ident),+) => {$(
                if let Some(value) = &self.$option {
                    rest = rest.with_extension(value.clone());
                    storage = storage.with_extension(value.clone());
                }
            )+};
        }
        ride_along!(retry, log, on_exchange, capture);
        Ok(Context::new(shared, (rest, storage), self, attempt))
    }
}

impl fmt::Debug for CallOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.keys().collect();
        f.debug_struct("CallOptions")
            .field("timeout", &self.timeout)
            .field("retry", &self.retry)
            .field("log", &self.log)
            .field("headers", &names)
            .finish_non_exhaustive()
    }
}

impl ResponseInfo {
    /// The id by which Azure's support finds the request: `x-ms-correlation-request-id`.
    ///
    /// ```no_run
    /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
    /// let (_, response) = image.properties().with_response().await?;
    /// println!("for Azure's support: {:?}", response.correlation_id());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn correlation_id(&self) -> Option<&str> {
        self.header("x-ms-correlation-request-id")
    }

    /// The service's own id of the request, `x-ms-request-id`; not all answers have one.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.header("x-ms-request-id")
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }
}

impl From<Captured> for ResponseInfo {
    fn from(captured: Captured) -> Self {
        Self {
            status: captured.status,
            headers: captured.headers,
            attempts: captured.attempts,
        }
    }
}

/// The options as methods of whatever has `fn set(self, FnOnce(CallOptions) -> CallOptions) -> Self`.
macro_rules! shared_options {
    () => {
        /// How long the whole call may take: see [`CallOptions::timeout`](crate::CallOptions::timeout).
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// use std::time::Duration;
        ///
        /// let properties = image.properties().timeout(Duration::from_secs(2)).await?;
        /// let tags = image.repository().list_tags().timeout(Duration::from_secs(2)).try_collect().await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn timeout(self, timeout: std::time::Duration) -> Self {
            self.set(|options| options.timeout(timeout))
        }

        /// How often and how long each request is tried, instead of what the client says.
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// use acr_client::RetryOptions;
        ///
        /// let properties = image.properties().retry(RetryOptions::none()).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn retry(self, retry: crate::RetryOptions) -> Self {
            self.set(|options| options.retry(retry))
        }

        /// What is logged, instead of what the client says.
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// use acr_client::LogOptions;
        ///
        /// let properties = image.properties().log(LogOptions::bodies()).await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn log(self, log: crate::LogOptions) -> Self {
            self.set(|options| options.log(log))
        }

        /// An id of one's own for the requests: see
        /// [`CallOptions::client_request_id`](crate::CallOptions::client_request_id).
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// let properties = image.properties().client_request_id("nightly-7").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn client_request_id(self, id: impl Into<String>) -> Self {
            self.set(|options| options.client_request_id(id))
        }

        /// A further header on each request: see [`CallOptions::header`](crate::CallOptions::header).
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// let properties = image.properties().header("x-meta-source-client", "me").await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn header<N, V>(self, name: N, value: V) -> Self
        where
            N: TryInto<http::HeaderName, Error: Into<http::Error>>,
            V: TryInto<http::HeaderValue, Error: Into<http::Error>>,
        {
            self.set(|options| options.header(name, value))
        }

        /// Told of each exchange: see [`CallOptions::on_exchange`](crate::CallOptions::on_exchange).
        ///
        /// ```no_run
        /// # async fn f(image: acr_client::Artifact) -> acr_client::Result<()> {
        /// let properties = image
        ///     .properties()
        ///     .on_exchange(|exchange| println!("{} {:?}", exchange.url(), exchange.status()))
        ///     .await?;
        /// # Ok(())
        /// # }
        /// ```
        pub fn on_exchange(
            self,
            on_exchange: impl Fn(&crate::Exchange<'_>) + Send + Sync + 'static,
        ) -> Self {
            self.set(|options| options.on_exchange(on_exchange))
        }

        /// Options that were prepared, instead of those that were chained so far.
        pub fn options(self, options: crate::CallOptions) -> Self {
            self.set(|_| options)
        }
    };
}

pub(crate) use shared_options;

//! What is told of each exchange, through the `tracing` crate.
//!
//! Names and fields follow OpenTelemetry's conventions for HTTP clients where these have one.
//!
//! | target | level | what | when |
//! |---|---|---|---|
//! | `acr_rest::operation` | `INFO` | span `operation` | one request with all its tries |
//! | `acr_rest::exchange` | `INFO` | span `http` | one try, from the request to the answer's headers |
//! | `acr_rest::exchange` | `INFO` | event | behind each try |
//! | `acr_rest::retry` | `DEBUG` | event | each decision to send again, or not to |
//! | `acr_rest::governor` | `WARN` | event | fewer requests at once, since the registry throttles |
//! | `acr_rest::governor` | `DEBUG` | event | more at once again, and each request that was held back |
//! | `acr_auth::…` | `DEBUG` | event | each decision on tokens |
//!
//! Fields of the event on an exchange, and of the span `http` those of its first half:
//!
//! | field | what |
//! |---|---|
//! | `http.request.method`, `url.full`, `server.address`, `server.port` | the URL [redacted](crate::redact::url) |
//! | `http.request.resend_count` | how often the request was sent before, for whatever reason; absent the first time |
//! | `http.response.status_code` | absent where no answer came |
//! | `error.type` | the status of a refusal, or why no answer came: `connection`, `tls`, `broken`, `timeout`, `other`, and `dropped` when nobody waited for it any more |
//! | `operation` | the `operationId` of the OpenAPI document in snake case |
//! | `attempt` | which try it was, from 1 on |
//! | `duration_ms` | from the request to the answer's headers |
//! | `az.client_request_id`, `az.service_request_id` | the request's ids: ours, and that for Azure's support |
//! | `http.request.headers`, `http.response.headers` | those that are [shown](LogOptions), as lines |
//! | `http.request.body`, `http.response.body` | JSON, where [`LogOptions`] ask for it |

mod body;
mod headers;
mod options;
mod span;
mod telling;

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};
use tracing::{Instrument, Level, enabled};

pub use options::{LogError, LogOptions};
pub use span::call_span;
pub(crate) use span::operation_span;

use crate::exchange::OnExchange;
use telling::Telling;

/// The middleware that tells of each exchange: an event at level `INFO`, a span, and what
/// [`OnExchange`] in the request's extensions is called with. It shows no token, no password and no
/// pre-signed address. [`LogOptions`] in the extensions replace its own for that request.
#[derive(Clone, Debug, Default)]
pub struct Trace {
    options: LogOptions,
}

impl Trace {
    /// Tells so much.
    #[must_use]
    pub fn new(options: LogOptions) -> Self {
        Self { options }
    }
}

/// How often a request was sent before; in its extensions.
#[derive(Clone, Copy, Default)]
struct Sends(u32);

#[async_trait::async_trait]
impl Middleware for Trace {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let resends = extensions.get::<Sends>().copied().unwrap_or_default().0;
        extensions.insert(Sends(resends.saturating_add(1)));
        let hook = extensions.get::<OnExchange>().cloned();
        let is_heard = enabled!(target: "acr_rest::exchange", Level::INFO);
        if hook.is_none() && !is_heard {
            return next.run(request, extensions).await;
        }
        let options = extensions.get::<LogOptions>().unwrap_or(&self.options);
        let telling = Telling::new(&request, extensions, options.clone(), resends);
        let span = telling.span();
        let outcome = next.run(request, extensions).instrument(span.clone()).await;
        span::answered(&span, &outcome);
        telling.answered(outcome, hook.as_ref(), is_heard).await
    }
}

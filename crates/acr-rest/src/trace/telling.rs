//! One exchange, as it is told of.

use std::time::{Duration, Instant};

use http::{Extensions, HeaderMap, Method, StatusCode};
use reqwest::{Request, Response};
use reqwest_middleware::Result;
use tracing::Span;

use super::{LogOptions, body, headers, span};
use crate::{
    exchange::{Exchange, OnExchange},
    pipeline::Operation,
    redact,
    reflected::Sent,
    retry::Attempts,
};

/// What is known of an exchange before its answer. Dropped before that, it tells that nobody waited
/// any more.
pub(super) struct Telling {
    method: Method,
    url: String,
    server: (String, Option<u16>),
    operation: &'static str,
    attempt: u32,
    resends: u32,
    headers: HeaderMap,
    body: Option<String>,
    with_bodies: bool,
    sent: Sent,
    options: LogOptions,
    started: Instant,
    is_told: bool,
}

impl Telling {
    pub(super) fn new(
        request: &Request,
        extensions: &Extensions,
        options: LogOptions,
        resends: u32,
    ) -> Self {
        let operation = extensions.get::<Operation>().map_or("", |named| named.0);
        let url = request.url();
        let sent = Sent::with(request);
        let with_bodies = options.tells_bodies() && body::may_be_told(operation, url.path());
        Self {
            method: request.method().clone(),
            url: redact::url(url),
            server: (
                url.host_str().unwrap_or_default().to_owned(),
                url.port_or_known_default(),
            ),
            operation,
            attempt: extensions
                .get::<Attempts>()
                .map_or(1, |attempts| attempts.0),
            resends,
            headers: headers::without_secrets(request.headers(), &sent),
            body: with_bodies
                .then(|| body::of_request(request, &sent))
                .flatten(),
            with_bodies,
            sent,
            options,
            started: Instant::now(),
            is_told: false,
        }
    }

    pub(super) fn span(&self) -> Span {
        let (host, port) = (&*self.server.0, self.server.1);
        let resends = Some(self.resends).filter(|resends| *resends > 0);
        span::http(
            &self.method,
            &self.url,
            (host, port),
            self.operation,
            resends,
        )
    }

    /// Tells of it, and gives the outcome back.
    pub(super) async fn answered(
        mut self,
        mut outcome: Result<Response>,
        hook: Option<&OnExchange>,
        is_heard: bool,
    ) -> Result<Response> {
        let elapsed = self.started.elapsed();
        let mut told = None;
        if self.with_bodies
            && is_heard
            && let Ok(response) = outcome
        {
            let (response, body) = body::of_response(response, &self.sent).await;
            (outcome, told) = (Ok(response), body);
        }
        self.is_told = true;
        let answer = outcome.as_ref().ok();
        let answer = answer.map(|answer| {
            let headers = headers::without_secrets(answer.headers(), &self.sent);
            (answer.status(), headers)
        });
        let answer = answer.as_ref().map(|(status, headers)| (*status, headers));
        self.tell(
            answer,
            span::error_type(&outcome).as_deref(),
            told.as_deref(),
            elapsed,
        );
        if let Some(OnExchange(hook)) = hook {
            hook(&self.exchange(answer, elapsed));
        }
        outcome
    }

    fn exchange<'a>(
        &'a self,
        answer: Option<(StatusCode, &'a HeaderMap)>,
        elapsed: Duration,
    ) -> Exchange<'a> {
        Exchange {
            method: &self.method,
            url: &self.url,
            operation: self.operation,
            request_headers: &self.headers,
            answer,
            attempt: self.attempt,
            elapsed,
        }
    }

    fn tell(
        &self,
        answer: Option<(StatusCode, &HeaderMap)>,
        error_type: Option<&str>,
        body: Option<&str>,
        elapsed: Duration,
    ) {
        let (status, answered) = (answer.map(|(status, _)| status), answer.map(|(_, all)| all));
        tracing::info!(
            target: "acr_rest::exchange",
            operation = self.operation,
            "http.request.method" = self.method.as_str(),
            "url.full" = self.url,
            "server.address" = self.server.0,
            "server.port" = self.server.1,
            "http.request.resend_count" = Some(self.resends).filter(|resends| *resends > 0),
            "http.response.status_code" = status.map(|status| status.as_u16()),
            "error.type" = error_type,
            attempt = self.attempt,
            duration_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX),
            "az.client_request_id" = headers::text(&self.headers, "x-ms-client-request-id"),
            "az.service_request_id" = answered.and_then(headers::service_request_id),
            "http.request.headers" = headers::shown(&self.headers, &self.options),
            "http.response.headers" = answered.map(|all| headers::shown(all, &self.options)),
            "http.request.body" = self.body,
            "http.response.body" = body,
            "exchange"
        );
    }
}

impl Drop for Telling {
    fn drop(&mut self) {
        if !self.is_told {
            self.tell(None, Some("dropped"), None, self.started.elapsed());
        }
    }
}

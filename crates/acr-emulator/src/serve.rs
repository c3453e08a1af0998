//! A request's way through the registry.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::{
    app::App,
    auth::{Need, authorize, needs, scope_text},
    breaker::Breaker,
    call::Call,
    errors::{self, ApiError},
    faults::{Arrival, Way},
    handlers,
    headers::{self, Envelope, REMAINING_CALLS},
    limiter::Verdict,
    requests::{Listener, RequestRecord, range},
    router::{Operation, RouteMiss, route},
};

/// Answers a request to the registry.
pub(crate) async fn serve(
    State(app): State<Arc<App>>,
    Extension(breaker): Extension<Breaker>,
    request: Request,
) -> Response {
    let began = Instant::now();
    let (parts, body) = request.into_parts();
    let routed = route(&parts.method, parts.uri.path());
    let operation = routed.as_ref().ok();
    let mut record = RequestRecord {
        listener: Listener::Registry,
        operation: operation.map(Operation::name),
        repository: operation
            .and_then(Operation::repository)
            .map(ToString::to_string),
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().map(str::to_owned),
        range: range(&parts.headers),
        received: 0,
        status: 0,
        scope: None,
        at: app.clock.now().into(),
        duration: Duration::ZERO,
    };
    let version = parts.version;
    let way = Way::of(&parts, breaker);
    let mut call = Call::new(Arc::clone(&app), parts, body);
    let (mut response, envelope) = match routed {
        Ok(operation) => operate(operation, &mut call, &mut record.scope).await,
        Err(miss) => missed(&miss, &record),
    };
    headers::seal(&mut response, envelope, &call.headers);
    headers::keep_alive(&mut response, version);
    if !call.effects.leaves_no_answer() {
        call.drain(response.status());
        record.status = response.status().as_u16();
    }
    record.received = call.received();
    record.duration = began.elapsed();
    app.requests.add(record);
    call.effects.spoil(response, way).await
}

/// Authorizes a call and does what it asks for, if it is not one too many.
async fn operate(
    operation: Operation,
    call: &mut Call,
    scope: &mut Option<String>,
) -> (Response, Envelope) {
    let needs = needs(&operation, &call.query);
    *scope = scope_text(&needs);
    let settings = call.app.modes();
    let now = call.app.clock.now();
    let verdict = call.app.limiter.take(settings.calls_per_second, now);
    let refusal = match verdict {
        Verdict::Exceeded(wait) => Some(throttled(settings.retry_after.then_some(wait))),
        _ => refuse(&operation, &needs, call).await,
    };
    if let Some(refusal) = refusal {
        let envelope = match operation.is_of_tokens() {
            true => Envelope::Tokens,
            false => Envelope::Registry { request_ids: false },
        };
        return (refusal, envelope);
    }
    let kind = Kind::of(&operation);
    let answer = match call.app.catch_up().await {
        Ok(()) => Box::pin(handlers::dispatch(operation, call)).await,
        Err(error) => Err(error.into()),
    };
    let mut response = answer.into_response();
    if kind.delete || kind.of_tokens && response.status().is_success() {
        let left = verdict.calls_left(kind.of_tokens);
        headers::set(&mut response, REMAINING_CALLS, &left);
    }
    let envelope = kind.envelope(response.status());
    (response, envelope)
}

/// What an operation means for the headers of its answer.
struct Kind {
    of_tokens: bool,
    content: bool,
    property_delete: bool,
    delete: bool,
}

impl Kind {
    fn of(operation: &Operation) -> Self {
        Self {
            of_tokens: operation.is_of_tokens(),
            content: operation.is_content(),
            property_delete: operation.is_property_delete(),
            delete: operation.is_delete(),
        }
    }

    fn envelope(&self, status: StatusCode) -> Envelope {
        let request_ids = match status {
            _ if self.of_tokens => return Envelope::Tokens,
            StatusCode::TEMPORARY_REDIRECT => false,
            StatusCode::ACCEPTED if self.property_delete => true,
            _ => self.content,
        };
        Envelope::Registry { request_ids }
    }
}

/// The answer to a call that is one too many.
fn throttled(wait: Option<Duration>) -> Response {
    let mut response = ApiError::too_many_requests().into_response();
    if let Some(wait) = wait {
        let seconds = wait.as_secs_f64().ceil().max(1.0);
        headers::set(&mut response, header::RETRY_AFTER, &seconds.to_string());
    }
    response
}

/// The answer to a call that must not be carried out: it is not allowed, or a fault rule says so.
/// Whatever else is to go wrong with the call it knows after this.
async fn refuse(operation: &Operation, needs: &[Need], call: &mut Call) -> Option<Response> {
    let app = Arc::clone(&call.app);
    let of_tokens = operation.is_of_tokens();
    let arrival = Arrival::registry(operation, of_tokens || call.shows_token());
    call.effects = app.faults.of_arrival(arrival);
    call.effects.delay().await;
    if let Some(status) = call.effects.status() {
        return Some(status.answer(call, needs));
    }
    if !of_tokens {
        match authorize(call, needs) {
            Ok(caller) => call.caller = Some(caller),
            Err(refusal) => return Some(refusal.into_response()),
        }
    }
    call.effects.extend(app.faults.of_admission(arrival));
    if let Some(after) = call.effects.request_cut() {
        call.cut_body(after);
    }
    if let Some((bytes, every)) = call.effects.request_trickle() {
        call.slow_body(bytes, every);
    }
    let locked = call.effects.is_locked();
    locked.then(|| ApiError::locked().into_response())
}

fn missed(miss: &RouteMiss, record: &RequestRecord) -> (Response, Envelope) {
    let response = match miss {
        RouteMiss::NotFound => errors::page_not_found(),
        RouteMiss::MethodNotAllowed(allowed) => errors::method_not_allowed(allowed),
        RouteMiss::BadDigest => {
            let error = ApiError::digest_invalid(Some("digest parsing failed"));
            let envelope = Envelope::Registry { request_ids: false };
            return (error.into_response(), envelope);
        }
        RouteMiss::AddSlash => {
            let mut response = crate::reply::empty(StatusCode::MOVED_PERMANENTLY);
            let query = record.query.as_deref().map(|query| format!("?{query}"));
            let location = format!("{}/{}", record.path, query.unwrap_or_default());
            headers::set(&mut response, header::LOCATION, &location);
            response
        }
    };
    (response, Envelope::NoRoute)
}

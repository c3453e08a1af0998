//! The registry as one value, and a request's way through it.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::{
    Extension,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use jiff::{SignedDuration, Timestamp};

use crate::{
    auth::{Directory, Need, TokenAuthority, authorize, needs, scope_text},
    breaker::Breaker,
    call::Call,
    clock::Clock,
    conversions::Conversions,
    errors::{self, ApiError},
    faults::{Arrival, Faults, Way},
    handlers,
    headers::{self, Envelope, REMAINING_CALLS},
    keys::Keys,
    limiter::{Limiter, Verdict},
    modes::Settings,
    presign::Signer,
    requests::{Listener, RequestLog, RequestRecord},
    router::{Operation, RouteMiss, route},
    sessions::Sessions,
    store::{Event, Store},
};

/// What does not change while the emulator runs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The registry's name in challenges, tokens and bodies: on Azure, the login server.
    pub(crate) service: String,
    /// Host and port of the registry, for requests that name none.
    pub(crate) authority: String,
    pub(crate) https: bool,
    pub(crate) storage_port: u16,
    /// The certificate that clients must trust, if one was made.
    pub(crate) ca_pem: Option<String>,
}

impl Setup {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

/// The registry.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Setup,
    modes: RwLock<Settings>,
    pub(crate) clock: Clock,
    pub(crate) keys: Keys,
    pub(crate) directory: Directory,
    pub(crate) tokens: TokenAuthority,
    pub(crate) signer: Signer,
    pub(crate) store: Store,
    pub(crate) sessions: Sessions,
    pub(crate) conversions: Conversions,
    pub(crate) requests: RequestLog,
    pub(crate) faults: Faults,
    limiter: Limiter,
}

impl App {
    pub(crate) fn new(
        settings: Setup,
        modes: Settings,
        directory: Directory,
        keys: Keys,
        store: Store,
    ) -> Self {
        let clock = Clock::default();
        let id = &keys.registry_id;
        Self {
            tokens: TokenAuthority::new(
                keys.tokens.clone(),
                settings.service.clone(),
                id.clone(),
                clock.clone(),
            ),
            signer: Signer::new(keys.storage.clone(), id.clone()),
            settings,
            modes: RwLock::new(modes),
            clock,
            keys,
            directory,
            store,
            sessions: Sessions::default(),
            conversions: Conversions::default(),
            requests: RequestLog::default(),
            faults: Faults::default(),
            limiter: Limiter::default(),
        }
    }

    /// What can be changed while the emulator runs, as it is now.
    pub(crate) fn modes(&self) -> Settings {
        *self.modes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what can be changed while the emulator runs.
    ///
    /// # Errors
    /// Those of `change`; then nothing has changed.
    pub(crate) fn change_modes<E>(
        &self,
        change: impl FnOnce(Settings) -> Result<Settings, E>,
    ) -> Result<Settings, E> {
        let mut modes = self.modes.write().unwrap_or_else(PoisonError::into_inner);
        *modes = change(*modes)?;
        Ok(*modes)
    }

    /// Makes every token worthless that was given out until now.
    pub(crate) fn revoke_tokens(&self) -> io::Result<()> {
        let key = self.keys.renew_tokens()?;
        self.tokens.sign_with(key);
        Ok(())
    }

    /// Does what the time that went by has brought: conversions end, and what was deleted is gone
    /// for good. That waits for the disk, and so is done where waiting is allowed.
    pub(crate) async fn catch_up(self: &Arc<Self>) -> io::Result<()> {
        let until = self.deleted_until();
        let expired = self.store.read(|state| state.has_deleted_until(until));
        if !expired && !self.conversions.are_due(&self.clock) {
            return Ok(());
        }
        let app = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            app.conversions.settle(&app.store, &app.clock)?;
            let event = Event::DeletedExpired { until };
            app.store.commit_blocking(|_| Ok((vec![event], ())))
        });
        work.await.map_err(io::Error::from)?
    }

    /// What was deleted at this time or before is not kept any longer.
    fn deleted_until(&self) -> Timestamp {
        let days = i64::from(self.modes().soft_delete_days);
        let now = self.clock.now();
        now.checked_sub(SignedDuration::from_hours(24 * days))
            .unwrap_or(Timestamp::MIN)
    }

    /// Forgets all content and all uploads.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.sessions.clear();
        self.conversions.clear();
        self.store.clear()
    }
}

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
    record.duration = began.elapsed();
    app.requests.add(record);
    call.effects.spoil(response, way).await
}

/// Authorizes a call and does what it asks for.
async fn operate(
    operation: Operation,
    call: &mut Call,
    scope: &mut Option<String>,
) -> (Response, Envelope) {
    let needs = needs(&operation, &call.query);
    *scope = scope_text(&needs);
    let settings = call.app.modes();
    let limit = settings.calls_per_second;
    let verdict = call.app.limiter.take(limit, call.app.clock.now());
    let refused = if operation.is_of_tokens() {
        Envelope::Tokens
    } else {
        Envelope::Registry { request_ids: false }
    };
    if let Verdict::Exceeded(wait) = verdict {
        let wait = settings.retry_after.then_some(wait);
        return (throttled(wait), refused);
    }
    if let Some(refusal) = refuse(&operation, &needs, call).await {
        return (refusal, refused);
    }
    let (content, property_delete) = (operation.is_content(), operation.is_property_delete());
    let (of_tokens, is_delete) = (operation.is_of_tokens(), operation.is_delete());
    let answer = match call.app.catch_up().await {
        Ok(()) => Box::pin(handlers::dispatch(operation, call)).await,
        Err(error) => Err(error.into()),
    };
    let mut response = answer.into_response();
    if is_delete || of_tokens && response.status().is_success() {
        let left = verdict.calls_left(of_tokens);
        headers::set(&mut response, REMAINING_CALLS, &left);
    }
    let request_ids = match response.status() {
        StatusCode::TEMPORARY_REDIRECT => false,
        StatusCode::ACCEPTED if property_delete => true,
        _ => content,
    };
    match refused {
        Envelope::Tokens => (response, Envelope::Tokens),
        _ => (response, Envelope::Registry { request_ids }),
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

//! The registry as one value, and a request's way through it.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, Instant},
};

use axum::{
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

use crate::{
    auth::{Directory, TokenAuthority, authorize, needs, scope_text},
    call::Call,
    clock::Clock,
    conversions::Conversions,
    errors::{self, ApiError},
    handlers,
    headers::{self, Envelope},
    keys::Keys,
    modes::Settings,
    presign::Signer,
    requests::{Listener, RequestLog, RequestRecord},
    router::{Operation, RouteMiss, route},
    sessions::Sessions,
    store::Store,
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

    /// Does what the time that went by has brought.
    pub(crate) fn catch_up(&self) -> io::Result<()> {
        self.conversions.settle(&self.store, &self.clock)
    }

    /// Forgets all content and all uploads.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.sessions.clear();
        self.conversions.clear();
        self.store.clear()
    }
}

/// Answers a request to the registry.
pub(crate) async fn serve(State(app): State<Arc<App>>, request: Request) -> Response {
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
    let call = Call::new(Arc::clone(&app), parts, body);
    let (mut response, envelope) = match routed {
        Ok(operation) => operate(operation, &call, &mut record.scope).await,
        Err(miss) => missed(&miss, &record),
    };
    headers::seal(&mut response, envelope, &call.headers);
    call.drain(response.status());
    record.status = response.status().as_u16();
    record.duration = began.elapsed();
    app.requests.add(record);
    response
}

/// Authorizes a call and does what it asks for.
async fn operate(
    operation: Operation,
    call: &Call,
    scope: &mut Option<String>,
) -> (Response, Envelope) {
    use Operation::{Exchange, TokenByGet, TokenByPost};
    if matches!(operation, Exchange | TokenByGet | TokenByPost) {
        let answer = Box::pin(handlers::dispatch(operation, call)).await;
        return (answer.into_response(), Envelope::Tokens);
    }
    let (content, property_delete) = (operation.is_content(), operation.is_property_delete());
    let needs = needs(&operation, &call.query);
    *scope = scope_text(&needs);
    match authorize(call, &needs) {
        Ok(caller) => call.caller.get_or_init(|| caller),
        Err(refusal) => {
            let envelope = Envelope::Registry { request_ids: false };
            return (refusal.into_response(), envelope);
        }
    };
    let answer = match call.app.catch_up() {
        Ok(()) => Box::pin(handlers::dispatch(operation, call)).await,
        Err(error) => Err(error.into()),
    };
    let response = answer.into_response();
    let request_ids = match response.status() {
        StatusCode::TEMPORARY_REDIRECT => false,
        StatusCode::ACCEPTED if property_delete => true,
        _ => content,
    };
    (response, Envelope::Registry { request_ids })
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

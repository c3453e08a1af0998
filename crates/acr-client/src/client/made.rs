//! How a client is made of what its builder was told.

use std::{fmt, sync::Arc, time::Duration};

use acr_auth::{Audience, Authenticator, Cloud, Credential};
use acr_core::RegistryEndpoint;
use acr_rest::{
    ApiVersion, Governor, Proxy, Retry, RetryOptions, ThrottleOptions, Timeouts, TransportOptions,
};

use crate::{
    CallOptions, ContainerRegistryClient, ContainerRegistryClientBuilder, Error, Result,
    blob::{hashing::Room, upload::OneRequest},
    client::{Fresh, Pipelines},
    shared::Shared,
};

/// More than any program is called.
const APPLICATION_ID: usize = 256;

/// What a client shows of how it was made: everything but secrets, and but what would fill pages.
#[derive(Debug)]
#[expect(dead_code, reason = "it is there to be shown")]
pub(crate) struct Configuration {
    credential: Credential,
    login_server: Option<RegistryEndpoint>,
    audience: Option<Audience>,
    cloud: Option<Cloud>,
    application_id: Option<String>,
    api_version: ApiVersion,
    retry: RetryOptions,
    throttle: ThrottleOptions,
    timeouts: Timeouts,
    connect_timeout: Option<Duration>,
    call_options: CallOptions,
    proxy: Option<Proxy>,
    no_proxy: bool,
    extra_root_certificates: usize,
    client_certificate: bool,
    resolve: Vec<(String, std::net::SocketAddr)>,
    http1_only: bool,
    own_reqwest: bool,
    middleware: Middleware,
}

impl Configuration {
    /// Whether the HTTP client was begun by the caller.
    pub(super) fn own_reqwest(&self) -> bool {
        self.own_reqwest
    }
}

/// How many there are.
struct Middleware {
    per_call: usize,
    per_try: usize,
}

impl fmt::Debug for Middleware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { per_call, per_try } = self;
        write!(f, "{per_call} per call, {per_try} per try")
    }
}

pub(super) fn client(builder: ContainerRegistryClientBuilder) -> Result<ContainerRegistryClient> {
    let mut builder = builder;
    let endpoint = std::mem::replace(&mut builder.endpoint, Err(taken()))?;
    let attempt = format!("connect to {endpoint}");
    let login_server = builder.login_server.take().transpose()?;
    let api_version = std::mem::replace(&mut builder.api_version, Err(taken()))?;
    check(&builder).map_err(|why| Error::invalid(&attempt, why))?;
    builder.options.check(&attempt)?;
    let configuration = configuration(&builder, login_server.clone(), api_version.clone());

    let options = transport_options(&builder, &endpoint);
    let transport = match builder.reqwest {
        Some(reqwest) => acr_rest::transport_from(reqwest, &options),
        None => acr_rest::transport(&options),
    };
    let transport = transport.map_err(|error| Error::invalid(&attempt, error))?;

    let governor = Governor::new(builder.throttle, builder.retry).clock(Arc::clone(&builder.clock));
    let mut authenticator = Authenticator::builder(&endpoint, builder.credential)
        .transport(transport.clone())
        .governor(governor.clone())
        .retry(builder.retry)
        .timeouts(builder.timeouts)
        .api_version(api_version.clone())
        .clock(Arc::clone(&builder.clock))
        .cache(builder.token_cache);
    if let Some(log) = builder.options.logged() {
        authenticator = authenticator.log(log.clone());
    }
    if let Some(options) = entra_options(&options, builder.no_proxy, configuration.own_reqwest) {
        authenticator = authenticator.entra_transport_options(options);
    }
    if let Some(audience) = builder.audience {
        authenticator = authenticator.audience(audience);
    }
    if let Some(cloud) = builder.cloud {
        authenticator = authenticator.cloud(cloud);
    }
    if let Some(login_server) = login_server {
        authenticator = authenticator.login_server(login_server);
    }
    let authenticator = authenticator
        .build()
        .map_err(|error| Error::invalid(&attempt, error))?;

    let pipelines = Pipelines {
        endpoint: endpoint.clone(),
        api_version,
        per_call: builder.per_call,
        per_try: builder.per_try,
        retry: Arc::new(Retry::new(builder.retry).clock(Arc::clone(&builder.clock))),
        timeouts: builder.timeouts,
        governor,
        fresh: Arc::new(Fresh::new(Arc::clone(&builder.clock))),
        transport: options,
    };
    Ok(ContainerRegistryClient {
        shared: Arc::new(Shared {
            endpoint,
            rest: pipelines.registry(transport.clone(), &authenticator),
            storage: pipelines.storage(transport),
            authenticator,
            defaults: builder.options,
            retry: builder.retry,
            clock: builder.clock,
            one_request: Arc::new(OneRequest::default()),
            room_to_hash: Room::default(),
            pipelines,
            pinned: None,
            configuration: Arc::new(configuration),
        }),
    })
}

/// Stands where something was taken out of a builder that is used up.
fn taken() -> Error {
    Error::invalid("make a client", "its builder is used up")
}

/// What nobody below looks at.
fn check(builder: &ContainerRegistryClientBuilder) -> Result<(), String> {
    builder.retry.check().map_err(|error| error.to_string())?;
    builder
        .throttle
        .check()
        .map_err(|error| error.to_string())?;
    if let Some(name) = &builder.application_id {
        let printable = name.bytes().all(|byte| matches!(byte, b' '..=b'~'));
        if !(1..=APPLICATION_ID).contains(&name.len()) || !printable || name.trim() != name {
            return Err(format!(
                "the application id is empty, longer than {APPLICATION_ID} characters, begins or ends with a \
                 blank, or has a character that is not printable ASCII"
            ));
        }
    }
    for (name, timeout) in [
        ("timeout", builder.options.timeout),
        ("response_timeout", Some(builder.timeouts.response)),
        ("idle_timeout", Some(builder.timeouts.idle)),
    ] {
        if timeout.is_some_and(|timeout| timeout.is_zero()) {
            return Err(format!("nothing is answered in no time: `{name}` is 0"));
        }
    }
    Ok(())
}

fn configuration(
    builder: &ContainerRegistryClientBuilder,
    login_server: Option<RegistryEndpoint>,
    api_version: ApiVersion,
) -> Configuration {
    Configuration {
        credential: builder.credential.clone(),
        login_server,
        audience: builder.audience.clone(),
        cloud: builder.cloud.clone(),
        application_id: builder.application_id.clone(),
        api_version,
        retry: builder.retry,
        throttle: builder.throttle,
        timeouts: builder.timeouts,
        connect_timeout: builder.connect_timeout,
        call_options: builder.options.clone(),
        proxy: builder.proxy.clone(),
        no_proxy: builder.no_proxy,
        extra_root_certificates: builder.extra_root_certificates.len(),
        client_certificate: builder.client_certificate.is_some(),
        resolve: builder.resolve.clone(),
        http1_only: builder.http1_only,
        own_reqwest: builder.reqwest.is_some(),
        middleware: Middleware {
            per_call: builder.per_call.len(),
            per_try: builder.per_try.len(),
        },
    }
}

fn transport_options(
    builder: &ContainerRegistryClientBuilder,
    endpoint: &RegistryEndpoint,
) -> TransportOptions {
    let mut options = TransportOptions::for_registry(endpoint);
    options.direct |= builder.no_proxy;
    options.proxy = builder.proxy.clone();
    options.extra_root_certificates = builder.extra_root_certificates.clone();
    options.client_certificate = builder.client_certificate.clone();
    options.resolve = builder.resolve.clone();
    options.connect_timeout = builder.connect_timeout;
    options.http1_only = builder.http1_only;
    options.builder_tls = builder.reqwest_tls;
    options.user_agent = user_agent(builder.application_id.as_deref());
    options
}

/// The way to Entra, where it may be another than the registry's: what leads to a registry on this
/// machine, or to a pinned address, passes by every proxy.
fn entra_options(
    options: &TransportOptions,
    no_proxy: bool,
    own_reqwest: bool,
) -> Option<TransportOptions> {
    let passes_by = options.direct || !options.resolve.is_empty();
    (passes_by && !no_proxy && !own_reqwest).then(|| {
        let mut options = options.clone();
        options.direct = false;
        options.resolve.clear();
        options
    })
}

fn user_agent(application_id: Option<&str>) -> String {
    let own = concat!("acr-client/", env!("CARGO_PKG_VERSION"));
    match application_id {
        Some(application_id) => format!("{application_id} {own}"),
        None => own.to_owned(),
    }
}

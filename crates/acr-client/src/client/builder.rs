//! What a client is made of.

use std::{fmt, sync::Arc};

use acr_auth::{Authenticator, Clock, Credential, SystemClock, TokenCache};
use acr_core::RegistryEndpoint;
use acr_rest::{Pipeline, Retry, RetryOptions, Trace, TransportOptions};

use crate::{
    ContainerRegistryClient, Error, Result,
    names::{IntoEndpoint, checked},
    shared::Shared,
};

/// What a client is made of.
#[must_use = "nothing is made before `build`"]
pub struct ContainerRegistryClientBuilder {
    endpoint: Result<RegistryEndpoint>,
    login_server: Option<Result<RegistryEndpoint>>,
    credential: Credential,
    audience: Option<String>,
    application_id: Option<String>,
    extra_root_certificates: Vec<String>,
    retry: RetryOptions,
    clock: Arc<dyn Clock>,
    token_cache: TokenCache,
}

impl ContainerRegistryClientBuilder {
    pub(super) fn new(endpoint: Result<RegistryEndpoint>) -> Self {
        Self {
            endpoint,
            login_server: None,
            credential: Credential::anonymous(),
            audience: None,
            application_id: None,
            extra_root_certificates: Vec::new(),
            retry: RetryOptions::default(),
            clock: Arc::new(SystemClock),
            token_cache: TokenCache::default(),
        }
    }

    /// Who one is.
    pub fn credential(self, credential: impl Into<Credential>) -> Self {
        Self {
            credential: credential.into(),
            ..self
        }
    }

    /// The audience of the Entra token, instead of `https://containerregistry.azure.net`.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: Some(audience.into()),
            ..self
        }
    }

    /// The registry's own host, where the endpoint is a custom domain before it: the only other
    /// host that credentials go to.
    pub fn login_server(self, login_server: impl IntoEndpoint) -> Self {
        Self {
            login_server: Some(checked("use the login server", login_server)),
            ..self
        }
    }

    /// The name of your program, put in front of the `User-Agent`.
    pub fn application_id(self, application_id: impl Into<String>) -> Self {
        Self {
            application_id: Some(application_id.into()),
            ..self
        }
    }

    /// A certificate authority to trust beside those of the operating system, in PEM form.
    pub fn extra_root_certificate(mut self, pem: impl Into<String>) -> Self {
        self.extra_root_certificates.push(pem.into());
        self
    }

    /// How often, and for how long, a request is tried.
    pub fn retry(self, retry: RetryOptions) -> Self {
        Self { retry, ..self }
    }

    /// Another clock than the operating system's, for tests of expiry.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Where tokens are kept: together with the clients of other registries, so that one Entra
    /// token serves for all, instead of in a cache of its own.
    pub fn token_cache(self, token_cache: TokenCache) -> Self {
        Self {
            token_cache,
            ..self
        }
    }

    /// Makes the client. Nothing is sent.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when something of this cannot
    /// be; nothing is ever left out silently.
    pub fn build(self) -> Result<ContainerRegistryClient> {
        let endpoint = self.endpoint?;
        let attempt = format!("connect to {endpoint}");
        let mut options = TransportOptions::default();
        options.extra_root_certificates = self.extra_root_certificates;
        options.direct = endpoint.is_loopback();
        options.user_agent = user_agent(self.application_id.as_deref());
        let transport =
            acr_rest::transport(&options).map_err(|error| Error::invalid(&attempt, error))?;

        let mut authenticator = Authenticator::builder(&endpoint, self.credential)
            .transport(transport.clone())
            .retry(self.retry)
            .clock(Arc::clone(&self.clock))
            .cache(self.token_cache);
        if let Some(audience) = self.audience {
            authenticator = authenticator.audience(audience);
        }
        if let Some(login_server) = self.login_server {
            authenticator = authenticator.login_server(login_server?);
        }
        let authenticator = authenticator
            .build()
            .map_err(|error| Error::invalid(&attempt, error))?;

        let retry = Arc::new(Retry::new(self.retry).clock(Arc::clone(&self.clock)));
        let storage = Pipeline::new(transport.clone())
            .with(retry.clone())
            .with(Arc::new(Trace::default()));
        let registry = Pipeline::new(transport)
            .with(retry)
            .with(authenticator.middleware())
            .with(Arc::new(Trace::default()));
        let rest = acr_rest::Client::connect(&endpoint, registry);
        Ok(ContainerRegistryClient {
            shared: Arc::new(Shared {
                endpoint,
                rest,
                storage,
                authenticator,
            }),
        })
    }
}

fn user_agent(application_id: Option<&str>) -> String {
    let own = concat!("acr-client/", env!("CARGO_PKG_VERSION"));
    match application_id {
        Some(application_id) => format!("{application_id} {own}"),
        None => own.to_owned(),
    }
}

impl fmt::Debug for ContainerRegistryClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("ContainerRegistryClientBuilder");
        shown
            .field("endpoint", &self.endpoint)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

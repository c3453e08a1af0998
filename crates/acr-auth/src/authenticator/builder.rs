//! What an authenticator is made of.

use std::{fmt, sync::Arc};

use acr_core::RegistryEndpoint;
use acr_rest::{Client, Pipeline, Retry, Trace, TransportOptions};

use super::{Authenticator, Inner, Resolved};
use crate::{
    Clock, Credential, Error, SystemClock,
    cache::{AccessTokens, Slot},
    credential::Kind,
    exchange::TokenEndpoint,
};

/// The audience of Entra tokens for registries, the same in every cloud.
const AUDIENCE: &str = "https://containerregistry.azure.net";

/// What an [`Authenticator`] is made of.
#[must_use = "nothing is made before `build`"]
pub struct AuthenticatorBuilder {
    endpoint: RegistryEndpoint,
    credential: Credential,
    audience: String,
    login_server: Option<RegistryEndpoint>,
    clock: Arc<dyn Clock>,
    transport: Option<reqwest::Client>,
    retry: Retry,
}

impl AuthenticatorBuilder {
    pub(super) fn new(endpoint: RegistryEndpoint, credential: Credential) -> Self {
        Self {
            endpoint,
            credential,
            audience: AUDIENCE.to_owned(),
            login_server: None,
            clock: Arc::new(SystemClock),
            transport: None,
            retry: Retry::default(),
        }
    }

    /// The audience of the Entra token, `https://containerregistry.azure.net` at first, which
    /// holds in every public cloud.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: audience.into(),
            ..self
        }
    }

    /// The registry's own name, where the endpoint is a custom domain before it: the only other
    /// host that credentials go to, from the first request on.
    pub fn login_server(self, login_server: RegistryEndpoint) -> Self {
        Self {
            login_server: Some(login_server),
            ..self
        }
    }

    /// Another clock than the operating system's.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Another HTTP client than [`acr_rest::transport`] makes. It must not follow redirects.
    pub fn transport(self, transport: reqwest::Client) -> Self {
        Self {
            transport: Some(transport),
            ..self
        }
    }

    /// How often a request for a token is tried.
    pub fn retry(self, options: acr_rest::RetryOptions) -> Self {
        Self {
            retry: Retry::new(options),
            ..self
        }
    }

    /// Makes it. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Transport`] when there is no TLS to be had.
    pub fn build(self) -> Result<Authenticator, Error> {
        let transport = match self.transport {
            Some(transport) => transport,
            None => {
                let mut options = TransportOptions::default();
                options.direct = self.endpoint.is_loopback();
                acr_rest::transport(&options)?
            }
        };
        let tokens = self.login_server.unwrap_or_else(|| self.endpoint.clone());
        let credential = resolve(self.credential, &self.endpoint, &transport);
        let pipeline = Pipeline::new(transport)
            .with(Arc::new(self.retry))
            .with(Arc::new(Trace));
        let token_endpoint = TokenEndpoint {
            rest: Client::connect(&tokens, pipeline),
            registry: tokens.authority().to_owned(),
        };
        let inner = Inner {
            endpoint: self.endpoint,
            tokens,
            token_endpoint,
            credential,
            audience: self.audience,
            clock: self.clock,
            refresh: Slot::default(),
            access: AccessTokens::default(),
        };
        Ok(Authenticator {
            inner: Arc::new(inner),
        })
    }
}

#[cfg_attr(
    not(feature = "azure_identity"),
    expect(unused_variables, reason = "only the chain needs them")
)]
fn resolve(
    credential: Credential,
    endpoint: &RegistryEndpoint,
    transport: &reqwest::Client,
) -> Resolved {
    match credential.0 {
        Kind::Entra(credential) => Resolved::Entra(credential),
        #[cfg(feature = "azure_identity")]
        Kind::DefaultChain => Resolved::Entra(Arc::new(crate::chain::DefaultChain::new(
            endpoint,
            transport.clone(),
        ))),
        fixed => Resolved::Fixed(fixed),
    }
}

impl fmt::Debug for AuthenticatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AuthenticatorBuilder");
        shown
            .field("endpoint", &self.endpoint)
            .field("credential", &self.credential)
            .finish_non_exhaustive()
    }
}

//! What an authenticator is made of.

use std::{fmt, sync::Arc};

use acr_core::RegistryEndpoint;
use acr_rest::{Client, Pipeline, Retry, Trace, TransportOptions};

use super::{Authenticator, Inner};
use crate::{
    Clock, Credential, Error, SystemClock, TokenCache, cache::Holder, exchange::TokenEndpoint,
};

/// The audience of Entra tokens for registries, the same in every cloud.
const AUDIENCE: &str = "https://containerregistry.azure.net";

/// What an [`Authenticator`] is made of.
#[must_use = "nothing is made before `build`"]
pub struct AuthenticatorBuilder {
    endpoint: RegistryEndpoint,
    credential: Credential,
    audience: Option<String>,
    login_server: Option<RegistryEndpoint>,
    clock: Arc<dyn Clock>,
    transport: Option<reqwest::Client>,
    retry: Retry,
    cache: TokenCache,
}

impl AuthenticatorBuilder {
    pub(super) fn new(endpoint: RegistryEndpoint, credential: Credential) -> Self {
        Self {
            endpoint,
            credential,
            audience: None,
            login_server: None,
            clock: Arc::new(SystemClock),
            transport: None,
            retry: Retry::default(),
            cache: TokenCache::default(),
        }
    }

    /// The audience of the Entra token, instead of `https://containerregistry.azure.net`, which
    /// holds in every public cloud. No other credential has one.
    pub fn audience(self, audience: impl Into<String>) -> Self {
        Self {
            audience: Some(audience.into()),
            ..self
        }
    }

    /// The registry's own name, where the endpoint is a custom domain before it: the only other
    /// host that credentials go to, from the first request on. It is reached over https where the
    /// endpoint is.
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

    /// Where tokens are kept: with others, instead of in a cache of its own.
    pub fn cache(self, cache: TokenCache) -> Self {
        Self { cache, ..self }
    }

    /// Makes it. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::Transport`] when there is no TLS to be had, [`Error::Malformed`] when the credential
    /// cannot be one, [`Error::Contradiction`] when it, or the login server, does not go
    /// with the rest.
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
        let credential = self.credential.checked()?;
        if self.audience.is_some() && !credential.may_be_entra() {
            return Err(Error::Contradiction {
                what: format!("an audience is for Entra identities, and there is {credential:?}"),
            });
        }
        if self.endpoint.is_https() && !tokens.is_https() {
            return Err(Error::Contradiction {
                what: format!(
                    "{} is reached over https, and its login server {tokens} over plain http, where no \
                     credential of it goes",
                    self.endpoint
                ),
            });
        }
        let holder = Holder {
            registry: tokens.as_str().to_owned(),
            credential: credential.id.clone(),
            audience: self.audience.unwrap_or_else(|| AUDIENCE.to_owned()),
        };
        let pipeline = Pipeline::new(transport.clone())
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
            #[cfg(feature = "azure_identity")]
            chain: super::identity::LazyChain::new(transport),
            holder: Arc::new(holder),
            clock: self.clock,
            cache: self.cache,
        };
        Ok(Authenticator {
            inner: Arc::new(inner),
        })
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

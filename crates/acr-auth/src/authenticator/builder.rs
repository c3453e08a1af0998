//! What an authenticator is made of.

use std::{fmt, sync::Arc};

use acr_core::RegistryEndpoint;
use acr_rest::{ApiVersion, Client, Pipeline, Retry, Trace, TransportOptions};

use super::{Authenticator, Inner};
use crate::{
    Audience, Clock, Cloud, Credential, Error, SystemClock, TokenCache, cache::Holder,
    exchange::TokenEndpoint,
};

/// What an [`Authenticator`] is made of.
#[must_use = "nothing is made before `build`"]
pub struct AuthenticatorBuilder {
    endpoint: RegistryEndpoint,
    credential: Credential,
    audience: Option<Audience>,
    cloud: Option<Cloud>,
    login_server: Option<RegistryEndpoint>,
    clock: Arc<dyn Clock>,
    transport: Option<reqwest::Client>,
    entra_transport: Option<reqwest::Client>,
    retry: Retry,
    api_version: ApiVersion,
    cache: TokenCache,
}

impl AuthenticatorBuilder {
    pub(super) fn new(endpoint: RegistryEndpoint, credential: Credential) -> Self {
        Self {
            endpoint,
            credential,
            audience: None,
            cloud: None,
            login_server: None,
            clock: Arc::new(SystemClock),
            transport: None,
            entra_transport: None,
            retry: Retry::default(),
            api_version: ApiVersion::default(),
            cache: TokenCache::default(),
        }
    }

    /// The audience of the Entra token: one that is known, or any text. Without it
    /// `https://containerregistry.azure.net`, in every cloud. No other credential has one.
    pub fn audience(self, audience: impl Into<Audience>) -> Self {
        Self {
            audience: Some(audience.into()),
            ..self
        }
    }

    /// The cloud of the registry, and with it which Entra the identities of
    /// `Credential::default_chain` are asked of. Without it `AZURE_AUTHORITY_HOST` decides, where that
    /// is set, and else the registry's domain: `.azurecr.cn` is in China, `.azurecr.us` of the US
    /// Government, everything else in the public cloud. An identity of your own knows its cloud
    /// itself, and is left alone.
    pub fn cloud(self, cloud: Cloud) -> Self {
        Self {
            cloud: Some(cloud),
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

    /// The HTTP client by which `Credential::default_chain` asks Entra, where it is another than the
    /// registry's: one on this machine is reached without a proxy, and Entra perhaps not.
    pub fn entra_transport(self, transport: reqwest::Client) -> Self {
        Self {
            entra_transport: Some(transport),
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

    /// The version of the API that requests for tokens name.
    pub fn api_version(self, api_version: ApiVersion) -> Self {
        Self {
            api_version,
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
    /// cannot be one, [`Error::Setting`] when a setting cannot be what it is, and
    /// [`Error::Contradiction`] when the credential, the cloud or the login server does not go with the
    /// rest.
    pub fn build(self) -> Result<Authenticator, Error> {
        let tokens = self.login_server.unwrap_or_else(|| self.endpoint.clone());
        let credential = self.credential.checked()?;
        let (transport, entra_transport) = match (self.transport, self.entra_transport) {
            (Some(transport), None) => (transport.clone(), transport),
            (Some(transport), Some(entra)) => (transport, entra),
            (None, entra) => {
                let options = TransportOptions::for_registry(&self.endpoint);
                let transport = acr_rest::transport(&options)?;
                let entra = match entra {
                    None if options.direct && credential.may_be_the_chain() => {
                        acr_rest::transport(&TransportOptions::default())?
                    }
                    None => transport.clone(),
                    Some(entra) => entra,
                };
                (transport, entra)
            }
        };
        if self.audience.is_some() && !credential.may_be_entra() {
            return Err(Error::Contradiction {
                what: format!("an audience is for Entra identities, and there is {credential:?}"),
            });
        }
        if let Some(cloud) = &self.cloud {
            cloud.check(&tokens)?;
        }
        if let Some(data) = [&self.endpoint, &tokens]
            .into_iter()
            .find(|it| it.is_data_endpoint())
        {
            return Err(Error::Setting {
                what: format!(
                    "{} is a data endpoint, where downloads lead: name the registry itself, {}",
                    data.authority(),
                    data.login_server()
                ),
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
            audience: self.audience.unwrap_or_default().checked()?,
            cloud: self.cloud.clone(),
        };
        let pipeline = Pipeline::new(transport)
            .with(Arc::new(self.retry.clock(Arc::clone(&self.clock))))
            .with(Arc::new(Trace::default()));
        let token_endpoint = TokenEndpoint {
            rest: Client::connect(&tokens, pipeline).with_extension(self.api_version),
            registry: tokens.authority().to_owned(),
        };
        #[cfg(feature = "azure_identity")]
        let whereabouts = crate::cloud::Whereabouts::of(&tokens, self.cloud);
        #[cfg(not(feature = "azure_identity"))]
        drop(entra_transport);
        let inner = Inner {
            endpoint: self.endpoint,
            service: tokens.login_server().into_owned(),
            tokens,
            token_endpoint,
            credential,
            #[cfg(feature = "azure_identity")]
            chain: super::identity::LazyChain::new(whereabouts, entra_transport),
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

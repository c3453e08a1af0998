//! What an authenticator is made of.

use std::{fmt, sync::Arc};

use acr_core::RegistryEndpoint;
use acr_rest::{
    ApiVersion, Client, Governor, LogOptions, Pipeline, Retry, Timeouts, Trace, TransportOptions,
};

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
    entra_options: Option<TransportOptions>,
    timeouts: Timeouts,
    log: Option<LogOptions>,
    retry: acr_rest::RetryOptions,
    governor: Option<Governor>,
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
            entra_options: None,
            timeouts: Timeouts::default(),
            log: None,
            retry: acr_rest::RetryOptions::default(),
            governor: None,
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

    /// How the HTTP client is made by which `Credential::default_chain` asks Entra, where it is
    /// another than the registry's: one on this machine is reached without a proxy, and Entra perhaps
    /// not.
    pub fn entra_transport_options(self, options: TransportOptions) -> Self {
        Self {
            entra_options: Some(options),
            ..self
        }
    }

    /// How long the silence of the token endpoint is borne.
    pub fn timeouts(self, timeouts: Timeouts) -> Self {
        Self { timeouts, ..self }
    }

    /// What is logged of requests for tokens beside the usual. Bodies never are.
    pub fn log(self, log: LogOptions) -> Self {
        Self {
            log: Some(log),
            ..self
        }
    }

    /// How often a request for a token is tried.
    pub fn retry(self, options: acr_rest::RetryOptions) -> Self {
        Self {
            retry: options,
            ..self
        }
    }

    /// What holds requests for tokens back while the registry refuses them, and knows of the
    /// client's other requests.
    pub fn governor(self, governor: Governor) -> Self {
        Self {
            governor: Some(governor),
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
        self.retry.check().map_err(|error| Error::Setting {
            what: error.to_string(),
        })?;
        let credential = self.credential.clone().checked()?;
        let tokens = self.login_server.as_ref().unwrap_or(&self.endpoint).clone();
        self.check(&credential, &tokens)?;
        let (transport, entra_transport) = self.transports(&credential)?;
        let holder = Holder {
            registry: tokens.as_str().to_owned(),
            credential: credential.id.clone(),
            audience: self.audience.unwrap_or_default().checked()?,
            cloud: self.cloud.clone(),
        };
        let mut pipeline = Pipeline::new(transport).timeouts(self.timeouts);
        if let Some(log) = self.log {
            pipeline = pipeline.with_extension(log);
        }
        let retry = Retry::new(self.retry).clock(Arc::clone(&self.clock));
        let mut pipeline = pipeline.with(Arc::new(retry));
        if let Some(governor) = self.governor {
            pipeline = pipeline.with(Arc::new(governor));
        }
        let pipeline = pipeline.with(Arc::new(Trace::default()));
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
            chain: Arc::new(super::identity::LazyChain::new(
                whereabouts,
                entra_transport,
            )),
            holder: Arc::new(holder),
            clock: self.clock,
            cache: self.cache,
        };
        Ok(Authenticator {
            inner: Arc::new(inner),
        })
    }

    /// That everything goes together, with the host that tokens come from.
    fn check(&self, credential: &Credential, tokens: &RegistryEndpoint) -> Result<(), Error> {
        if self.audience.is_some() && !credential.may_be_entra() {
            return Err(Error::Contradiction {
                what: format!("an audience is for Entra identities, and there is {credential:?}"),
            });
        }
        if let Some(cloud) = &self.cloud {
            cloud.check(tokens)?;
        }
        if let Some(Err(error)) = self.log.as_ref().map(LogOptions::check) {
            return Err(Error::Setting {
                what: error.to_string(),
            });
        }
        let hosts = [&self.endpoint, tokens];
        if let Some(data) = hosts.into_iter().find(|host| host.is_data_endpoint()) {
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
        Ok(())
    }

    /// The way to the registry, and the way to Entra.
    fn transports(
        &self,
        credential: &Credential,
    ) -> Result<(reqwest::Client, reqwest::Client), Error> {
        let own = TransportOptions::for_registry(&self.endpoint);
        let transport = match &self.transport {
            Some(transport) => transport.clone(),
            None => acr_rest::transport(&own)?,
        };
        let aside = self.transport.is_none() && own.direct;
        let usual = aside.then(TransportOptions::default);
        let entra = match self.entra_options.as_ref().or(usual.as_ref()) {
            Some(options) if credential.may_be_the_chain() => acr_rest::transport(options)?,
            _ => transport.clone(),
        };
        Ok((transport, entra))
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

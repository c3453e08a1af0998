//! What a client is made of.

use std::{fmt, net::SocketAddr, sync::Arc, time::Duration};

use acr_auth::{Audience, Clock, Cloud, Credential, SystemClock, TokenCache};
use acr_core::{RegistryEndpoint, Secret};
use acr_rest::{
    ApiVersion, ClientCertificate, LogOptions, Proxy, RetryOptions, ThrottleOptions, Timeouts,
};
use reqwest_middleware::Middleware;

use crate::{
    CallOptions, ContainerRegistryClient, Result,
    client::made,
    names::{IntoEndpoint, checked},
};

/// What a client is made of.
///
/// What cannot be, and what contradicts something else, is an error of [`build`](Self::build);
/// nothing is left out silently.
///
/// ```no_run
/// # fn f(proxy_password: &str) -> Result<(), Box<dyn std::error::Error>> {
/// use std::time::Duration;
///
/// use acr_client::{ContainerRegistryClient, Credential, Proxy, RetryOptions};
///
/// let proxy = Proxy::new("http://proxy.example:3128")?.login("me", proxy_password);
/// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
///     .credential(Credential::docker_config())
///     .application_id("deploy-bot/2.1")
///     .retry(RetryOptions::default().max_attempts(6))
///     .timeout(Duration::from_secs(60))
///     .proxy(proxy)
///     .build()?;
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is made before `build`"]
pub struct ContainerRegistryClientBuilder {
    pub(crate) endpoint: Result<RegistryEndpoint>,
    pub(crate) login_server: Option<Result<RegistryEndpoint>>,
    pub(crate) credential: Credential,
    pub(crate) audience: Option<Audience>,
    pub(crate) cloud: Option<Cloud>,
    pub(crate) application_id: Option<String>,
    pub(crate) api_version: Result<ApiVersion>,
    pub(crate) retry: RetryOptions,
    pub(crate) throttle: ThrottleOptions,
    pub(crate) timeouts: Timeouts,
    pub(crate) connect_timeout: Option<Duration>,
    pub(crate) options: CallOptions,
    pub(crate) proxy: Option<Proxy>,
    pub(crate) no_proxy: bool,
    pub(crate) extra_root_certificates: Vec<String>,
    pub(crate) client_certificate: Option<ClientCertificate>,
    pub(crate) resolve: Vec<(String, SocketAddr)>,
    pub(crate) http1_only: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) token_cache: TokenCache,
    pub(crate) reqwest: Option<reqwest::ClientBuilder>,
    pub(crate) reqwest_tls: bool,
    pub(crate) per_call: Vec<Arc<dyn Middleware>>,
    pub(crate) per_try: Vec<Arc<dyn Middleware>>,
}

impl ContainerRegistryClientBuilder {
    pub(super) fn new(endpoint: Result<RegistryEndpoint>) -> Self {
        Self {
            endpoint,
            login_server: None,
            credential: Credential::anonymous(),
            audience: None,
            cloud: None,
            application_id: None,
            api_version: Ok(ApiVersion::default()),
            retry: RetryOptions::default(),
            throttle: ThrottleOptions::default(),
            timeouts: Timeouts::default(),
            connect_timeout: None,
            options: CallOptions::new(),
            proxy: None,
            no_proxy: false,
            extra_root_certificates: Vec::new(),
            client_certificate: None,
            resolve: Vec::new(),
            http1_only: false,
            clock: Arc::new(SystemClock),
            token_cache: TokenCache::default(),
            reqwest: None,
            reqwest_tls: false,
            per_call: Vec::new(),
            per_try: Vec::new(),
        }
    }

    /// Who one is; without it, nobody in particular.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, Credential};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .credential(Credential::password("ci", "its password"))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn credential(self, credential: impl Into<Credential>) -> Self {
        Self {
            credential: credential.into(),
            ..self
        }
    }

    /// The audience of the Entra token: a known one, or any text. Without it
    /// `https://containerregistry.azure.net`, in every cloud. Only Entra identities have one.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{Audience, ContainerRegistryClient};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .audience(Audience::ResourceManagerPublic)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn audience(self, audience: impl Into<Audience>) -> Self {
        Self {
            audience: Some(audience.into()),
            ..self
        }
    }

    /// The cloud of the registry, and with it which Entra [`Credential::default_chain`] asks. Without
    /// it `AZURE_AUTHORITY_HOST` decides, where that is set, and else the domain of the registry:
    /// `.azurecr.cn` is in China, `.azurecr.us` of the US Government, everything else in the public
    /// cloud. An identity of your own knows its cloud itself, and is left alone. Where the domain says
    /// another cloud than this, [`build`](Self::build) refuses it.
    ///
    /// [`Credential::default_chain`]: acr_auth::Credential
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{Cloud, ContainerRegistryClient};
    ///
    /// let registry = ContainerRegistryClient::builder("registry.contoso.example")
    ///     .cloud(Cloud::China)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn cloud(self, cloud: Cloud) -> Self {
        Self {
            cloud: Some(cloud),
            ..self
        }
    }

    /// The registry's own host, where the endpoint is a custom domain before it: the only other
    /// host that credentials go to.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("registry.contoso.example")
    ///     .login_server("contoso.azurecr.io")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn login_server(self, login_server: impl IntoEndpoint) -> Self {
        Self {
            login_server: Some(checked("use the login server", login_server)),
            ..self
        }
    }

    /// The name of your program, put in front of the `User-Agent`: printable ASCII, up to 256
    /// characters.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .application_id("deploy-bot/2.1")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn application_id(self, application_id: impl Into<String>) -> Self {
        Self {
            application_id: Some(application_id.into()),
            ..self
        }
    }

    /// The version of the service's API that is asked for, instead of the one that this crate was
    /// written for.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .api_version("2021-07-01")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn api_version(
        self,
        version: impl TryInto<ApiVersion, Error: Into<Box<dyn std::error::Error + Send + Sync>>>,
    ) -> Self {
        Self {
            api_version: checked("use the version of the API", version),
            ..self
        }
    }

    /// How often, and for how long, a request is tried.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, RetryOptions};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .retry(RetryOptions::default().max_attempts(6))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn retry(self, retry: RetryOptions) -> Self {
        Self { retry, ..self }
    }

    /// How many requests are under way at once. Without it as many as are made, until the registry
    /// refuses some (429): then half of them go on, nobody begins before the time that the registry
    /// names, and each answer makes room for more. [`throttle`](ContainerRegistryClient::throttle) tells
    /// of it.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, Lane, ThrottleOptions};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .throttle(ThrottleOptions::default().max_in_flight(Lane::Writes, 16))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn throttle(self, throttle: ThrottleOptions) -> Self {
        Self { throttle, ..self }
    }

    /// How long each call may take, with getting tokens and all retries; where a stream is returned,
    /// until it begins. Without it there is no limit but those of [`retry`](Self::retry), of
    /// [`response_timeout`](Self::response_timeout) and of [`idle_timeout`](Self::idle_timeout).
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .timeout(std::time::Duration::from_secs(30))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options = self.options.timeout(timeout);
        self
    }

    /// How long a connection, with TLS, may take to be made; 15 s without it.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .connect_timeout(std::time::Duration::from_secs(3))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn connect_timeout(self, timeout: Duration) -> Self {
        Self {
            connect_timeout: Some(timeout),
            ..self
        }
    }

    /// How long one try may take until its answer begins; 100 s without it. While a long body is sent
    /// it does not count.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .response_timeout(std::time::Duration::from_secs(20))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.response = timeout;
        self
    }

    /// How long a transfer may stand still, in either direction; 60 s without it. Nothing limits the
    /// time of all of it.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .idle_timeout(std::time::Duration::from_secs(20))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn idle_timeout(mut self, timeout: Duration) -> Self {
        self.timeouts.idle = timeout;
        self
    }

    /// What is logged beside the usual.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, LogOptions};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .log(LogOptions::bodies())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn log(mut self, log: LogOptions) -> Self {
        self.options = self.options.log(log);
        self
    }

    /// What every call is told that is not told otherwise: headers, a hook, a timeout. For what these
    /// options do not say, what [`timeout`](Self::timeout) and [`log`](Self::log) said before holds.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{CallOptions, ContainerRegistryClient};
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .call_options(CallOptions::new().client_request_id("nightly-7"))
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn call_options(self, options: CallOptions) -> Self {
        Self {
            options: options.over(&self.options),
            ..self
        }
    }

    /// The proxy, instead of the one that the environment names (`HTTPS_PROXY` and the like). A
    /// registry on this machine is not reached through one.
    pub fn proxy(self, proxy: Proxy) -> Self {
        Self {
            proxy: Some(proxy),
            ..self
        }
    }

    /// No proxy, whatever the environment says.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .no_proxy()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn no_proxy(self) -> Self {
        Self {
            no_proxy: true,
            ..self
        }
    }

    /// A certificate authority to trust beside those of the operating system, in PEM form.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// # let pem = String::new();
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .extra_root_certificate(pem)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn extra_root_certificate(mut self, pem: impl Into<String>) -> Self {
        self.extra_root_certificates.push(pem.into());
        self
    }

    /// What the client shows of itself where a server, or a proxy that ends TLS, asks for a
    /// certificate: the certificate with the chain above it, and its private key, each in PEM form.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// # let (chain, key) = ("", "");
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .client_certificate(chain, key)
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn client_certificate(self, chain: impl Into<String>, key: impl Into<Secret>) -> Self {
        Self {
            client_certificate: Some(ClientCertificate::pem(chain, key)),
            ..self
        }
    }

    /// Where this host is, instead of looking it up: for a private address, or to keep all requests
    /// of a push with one replica. The certificate is still checked for the host. Port 0 is the port
    /// of the URL. It may be called several times; the client then uses no proxy.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .resolve("myregistry.azurecr.io", ([10, 0, 0, 4], 443).into())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn resolve(mut self, host: impl Into<String>, address: SocketAddr) -> Self {
        self.resolve.push((host.into(), address));
        self
    }

    /// Does not offer HTTP/2, so that each transfer under way has a connection of its own.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .http1_only()
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn http1_only(self) -> Self {
        Self {
            http1_only: true,
            ..self
        }
    }

    /// Another clock than the operating system's, for tests of expiry.
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// Where tokens are kept: together with the clients of other registries, so that one Entra
    /// token serves for all, instead of in a cache of its own.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, TokenCache};
    ///
    /// let cache = TokenCache::default();
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .token_cache(cache.clone())
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn token_cache(self, token_cache: TokenCache) -> Self {
        Self {
            token_cache,
            ..self
        }
    }

    /// Makes the client. Nothing is sent.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// assert!(ContainerRegistryClient::builder("https://myregistry.azurecr.io/team").build().is_err());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when something of this cannot
    /// be; nothing is ever left out silently.
    pub fn build(self) -> Result<ContainerRegistryClient> {
        made::client(self)
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

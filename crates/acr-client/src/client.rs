//! The way into a registry.

use std::{fmt, sync::Arc};

use acr_auth::{Authenticator, Clock, Credential, SystemClock};
use acr_core::{RegistryEndpoint, RepositoryName, ScopeSet, ServerPath};
use acr_rest::{Pipeline, Retry, RetryOptions, Trace, TransportOptions};

use crate::{
    Call, Error, Pager, Repository, Result, list,
    names::{IntoEndpoint, IntoRepositoryName, checked},
};

/// A registry, seen by somebody.
///
/// It is cheap to clone, and all clones share connections and tokens: make one for each registry
/// and identity, and keep it. It can be used from many tasks at once.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use acr_client::{ContainerRegistryClient, Credential};
///
/// let registry = ContainerRegistryClient::new("myregistry.azurecr.io", Credential::password("me", "secret"))?;
/// let mut names = registry.list_repositories();
/// while let Some(name) = names.try_next().await? {
///     println!("{name}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ContainerRegistryClient {
    shared: Arc<Shared>,
}

/// What a client and its handles have in common.
pub(crate) struct Shared {
    pub(crate) endpoint: RegistryEndpoint,
    pub(crate) rest: acr_rest::Client,
    /// To where a redirect leads: without a token.
    pub(crate) storage: Pipeline,
    pub(crate) authenticator: Authenticator,
}

impl Shared {
    /// The bindings, at the page that the server's link named, if there is one.
    pub(crate) fn rest_at(&self, path: Option<ServerPath>) -> acr_rest::Client {
        match path {
            Some(path) => self.rest.at(path),
            None => self.rest.clone(),
        }
    }
}

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
}

impl ContainerRegistryClient {
    /// A registry, by its host (`myregistry.azurecr.io`) or URL. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the endpoint has a path,
    /// an unknown scheme, or is not on this machine and plain http.
    pub fn new(endpoint: impl IntoEndpoint, credential: impl Into<Credential>) -> Result<Self> {
        Self::builder(endpoint).credential(credential).build()
    }

    /// A registry that lets everybody read.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn anonymous(endpoint: impl IntoEndpoint) -> Result<Self> {
        Self::builder(endpoint).build()
    }

    /// A registry, with something out of the ordinary. Without a credential it is anonymous.
    pub fn builder(endpoint: impl IntoEndpoint) -> ContainerRegistryClientBuilder {
        ContainerRegistryClientBuilder {
            endpoint: checked("connect to the registry", endpoint),
            login_server: None,
            credential: Credential::anonymous(),
            audience: None,
            application_id: None,
            extra_root_certificates: Vec::new(),
            retry: RetryOptions::default(),
            clock: Arc::new(SystemClock),
        }
    }

    /// The registry's address.
    #[must_use]
    pub fn endpoint(&self) -> &RegistryEndpoint {
        &self.shared.endpoint
    }

    /// A handle on a repository. It costs nothing and sends nothing: the repository need not be
    /// there, and comes into being with the first push.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when no repository can be
    /// called so.
    pub fn repository(&self, name: impl IntoRepositoryName) -> Result<Repository> {
        let name = checked("use the repository", name)?;
        Ok(Repository::new(Arc::clone(&self.shared), name))
    }

    /// The names of all repositories, in lexical order.
    pub fn list_repositories(&self) -> Pager<RepositoryName> {
        list::repositories(&self.shared)
    }

    /// A token of the registry for these scopes, for other programs. It may allow less than was
    /// asked for: see [`AccessToken::granted`](acr_auth::AccessToken::granted).
    pub fn access_token(
        &self,
        scopes: impl IntoIterator<Item = acr_core::Scope>,
    ) -> Call<acr_auth::AccessToken> {
        let (authenticator, scopes) = (
            self.shared.authenticator.clone(),
            ScopeSet::from_iter(scopes),
        );
        Call::new(async move {
            authenticator.access_token(&scopes).await.map_err(|error| {
                let attempt = format!("get a token of {} for `{scopes}`", authenticator.endpoint());
                Error::new(attempt, crate::ErrorKind::Auth(Arc::new(error)))
            })
        })
    }
}

impl ContainerRegistryClientBuilder {
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
        options.user_agent = user_agent(self.application_id.as_deref());
        let transport =
            acr_rest::transport(&options).map_err(|error| Error::invalid(&attempt, error))?;

        let mut authenticator = Authenticator::builder(&endpoint, self.credential)
            .transport(transport.clone())
            .retry(self.retry)
            .clock(self.clock);
        if let Some(audience) = self.audience {
            authenticator = authenticator.audience(audience);
        }
        if let Some(login_server) = self.login_server {
            authenticator = authenticator.login_server(login_server?);
        }
        let authenticator = authenticator
            .build()
            .map_err(|error| Error::invalid(&attempt, error))?;

        let retry = Arc::new(Retry::new(self.retry));
        let storage = Pipeline::new(transport.clone())
            .with(retry.clone())
            .with(Arc::new(Trace));
        let registry = Pipeline::new(transport)
            .with(retry)
            .with(authenticator.middleware())
            .with(Arc::new(Trace));
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

impl fmt::Debug for ContainerRegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerRegistryClient")
            .field("endpoint", self.endpoint())
            .finish_non_exhaustive()
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

impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("endpoint", &self.endpoint)
            .finish_non_exhaustive()
    }
}

//! The way into a registry.

use std::{fmt, sync::Arc};

use acr_auth::{Authenticator, Credential};
use acr_core::{RegistryEndpoint, RepositoryName, ScopeSet};
use acr_rest::Throttle;

use crate::{
    Error, Pager, Repository, Result, TokenCall, list,
    names::{IntoEndpoint, IntoRepositoryName, checked},
    shared::Shared,
};

mod builder;
mod fresh;
mod made;
mod pinned;
mod pipelines;

pub use builder::ContainerRegistryClientBuilder;
use fresh::Fresh;
pub(crate) use made::Configuration;
pub(crate) use pipelines::Pipelines;

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
    pub(crate) shared: Arc<Shared>,
}

impl ContainerRegistryClient {
    /// A registry, by its host (`myregistry.azurecr.io`) or URL. Nothing is sent yet.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, Credential};
    /// let credential = Credential::password("ci", "its password");
    /// let registry = ContainerRegistryClient::new("myregistry.azurecr.io", credential)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the endpoint has a path,
    /// an unknown scheme, or is not on this machine and plain http.
    pub fn new(endpoint: impl IntoEndpoint, credential: impl Into<Credential>) -> Result<Self> {
        Self::builder(endpoint).credential(credential).build()
    }

    /// A registry that lets everybody read.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::ContainerRegistryClient;
    ///
    /// let registry = ContainerRegistryClient::anonymous("mypublic.azurecr.io")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn anonymous(endpoint: impl IntoEndpoint) -> Result<Self> {
        Self::builder(endpoint).build()
    }

    /// A registry, with something out of the ordinary. Without a credential it is anonymous.
    ///
    /// ```no_run
    /// # fn f() -> acr_client::Result<()> {
    /// use acr_client::{ContainerRegistryClient, Credential};
    /// let registry = ContainerRegistryClient::builder("myregistry.azurecr.io")
    ///     .credential(Credential::docker_config())
    ///     .application_id("deploy-bot/2.1")
    ///     .build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(endpoint: impl IntoEndpoint) -> ContainerRegistryClientBuilder {
        ContainerRegistryClientBuilder::new(checked("connect to the registry", endpoint))
    }

    /// The registry's address.
    #[must_use]
    pub fn endpoint(&self) -> &RegistryEndpoint {
        &self.shared.endpoint
    }

    /// A handle on a repository. It costs nothing and sends nothing: the repository need not be
    /// there, and comes into being with the first push.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let app = registry.repository("team/app")?;
    /// println!("{} tags", app.list_tags().try_collect().await?.len());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when no repository can be
    /// called so.
    pub fn repository(&self, name: impl IntoRepositoryName) -> Result<Repository> {
        let name = checked("use the repository", name)?;
        Ok(Repository::new(Arc::clone(&self.shared), name))
    }

    /// The names of all repositories, in lexical order.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let mut names = registry.list_repositories().page_size(1000);
    /// while let Some(name) = names.try_next().await? {
    ///     println!("{name}");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn list_repositories(&self) -> Pager<RepositoryName> {
        list::repositories(&self.shared)
    }

    /// A token of the registry for these scopes, for other programs. It may allow less than was
    /// asked for: see [`AccessToken::granted`](acr_auth::AccessToken::granted).
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::{Action, Scope};
    ///
    /// let app = registry.repository("team/app")?;
    /// let token = registry.access_token([Scope::repository(app.name(), [Action::Pull])]).await?;
    /// println!("it allows {}", token.granted().map(ToString::to_string).unwrap_or_default());
    /// # Ok(())
    /// # }
    /// ```
    pub fn access_token(
        &self,
        scopes: impl IntoIterator<Item = acr_core::Scope>,
    ) -> TokenCall<acr_auth::AccessToken> {
        let scopes = ScopeSet::from_iter(scopes);
        let attempt = format!("get a token of {} for `{scopes}`", self.endpoint());
        self.ask(attempt, |it| async move { it.access_token(&scopes).await })
    }

    /// A refresh token of the registry, from which other programs can make access tokens; `None` for
    /// a user name and password and for nobody, who have none. For docker and its like
    /// [`docker_login`](Self::docker_login) is more to the point.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// if let Some(token) = registry.refresh_token().await? {
    ///     println!("good until {:?}", token.expires_at());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn refresh_token(&self) -> TokenCall<Option<acr_auth::RefreshToken>> {
        let attempt = format!("get a refresh token of {}", self.endpoint());
        self.ask(attempt, |it| async move { it.refresh_token().await })
    }

    /// A refresh token of the registry in exchange for tokens of Entra that somebody else got, whoever
    /// the client's credential is. It is made anew each time, and not kept.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient, entra_token: acr_client::Secret) -> acr_client::Result<()> {
    /// use acr_client::{Action, Scope};
    ///
    /// let refresh_token = registry.exchange_entra_token(entra_token).await?;
    /// let pull = [Scope::repository(&"app".parse().expect("a name"), [Action::Pull])];
    /// let access_token = registry.exchange_refresh_token(refresh_token.secret().clone(), pull).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn exchange_entra_token(
        &self,
        grant: impl Into<acr_auth::EntraGrant>,
    ) -> TokenCall<acr_auth::RefreshToken> {
        let grant = grant.into();
        let attempt = format!("exchange a token of Entra at {}", self.endpoint());
        self.ask(
            attempt,
            |it| async move { it.exchange_entra_token(grant).await },
        )
    }

    /// An access token for these scopes in exchange for a refresh token of the registry, whoever the
    /// client's credential is. It is made anew each time, and not kept; it may allow less than was
    /// asked for.
    pub fn exchange_refresh_token(
        &self,
        refresh_token: impl Into<acr_core::Secret>,
        scopes: impl IntoIterator<Item = acr_core::Scope>,
    ) -> TokenCall<acr_auth::AccessToken> {
        let (token, scopes) = (refresh_token.into(), ScopeSet::from_iter(scopes));
        let attempt = format!(
            "exchange a refresh token at {} for `{scopes}`",
            self.endpoint()
        );
        self.ask(attempt, |it| async move {
            it.exchange_refresh_token(&token, &scopes).await
        })
    }

    /// Gets the tokens for these scopes ahead of the calls that need them, each for up to ten
    /// repositories, instead of one for each repository when it is first used. It gives what was not
    /// granted: nothing, if all goes well.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::{Action, Scope};
    ///
    /// let names = registry.list_repositories().try_collect().await?;
    /// let scopes = names.iter().map(|name| Scope::repository(name, [Action::MetadataRead]));
    /// let missing = registry.prefetch(scopes).await?;
    /// assert!(missing.is_empty(), "not granted: {missing}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn prefetch(
        &self,
        scopes: impl IntoIterator<Item = acr_core::Scope>,
    ) -> TokenCall<ScopeSet> {
        let scopes = ScopeSet::from_iter(scopes);
        let attempt = format!("get tokens of {} ahead", self.endpoint());
        self.ask(attempt, |it| async move { it.prefetch(&scopes).await })
    }

    /// A user name and password with which docker, podman and their like can log in: the
    /// credential's own, or else a token of the registry that ends.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let login = registry.docker_login().await?;
    /// println!("{} until {:?}", login.username(), login.expires_at());
    /// # Ok(())
    /// # }
    /// ```
    pub fn docker_login(&self) -> TokenCall<acr_auth::docker::DockerLogin> {
        let attempt = format!("get a login of {}", self.endpoint());
        self.ask(attempt, |it| async move { it.docker_login().await })
    }

    /// What is known of the registry's limits at this moment: how many requests are under way and how
    /// many wait, and since a refusal (429), how many may be under way at once. All clones of the client
    /// share it, and what is [pinned](Self::pin_address) to an address does, too.
    ///
    /// ```no_run
    /// # fn f(registry: acr_client::ContainerRegistryClient) {
    /// let writes = registry.throttle().writes;
    /// if let Some(limit) = writes.limit {
    ///     println!("throttled {} times: {limit} at once, {} wait", writes.throttled, writes.waiting);
    /// }
    /// # }
    /// ```
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        self.shared.pipelines.governor.throttle()
    }

    /// A call of the token engine.
    fn ask<T, F>(&self, attempt: String, asked: impl FnOnce(Authenticator) -> F) -> TokenCall<T>
    where
        T: 'static,
        F: Future<Output = std::result::Result<T, acr_auth::Error>> + Send + 'static,
    {
        let answer = asked(self.shared.authenticator.clone());
        let tried = attempt.clone();
        TokenCall::new(attempt, async move {
            let failed = |error| Error::new(tried, crate::ErrorKind::Auth(Box::new(error)));
            answer.await.map_err(failed)
        })
    }
}

impl fmt::Debug for ContainerRegistryClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ContainerRegistryClient")
            .field("endpoint", self.endpoint())
            .field("pinned_address", &self.shared.pinned)
            .field("configuration", &self.shared.configuration)
            .finish()
    }
}

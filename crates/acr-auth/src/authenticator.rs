//! Credentials in, tokens out.

use std::{fmt, sync::Arc, time::SystemTime};

use acr_core::{RegistryEndpoint, ScopeSet, Secret};
use futures_util::StreamExt;
use reqwest_middleware::Middleware;

use crate::{
    AccessToken, Authorize, Clock, Credential, EntraGrant, Error, RefreshToken, TokenCache,
    authorize::challenge, cache::Holder, credential::Kind, exchange::TokenEndpoint,
};

mod builder;
mod identity;
mod making;

pub use builder::AuthenticatorBuilder;

/// Resources in one token: their names stand in the address of a request, and one of 2 KiB with ten
/// names of 200 characters is borne by everything between here and the registry.
const BATCH: usize = 10;

/// Tokens that are asked for at once, so that a thousand names do not run into the registry's limit
/// of calls.
const AT_ONCE: usize = 4;

/// Makes and keeps the tokens of one registry for one credential. Clones share what is kept.
///
/// ```no_run
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// use acr_auth::{Authenticator, Credential};
///
/// let endpoint = "myregistry.azurecr.io".parse()?;
/// let authenticator = Authenticator::new(&endpoint, Credential::password("me", "secret"))?;
/// let token = authenticator.access_token(&"repository:app:pull".parse()?).await?;
/// println!("until {:?}: {:?}", token.expires_at(), token.granted());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Authenticator {
    inner: Arc<Inner>,
}

#[derive(Clone)]
struct Inner {
    endpoint: RegistryEndpoint,
    /// Where tokens come from: the registry itself, or the login server behind a custom domain.
    tokens: RegistryEndpoint,
    /// The service that they are for.
    service: String,
    token_endpoint: TokenEndpoint,
    credential: Credential,
    #[cfg(feature = "azure_identity")]
    chain: Arc<identity::LazyChain>,
    /// Under which name tokens are kept.
    holder: Arc<Holder>,
    clock: Arc<dyn Clock>,
    cache: TokenCache,
}

impl Authenticator {
    /// With everything as it usually is.
    ///
    /// # Errors
    /// [`Error::Transport`] when there is no TLS to be had.
    pub fn new(
        endpoint: &RegistryEndpoint,
        credential: impl Into<Credential>,
    ) -> Result<Self, Error> {
        Self::builder(endpoint, credential).build()
    }

    /// With something out of the ordinary.
    pub fn builder(
        endpoint: &RegistryEndpoint,
        credential: impl Into<Credential>,
    ) -> AuthenticatorBuilder {
        AuthenticatorBuilder::new(endpoint.clone(), credential.into())
    }

    /// The registry whose tokens these are.
    #[must_use]
    pub fn endpoint(&self) -> &RegistryEndpoint {
        &self.inner.endpoint
    }

    /// The host that credentials go to.
    #[must_use]
    pub fn token_host(&self) -> &RegistryEndpoint {
        &self.inner.tokens
    }

    /// The middleware that puts the right token on every request.
    #[must_use]
    pub fn middleware(&self) -> Arc<dyn Middleware> {
        Arc::new(Authorize::new(self.clone()))
    }

    /// The same, whose requests to the registry go over another HTTP client; it must not follow
    /// redirects. What is kept is shared.
    #[must_use]
    pub fn over(&self, transport: reqwest::Client) -> Self {
        let mut inner = Inner::clone(&self.inner);
        inner.token_endpoint.rest = inner.token_endpoint.rest.over(transport);
        Self {
            inner: Arc::new(inner),
        }
    }

    /// A token for just these scopes: a kept one, or a new one. It may allow less than was asked for.
    /// One that is kept and allows more is not given out.
    ///
    /// A credential that is an access token is given back as it is, whatever it allows.
    ///
    /// Dropping the call leaves nothing behind; others that wait for the same token get it all the
    /// same.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives none.
    pub async fn access_token(&self, scopes: &ScopeSet) -> Result<AccessToken, Error> {
        let key = (Arc::clone(&self.inner.holder), scopes.clone());
        Ok(self.access(key).await?.0)
    }

    /// A refresh token of the registry: what `docker login` takes as a password. An Entra identity
    /// gets one in exchange, and one that was given is given back. `None` for all others, who need
    /// none.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives none.
    pub async fn refresh_token(&self) -> Result<Option<RefreshToken>, Error> {
        self.refresh().await
    }

    /// A refresh token of the registry in exchange for tokens of Entra that somebody else got, whoever
    /// the credential is. It is made anew each time, and not kept.
    ///
    /// ```no_run
    /// # async fn f(authenticator: acr_auth::Authenticator, entra_token: acr_core::Secret) -> Result<(), acr_auth::Error> {
    /// let refresh_token = authenticator.exchange_entra_token(entra_token).await?;
    /// let scopes = "repository:app:pull".parse().expect("a scope");
    /// let access_token = authenticator.exchange_refresh_token(refresh_token.secret(), &scopes).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Malformed`] when the grant holds no token, [`Error`] when the registry gives none.
    pub async fn exchange_entra_token(
        &self,
        grant: impl Into<EntraGrant>,
    ) -> Result<RefreshToken, Error> {
        self.exchange_given(&grant.into().checked()?).await
    }

    /// An access token for these scopes in exchange for a refresh token of the registry, whoever the
    /// credential is. It is made anew each time, and not kept; it may allow less than was asked for.
    ///
    /// # Errors
    /// [`Error::Expired`] when the refresh token has ended, [`Error`] when the registry gives none.
    pub async fn exchange_refresh_token(
        &self,
        refresh_token: &Secret,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        if refresh_token.is_empty() {
            return Err(Error::Malformed {
                what: "the refresh token is empty".to_owned(),
            });
        }
        self.refresh_given(refresh_token, scopes).await
    }

    /// Gets tokens for all of these scopes ahead of the requests that need them, each for up to ten
    /// repositories: an hour's work on a thousand repositories begins with a hundred calls instead
    /// of a thousand. What is kept already is not asked for again.
    ///
    /// It gives what was not granted, which is nothing if all goes well. Where a token cannot be
    /// read, all of it counts as not granted.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives no token at all. What was got before is
    /// kept.
    pub async fn prefetch(&self, scopes: &ScopeSet) -> Result<ScopeSet, Error> {
        let now = self.inner.clock.now();
        let lacking: Vec<_> = scopes
            .iter()
            .filter(|scope| self.allowing(&scope.clone().into(), now).is_none())
            .collect();
        let batches: Vec<ScopeSet> = lacking
            .chunks(BATCH)
            .map(|batch| batch.iter().cloned().collect())
            .collect();
        let mut made = futures_util::stream::iter(batches)
            .map(async |batch| Ok::<_, Error>((self.access_token(&batch).await?, batch)))
            .buffered(AT_ONCE);
        let mut missing = ScopeSet::default();
        while let Some(one) = made.next().await {
            let (token, batch) = one?;
            let missed = match token.granted() {
                Some(granted) => granted.missing(&batch),
                None => batch,
            };
            missing.extend(missed.iter());
        }
        Ok(missing)
    }

    /// A token with which a request that needs these scopes can be sent, and whether it was made
    /// just now. One that is kept and allows more will do: that of a push for a pull, that of a
    /// batch for its parts.
    pub(crate) async fn access_token_and_age(
        &self,
        scopes: &ScopeSet,
    ) -> Result<(AccessToken, bool), Error> {
        let now = self.inner.clock.now();
        let exact = || (Arc::clone(&self.inner.holder), scopes.clone());
        self.access(self.covering(scopes, now).unwrap_or_else(exact))
            .await
    }

    /// Whether these headers of a 401 ask for a token that may be made here. Nothing is sent.
    ///
    /// # Errors
    /// [`Error::ForeignRealm`] when every challenge sends for a token to where no credential may go.
    pub fn is_asked(&self, headers: &http::HeaderMap) -> Result<bool, Error> {
        let asked = challenge::read(headers, self.endpoint(), self.token_host())?;
        Ok(asked.is_some())
    }

    /// Forgets this token, which the registry did not accept, whatever it was made for.
    pub(crate) fn forget(&self, token: &AccessToken) {
        let Inner { cache, holder, .. } = &*self.inner;
        cache
            .access
            .forget(|key, kept| key.0 == *holder && kept.secret == token.secret);
        // Where a provider gave it, it is the provider that has a new one.
        cache.given.forget(|key, given| {
            key == holder && matches!(&given.kind, Kind::AccessToken(kept) if *kept == token.secret)
        });
    }

    /// The key of the token that is kept for just this, or else of another that allows it.
    fn covering(&self, scopes: &ScopeSet, now: SystemTime) -> Option<(Arc<Holder>, ScopeSet)> {
        let Inner { cache, holder, .. } = &*self.inner;
        let exact = (Arc::clone(holder), scopes.clone());
        match cache.access.holds(&exact, now) {
            true => Some(exact),
            // Every token allows nothing, but where nothing is known any may be refused.
            false if scopes.is_empty() => None,
            false => self.allowing(scopes, now),
        }
    }

    /// The key of a token that is kept and allows this.
    fn allowing(&self, scopes: &ScopeSet, now: SystemTime) -> Option<(Arc<Holder>, ScopeSet)> {
        let Inner { cache, holder, .. } = &*self.inner;
        cache.access.find(now, |key, token| {
            let granted = token.granted();
            key.0 == *holder && granted.is_some_and(|granted| granted.covers(scopes))
        })
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("endpoint", &self.inner.endpoint)
            .finish_non_exhaustive()
    }
}

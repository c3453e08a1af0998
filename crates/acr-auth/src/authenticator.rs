//! Credentials in, tokens out.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::{RegistryEndpoint, ScopeSet};
use azure_core::credentials::TokenCredential;
use reqwest_middleware::Middleware;

use crate::{
    AccessToken, Authorize, Clock, Credential, Error, RefreshToken,
    cache::{Holder, TokenCache},
    credential::Kind,
    exchange::TokenEndpoint,
};

mod builder;

pub use builder::AuthenticatorBuilder;

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

struct Inner {
    endpoint: RegistryEndpoint,
    /// Where tokens come from: the registry itself, or the login server behind a custom domain.
    tokens: RegistryEndpoint,
    token_endpoint: TokenEndpoint,
    credential: Credential,
    /// Made when it is first needed, and kept, since it keeps the identity that it found.
    #[cfg(feature = "azure_identity")]
    chain: std::sync::OnceLock<Arc<dyn TokenCredential>>,
    #[cfg(feature = "azure_identity")]
    transport: reqwest::Client,
    audience: String,
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

    /// A token for these scopes: a kept one, or a new one. It may allow less than was asked for.
    ///
    /// Dropping the call leaves nothing behind; another caller that waits for the same token asks
    /// for it itself.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives none.
    pub async fn access_token(&self, scopes: &ScopeSet) -> Result<AccessToken, Error> {
        Ok(self.access_token_and_age(scopes).await?.0)
    }

    /// As [`access_token`](Self::access_token), and whether it was made just now.
    pub(crate) async fn access_token_and_age(
        &self,
        scopes: &ScopeSet,
    ) -> Result<(AccessToken, bool), Error> {
        let credential = self.credential().await?;
        let levels = self.inner.cache.levels();
        let slot = levels
            .access
            .slot(&(self.holder(&credential), scopes.clone()));
        let renew = async {
            let token = self.make(&credential, scopes).await?;
            let expires_at = token.expires_at;
            Ok((token, expires_at))
        };
        slot.get(self.inner.clock.now(), renew).await
    }

    /// A refresh token of the registry: what `docker login` takes as a password. An Entra
    /// identity gets one in exchange, and one that was given is given back; others have none.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives none.
    pub async fn refresh_token(&self) -> Result<Option<RefreshToken>, Error> {
        let credential = self.credential().await?;
        match self.entra(&credential) {
            Some(entra) => Ok(Some(self.exchanged(&credential, entra.as_ref()).await?.0)),
            None => Ok(None),
        }
    }

    /// Forgets this token, which the registry did not accept.
    pub(crate) async fn forget(&self, scopes: &ScopeSet, token: &AccessToken) {
        let Ok(credential) = self.credential().await else {
            return;
        };
        let levels = self.inner.cache.levels();
        let slot = levels
            .access
            .slot(&(self.holder(&credential), scopes.clone()));
        slot.forget(|kept| kept.secret == token.secret).await;
    }

    /// Who one is: what was given, or what the provider says.
    pub(crate) async fn credential(&self) -> Result<Credential, Error> {
        let Kind::Provider(provider) = &self.inner.credential.kind else {
            return Ok(self.inner.credential.clone());
        };
        let tokens = &self.inner.tokens;
        let failed = |source| Error::Provider {
            registry: tokens.authority().to_owned(),
            source: Arc::from(source),
        };
        let ask = async {
            let given = provider.credential(tokens).await.map_err(failed)?;
            match given.kind {
                Kind::Provider(_) => Err(failed("it gave another provider".into())),
                _ => Ok((given, SystemTime::UNIX_EPOCH + FOREVER)),
            }
        };
        let slot = self
            .inner
            .cache
            .levels()
            .given
            .slot(&self.holder(&self.inner.credential));
        Ok(slot.get(self.inner.clock.now(), ask).await?.0)
    }

    fn holder(&self, credential: &Credential) -> Holder {
        Holder {
            registry: self.inner.tokens.as_str().to_owned(),
            credential: credential.id.clone(),
            audience: self.inner.audience.clone(),
        }
    }

    /// The Entra identity, if the credential is one.
    fn entra(&self, credential: &Credential) -> Option<Arc<dyn TokenCredential>> {
        match &credential.kind {
            Kind::Entra(entra) => Some(Arc::clone(entra)),
            #[cfg(feature = "azure_identity")]
            Kind::DefaultChain => {
                let make = || -> Arc<dyn TokenCredential> {
                    let transport = self.inner.transport.clone();
                    Arc::new(crate::chain::DefaultChain::new(
                        &self.inner.tokens,
                        transport,
                    ))
                };
                Some(Arc::clone(self.inner.chain.get_or_init(make)))
            }
            _ => None,
        }
    }

    async fn make(&self, credential: &Credential, scopes: &ScopeSet) -> Result<AccessToken, Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            ..
        } = &*self.inner;
        let (service, now) = (tokens.authority(), clock.now());
        if let Some(entra) = self.entra(credential) {
            return self
                .make_with_entra(credential, entra.as_ref(), scopes)
                .await;
        }
        tracing::debug!(%scopes, registry = service, "a new access token is asked for");
        match &credential.kind {
            Kind::Password(login) => {
                token_endpoint
                    .with_password(service, scopes, login, now)
                    .await
            }
            Kind::RefreshToken(token) => {
                token_endpoint
                    .with_refresh_token(service, scopes, token, now)
                    .await
            }
            Kind::AccessToken(token) => AccessToken::given(token, service, now),
            _ => token_endpoint.anonymously(service, scopes, now).await,
        }
    }

    async fn make_with_entra(
        &self,
        credential: &Credential,
        entra: &dyn TokenCredential,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            cache,
            ..
        } = &*self.inner;
        let (token, fresh) = self.exchanged(credential, entra).await?;
        let first = token_endpoint
            .with_refresh_token(tokens.authority(), scopes, &token.secret, clock.now())
            .await;
        match first {
            // The refresh token was revoked: one more exchange shows whether the identity still holds.
            Err(Error::Denied { response, .. })
                if !fresh && response.status == http::StatusCode::UNAUTHORIZED =>
            {
                let slot = cache.levels().refresh.slot(&self.holder(credential));
                slot.forget(|kept| kept.secret == token.secret).await;
                let (token, _) = self.exchanged(credential, entra).await?;
                token_endpoint
                    .with_refresh_token(tokens.authority(), scopes, &token.secret, clock.now())
                    .await
            }
            outcome => outcome,
        }
    }

    async fn exchanged(
        &self,
        credential: &Credential,
        entra: &dyn TokenCredential,
    ) -> Result<(RefreshToken, bool), Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            cache,
            audience,
            ..
        } = &*self.inner;
        let renew = async {
            let scope = format!("{audience}/.default");
            let entra = entra_token(entra, &scope)
                .await
                .map_err(|error| Error::Credential(Arc::new(error)))?;
            let token = token_endpoint
                .exchange(tokens.authority(), entra.token.secret())
                .await?;
            let expires_at = token.expires_at;
            Ok((token, expires_at))
        };
        let slot = cache.levels().refresh.slot(&self.holder(credential));
        slot.get(clock.now(), renew).await
    }
}

/// Of a provider's answer nothing says when it ends.
const FOREVER: Duration = Duration::from_secs(1 << 40);

/// How long an identity may take: as long as an answer of the registry, since `az` may have to sign
/// in anew, and not for ever, since other callers wait for the same token.
const ENTRA: Duration = Duration::from_secs(100);

async fn entra_token(
    credential: &dyn TokenCredential,
    scope: &str,
) -> azure_core::Result<azure_core::credentials::AccessToken> {
    match tokio::time::timeout(ENTRA, credential.get_token(&[scope], None)).await {
        Ok(token) => token,
        Err(_) => Err(azure_core::Error::with_message(
            azure_core::error::ErrorKind::Credential,
            format!("the identity gave no token within {ENTRA:?}"),
        )),
    }
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator")
            .field("endpoint", &self.inner.endpoint)
            .finish_non_exhaustive()
    }
}

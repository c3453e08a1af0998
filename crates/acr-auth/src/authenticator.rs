//! Credentials in, tokens out.

use std::{fmt, sync::Arc, time::Duration};

use acr_core::{RegistryEndpoint, ScopeSet};
use azure_core::credentials::TokenCredential;
use reqwest_middleware::Middleware;

use crate::{
    AccessToken, Authorize, Clock, Credential, Error, RefreshToken,
    cache::{AccessTokens, Slot},
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
    credential: Resolved,
    audience: String,
    clock: Arc<dyn Clock>,
    refresh: Slot<RefreshToken>,
    access: AccessTokens,
}

/// A credential in the form in which it is used.
enum Resolved {
    Fixed(Kind),
    Entra(Arc<dyn TokenCredential>),
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
        let slot = self.inner.access.slot(scopes);
        let renew = async {
            let token = self.make(scopes).await?;
            let expires_at = token.expires_at;
            Ok((token, expires_at))
        };
        slot.get(self.inner.clock.now(), renew).await
    }

    /// A refresh token of the registry: what `docker login` takes as a password. Only an Entra
    /// identity has one of its own; for others there is none.
    ///
    /// # Errors
    /// [`Error`] when the credential or the registry gives none.
    pub async fn refresh_token(&self) -> Result<Option<RefreshToken>, Error> {
        match &self.inner.credential {
            Resolved::Entra(credential) => Ok(Some(self.exchanged(credential.as_ref()).await?.0)),
            Resolved::Fixed(_) => Ok(None),
        }
    }

    /// Forgets this token, which the registry did not accept.
    pub(crate) async fn forget(&self, scopes: &ScopeSet, token: &AccessToken) {
        self.inner
            .access
            .slot(scopes)
            .forget(|kept| kept.secret == token.secret)
            .await;
    }

    async fn make(&self, scopes: &ScopeSet) -> Result<AccessToken, Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            ..
        } = &*self.inner;
        let (service, now) = (tokens.authority(), clock.now());
        tracing::debug!(%scopes, registry = service, "a new access token is asked for");
        match &self.inner.credential {
            Resolved::Fixed(Kind::Password(login)) => {
                token_endpoint
                    .with_password(service, scopes, login, now)
                    .await
            }
            Resolved::Fixed(Kind::RefreshToken(token)) => {
                token_endpoint
                    .with_refresh_token(service, scopes, token, now)
                    .await
            }
            Resolved::Entra(credential) => self.make_with_entra(credential.as_ref(), scopes).await,
            Resolved::Fixed(_) => token_endpoint.anonymously(service, scopes, now).await,
        }
    }

    async fn make_with_entra(
        &self,
        credential: &dyn TokenCredential,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            refresh,
            ..
        } = &*self.inner;
        let (token, fresh) = self.exchanged(credential).await?;
        let first = token_endpoint
            .with_refresh_token(tokens.authority(), scopes, &token.secret, clock.now())
            .await;
        match first {
            // The refresh token was revoked: one more exchange shows whether the identity still holds.
            Err(Error::Denied { response, .. })
                if !fresh && response.status == http::StatusCode::UNAUTHORIZED =>
            {
                refresh.forget(|kept| kept.secret == token.secret).await;
                let (token, _) = self.exchanged(credential).await?;
                token_endpoint
                    .with_refresh_token(tokens.authority(), scopes, &token.secret, clock.now())
                    .await
            }
            outcome => outcome,
        }
    }

    async fn exchanged(
        &self,
        credential: &dyn TokenCredential,
    ) -> Result<(RefreshToken, bool), Error> {
        let Inner {
            token_endpoint,
            tokens,
            clock,
            refresh,
            audience,
            ..
        } = &*self.inner;
        let renew = async {
            let scope = format!("{audience}/.default");
            let entra = entra_token(credential, &scope)
                .await
                .map_err(Error::Credential)?;
            let token = token_endpoint
                .exchange(tokens.authority(), entra.token.secret())
                .await?;
            let expires_at = token.expires_at;
            Ok((token, expires_at))
        };
        refresh.get(clock.now(), renew).await
    }
}

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

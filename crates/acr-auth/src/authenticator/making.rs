//! How tokens are made, from each other and from what was given: who one is → Entra token →
//! refresh token → access token. Each step is kept, and taken anew once when the next one is
//! refused with what was kept of it.

use std::{error::Error as StdError, sync::Arc, time::SystemTime};

use acr_core::{ScopeSet, Secret};

use super::{
    Authenticator,
    identity::{Entra, PATIENCE},
};
use crate::{
    AccessToken, Credential, EntraGrant, Error, RefreshToken,
    cache::{EntraToken, Holder},
    credential::Kind,
};

/// A value, and whether it was made just now.
type Made<T> = Result<(T, bool), Error>;

impl Authenticator {
    /// An access token, kept under this key or made.
    pub(super) async fn access(&self, key: (Arc<Holder>, ScopeSet)) -> Made<AccessToken> {
        // Kept as it is, it would only seem to be another one each time.
        if let Kind::AccessToken(token) = &self.inner.credential.kind {
            return Ok((
                AccessToken::given(token, self.registry(), self.now())?,
                true,
            ));
        }
        let make = || {
            let (this, scopes) = (self.clone(), key.1.clone());
            async move { this.make_access(&scopes).await }
        };
        let level = &self.inner.cache.access;
        level.get(&key, &self.inner.clock, make).await
    }

    async fn make_access(&self, scopes: &ScopeSet) -> Made<AccessToken> {
        let (credential, fresh) = self.credential().await?;
        match self.make_access_as(&credential, fresh, scopes).await {
            Err(error) if is_unauthorized(&error) && !fresh => {
                let other = self.other_than(&credential).await?.ok_or(error)?;
                self.make_access_as(&other, true, scopes).await
            }
            outcome => outcome,
        }
    }

    async fn make_access_as(
        &self,
        credential: &Credential,
        fresh: bool,
        scopes: &ScopeSet,
    ) -> Made<AccessToken> {
        let (endpoint, registry) = (&self.inner.token_endpoint, self.registry());
        tracing::debug!(%scopes, registry, "a new access token is asked for");
        if let Some(entra) = self.identity(credential) {
            return Ok((self.make_access_with_entra(&entra, scopes).await?, true));
        }
        let made = match &credential.kind {
            Kind::AccessToken(token) => {
                return Ok((AccessToken::given(token, registry, self.now())?, fresh));
            }
            Kind::Password(login) => {
                let now = self.now();
                endpoint.with_password(registry, scopes, login, now).await
            }
            Kind::RefreshToken(token) => {
                let token = RefreshToken::given(token, registry, self.now())?;
                self.refreshed(&token, scopes).await
            }
            _ => endpoint.anonymously(registry, scopes, self.now()).await,
        };
        Ok((made?, true))
    }

    async fn make_access_with_entra(
        &self,
        entra: &Entra,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        let (token, fresh) = self.exchanged(entra).await?;
        match self.refreshed(&token, scopes).await {
            // It was revoked: one more exchange shows whether the identity still holds.
            Err(error) if is_unauthorized(&error) && !fresh => {
                let level = &self.inner.cache.refresh;
                level.forget(|_, kept| kept.secret == token.secret);
                let (token, _) = self.exchanged(entra).await?;
                self.refreshed(&token, scopes).await
            }
            outcome => outcome,
        }
    }

    async fn refreshed(
        &self,
        token: &RefreshToken,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        let endpoint = &self.inner.token_endpoint;
        endpoint
            .with_refresh_token(self.registry(), scopes, &token.secret, self.now())
            .await
    }

    /// A refresh token, for those who have or get one.
    pub(super) async fn refresh(&self) -> Result<Option<RefreshToken>, Error> {
        let (credential, fresh) = self.credential().await?;
        match self.refresh_as(&credential).await {
            Err(error) if is_unauthorized(&error) && !fresh => {
                let other = self.other_than(&credential).await?.ok_or(error)?;
                self.refresh_as(&other).await
            }
            outcome => outcome,
        }
    }

    async fn refresh_as(&self, credential: &Credential) -> Result<Option<RefreshToken>, Error> {
        if let Kind::RefreshToken(token) = &credential.kind {
            return RefreshToken::given(token, self.registry(), self.now()).map(Some);
        }
        match self.identity(credential) {
            Some(entra) => Ok(Some(self.exchanged(&entra).await?.0)),
            None => Ok(None),
        }
    }

    /// The refresh token of an Entra identity, kept or got in exchange.
    async fn exchanged(&self, entra: &Entra) -> Made<RefreshToken> {
        let key = Arc::new(Holder {
            registry: self.inner.holder.registry.clone(),
            credential: entra.key.credential.clone(),
            audience: entra.key.audience.clone(),
            cloud: self.inner.holder.cloud.clone(),
        });
        let make = || {
            let (this, entra) = (self.clone(), entra.clone());
            async move { this.exchange(&entra).await }
        };
        let level = &self.inner.cache.refresh;
        level.get(&key, &self.inner.clock, make).await
    }

    async fn exchange(&self, entra: &Entra) -> Made<RefreshToken> {
        let (endpoint, registry) = (&self.inner.token_endpoint, self.registry());
        let (token, fresh) = self.entra_token(entra).await?;
        let grant = |token: &EntraToken| EntraGrant::access_token(token.secret.clone());
        let made = match endpoint.exchange(registry, &grant(&token)).await {
            Err(error) if is_unauthorized(&error) && !fresh => {
                let level = &self.inner.cache.entra;
                level.forget(|_, kept| kept.secret == token.secret);
                let (other, _) = self.entra_token(entra).await?;
                // The identity keeps tokens too: the same one again would fare no better.
                if other.secret == token.secret {
                    return Err(error);
                }
                endpoint.exchange(registry, &grant(&other)).await
            }
            outcome => outcome,
        };
        Ok((made?, true))
    }

    /// What the registry gives for this grant, which is not kept.
    pub(super) async fn exchange_given(&self, grant: &EntraGrant) -> Result<RefreshToken, Error> {
        let endpoint = &self.inner.token_endpoint;
        endpoint.exchange(self.registry(), grant).await
    }

    /// What the registry gives for this refresh token, which is not kept.
    pub(super) async fn refresh_given(
        &self,
        token: &Secret,
        scopes: &ScopeSet,
    ) -> Result<AccessToken, Error> {
        let token = RefreshToken::given(token, self.registry(), self.now())?;
        self.refreshed(&token, scopes).await
    }

    /// The Entra token of an identity, kept or asked for.
    async fn entra_token(&self, entra: &Entra) -> Made<EntraToken> {
        let make = || {
            let asked = entra.clone();
            async move { Ok((asked.token().await?, true)) }
        };
        let level = &self.inner.cache.entra;
        level.get(&entra.key, &self.inner.clock, make).await
    }

    /// Who one is: what was given, or what the provider says; and whether that was said just now.
    pub(crate) async fn credential(&self) -> Made<Credential> {
        let Kind::Provider(provider) = &self.inner.credential.kind else {
            return Ok((self.inner.credential.clone(), true));
        };
        let (this, provider) = (self.clone(), Arc::clone(provider));
        let make = || async move {
            let tokens = &this.inner.tokens;
            let asked = tokio::time::timeout(PATIENCE, provider.credential(tokens)).await;
            let given = match asked {
                Ok(given) => given.map_err(|source| this.provider_failed(source))?,
                Err(_) => {
                    let late = format!("it gave no answer within {PATIENCE:?}");
                    return Err(this.provider_failed(late.into()));
                }
            };
            match given.kind {
                Kind::Provider(_) => Err(this.provider_failed("it gave another provider".into())),
                _ => Ok((given.checked()?, true)),
            }
        };
        let level = &self.inner.cache.given;
        level.get(&self.inner.holder, &self.inner.clock, make).await
    }

    /// What the provider says now, if it is another than this one, which was refused.
    async fn other_than(&self, refused: &Credential) -> Result<Option<Credential>, Error> {
        let level = &self.inner.cache.given;
        level.forget(|key, kept| *key == self.inner.holder && kept.id == refused.id);
        let (credential, _) = self.credential().await?;
        Ok((credential.id != refused.id).then_some(credential))
    }

    fn provider_failed(&self, source: Box<dyn StdError + Send + Sync>) -> Error {
        Error::Provider {
            registry: self.registry().to_owned(),
            source: Arc::from(source),
        }
    }

    /// The service that tokens are made for.
    fn registry(&self) -> &str {
        &self.inner.service
    }

    fn now(&self) -> SystemTime {
        self.inner.clock.now()
    }
}

/// Whether the token endpoint does not take what it was shown.
fn is_unauthorized(error: &Error) -> bool {
    matches!(error, Error::Denied { response, .. } if response.status == http::StatusCode::UNAUTHORIZED)
}

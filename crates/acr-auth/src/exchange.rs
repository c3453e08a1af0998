//! The calls to the token endpoints, and what they give.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::{Login, ScopeSet, Secret, limits};
use acr_rest::{API_VERSION, Client, Error as RestError, Failure, ResponseValue, types};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderValue, StatusCode, header::AUTHORIZATION};

use crate::{Error, Grantee, TokenStep, jwt::Claims, roles};

mod entra_grant;

pub use entra_grant::EntraGrant;

/// How long an access token is kept of which nothing can be read: Docker's rule for a token that
/// comes without an expiry.
const UNREADABLE_LIFE: Duration = Duration::from_secs(60);

/// A token of the registry from which access tokens are made; about three hours long.
#[derive(Clone)]
pub struct RefreshToken {
    pub(crate) secret: Secret,
    pub(crate) expires_at: SystemTime,
}

impl RefreshToken {
    /// One that was given as a credential.
    pub(crate) fn given(secret: &Secret, registry: &str, now: SystemTime) -> Result<Self, Error> {
        let claims = Claims::of(secret.expose());
        Ok(Self {
            secret: secret.clone(),
            expires_at: end_of_given(claims.as_ref(), "refresh token", registry, now)?,
        })
    }

    /// The token: the password of the user `00000000-0000-0000-0000-000000000000` for `docker login`.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends; a minute from now for one that was given and does not say it.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }
}

/// When a token with these claims ends that was given as a credential, which must be later than now.
fn end_of_given(
    claims: Option<&Claims>,
    what: &'static str,
    registry: &str,
    now: SystemTime,
) -> Result<SystemTime, Error> {
    match claims.and_then(Claims::expires_at) {
        Some(ended) if ended <= now => Err(Error::Expired {
            registry: registry.to_owned(),
            what,
            ended,
        }),
        ends => Ok(ends.unwrap_or(now + UNREADABLE_LIFE)),
    }
}

/// A token that lets requests through; about an hour long.
#[derive(Clone)]
pub struct AccessToken {
    pub(crate) secret: Secret,
    pub(crate) expires_at: SystemTime,
    pub(crate) granted: Option<ScopeSet>,
    pub(crate) grantee: Grantee,
    authorization: HeaderValue,
}

impl AccessToken {
    /// One that was given as a credential.
    pub(crate) fn given(secret: &Secret, registry: &str, now: SystemTime) -> Result<Self, Error> {
        let claims = Claims::of(secret.expose());
        Ok(Self {
            secret: secret.clone(),
            expires_at: end_of_given(claims.as_ref(), "access token", registry, now)?,
            granted: claims.map(|claims| claims.granted()),
            grantee: Grantee::Given,
            authorization: bearer(secret)?,
        })
    }

    /// The token: what stands behind `Bearer`.
    #[must_use]
    pub fn secret(&self) -> &Secret {
        &self.secret
    }

    /// When it ends.
    #[must_use]
    pub fn expires_at(&self) -> SystemTime {
        self.expires_at
    }

    /// What it allows, which may be less than was asked for; `None` where that cannot be read.
    #[must_use]
    pub fn granted(&self) -> Option<&ScopeSet> {
        self.granted.as_ref()
    }

    /// What of this it does not allow: all of it, where what it allows cannot be read.
    #[must_use]
    pub fn missing(&self, wanted: &ScopeSet) -> ScopeSet {
        match &self.granted {
            Some(granted) => granted.missing(wanted),
            None => wanted.clone(),
        }
    }

    /// What to do so that the next token allows this too: which role, or which action of a scope
    /// map, grants it.
    #[must_use]
    pub fn advice(&self, missing: &ScopeSet) -> String {
        roles::advice(self.grantee, missing)
    }

    /// The value of the `Authorization` header, marked as secret.
    #[must_use]
    pub fn authorization(&self) -> HeaderValue {
        self.authorization.clone()
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RefreshToken")
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for AccessToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("AccessToken");
        shown.field("granted", &self.granted.as_ref().map(ToString::to_string));
        shown
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

/// The token endpoints of one registry.
#[derive(Clone)]
pub(crate) struct TokenEndpoint {
    pub(crate) rest: Client,
    pub(crate) registry: String,
}

impl TokenEndpoint {
    pub(crate) async fn exchange(
        &self,
        service: &str,
        grant: &EntraGrant,
    ) -> Result<RefreshToken, Error> {
        let step = TokenStep::Exchange;
        let body = grant.form(service);
        let answer = self
            .rest
            .exchange_aad_access_token_for_acr_refresh_token(Some(API_VERSION), &body)
            .await;
        let secret = self.read(step, answer).await?.refresh_token;
        let secret = secret
            .filter(|secret| !secret.is_empty())
            .ok_or_else(|| self.unusable(step))?;
        // Without its end nobody could say when to renew it, and everything that the service makes says it.
        let expires_at = Claims::of(secret.expose()).and_then(|claims| claims.expires_at());
        Ok(RefreshToken {
            secret,
            expires_at: expires_at.ok_or_else(|| self.unusable(step))?,
        })
    }

    pub(crate) async fn with_refresh_token(
        &self,
        service: &str,
        scopes: &ScopeSet,
        refresh_token: &Secret,
        now: SystemTime,
    ) -> Result<AccessToken, Error> {
        let body = types::TokenForm {
            grant_type: "refresh_token".to_owned(),
            refresh_token: Some(refresh_token.clone()),
            ..form(service, scopes)
        };
        let token = self.post(TokenStep::RefreshToken, &body, now).await?;
        let claims = Claims::of(refresh_token.expose());
        Ok(AccessToken {
            grantee: match claims.is_some_and(|claims| claims.is_of_abac()) {
                true => Grantee::EntraOfAbac,
                false => Grantee::Entra,
            },
            ..token
        })
    }

    pub(crate) async fn anonymously(
        &self,
        service: &str,
        scopes: &ScopeSet,
        now: SystemTime,
    ) -> Result<AccessToken, Error> {
        self.post(TokenStep::Anonymous, &form(service, scopes), now)
            .await
    }

    pub(crate) async fn with_password(
        &self,
        service: &str,
        scopes: &ScopeSet,
        login: &Login,
        now: SystemTime,
    ) -> Result<AccessToken, Error> {
        let step = TokenStep::Password;
        let basic = basic(login).ok_or_else(|| self.unusable(step))?;
        let rest = self
            .rest
            .with_headers(HeaderMap::from_iter([(AUTHORIZATION, basic)]));
        let answer = rest
            .get_acr_access_token_from_login(&scopes.to_string(), service)
            .await;
        self.access(step, answer, now).await
    }

    async fn post(
        &self,
        step: TokenStep,
        body: &types::TokenForm,
        now: SystemTime,
    ) -> Result<AccessToken, Error> {
        let answer = self
            .rest
            .exchange_acr_refresh_token_for_acr_access_token(Some(API_VERSION), body)
            .await;
        self.access(step, answer, now).await
    }

    async fn access(
        &self,
        step: TokenStep,
        answer: Result<ResponseValue<types::AccessToken>, RestError<()>>,
        now: SystemTime,
    ) -> Result<AccessToken, Error> {
        let secret = self.read(step, answer).await?.access_token;
        let secret = secret.ok_or_else(|| self.unusable(step))?;
        let authorization = bearer(&secret).map_err(|_| self.unusable(step))?;
        let claims = Claims::of(secret.expose());
        let expires_at = claims.as_ref().and_then(Claims::expires_at);
        Ok(AccessToken {
            secret,
            expires_at: expires_at.unwrap_or(now + UNREADABLE_LIFE),
            granted: claims.map(|claims| claims.granted()),
            grantee: match step {
                TokenStep::Password => Grantee::Login,
                TokenStep::Anonymous => Grantee::Anonymous,
                TokenStep::Exchange | TokenStep::RefreshToken => Grantee::Entra,
            },
            authorization,
        })
    }

    async fn read<T>(
        &self,
        step: TokenStep,
        answer: Result<ResponseValue<T>, RestError<()>>,
    ) -> Result<T, Error> {
        let error = match answer {
            Ok(value) => return Ok(value.into_inner()),
            Err(error) => error,
        };
        let registry = self.registry.clone();
        Err(match Failure::read(error).await {
            Failure::Response(response) if response.status == StatusCode::TOO_MANY_REQUESTS => {
                Error::Throttled {
                    registry,
                    step,
                    retry_after: response.retry_after(),
                    response: Arc::from(response),
                }
            }
            Failure::Response(response) => Error::Denied {
                registry,
                step,
                response: Arc::from(response),
            },
            // What cannot be read may hold the token: it is not shown.
            Failure::Payload(_) => Error::Unusable { registry, step },
            failure => Error::Unanswered {
                registry,
                step,
                source: Arc::new(failure),
            },
        })
    }

    fn unusable(&self, step: TokenStep) -> Error {
        Error::Unusable {
            registry: self.registry.clone(),
            step,
        }
    }
}

fn form(service: &str, scopes: &ScopeSet) -> types::TokenForm {
    types::TokenForm {
        grant_type: "password".to_owned(),
        service: service.to_owned(),
        scope: scopes.to_string(),
        refresh_token: None,
        username: None,
        password: None,
    }
}

fn basic(login: &Login) -> Option<HeaderValue> {
    let pair = format!("{}:{}", login.username, login.password.expose());
    sensitive("Basic", &STANDARD.encode(pair))
}

/// What an access token is shown as: one as RFC 6750 §2.1 has it, which is neither empty nor longer
/// than any.
///
/// # Errors
/// [`Error::Malformed`] for any other.
pub(crate) fn bearer(token: &Secret) -> Result<HeaderValue, Error> {
    let text = token.expose();
    let whole = (1..=limits::TOKEN).contains(&text.len());
    let clean = text.bytes().all(|byte| byte.is_ascii_graphic());
    let value = (whole && clean)
        .then(|| sensitive("Bearer", text))
        .flatten();
    value.ok_or_else(|| Error::Malformed {
        what: format!(
            "the access token is empty, longer than {} bytes, or has characters that no token has",
            limits::TOKEN
        ),
    })
}

/// The value of an `Authorization` header, which does not print; `None` where no header can hold it.
fn sensitive(scheme: &str, text: &str) -> Option<HeaderValue> {
    let mut value = HeaderValue::try_from(format!("{scheme} {text}")).ok()?;
    value.set_sensitive(true);
    Some(value)
}

//! The middleware that puts a token on every request and answers one challenge.

use std::sync::Arc;

use acr_core::{Challenge, RegistryEndpoint, ScopeSet};
use acr_rest::ErrorResponse;
use http::{
    Extensions, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{AccessToken, Authenticator, Error, preflight};

/// Puts a token on every request, before it is sent for the first time.
///
/// The scopes follow from the request, or from a [`ScopeSet`] that rides along with it. Is the
/// token refused all the same, the challenge says what is wanted: a new token is made for that and
/// the request is sent once more, if its body can be. A second refusal is an error that names the
/// actions wanted and those granted.
#[derive(Clone, Debug)]
pub struct Authorize {
    authenticator: Authenticator,
}

impl Authorize {
    /// With the tokens of this authenticator.
    #[must_use]
    pub fn new(authenticator: Authenticator) -> Self {
        Self { authenticator }
    }

    /// A token goes only to the registry that it was made for.
    fn refuse_foreign(&self, url: &Url) -> std::result::Result<(), Error> {
        let endpoint = self.authenticator.endpoint();
        match endpoint.is_origin_of(url) {
            true => Ok(()),
            false => Err(Error::ForeignTarget {
                registry: endpoint.as_str().to_owned(),
                target: url.origin().ascii_serialization(),
            }),
        }
    }

    /// The scopes for the second try; `None` when it would end like the first.
    async fn after_refusal(
        &self,
        response: &Response,
        wanted: &ScopeSet,
        token: &AccessToken,
        fresh: bool,
    ) -> std::result::Result<Option<ScopeSet>, Error> {
        let Some((realm, scope)) = bearer(response) else {
            return Ok(None);
        };
        check_realm(
            self.authenticator.endpoint(),
            self.authenticator.token_host(),
            &realm,
        )?;
        let mut asked: ScopeSet = wanted.clone();
        asked.extend(scope.iter().flat_map(ScopeSet::iter));
        self.authenticator.forget(wanted, token).await;
        // A fresh token for just these scopes was refused: another one would be no better.
        Ok((asked != *wanted || !fresh).then_some(asked))
    }
}

#[async_trait::async_trait]
impl Middleware for Authorize {
    async fn handle(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let fail = |error: Error| reqwest_middleware::Error::middleware(error);
        self.refuse_foreign(request.url()).map_err(fail)?;
        let scopes = extensions.get::<ScopeSet>().cloned();
        let wanted = scopes.unwrap_or_else(|| preflight::scopes(request.method(), request.url()));
        let (token, fresh) = self
            .authenticator
            .access_token_and_age(&wanted)
            .await
            .map_err(fail)?;
        let again = request.try_clone();
        request
            .headers_mut()
            .insert(AUTHORIZATION, token.authorization());
        let response = next.clone().run(request, extensions).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        let asked = self
            .after_refusal(&response, &wanted, &token, fresh)
            .await
            .map_err(fail)?;
        let (Some(asked), Some(mut request)) = (asked, again) else {
            return Err(fail(refused(wanted, token, response).await));
        };
        tracing::debug!(scopes = %asked, "the token was refused: once more with a new one");
        let (token, _) = self
            .authenticator
            .access_token_and_age(&asked)
            .await
            .map_err(fail)?;
        request
            .headers_mut()
            .insert(AUTHORIZATION, token.authorization());
        let response = next.run(request, extensions).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(response);
        }
        self.authenticator.forget(&asked, &token).await;
        Err(fail(refused(asked, token, response).await))
    }
}

async fn refused(wanted: ScopeSet, token: AccessToken, response: Response) -> Error {
    let response = Arc::new(ErrorResponse::read(response).await);
    Error::Refused {
        wanted,
        granted: token.granted,
        response,
    }
}

/// Realm and scopes of the first challenge for a token.
fn bearer(response: &Response) -> Option<(String, Option<ScopeSet>)> {
    let challenges = Challenge::parse_all(response.headers().get_all(WWW_AUTHENTICATE));
    challenges
        .into_iter()
        .find_map(|challenge| match challenge {
            Challenge::Bearer { realm, scope, .. } => Some((realm, scope)),
            _ => None,
        })
}

/// The realm is only compared: tokens are asked of the host that the user named.
fn check_realm(
    endpoint: &RegistryEndpoint,
    tokens: &RegistryEndpoint,
    realm: &str,
) -> std::result::Result<(), Error> {
    let url = Url::parse(realm).ok();
    let known = |url: &Url| tokens.is_origin_of(url) || endpoint.is_origin_of(url);
    match url.as_ref().is_some_and(known) {
        true => Ok(()),
        false => Err(Error::ForeignRealm {
            registry: endpoint.as_str().to_owned(),
            realm: url.map_or_else(
                || "an unreadable address".to_owned(),
                |url| url.origin().ascii_serialization(),
            ),
        }),
    }
}

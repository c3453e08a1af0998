//! The middleware that puts a token on every request and answers one challenge.

use std::sync::Arc;

use acr_core::ScopeSet;
use acr_rest::ErrorResponse;
use http::{Extensions, StatusCode, header::AUTHORIZATION};
use reqwest::{Request, Response, Url};
use reqwest_middleware::{Middleware, Next, Result};

use crate::{AccessToken, Authenticator, Error, Refusal, preflight};

pub(crate) mod challenge;
mod learned;

use challenge::Asked;
use learned::Learned;

/// Puts a token on every request, before it is sent for the first time.
///
/// The scopes follow from the request, or from a [`ScopeSet`] that rides along with it. Is the
/// token refused all the same, the challenge says what is wanted: a new token is made for that and
/// the request is sent once more, if its body can be. What was wanted is remembered, so that the
/// next such request costs no refusal. A second refusal is an error that names the actions wanted
/// and those granted. Clones share what is remembered.
#[derive(Clone, Debug)]
pub struct Authorize {
    authenticator: Authenticator,
    learned: Arc<Learned>,
}

/// The first try of a request, and its refusal.
struct Try<'a> {
    /// What the request seemed to need, before anything was learned.
    guess: &'a ScopeSet,
    /// What its token was asked for.
    wanted: &'a ScopeSet,
    token: &'a AccessToken,
    /// Whether the token was made for this request.
    fresh: bool,
}

impl Authorize {
    /// With the tokens of this authenticator.
    #[must_use]
    pub fn new(authenticator: Authenticator) -> Self {
        Self {
            authenticator,
            learned: Arc::default(),
        }
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

    /// The registry's own challenge, if there is one.
    fn asked(&self, response: &Response) -> std::result::Result<Option<Asked>, Error> {
        let authenticator = &self.authenticator;
        let headers = response.headers();
        challenge::read(
            headers,
            authenticator.endpoint(),
            authenticator.token_host(),
        )
    }

    /// The token for the second try, and what it was asked for; `None` when the request would be
    /// refused like the first time.
    async fn after_refusal(
        &self,
        first: Try<'_>,
        asked: Option<&Asked>,
    ) -> std::result::Result<Option<(ScopeSet, AccessToken)>, Error> {
        self.authenticator.forget(first.token);
        self.learned.forget(first.guess);
        let Some(asked) = asked else {
            return Ok(None);
        };
        // With the guess, since the next request with the same guess may need what this one does not.
        let mut scopes = first.guess.clone();
        scopes.extend(asked.scope.iter().flat_map(ScopeSet::iter));
        // A fresh token for just these scopes was refused: another one would be no better.
        if first.fresh && scopes == *first.wanted {
            return Ok(None);
        }
        tracing::debug!(%scopes, "the token was refused: once more with a new one");
        let token = self.renewed(&scopes, first.token, asked.refusal).await?;
        // Nor would the same one, where there is but one to be had.
        Ok((token.secret != first.token.secret).then_some((scopes, token)))
    }

    /// A token for just these scopes: no other that allows them too, which may be as old as the one
    /// that was refused; nor one for these that is older.
    async fn renewed(
        &self,
        scopes: &ScopeSet,
        refused: &AccessToken,
        refusal: Refusal,
    ) -> std::result::Result<AccessToken, Error> {
        let token = self.authenticator.access_token(scopes).await?;
        let older = token.expires_at < refused.expires_at;
        if refusal == Refusal::Insufficient || !older {
            return Ok(token);
        }
        self.authenticator.forget(&token);
        self.authenticator.access_token(scopes).await
    }

    /// The refusal as an error.
    async fn refused(
        &self,
        asked: Option<Asked>,
        wanted: ScopeSet,
        token: AccessToken,
        response: Response,
    ) -> Error {
        let refusal = asked.as_ref().map(|asked| asked.refusal);
        Error::Refused {
            registry: self.registry(),
            // What the registry says that it wants, without what was only guessed.
            wanted: asked.and_then(|asked| asked.scope).unwrap_or(wanted),
            granted: token.granted,
            grantee: token.grantee,
            refusal: refusal.unwrap_or(Refusal::Unchallenged),
            response: Arc::new(ErrorResponse::read(response).await),
        }
    }

    fn registry(&self) -> String {
        self.authenticator.endpoint().as_str().to_owned()
    }

    async fn authorized(
        &self,
        mut request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> std::result::Result<Result<Response>, Error> {
        self.refuse_foreign(request.url())?;
        let scopes = extensions.get::<ScopeSet>().cloned();
        let guess = scopes.unwrap_or_else(|| preflight::scopes(request.method(), request.url()));
        let wanted = self.learned.instead_of(&guess);
        let token = self.authenticator.access_token_and_age(&wanted).await;
        // What was learned must not be why there is none.
        let (token, fresh) = token.inspect_err(|_| self.learned.forget(&guess))?;
        let again = request.try_clone();
        carry(&mut request, &token);
        let response = match next.clone().run(request, extensions).await {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED => response,
            other => return Ok(other),
        };

        let asked = self.asked(&response)?;
        let first = Try {
            guess: &guess,
            wanted: &wanted,
            token: &token,
            fresh,
        };
        let second = self.after_refusal(first, asked.as_ref()).await?;
        let Some((scopes, second)) = second else {
            return Err(self.refused(asked, wanted, token, response).await);
        };
        let Some(mut request) = again else {
            // For the caller's next try, which comes with a new body.
            self.learned.keep(&guess, &scopes);
            return Err(Error::Unrepeatable {
                registry: self.registry(),
                wanted: asked.and_then(|asked| asked.scope).unwrap_or(scopes),
                response: Arc::new(ErrorResponse::read(response).await),
            });
        };
        // So that its connection can be used again.
        drop(response);
        carry(&mut request, &second);
        let response = match next.run(request, extensions).await {
            Ok(response) if response.status() == StatusCode::UNAUTHORIZED => response,
            other => {
                let let_through = |status| status != StatusCode::FORBIDDEN;
                if other
                    .as_ref()
                    .is_ok_and(|answer| let_through(answer.status()))
                {
                    self.learned.keep(&guess, &scopes);
                }
                return Ok(other);
            }
        };
        self.authenticator.forget(&second);
        let asked = self.asked(&response)?;
        Err(self.refused(asked, scopes, second, response).await)
    }
}

#[async_trait::async_trait]
impl Middleware for Authorize {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        match self.authorized(request, extensions, next).await {
            Ok(outcome) => outcome,
            Err(error) => Err(reqwest_middleware::Error::middleware(error)),
        }
    }
}

fn carry(request: &mut Request, token: &AccessToken) {
    let headers = request.headers_mut();
    headers.insert(AUTHORIZATION, token.authorization());
}

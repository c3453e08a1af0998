//! The calls of the token engine.

use std::sync::Arc;

use acr_auth::{Authenticator, Credential};
use acr_core::{RegistryEndpoint, ScopeSet};
use acr_rest::RetryOptions;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use azure_core::time::{Duration, OffsetDateTime};
use serde_json::json;

use super::{
    input::Input,
    told::{Failed, Made, Returned, Told, Via},
};
use crate::target::Target;

/// Makes the call that a recorded request for a token stands for; `None` where the engine never asks
/// in this way.
pub(super) async fn make(endpoint: &RegistryEndpoint, input: &Input<'_>) -> Option<Made> {
    let scopes = || input.form("scope")?.parse::<ScopeSet>().ok();
    let grant = input.form("grant_type").unwrap_or_default();
    match (input.method(), &input.target, grant.as_str()) {
        ("POST", Target::Exchange, "access_token") => {
            let entra = Entra(input.form("access_token")?);
            refresh(
                endpoint,
                Credential::from(Arc::new(entra) as Arc<dyn TokenCredential>),
            )
            .await
        }
        ("POST", Target::Token, "refresh_token") => {
            let credential = Credential::refresh_token(input.form("refresh_token")?);
            access(endpoint, credential, &scopes()?).await
        }
        ("POST", Target::Token, "password")
            if input.form("username").is_none_or(|name| name.is_empty()) =>
        {
            access(endpoint, Credential::anonymous(), &scopes()?).await
        }
        ("GET", Target::Token, _) => {
            let scopes = input.query("scope")?.parse().ok()?;
            // Nobody records a password.
            let credential = Credential::password("recorded", "sanitized");
            access(endpoint, credential, &scopes).await
        }
        _ => None,
    }
}

async fn refresh(endpoint: &RegistryEndpoint, credential: Credential) -> Option<Made> {
    let told = match authenticator(endpoint, credential) {
        Ok(authenticator) => authenticator.refresh_token().await,
        Err(error) => Err(error),
    };
    Some(made(
        "Authenticator::refresh_token",
        told.map(|token| token.map(|token| json!({"refresh_token": token.secret().expose()}))),
    ))
}

async fn access(
    endpoint: &RegistryEndpoint,
    credential: Credential,
    scopes: &ScopeSet,
) -> Option<Made> {
    let told = match authenticator(endpoint, credential) {
        Ok(authenticator) => authenticator.access_token(scopes).await,
        Err(error) => Err(error),
    };
    Some(made(
        "Authenticator::access_token",
        told.map(|token| Some(json!({"access_token": token.secret().expose()}))),
    ))
}

fn authenticator(
    endpoint: &RegistryEndpoint,
    credential: Credential,
) -> Result<Authenticator, acr_auth::Error> {
    let builder = Authenticator::builder(endpoint, credential);
    builder.retry(RetryOptions::none()).build()
}

fn made(method: &'static str, told: Result<Option<serde_json::Value>, acr_auth::Error>) -> Made {
    let told = match told {
        Ok(fields) => Told::Value(Returned {
            fields,
            ..Returned::default()
        }),
        Err(error) => Told::Error(Failed::from(&error)),
    };
    Made {
        via: Via::Auth,
        method,
        told,
    }
}

/// An identity that has the recorded token.
#[derive(Debug)]
struct Entra(String);

#[async_trait::async_trait]
impl TokenCredential for Entra {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let hour = OffsetDateTime::now_utc() + Duration::hours(1);
        Ok(AccessToken::new(self.0.clone(), hour))
    }
}

//! What is exchanged for a refresh token of the registry.

use acr_core::{Secret, limits};
use acr_rest::types;

use crate::Error;

/// Tokens of Entra, to be exchanged for a refresh token of a registry. An access token becomes one
/// by `into()`.
///
/// It does not print its tokens.
#[derive(Clone, Debug)]
pub struct EntraGrant {
    access_token: Option<Secret>,
    refresh_token: Option<Secret>,
    tenant: Option<String>,
}

impl EntraGrant {
    /// An access token for the audience of container registries (`grant_type=access_token`).
    pub fn access_token(token: impl Into<Secret>) -> Self {
        Self {
            access_token: Some(token.into()),
            refresh_token: None,
            tenant: None,
        }
    }

    /// A refresh token of Entra, by itself (`grant_type=refresh_token`). The service has deprecated
    /// it.
    pub fn refresh_token(token: impl Into<Secret>) -> Self {
        Self {
            access_token: None,
            refresh_token: Some(token.into()),
            tenant: None,
        }
    }

    /// A refresh token of Entra beside the access token
    /// (`grant_type=access_token_refresh_token`). The service has deprecated it.
    #[must_use]
    pub fn with_refresh_token(self, token: impl Into<Secret>) -> Self {
        Self {
            refresh_token: Some(token.into()),
            ..self
        }
    }

    /// The tenant that the tokens are of. The service reads it from an access token, and needs it
    /// where the registry is managed from another tenant.
    #[must_use]
    pub fn tenant(self, tenant: impl Into<String>) -> Self {
        Self {
            tenant: Some(tenant.into()),
            ..self
        }
    }

    /// Itself, if there is something in it to be exchanged.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let given = [&self.access_token, &self.refresh_token];
        let fits = |token: &Secret| (1..=limits::TOKEN).contains(&token.expose().len());
        let fit = given.into_iter().flatten().all(fits);
        match fit {
            true => Ok(self),
            false => Err(Error::Malformed {
                what: format!(
                    "a token of Entra is empty, or longer than {} bytes",
                    limits::TOKEN
                ),
            }),
        }
    }

    pub(super) fn form(&self, service: &str) -> types::ExchangeForm {
        let grant_type = match (&self.access_token, &self.refresh_token) {
            (Some(_), Some(_)) => "access_token_refresh_token",
            (None, Some(_)) => "refresh_token",
            _ => "access_token",
        };
        types::ExchangeForm {
            grant_type: grant_type.to_owned(),
            service: service.to_owned(),
            access_token: self.access_token.clone(),
            refresh_token: self.refresh_token.clone(),
            tenant: self.tenant.clone(),
        }
    }
}

impl From<Secret> for EntraGrant {
    fn from(access_token: Secret) -> Self {
        Self::access_token(access_token)
    }
}

//! What can go wrong between a credential and a request that is let through.

use std::fmt;

use acr_core::ScopeSet;
use acr_rest::{ErrorResponse, Failure, TransportError};

/// Why there is no token, or why the token is not enough.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The credential gave no Entra token; the source says why. Nothing was asked of the registry.
    #[error("the credential gave no Entra token")]
    Credential(#[source] azure_core::Error),
    /// The registry refused to give a token: the password is wrong, the identity has no role on
    /// the registry, anonymous pull is off.
    #[error("no token from {registry} ({step}): {response}")]
    Denied {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
        /// What it answered.
        response: Box<ErrorResponse>,
    },
    /// The token endpoint did not answer, or not with a token.
    #[error("no token from {registry} ({step})")]
    Unanswered {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
        /// Why there is no answer.
        #[source]
        source: Box<Failure>,
    },
    /// The token endpoint answered, and there is no usable token in the answer.
    #[error("{registry} answered without a usable token ({step})")]
    Unusable {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
    },
    /// The challenge sends to a host that no credential may go to.
    #[error(
        "{registry} asks for a token from {realm}: credentials go to no other host than the registry's own, \
         unless it is named as the login server (`.login_server(…)`)"
    )]
    ForeignRealm {
        /// The registry that was called.
        registry: String,
        /// The host, or what stands in its place, that its challenge names.
        realm: String,
    },
    /// The request is not for the registry whose tokens these are.
    #[error("a token of {registry} does not go to {target}")]
    ForeignTarget {
        /// The registry.
        registry: String,
        /// The other host.
        target: String,
    },
    /// The registry did not let the request through with a token made for it.
    #[error("access refused: wanted `{wanted}`, granted {}: {response}", shown(.granted.as_ref()))]
    Refused {
        /// What the request needs.
        wanted: ScopeSet,
        /// What the token allows, where that can be read.
        granted: Option<ScopeSet>,
        /// What the registry answered.
        response: Box<ErrorResponse>,
    },
    /// The HTTP client cannot be set up.
    #[error("the token engine cannot be set up")]
    Transport(#[from] TransportError),
    /// The login server is not the address of a registry.
    #[error("the login server cannot be used")]
    LoginServer(#[source] acr_core::EndpointError),
}

/// What was asked of the token endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenStep {
    /// An Entra token in exchange for a refresh token of the registry.
    Exchange,
    /// An access token for a refresh token.
    RefreshToken,
    /// An access token for a user name and password.
    Password,
    /// An access token for nobody in particular.
    Anonymous,
}

impl fmt::Display for TokenStep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exchange => "exchange of the Entra token",
            Self::RefreshToken => "access token for a refresh token",
            Self::Password => "access token for a user name and password",
            Self::Anonymous => "anonymous access token",
        })
    }
}

fn shown(granted: Option<&ScopeSet>) -> String {
    match granted {
        None => "unknown".to_owned(),
        Some(scopes) if scopes.is_empty() => "nothing".to_owned(),
        Some(scopes) => format!("`{scopes}`"),
    }
}

impl Error {
    /// What the registry answered, if it did.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Denied { response, .. } | Self::Refused { response, .. } => Some(response),
            _ => None,
        }
    }
}

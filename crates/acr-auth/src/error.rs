//! What can go wrong between a credential and a request that is let through.

use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::ScopeSet;
use acr_rest::{ErrorResponse, Failure, TransportError};

use crate::Grantee;

mod display;
mod hint;
#[cfg(test)]
mod tests;

/// Why there is no token, or why the token is not enough.
///
/// It is cheap to clone: callers that wait for the same token share its failure.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// The credential gave no Entra token; the source says why. Nothing was asked of the registry.
    Credential(Arc<azure_core::Error>),
    /// The [`CredentialProvider`](crate::CredentialProvider) gave no credential; the source says
    /// why. Nothing was asked of the registry.
    Provider {
        /// The registry that a credential is needed for.
        registry: String,
        /// What the provider said.
        source: Arc<dyn StdError + Send + Sync>,
    },
    /// The token that was given as a credential has ended. Nothing was sent.
    Expired {
        /// The registry that it was for.
        registry: String,
        /// Which kind of token it is.
        what: &'static str,
        /// When it ended, by its own claim.
        ended: SystemTime,
    },
    /// What was given as a credential cannot be one. Nothing was sent.
    Malformed {
        /// What of it, and why.
        what: String,
    },
    /// A setting is not what it has to be. Nothing was sent.
    Setting {
        /// Which, and why.
        what: String,
    },
    /// Settings were given that contradict each other. Nothing was sent.
    Contradiction {
        /// Which, and how.
        what: String,
    },
    /// There is nobody to log in as: the registry is used anonymously.
    NoLogin {
        /// The registry.
        registry: String,
    },
    /// The registry refused to give a token: the password is wrong, the identity has no role on
    /// the registry, anonymous pull is off.
    Denied {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
        /// What it answered.
        response: Arc<ErrorResponse>,
    },
    /// The token endpoint has had enough of our calls for now (429).
    Throttled {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
        /// How long it asks to wait, if it says so.
        retry_after: Option<Duration>,
        /// What it answered.
        response: Arc<ErrorResponse>,
    },
    /// The token endpoint did not answer, or not with a token.
    Unanswered {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
        /// Why there is no answer.
        source: Arc<Failure>,
    },
    /// The token endpoint answered, and there is no usable token in the answer.
    Unusable {
        /// The host that was asked.
        registry: String,
        /// What was asked of it.
        step: TokenStep,
    },
    /// The challenge sends for a token to where no credential may go. Nothing was sent there.
    ForeignRealm {
        /// The registry that was called.
        registry: String,
        /// The host that its challenge names; what stands in its place, where that is none.
        realm: String,
        /// What is wrong with it.
        fault: RealmFault,
    },
    /// The request is not for the registry whose tokens these are.
    ForeignTarget {
        /// The registry.
        registry: String,
        /// The other host.
        target: String,
    },
    /// The registry did not let the request through, with a token that was made for it.
    /// [`missing`](Self::missing) and [`hint`](Self::hint) say what to do.
    Refused {
        /// The registry that was called.
        registry: String,
        /// What the request needs: what the challenge names, or else what was asked for.
        wanted: ScopeSet,
        /// What the token allows, where that can be read.
        granted: Option<ScopeSet>,
        /// Who the token was made for.
        grantee: Grantee,
        /// What the challenge says of the token.
        refusal: Refusal,
        /// What the registry answered.
        response: Arc<ErrorResponse>,
    },
    /// The registry wants another token than the one that was sent, and the request's body is a
    /// stream, which cannot be sent a second time. What is wanted is remembered: the same call with a
    /// new body begins with the right token.
    Unrepeatable {
        /// The registry that was called.
        registry: String,
        /// What the request needs.
        wanted: ScopeSet,
        /// What the registry answered.
        response: Arc<ErrorResponse>,
    },
    /// The HTTP client cannot be set up.
    Transport(Arc<TransportError>),
    /// The login server is not the address of a registry.
    LoginServer(acr_core::EndpointError),
}

impl StdError for Error {
    /// What lies below, as itself: it can be downcast, though it is shared.
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        match self {
            Self::Credential(source) => Some(&**source),
            Self::Provider { source, .. } => Some(&**source),
            Self::Unanswered { source, .. } => Some(&**source),
            Self::Transport(source) => Some(&**source),
            Self::LoginServer(source) => Some(source),
            _ => None,
        }
    }
}

impl From<TransportError> for Error {
    fn from(error: TransportError) -> Self {
        Self::Transport(Arc::new(error))
    }
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

/// What is wrong with where a challenge sends for a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RealmFault {
    /// It is another host than the registry's, and was not named as its login server.
    OtherHost,
    /// The host is right, and the token is to be one of another registry.
    OtherService,
    /// It is reached over plain http, though the registry is reached over https.
    PlainHttp,
    /// It is no address.
    Unreadable,
}

/// What a challenge says of the token that was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Refusal {
    /// The token does not allow enough: `insufficient_scope`.
    Insufficient,
    /// It is no token of this registry, or has ended: `invalid_token`.
    Invalid,
    /// Nothing.
    Unexplained,
    /// There is no challenge for a token at all: the answer may come from something before the
    /// registry.
    Unchallenged,
}

impl Error {
    /// What the registry answered, if it did.
    #[must_use]
    pub fn response(&self) -> Option<&ErrorResponse> {
        match self {
            Self::Denied { response, .. }
            | Self::Throttled { response, .. }
            | Self::Refused { response, .. }
            | Self::Unrepeatable { response, .. } => Some(response),
            _ => None,
        }
    }

    /// Whether the token endpoint has had enough of our calls for now.
    #[must_use]
    pub fn is_throttled(&self) -> bool {
        matches!(self, Self::Throttled { .. })
    }

    /// How long the registry asks to wait, if it says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Throttled { retry_after, .. } => *retry_after,
            _ => self.response().and_then(ErrorResponse::retry_after),
        }
    }

    /// What the request that was refused needs.
    #[must_use]
    pub fn wanted(&self) -> Option<&ScopeSet> {
        match self {
            Self::Refused { wanted, .. } | Self::Unrepeatable { wanted, .. } => Some(wanted),
            _ => None,
        }
    }

    /// What the token that was refused allows, where that can be read.
    #[must_use]
    pub fn granted(&self) -> Option<&ScopeSet> {
        match self {
            Self::Refused { granted, .. } => granted.as_ref(),
            _ => None,
        }
    }

    /// What the request that was refused needs and its token does not allow: everything, where
    /// nobody can read what it allows. It is empty when the token allows enough and was refused for
    /// another reason.
    #[must_use]
    pub fn missing(&self) -> Option<ScopeSet> {
        match self {
            Self::Refused {
                wanted, granted, ..
            } => Some(match granted {
                Some(granted) => granted.missing(wanted),
                None => wanted.clone(),
            }),
            _ => None,
        }
    }
}

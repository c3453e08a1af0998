//! What can go wrong between a credential and a request that is let through.

use std::{
    error::Error as StdError,
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::ScopeSet;
use acr_rest::{ErrorResponse, Failure, TransportError};

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
    /// Credentials were given that contradict each other. Nothing was sent.
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
    /// The challenge sends to a host that no credential may go to.
    ForeignRealm {
        /// The registry that was called.
        registry: String,
        /// The host, or what stands in its place, that its challenge names.
        realm: String,
    },
    /// The request is not for the registry whose tokens these are.
    ForeignTarget {
        /// The registry.
        registry: String,
        /// The other host.
        target: String,
    },
    /// The registry did not let the request through with a token made for it.
    Refused {
        /// What the request needs.
        wanted: ScopeSet,
        /// What the token allows, where that can be read.
        granted: Option<ScopeSet>,
        /// What the registry answered.
        response: Arc<ErrorResponse>,
    },
    /// The HTTP client cannot be set up.
    Transport(Arc<TransportError>),
    /// The login server is not the address of a registry.
    LoginServer(acr_core::EndpointError),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Credential(_) => f.write_str("the credential gave no Entra token"),
            Self::Provider { registry, .. } => {
                write!(f, "the credential provider gave nothing for {registry}")
            }
            Self::Expired {
                registry,
                what,
                ended,
            } => write!(
                f,
                "the {what} given for {registry} ended at {}: get a new one, for example with \
                 `az acr login --expose-token`",
                time(*ended)
            ),
            Self::Malformed { what } => write!(f, "this is no credential: {what}"),
            Self::Contradiction { what } => {
                write!(f, "the credentials contradict each other: {what}")
            }
            Self::NoLogin { registry } => write!(
                f,
                "there is nobody to log in to {registry} as: it is used anonymously"
            ),
            Self::Denied {
                registry,
                step,
                response,
            }
            | Self::Throttled {
                registry,
                step,
                response,
                ..
            } => write!(f, "no token from {registry} ({step}): {response}"),
            Self::Unanswered { registry, step, .. } => {
                write!(f, "no token from {registry} ({step})")
            }
            Self::Unusable { registry, step } => {
                write!(f, "{registry} answered without a usable token ({step})")
            }
            Self::ForeignRealm { registry, realm } => write!(
                f,
                "{registry} asks for a token from {realm}: credentials go to no other host than the \
                 registry's own, unless it is named as the login server (`.login_server(…)`)"
            ),
            Self::ForeignTarget { registry, target } => {
                write!(f, "a token of {registry} does not go to {target}")
            }
            Self::Refused {
                wanted,
                granted,
                response,
            } => write!(
                f,
                "access refused: wanted `{wanted}`, granted {}: {response}",
                shown(granted.as_ref())
            ),
            Self::Transport(_) => f.write_str("the token engine cannot be set up"),
            Self::LoginServer(_) => f.write_str("the login server cannot be used"),
        }
    }
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

/// In UTC, as RFC 3339 writes it.
fn time(time: SystemTime) -> String {
    match jiff::Timestamp::try_from(time) {
        Ok(time) => time.to_string(),
        Err(_) => "a time that no calendar has".to_owned(),
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
            Self::Denied { response, .. }
            | Self::Throttled { response, .. }
            | Self::Refused { response, .. } => Some(response),
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
}

//! What is kept, by whom and for what.

use std::{fmt, sync::Arc, time::SystemTime};

use acr_core::{ScopeSet, Secret};

use crate::{
    AccessToken, Audience, Cloud, Credential, Error, RefreshToken, credential::CredentialId,
};

mod level;

pub(crate) use level::Level;

/// What several [`Authenticator`](crate::Authenticator)s may share, in memory: the tokens that they
/// made. Each finds its own there: what is kept is known by registry, credential, audience, cloud
/// and scopes, so that no token gets to another registry or another identity.
///
/// Shared, one Entra token serves for all registries. Each of the four kinds (Entra tokens, what
/// providers gave, refresh tokens, access tokens) is kept 1,024 times; the least used goes first.
/// Clones share what is kept.
///
/// ```
/// use acr_auth::{Authenticator, Credential, TokenCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (cache, me) = (TokenCache::default(), Credential::password("me", "secret"));
/// for registry in ["one.azurecr.io", "two.azurecr.io"] {
///     let authenticator = Authenticator::builder(&registry.parse()?, me.clone())
///         .cache(cache.clone())
///         .build()?;
/// }
/// # Ok(())
/// # }
/// ```
///
/// Callers that want the same token at the same time wait for one request together, and go on with
/// it when the one that began it is dropped. So all of them belong on one runtime, as the
/// connections of an HTTP client do.
#[derive(Clone, Default)]
pub struct TokenCache {
    pub(crate) entra: Level<Identity, EntraToken>,
    pub(crate) given: Level<Arc<Holder>, Credential>,
    pub(crate) refresh: Level<Arc<Holder>, RefreshToken>,
    pub(crate) access: Level<(Arc<Holder>, ScopeSet), AccessToken>,
}

/// Who gets an Entra token, and what for.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Identity {
    pub(crate) credential: CredentialId,
    pub(crate) audience: Audience,
    /// The cloud, where the identity is looked for in it: what was found in one may be of no use in
    /// another.
    #[cfg(feature = "azure_identity")]
    pub(crate) whereabouts: Option<crate::cloud::Whereabouts>,
}

/// Whose tokens: of which registry, made for whom.
#[derive(PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    /// Scheme, host and port of where tokens come from.
    pub(crate) registry: String,
    pub(crate) credential: CredentialId,
    pub(crate) audience: Audience,
    /// Where it was named.
    pub(crate) cloud: Option<Cloud>,
}

/// A token of Entra, from which refresh tokens of registries are made.
#[derive(Clone)]
pub(crate) struct EntraToken {
    pub(crate) secret: Secret,
    pub(crate) expires_at: SystemTime,
}

/// What may be kept.
pub(crate) trait Keep: Clone + Send + Sync + 'static {
    /// When it ends; `None` for what holds until it is refused.
    fn ends(&self) -> Option<SystemTime>;
}

impl Keep for EntraToken {
    fn ends(&self) -> Option<SystemTime> {
        Some(self.expires_at)
    }
}

impl Keep for Credential {
    fn ends(&self) -> Option<SystemTime> {
        self.expires_at()
    }
}

impl Keep for RefreshToken {
    fn ends(&self) -> Option<SystemTime> {
        Some(self.expires_at)
    }
}

impl Keep for AccessToken {
    fn ends(&self) -> Option<SystemTime> {
        Some(self.expires_at)
    }
}

/// Whether the registry or the identity's service refused, rather than that something stood in the
/// way: what is kept does not serve on then.
fn is_refusal(error: &Error) -> bool {
    match error {
        // OAuth answers 400 to most of what it refuses (RFC 6749, section 5.2).
        Error::Credential(source) => matches!(answered(source), Some(400 | 401 | 403)),
        _ => {
            let status = error.response().map(|response| response.status);
            matches!(
                status,
                Some(http::StatusCode::UNAUTHORIZED | http::StatusCode::FORBIDDEN)
            )
        }
    }
}

/// The status below what azure_identity says around it.
fn answered(error: &azure_core::Error) -> Option<u16> {
    let mut errors = std::iter::successors(Some(error), |error| error.downcast_ref());
    let status = errors.find_map(azure_core::Error::http_status);
    status.map(u16::from)
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

//! Who asks, what they may do, and the tokens and challenges in between.

mod authorize;
mod grant;
mod identity;
mod rights;
mod token;

pub(crate) use authorize::{authorize, challenge, scope_text};
pub(crate) use grant::{Need, grant, needs};
pub(crate) use identity::{Directory, EntraFault, Identity, NULL_GUID, basic};
pub use rights::{ParseRightsError, Role, ScopeAction, ScopeMap};
pub(crate) use token::{Access, Claims, TokenAuthority, TokenKind, mac};

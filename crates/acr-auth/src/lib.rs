#![doc = include_str!("../README.md")]

mod audience;
mod authenticator;
mod authorize;
mod cache;
#[cfg(feature = "azure_identity")]
mod chain;
mod cloud;
mod credential;
pub mod docker;
mod environment;
mod error;
mod exchange;
/// What tests and fuzzers hold the parsers to; no part of the API.
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod jwt;
mod preflight;
mod process;
mod roles;

pub use acr_rest::{Clock, SystemClock};
pub use audience::Audience;
pub use authenticator::{Authenticator, AuthenticatorBuilder};
pub use authorize::Authorize;
pub use cache::TokenCache;
#[cfg(feature = "azure_identity")]
pub use chain::{ChainError, ChainLink, LinkError};
pub use cloud::{AuthorityHost, Cloud};
pub use credential::{Credential, CredentialProvider};
pub use error::{Error, RealmFault, Refusal, TokenStep};
pub use exchange::{AccessToken, EntraGrant, RefreshToken};
pub use roles::Grantee;

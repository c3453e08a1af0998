//! The vocabulary of container registries, as plain values.
//!
//! Nothing here does I/O, needs a runtime or knows an HTTP client: names and digests are checked
//! when they are made, so that everything built on them can rely on them, and what a server sends
//! is parsed without panics and without trust.
//!
//! | what | type |
//! |---|---|
//! | where the registry is | [`RegistryEndpoint`] |
//! | what it holds | [`RepositoryName`], [`Tag`], [`Digest`], [`Reference`], [`ImageReference`] |
//! | what a manifest or blob is | [`MediaType`] |
//! | whether bytes are the right ones | [`DigestVerifier`] |
//! | what a token allows | [`Scope`], [`ScopeSet`], [`Action`] |
//! | what a 401 asks for | [`Challenge`] |
//! | where a list goes on, where an upload goes | [`ServerPath`], [`next_link`] |
//! | what went wrong | [`ErrorBody`], [`ErrorInfo`], [`ErrorCode`] |
//! | what must not be printed | [`Secret`], [`Login`] |
//! | how much is read at most | [`limits`] |
//!
//! ```
//! use acr_core::{Digest, DigestVerifier, RepositoryName};
//!
//! let name: RepositoryName = "library/hello-world".parse()?;
//! assert!("Library".parse::<RepositoryName>().is_err());
//!
//! let digest = Digest::of(b"hello");
//! let mut verifier = DigestVerifier::expecting(digest, Some(5));
//! verifier.update(b"hel");
//! verifier.update(b"lo");
//! verifier.verify()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod challenge;
mod digest;
mod endpoint;
mod error_body;
/// What tests and fuzzers hold the parsers to; no part of the API.
#[cfg(any(fuzzing, test))]
#[doc(hidden)]
pub mod fuzzing;
mod link;
mod media_type;
mod name;
mod quoted;
mod reference;
mod scope;
mod secret;

pub mod limits;

pub use challenge::Challenge;
pub use digest::{
    Algorithm, Digest, DigestError, DigestMismatch, DigestVerifier, HashState, HashStateError,
};
pub use endpoint::{EndpointError, RegistryEndpoint};
pub use error_body::{ErrorBody, ErrorCode, ErrorInfo};
pub use link::{LinkError, ServerPath, next_link};
pub use media_type::{MediaType, MediaTypeError};
pub use name::{NameError, RepositoryName, Tag};
pub use reference::{ImageReference, Reference, ReferenceError};
pub use scope::{Action, Scope, ScopeError, ScopeSet};
pub use secret::{Login, Secret};

/// The README's program is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

//! A local Azure Container Registry, for tests, demos and first steps.
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use acr_emulator::Emulator;
//!
//! let emulator = Emulator::start().await?;
//! println!("{} {}", emulator.endpoint(), emulator.login().username);
//! // Point a client at it. When `emulator` is dropped, the registry is gone.
//! emulator.shutdown().await;
//! # Ok(())
//! # }
//! ```
//!
//! It asks for tokens as the service does, so that a client's way through challenge, exchange and
//! scopes is tested too:
//!
//! ```
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use acr_emulator::{Emulator, Role, ScopeAction, ScopeMap};
//!
//! let emulator = Emulator::builder()
//!     .token("ci", "password", ScopeMap::new().allow("app", [ScopeAction::ContentRead]))
//!     .principal("00000001-0000-0000-0000-000000000000", Role::AcrPull)
//!     .anonymous_pull(true)
//!     .start()
//!     .await?;
//! # drop(emulator);
//! # Ok(())
//! # }
//! ```
//!
//! What is served, what deviates from the service and what is absent stands in the README.

mod app;
mod auth;
mod breaker;
mod builder;
mod call;
mod clock;
mod conversions;
mod dump;
mod emulator;
mod errors;
mod faults;
mod handlers;
mod headers;
mod keys;
mod kql;
mod limiter;
mod links;
mod management;
mod manifest;
mod modes;
mod patterns;
mod presign;
mod query;
mod reply;
mod requests;
mod router;
mod seed;
mod serve;
mod server;
mod sessions;
mod store;
mod tls;

pub use auth::{ParseRightsError, Role, ScopeAction, ScopeMap};
pub use builder::{EmulatorBuilder, StartError};
pub use dump::{Dump, DumpedManifest, DumpedRepository, DumpedTag, DumpedUpload};
pub use emulator::Emulator;
pub use faults::{Fault, FaultId, FaultRule, FaultRuleError, InjectedFault, StatusFault};
pub use modes::{ParseUploadModeError, Settings, SettingsError, UploadMode};
pub use requests::{Listener, RequestRecord};
pub use router::OPERATIONS;
pub use seed::{
    Seed, SeedAttributes, SeedBlob, SeedError, SeedManifest, SeedReference, SeedRepository,
    SeedTag, Seeded,
};
pub use store::Attributes;

/// The README's program is compiled and run as a test.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;

//! What the integration tests have in common: a registry of their own each, and identities that
//! need no Azure.

pub mod ears;
pub mod recordings;
pub mod secrets;
mod session;

use std::sync::Arc;

use acr_client::{ContainerRegistryClient, Credential};
use acr_emulator::Emulator;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    time::{Duration, OffsetDateTime},
};

pub use secrets::secret;
pub use session::{RegistryClock, Session, Who};

/// A registry of one's own, seen by its admin user.
///
/// # Panics
/// When it does not start.
pub async fn registry() -> (Emulator, ContainerRegistryClient) {
    #[expect(
        clippy::expect_used,
        reason = "a test cannot go on without its registry"
    )]
    let emulator = Emulator::start().await.expect("the emulator starts");
    let client = client(&emulator, emulator.login());
    (emulator, client)
}

/// The registry, seen by somebody. Nothing is tried twice, so that the tests see each answer.
///
/// # Panics
/// When the client cannot be made.
pub fn client(emulator: &Emulator, credential: impl Into<Credential>) -> ContainerRegistryClient {
    secrets::add(emulator.login().password.expose());
    let builder = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(credential)
        .retry(acr_client::RetryOptions::none());
    #[expect(clippy::expect_used, reason = "the emulator's endpoint is one")]
    builder
        .build()
        .expect("the emulator's endpoint can be used")
}

/// An Entra identity whose token is what the test says.
#[derive(Debug)]
pub struct FakeEntra(pub &'static str);

impl FakeEntra {
    /// As a credential.
    #[must_use]
    pub fn credential(token: &'static str) -> Credential {
        Arc::new(Self(token)).into()
    }
}

#[async_trait::async_trait]
impl TokenCredential for FakeEntra {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        Ok(AccessToken::new(
            self.0,
            OffsetDateTime::now_utc() + Duration::hours(1),
        ))
    }
}

/// The root README's programs are compiled as a test.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
pub struct Readme;

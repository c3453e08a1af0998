//! A registry and somebody at it, who live by one clock.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, SystemTime},
};

use acr_auth::Authenticator;
use acr_client::{Clock, ContainerRegistryClient, Credential, RetryOptions, TokenCache};
use acr_emulator::Emulator;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// With what one comes to a registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Who {
    /// An Entra identity.
    Entra,
    /// The admin user.
    Password,
    /// A refresh token, made just before.
    RefreshToken,
    /// Nothing, where anybody may pull.
    Anonymous,
}

impl Who {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Entra,
        Self::Password,
        Self::RefreshToken,
        Self::Anonymous,
    ];
}

/// A registry of one's own and a client of it, which live by the registry's clock.
pub struct Session {
    /// The registry.
    pub emulator: Arc<Emulator>,
    /// As seen by its admin user.
    pub admin: ContainerRegistryClient,
    /// As seen by somebody.
    pub registry: ContainerRegistryClient,
    /// The same one's tokens.
    pub tokens: Authenticator,
    entra: Arc<CountedEntra>,
}

impl Session {
    /// Starts a registry that this one may use.
    ///
    /// # Panics
    /// When it does not start.
    #[expect(
        clippy::expect_used,
        reason = "a test cannot go on without its registry"
    )]
    pub async fn start(who: Who) -> Self {
        let builder = Emulator::builder().anonymous_pull(who == Who::Anonymous);
        let emulator = Arc::new(builder.start().await.expect("the emulator starts"));
        crate::secrets::add(emulator.login().password.expose());
        let entra = Arc::new(CountedEntra {
            emulator: Arc::clone(&emulator),
            calls: AtomicUsize::new(0),
        });
        let credential = match who {
            Who::Entra => Credential::from(Arc::clone(&entra)),
            Who::Password => emulator.login().into(),
            Who::RefreshToken => refresh_token(&emulator, &entra).await,
            Who::Anonymous => Credential::anonymous(),
        };
        let cache = TokenCache::default();
        let session = Self {
            admin: client(&emulator, emulator.login(), &TokenCache::default()),
            registry: client(&emulator, credential.clone(), &cache),
            tokens: engine(&emulator, credential, &cache),
            emulator,
            entra,
        };
        session.forget_requests();
        session
    }

    /// How often the Entra identity was asked for a token.
    #[must_use]
    pub fn entra_calls(&self) -> usize {
        self.entra.calls.load(Ordering::SeqCst)
    }

    /// Counts anew.
    pub fn forget_requests(&self) {
        self.emulator.clear_requests();
        self.entra.calls.store(0, Ordering::SeqCst);
    }
}

/// The registry seen by somebody who lives by its clock. Nothing is tried twice.
#[expect(clippy::expect_used, reason = "the emulator's endpoint is one")]
fn client(
    emulator: &Arc<Emulator>,
    credential: impl Into<Credential>,
    cache: &TokenCache,
) -> ContainerRegistryClient {
    let builder = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(credential)
        .token_cache(cache.clone())
        .clock(Arc::new(RegistryClock(Arc::clone(emulator))))
        .retry(RetryOptions::none());
    builder
        .build()
        .expect("the emulator's endpoint can be used")
}

#[expect(clippy::expect_used, reason = "the emulator's endpoint is one")]
fn engine(
    emulator: &Arc<Emulator>,
    credential: impl Into<Credential>,
    cache: &TokenCache,
) -> Authenticator {
    let endpoint = emulator.endpoint().parse();
    let endpoint = endpoint.expect("the emulator's endpoint is one");
    let builder = Authenticator::builder(&endpoint, credential)
        .cache(cache.clone())
        .clock(Arc::new(RegistryClock(Arc::clone(emulator))))
        .retry(RetryOptions::none());
    builder
        .build()
        .expect("the emulator's endpoint can be used")
}

#[expect(
    clippy::expect_used,
    reason = "a test cannot go on without its credential"
)]
async fn refresh_token(emulator: &Arc<Emulator>, entra: &Arc<CountedEntra>) -> Credential {
    let engine = engine(emulator, Arc::clone(entra), &TokenCache::default());
    let token = engine.refresh_token().await;
    let token = token.expect("the emulator takes any Entra token");
    let token = token.expect("an Entra identity has a refresh token");
    Credential::refresh_token(token.secret().clone())
}

/// The registry's clock, for its clients.
pub struct RegistryClock(pub Arc<Emulator>);

impl Clock for RegistryClock {
    fn now(&self) -> SystemTime {
        self.0.now()
    }
}

impl std::fmt::Debug for RegistryClock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RegistryClock")
    }
}

/// An identity with tokens of an hour by the registry's clock, which counts how often it is asked.
struct CountedEntra {
    emulator: Arc<Emulator>,
    calls: AtomicUsize,
}

impl std::fmt::Debug for CountedEntra {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CountedEntra")
    }
}

#[async_trait::async_trait]
impl TokenCredential for CountedEntra {
    async fn get_token(
        &self,
        _scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let ends = self.emulator.now() + Duration::from_secs(3600);
        let exp = ends
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let claims = format!(r#"{{"exp":{}}}"#, exp.as_secs());
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        Ok(AccessToken::new(token, ends.into()))
    }
}

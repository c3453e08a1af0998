//! What several registries and identities share, and what none of them ever sees of another's; and
//! credentials that are looked up, or that are tokens themselves.

use std::{
    collections::BTreeSet,
    error::Error as StdError,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use acr_auth::{Authenticator, Credential, CredentialProvider, Error, TokenCache};
use acr_core::{RegistryEndpoint, ScopeSet};

use crate::registry::{
    Employee, MINUTE, Registry, Rules, SECRET, START, chain, engine_error, password, token,
};

fn scopes() -> ScopeSet {
    "repository:app:pull".parse().unwrap()
}

fn sharing(
    registry: &Registry,
    credential: impl Into<Credential>,
    cache: &TokenCache,
) -> Authenticator {
    let builder = registry.authenticator(credential).cache(cache.clone());
    builder.build().unwrap()
}

#[tokio::test]
async fn one_entra_token_for_all_registries() {
    let (one, two) = (Registry::start().await, Registry::start().await);
    let (employee, cache) = (Employee::of(&one), TokenCache::default());
    let identity = Credential::entra(Arc::clone(&employee) as _);
    let authenticators = [&one, &two].map(|registry| sharing(registry, identity.clone(), &cache));
    let calls = authenticators.iter().flat_map(|authenticator| {
        (0..10).map(|_| async { authenticator.access_token(&scopes()).await.unwrap() })
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(employee.asked(), 1);
    for registry in [&one, &two] {
        assert_eq!(
            registry.log(),
            ["POST /oauth2/exchange", "POST /oauth2/token"]
        );
    }
}

#[tokio::test]
async fn no_token_gets_to_another_registry_or_identity() {
    let (one, two) = (Registry::start().await, Registry::start().await);
    let cache = TokenCache::default();
    let credentials = [
        password(),
        Credential::password("me", "another password"),
        Credential::password("you", format!("{SECRET}-password")),
        Credential::anonymous(),
        Credential::refresh_token("x"),
        Credential::refresh_token("y"),
        Credential::entra(Employee::of(&one)),
        Credential::entra(Employee::of(&one)),
    ];
    let mut made = BTreeSet::new();
    for registry in [&one, &two] {
        for credential in &credentials {
            let authenticator = sharing(registry, credential.clone(), &cache);
            let token = authenticator.access_token(&scopes()).await.unwrap();
            made.insert((
                registry.endpoint().as_str().to_owned(),
                token.secret().expose().to_owned(),
            ));
        }
        assert_eq!(registry.count("/oauth2/token"), credentials.len());
        assert_eq!(registry.count("/oauth2/exchange"), 2);
    }
    assert_eq!(made.len(), 2 * credentials.len());
}

/// Another audience is another token, of the registry too.
/// Nor is a token that allows more, of somebody else or of another registry.
#[tokio::test]
async fn no_wider_token_gets_to_another_registry_or_identity() {
    let (one, two) = (Registry::start().await, Registry::start().await);
    let cache = TokenCache::default();
    let wide: ScopeSet = "repository:app:pull,push".parse().unwrap();
    sharing(&one, password(), &cache)
        .prefetch(&wide)
        .await
        .unwrap();
    for (registry, credential, asked) in [
        (&one, password(), 1),
        (&one, old(), 2),
        (&two, password(), 1),
    ] {
        let authenticator = sharing(registry, credential, &cache);
        authenticator.prefetch(&scopes()).await.unwrap();
        assert_eq!(registry.count("/oauth2/token"), asked);
    }
}

#[tokio::test]
async fn no_token_is_taken_for_another_audience() {
    let registry = Registry::start().await;
    let (employee, cache) = (Employee::of(&registry), TokenCache::default());
    let identity = Credential::entra(Arc::clone(&employee) as _);
    for audience in ["https://one", "https://two", "https://one"] {
        let builder = registry.authenticator(identity.clone());
        let authenticator = builder
            .audience(audience)
            .cache(cache.clone())
            .build()
            .unwrap();
        authenticator.access_token(&scopes()).await.unwrap();
    }
    assert_eq!(employee.asked(), 2);
    assert_eq!(registry.count("/oauth2/exchange"), 2);
    assert_eq!(registry.count("/oauth2/token"), 2);
}

#[tokio::test]
async fn the_same_password_is_the_same_identity() {
    let (registry, cache) = (Registry::start().await, TokenCache::default());
    for _ in 0..2 {
        let authenticator = sharing(&registry, password(), &cache);
        authenticator.access_token(&scopes()).await.unwrap();
    }
    assert_eq!(registry.log(), ["GET /oauth2/token"]);
    let own = registry.authenticator(password()).build().unwrap();
    own.access_token(&scopes()).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 2);
}

/// Gives one credential after the other, the last one for ever.
#[derive(Debug)]
struct Vault {
    answers: Vec<Credential>,
    asked: Arc<AtomicUsize>,
}

impl Vault {
    fn with(answers: impl Into<Vec<Credential>>) -> (Credential, Arc<AtomicUsize>) {
        let asked = Arc::<AtomicUsize>::default();
        let vault = Self {
            answers: answers.into(),
            asked: Arc::clone(&asked),
        };
        (Credential::provider(vault), asked)
    }
}

#[async_trait::async_trait]
impl CredentialProvider for Vault {
    async fn credential(
        &self,
        _: &RegistryEndpoint,
    ) -> Result<Credential, Box<dyn StdError + Send + Sync>> {
        let number = self.asked.fetch_add(1, Ordering::SeqCst);
        let answer = self.answers.get(number).or(self.answers.last());
        tokio::task::yield_now().await;
        answer.cloned().ok_or_else(|| "the vault is sealed".into())
    }
}

fn old() -> Credential {
    Credential::password("me", format!("{SECRET}-old"))
}

#[tokio::test]
async fn a_provider_is_asked_once_and_by_nobody_who_need_not() {
    let registry = Registry::start().await;
    let (provider, asked) = Vault::with([password()]);
    let authenticator = registry.authenticator(provider).build().unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    let names = ["a", "b", "c", "a", "b", "c"];
    let calls = names.map(|name| {
        let scopes: ScopeSet = format!("repository:{name}:pull").parse().unwrap();
        let authenticator = authenticator.clone();
        async move { authenticator.access_token(&scopes).await.unwrap() }
    });
    futures_util::future::join_all(calls).await;
    assert_eq!(asked.load(Ordering::SeqCst), 1);
    assert_eq!(registry.count("/oauth2/token"), 3);
}

/// The password was changed: what the provider says now is tried, once.
#[tokio::test]
async fn a_provider_is_asked_again_when_its_answer_is_refused() {
    let registry = Registry::start().await;
    let (provider, asked) = Vault::with([old(), password()]);
    let client = registry.client(provider);
    client.head_manifest("a", "v1", None).await.unwrap();
    registry.news();
    registry.change(|rules| rules.token_refusals = 1);
    client.head_manifest("b", "v1", None).await.unwrap();
    assert_eq!(
        registry.news(),
        [
            "GET /oauth2/token",
            "GET /oauth2/token",
            "HEAD /v2/b/manifests/v1"
        ]
    );
    // It says the same again: that would fare no better.
    registry.change(|rules| rules.token_refusals = 2);
    let error = client.head_manifest("c", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Denied { .. }));
    assert_eq!(registry.news(), ["GET /oauth2/token"]);
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}

/// A provider that names somebody else: this one does not get what the first was given in exchange.
#[tokio::test]
async fn identities_of_one_provider_share_no_refresh_token() {
    let registry = Registry::start().await;
    let (first, second) = (Employee::of(&registry), Employee::of(&registry));
    let answers = [Arc::clone(&first), Arc::clone(&second)].map(Credential::from);
    let (provider, _) = Vault::with(answers);
    let client = registry.client(provider);
    client.head_manifest("a", "v1", None).await.unwrap();
    registry.news();
    // What the first one had is refused, and what it gets anew.
    registry.change(|rules| rules.token_refusals = 2);
    client.head_manifest("b", "v1", None).await.unwrap();
    assert_eq!(
        registry.news(),
        [
            "POST /oauth2/token",
            "POST /oauth2/exchange",
            "POST /oauth2/token",
            "POST /oauth2/exchange",
            "POST /oauth2/token",
            "HEAD /v2/b/manifests/v1"
        ]
    );
    assert_eq!((first.asked(), second.asked()), (1, 1));
}

/// Who is refused later than another finds what the provider said to that one.
#[tokio::test]
async fn a_provider_is_asked_again_once_for_all_that_were_refused() {
    let registry = Registry::start().await;
    let (provider, asked) = Vault::with([old(), password()]);
    let authenticator = registry.authenticator(provider).build().unwrap();
    authenticator.access_token(&scopes()).await.unwrap();
    registry.change(|rules| rules.token_refusals = 10);
    let calls = (0..10).map(|n| {
        let scopes: ScopeSet = format!("repository:r{n}:pull").parse().unwrap();
        let authenticator = authenticator.clone();
        async move { authenticator.access_token(&scopes).await.is_ok() }
    });
    let answered = futures_util::future::join_all(calls).await;
    assert_eq!(asked.load(Ordering::SeqCst), 2, "{answered:?}");
}

#[tokio::test]
async fn an_answer_that_is_refused_at_once_is_not_asked_for_again() {
    let registry = Registry::with(Rules {
        token_refusals: 1,
        ..Rules::default()
    })
    .await;
    let (provider, asked) = Vault::with([old(), password()]);
    let client = registry.client(provider);
    client.head_manifest("a", "v1", None).await.unwrap_err();
    assert_eq!(registry.news(), ["GET /oauth2/token"]);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// A token that ends at this minute.
fn ending(minute: u64, number: u32) -> String {
    let exp = START + minute * 60;
    token(&format!(r#"{{"exp":{exp},"n":{number}}}"#))
}

#[tokio::test]
async fn a_token_that_a_provider_gave_is_asked_for_anew_before_its_end() {
    let kinds: [fn(String) -> Credential; 2] =
        [Credential::refresh_token, Credential::access_token];
    for make in kinds {
        let registry = Registry::with(Rules {
            access_life: Some(MINUTE),
            ..Rules::default()
        })
        .await;
        let (provider, asked) = Vault::with([make(ending(60, 1)), make(ending(120, 2))]);
        let client = registry.client(provider);
        for (minute, expected) in [(0, 1), (54, 1), (56, 2), (100, 2)] {
            registry.clock.set(minute * MINUTE);
            client.head_manifest("app", "v1", None).await.unwrap();
            assert_eq!(asked.load(Ordering::SeqCst), expected, "{minute}");
        }
    }
}

#[tokio::test]
async fn an_access_token_of_a_provider_that_the_registry_refuses() {
    let registry = Registry::start().await;
    let given = [1, 2].map(|number| Credential::access_token(ending(60, number)));
    let (provider, asked) = Vault::with(given);
    let client = registry.client(provider);
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.change(|rules| rules.refusals = 1);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(registry.log(), ["HEAD /v2/app/manifests/v1"; 3]);
}

#[tokio::test]
async fn a_provider_that_gives_nothing_to_go_on_with() {
    let registry = Registry::start().await;
    let another = Vault::with([password()]).0;
    for (answers, told) in [
        (vec![], "the vault is sealed"),
        (vec![another], "it gave another provider"),
    ] {
        let authenticator = registry.authenticator(Vault::with(answers).0);
        let error = authenticator.build().unwrap().access_token(&scopes()).await;
        let error = error.unwrap_err();
        assert!(matches!(error, Error::Provider { .. }), "{error:?}");
        let expected = format!(
            "the credential provider gave nothing for {}\n{told}",
            registry.endpoint().authority()
        );
        assert_eq!(chain(&error), expected);
    }
    assert!(registry.log().is_empty());
}

/// While it fails, what is kept of it serves on.
#[tokio::test]
async fn a_provider_that_fails_later() {
    #[derive(Debug)]
    struct Once(Mutex<Option<Credential>>);

    #[async_trait::async_trait]
    impl CredentialProvider for Once {
        async fn credential(
            &self,
            _: &RegistryEndpoint,
        ) -> Result<Credential, Box<dyn StdError + Send + Sync>> {
            let given = self.0.lock().unwrap().take();
            given.ok_or_else(|| "the vault is sealed".into())
        }
    }

    let registry = Registry::start().await;
    let given = Credential::refresh_token(ending(60, 1));
    let once = Once(Mutex::new(Some(given)));
    let client = registry.client(Credential::provider(once));
    client.head_manifest("a", "v1", None).await.unwrap();
    registry.clock.advance(57 * MINUTE);
    client.head_manifest("b", "v1", None).await.unwrap();
    registry.clock.advance(3 * MINUTE);
    let error = client.head_manifest("c", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Provider { .. }));
}

#[tokio::test(start_paused = true)]
async fn a_silent_provider() {
    #[derive(Debug)]
    struct Silent;

    #[async_trait::async_trait]
    impl CredentialProvider for Silent {
        async fn credential(
            &self,
            _: &RegistryEndpoint,
        ) -> Result<Credential, Box<dyn StdError + Send + Sync>> {
            std::future::pending().await
        }
    }

    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let authenticator = Authenticator::new(&endpoint, Credential::provider(Silent)).unwrap();
    let error = authenticator.access_token(&scopes()).await.unwrap_err();
    insta::assert_snapshot!(chain(&error), @r"
    the credential provider gave nothing for 127.0.0.1:1
    it gave no answer within 100s
    ");
}

/// A token that was given and has ended: nothing is sent.
#[tokio::test]
async fn a_given_token_that_has_ended() {
    let registry = Registry::start().await;
    registry.clock.set(60 * MINUTE);
    let mut told = String::new();
    for credential in [
        Credential::refresh_token(ending(60, 1)),
        Credential::access_token(ending(1, 1)),
    ] {
        let authenticator = registry.authenticator(credential).build().unwrap();
        let client = registry.client_with(&authenticator);
        let error = client.head_manifest("app", "v1", None).await.unwrap_err();
        let error = engine_error(error).await;
        assert!(matches!(error, Error::Expired { .. }), "{error:?}");
        told += &format!("{error}\n");
        let error = authenticator.access_token(&scopes()).await.unwrap_err();
        assert!(matches!(error, Error::Expired { .. }), "{error:?}");
    }
    let refresh = Credential::refresh_token(ending(60, 1));
    let authenticator = registry.authenticator(refresh).build().unwrap();
    let error = authenticator.refresh_token().await.unwrap_err();
    assert!(matches!(error, Error::Expired { .. }), "{error:?}");
    assert!(registry.log().is_empty());
    let told = told.replace(registry.endpoint().authority(), "REGISTRY");
    insta::assert_snapshot!(told, @r"
    the refresh token given for REGISTRY ended at 2024-05-01T11:00:00Z: get a new one, for example with `az acr login --expose-token`
    the access token given for REGISTRY ended at 2024-05-01T10:01:00Z: get a new one, for example with `az acr login --expose-token`
    ");
}

/// It is used as it is, and nothing is asked for.
#[tokio::test]
async fn a_given_access_token() {
    let registry = Registry::start().await;
    let given = ending(60, 1);
    let authenticator = registry
        .authenticator(Credential::access_token(given.clone()))
        .build()
        .unwrap();
    let client = registry.client_with(&authenticator);
    for minute in [0, 57, 59] {
        registry.clock.set(minute * MINUTE);
        client.head_manifest("app", "v1", None).await.unwrap();
    }
    let token = authenticator.access_token(&scopes()).await.unwrap();
    assert_eq!(token.secret().expose(), given);
    let ends = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(START + 3600);
    assert_eq!(token.expires_at(), ends);
    // Another one is not to be had.
    registry.change(|rules| rules.refusals = 2);
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Refused { .. }));
    assert_eq!(registry.log(), ["HEAD /v2/app/manifests/v1"; 4]);
}

#[test]
fn what_cannot_be_a_credential_is_refused_when_it_is_given() {
    let endpoint: RegistryEndpoint = "http://127.0.0.1:1".parse().unwrap();
    let mut told = String::new();
    for credential in [
        Credential::password("", "x"),
        Credential::password("a:b", SECRET),
        Credential::password("a", ""),
        Credential::refresh_token(""),
        Credential::access_token(""),
        Credential::access_token(format!("{SECRET}\n")),
    ] {
        let error = Authenticator::new(&endpoint, credential).unwrap_err();
        assert!(matches!(error, Error::Malformed { .. }), "{error:?}");
        told += &format!("{}\n", chain(&error));
    }
    insta::assert_snapshot!(told, @r"
    this is no credential: the user name is empty
    this is no credential: the user name has a colon
    this is no credential: the password is empty
    this is no credential: the refresh token is empty
    this is no credential: the access token is empty, longer than 16384 bytes, or has characters that no token has
    this is no credential: the access token is empty, longer than 16384 bytes, or has characters that no token has
    ");
}

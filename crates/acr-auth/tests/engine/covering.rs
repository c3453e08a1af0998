//! Tokens that serve more than one kind of request, and those that are made ahead.

use acr_core::ScopeSet;

use crate::registry::{Employee, MINUTE, Registry, Rules, password};

/// What a kept token allows is not asked for again.
#[tokio::test]
async fn a_token_serves_all_that_it_allows() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    let put = || client.create_manifest("app", "v1", "application/json", "{ }");
    // The answer has no location, which is no matter of tokens.
    let _ = put().await;
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 1);
    // It is renewed as what it is.
    for _ in 0..4 {
        registry.clock.advance(56 * MINUTE);
        client.head_manifest("app", "v1", None).await.unwrap();
        let _ = put().await;
    }
    assert_eq!(registry.count("/oauth2/token"), 5);
    client.head_manifest("other", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 6);
}

#[tokio::test]
async fn a_token_that_allows_less_does_not_serve() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    let _ = client
        .create_manifest("app", "v1", "application/json", "{ }")
        .await;
    assert_eq!(registry.count("/oauth2/token"), 2);
}

/// What was granted counts, and not what was asked for.
#[tokio::test]
async fn a_token_that_was_not_granted_more_does_not_serve_more() {
    let registry = Registry::with(Rules {
        grants: Some("repository:app:push"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let _ = client
        .create_manifest("app", "v1", "application/json", "{ }")
        .await;
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 2);
}

/// A token that is handed out allows no more than was asked for.
#[tokio::test]
async fn nothing_wider_is_handed_out() {
    let registry = Registry::start().await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    for scopes in ["repository:app:pull,push", "repository:app:pull"] {
        let asked: ScopeSet = scopes.parse().unwrap();
        let token = authenticator.access_token(&asked).await.unwrap();
        assert_eq!(token.granted(), Some(&asked));
    }
}

#[tokio::test]
async fn a_wider_token_that_is_refused_is_forgotten() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    let put = || client.create_manifest("app", "v1", "application/json", "{ }");
    let _ = put().await;
    registry.change(|rules| rules.refusals = 1);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 2);
    let _ = put().await;
    assert_eq!(registry.count("/oauth2/token"), 3);
}

fn repositories(count: usize) -> ScopeSet {
    let scopes: Vec<_> = (0..count)
        .map(|i| format!("repository:app{i:02}:pull"))
        .collect();
    scopes.join(" ").parse().unwrap()
}

#[tokio::test]
async fn one_token_for_ten_repositories() {
    let registry = Registry::start().await;
    let authenticator = registry
        .authenticator(Employee::of(&registry))
        .build()
        .unwrap();
    let fetching = authenticator.clone();
    // On another thread, if need be.
    let fetched = tokio::spawn(async move { fetching.prefetch(&repositories(25)).await });
    assert_eq!(fetched.await.unwrap().unwrap(), ScopeSet::default());
    assert_eq!(registry.count("/oauth2/exchange"), 1);
    assert_eq!(registry.count("/oauth2/token"), 3);
    let client = registry.client_with(&authenticator);
    for i in 0..25 {
        let name = format!("app{i:02}");
        client.head_manifest(&name, "v1", None).await.unwrap();
    }
    authenticator.prefetch(&repositories(25)).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 3);
    // Only what is not kept yet.
    authenticator.prefetch(&repositories(27)).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 4);
}

#[tokio::test]
async fn what_was_not_granted_is_told() {
    let registry = Registry::with(Rules {
        grants: Some("repository:app00:pull repository:app02:pull"),
        ..Rules::default()
    })
    .await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let missing = authenticator.prefetch(&repositories(3)).await.unwrap();
    assert_eq!(missing.to_string(), "repository:app01:pull");
    // It is told again, and asked for again by itself.
    for _ in 0..2 {
        let missing = authenticator.prefetch(&repositories(3)).await.unwrap();
        assert_eq!(missing.to_string(), "repository:app01:pull");
    }
    assert_eq!(registry.count("/oauth2/token"), 2);
}

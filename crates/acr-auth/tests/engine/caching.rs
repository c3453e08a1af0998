//! What is kept, for how long, and how often it is asked for.

use std::sync::Arc;

use crate::registry::{Employee, Entra, MINUTE, Registry, Rules, password};

#[tokio::test]
async fn warm_is_one_request() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    for _ in 0..5 {
        client.head_manifest("app", "v1", None).await.unwrap();
    }
    assert_eq!(registry.count("/oauth2/token"), 1);
    assert_eq!(registry.log().len(), 6);
}

#[tokio::test]
async fn many_at_once_ask_once() {
    let registry = Registry::start().await;
    let client = registry.client(Arc::new(Entra::default()));
    let calls: Vec<_> = (0..10)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { client.head_manifest("app", "v1", None).await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(registry.count("/oauth2/exchange"), 1);
    assert_eq!(registry.count("/oauth2/token"), 1);
    assert_eq!(registry.count("/v2/app/manifests/v1"), 10);
}

/// Different scopes, one exchange.
#[tokio::test]
async fn many_repositories_at_once_exchange_once() {
    let registry = Registry::start().await;
    let entra = Arc::new(Entra::default());
    let client = registry.client(Arc::clone(&entra));
    let calls: Vec<_> = (0..10)
        .map(|i| {
            let client = client.clone();
            let call = async move { client.head_manifest(&format!("app{i}"), "v1", None).await };
            tokio::spawn(async move { call.await.is_ok() })
        })
        .collect();
    for call in calls {
        assert!(call.await.unwrap());
    }
    assert_eq!(entra.asked.lock().unwrap().len(), 1);
    assert_eq!(registry.count("/oauth2/exchange"), 1);
    assert_eq!(registry.count("/oauth2/token"), 10);
}

#[tokio::test]
async fn two_repositories_keep_both_tokens() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    for _ in 0..3 {
        client.head_manifest("a", "v1", None).await.unwrap();
        client.head_manifest("b", "v1", None).await.unwrap();
    }
    assert_eq!(registry.count("/oauth2/token"), 2);
}

#[tokio::test]
async fn clones_share_what_is_kept() {
    let registry = Registry::start().await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let scopes = "repository:app:pull,push".parse().unwrap();
    let first = authenticator.access_token(&scopes).await.unwrap();
    let same = "repository:app:push,pull".parse().unwrap();
    let second = authenticator.clone().access_token(&same).await.unwrap();
    assert_eq!(first.secret(), second.secret());
    assert_eq!(registry.log().len(), 1);
}

/// An access token of an hour serves 55 minutes, a refresh token of three hours serves 2:55.
#[tokio::test]
async fn renewed_shortly_before_the_end() {
    let registry = Registry::start().await;
    let client = registry.client(Arc::new(Entra::default()));
    let mut exchanges = Vec::new();
    let mut tokens = Vec::new();
    for minute in 0..=180 {
        client.head_manifest("app", "v1", None).await.unwrap();
        if registry.count("/oauth2/exchange") > exchanges.len() {
            exchanges.push(minute);
        }
        if registry.count("/oauth2/token") > tokens.len() {
            tokens.push(minute);
        }
        registry.clock.advance(MINUTE);
    }
    assert_eq!(tokens, [0, 55, 110, 165]);
    // Asked for when the next access token is, and not before.
    assert_eq!(exchanges, [0]);
    registry.clock.advance(60 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/exchange"), 2);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let registry = Registry::with(Rules {
        token: Some((503, "UNAVAILABLE")),
        ..Rules::default()
    })
    .await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let scopes = "repository:app:pull".parse().unwrap();
    for _ in 0..2 {
        authenticator.access_token(&scopes).await.unwrap_err();
    }
    assert_eq!(registry.count("/oauth2/token"), 2);
}

/// A token whose renewal fails while it still holds.
#[tokio::test]
async fn a_renewal_that_fails_before_the_end() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.change(|rules| rules.token = Some((503, "UNAVAILABLE")));
    registry.clock.advance(57 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.clock.advance(4 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap_err();
}

/// Four hours, one call a minute, with the lives that the service gives.
#[tokio::test]
async fn four_hours() {
    let registry = Registry::start().await;
    let employee = Employee::of(&registry);
    let client = registry.client(Arc::clone(&employee));
    let (mut entra, mut exchanges, mut tokens) = (vec![], vec![], vec![]);
    for minute in 0..=240 {
        client.head_manifest("app", "v1", None).await.unwrap();
        for (seen, now) in [
            (&mut entra, employee.asked()),
            (&mut exchanges, registry.count("/oauth2/exchange")),
            (&mut tokens, registry.count("/oauth2/token")),
        ] {
            if now > seen.len() {
                seen.push(minute);
            }
        }
        registry.clock.advance(MINUTE);
    }
    assert_eq!(tokens, [0, 55, 110, 165, 220]);
    assert_eq!(exchanges, [0, 220]);
    assert_eq!(entra, [0, 220]);
    assert_eq!(registry.log().len(), 241 + 5 + 2);
}

#[tokio::test]
async fn forty_with_a_wrong_password_ask_once() {
    let registry = Registry::with(Rules {
        token: Some((401, "UNAUTHORIZED")),
        ..Rules::default()
    })
    .await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let scopes = "repository:app:pull".parse().unwrap();
    let calls = (0..40).map(|_| authenticator.access_token(&scopes));
    let errors: Vec<_> = futures_util::future::join_all(calls)
        .await
        .into_iter()
        .map(Result::unwrap_err)
        .collect();
    assert_eq!(registry.log(), ["GET /oauth2/token"]);
    let first = errors[0].response().unwrap();
    for error in &errors {
        assert!(std::ptr::eq(error.response().unwrap(), first));
    }
}

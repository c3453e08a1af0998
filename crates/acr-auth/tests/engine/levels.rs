//! Each level of what is kept comes to its end, fails to be renewed, or is refused by the next.

use std::sync::{Arc, atomic::Ordering};

use acr_auth::Error;

use crate::registry::{Employee, MINUTE, Registry, Rules, engine_error, password};

/// Access tokens of ten minutes, so that each level is come to shortly before its end.
async fn with_short_access_tokens() -> (Registry, Arc<Employee>, acr_rest::Client) {
    let registry = Registry::with(Rules {
        access_life: Some(10 * MINUTE),
        ..Rules::default()
    })
    .await;
    let employee = Employee::of(&registry);
    let client = registry.client(Arc::clone(&employee));
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.news();
    (registry, employee, client)
}

#[tokio::test]
async fn a_refresh_token_is_renewed_five_minutes_before_its_end() {
    let (registry, employee, client) = with_short_access_tokens().await;
    registry.clock.advance(174 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/exchange"), 0);
    registry.clock.advance(6 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/exchange"), 1);
    // Its token of 75 minutes is over too.
    assert_eq!(employee.asked(), 2);
}

#[tokio::test]
async fn a_refresh_token_serves_on_when_the_exchange_fails_and_not_when_it_is_refused() {
    let (registry, _, client) = with_short_access_tokens().await;
    registry.clock.advance(176 * MINUTE);
    registry.change(|rules| rules.exchange = Some((503, "UNAVAILABLE")));
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(
        registry.news(),
        [
            "POST /oauth2/exchange",
            "POST /oauth2/token",
            "HEAD /v2/app/manifests/v1"
        ]
    );
    registry.clock.advance(3 * MINUTE);
    registry.change(|rules| rules.exchange = Some((403, "DENIED")));
    let error = client.head_manifest("other", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Denied { .. }));
    assert_eq!(registry.news(), ["POST /oauth2/exchange"]);
    // It is forgotten, though it would hold for another minute.
    registry.change(|rules| rules.exchange = None);
    client.head_manifest("other", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/exchange"), 1);
}

#[tokio::test]
async fn an_entra_token_is_kept_and_serves_on_when_the_identity_fails() {
    let registry = Registry::with(Rules {
        access_life: Some(2 * MINUTE),
        refresh_life: Some(12 * MINUTE),
        ..Rules::default()
    })
    .await;
    let employee = Employee::of(&registry);
    let client = registry.client(Arc::clone(&employee));
    let mut asked = Vec::new();
    for minute in 0..75 {
        employee.fails.store(minute >= 60, Ordering::SeqCst);
        client.head_manifest("app", "v1", None).await.unwrap();
        if employee.asked() > asked.len() {
            asked.push(minute);
        }
        registry.clock.advance(MINUTE);
    }
    // It is due five minutes before its end, when the identity fails already.
    assert_eq!(asked, [0, 70]);
    // A refresh token of twelve minutes serves seven.
    assert_eq!(registry.count("/oauth2/exchange"), 11);
    // It has ended, and so have the tokens made with it.
    registry.clock.advance(20 * MINUTE);
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Credential(_)));
}

#[tokio::test]
async fn an_access_token_whose_renewal_is_refused_is_forgotten() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.clock.advance(57 * MINUTE);
    registry.change(|rules| rules.token_refusals = 1);
    client.head_manifest("app", "v1", None).await.unwrap_err();
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 3);
}

/// The refresh token was revoked: a new one is got, once.
#[tokio::test]
async fn a_refresh_token_that_is_refused() {
    let registry = Registry::start().await;
    let employee = Employee::of(&registry);
    let client = registry.client(Arc::clone(&employee));
    client.head_manifest("a", "v1", None).await.unwrap();
    registry.news();
    registry.change(|rules| rules.token_refusals = 1);
    client.head_manifest("b", "v1", None).await.unwrap();
    assert_eq!(
        registry.news(),
        [
            "POST /oauth2/token",
            "POST /oauth2/exchange",
            "POST /oauth2/token",
            "HEAD /v2/b/manifests/v1"
        ]
    );
    registry.change(|rules| rules.token_refusals = 2);
    client.head_manifest("c", "v1", None).await.unwrap_err();
    assert_eq!(
        registry.news(),
        [
            "POST /oauth2/token",
            "POST /oauth2/exchange",
            "POST /oauth2/token"
        ]
    );
    assert_eq!(employee.asked(), 1);
}

#[tokio::test]
async fn a_fresh_refresh_token_that_is_refused_is_not_got_again() {
    let registry = Registry::with(Rules {
        token_refusals: 1,
        ..Rules::default()
    })
    .await;
    let client = registry.client(Employee::of(&registry));
    client.head_manifest("a", "v1", None).await.unwrap_err();
    assert_eq!(
        registry.news(),
        ["POST /oauth2/exchange", "POST /oauth2/token"]
    );
}

/// The Entra token was revoked: the identity is asked again, once, and the exchange is tried again
/// if it gives another one.
#[tokio::test]
async fn an_entra_token_that_is_refused() {
    for (stubborn, exchanges) in [(false, 2), (true, 1)] {
        let registry = Registry::with(Rules {
            refresh_life: Some(10 * MINUTE),
            access_life: Some(10 * MINUTE),
            ..Rules::default()
        })
        .await;
        let employee = Employee::of(&registry);
        employee.stubborn.store(stubborn, Ordering::SeqCst);
        let client = registry.client(Arc::clone(&employee));
        client.head_manifest("a", "v1", None).await.unwrap();
        registry.news();
        registry.clock.advance(20 * MINUTE);
        registry.change(|rules| rules.exchange_refusals = 1);
        let outcome = client.head_manifest("a", "v1", None).await;
        assert_eq!(outcome.is_err(), stubborn);
        assert_eq!(registry.count("/oauth2/exchange"), exchanges);
        assert_eq!(employee.asked(), 2);
    }
}

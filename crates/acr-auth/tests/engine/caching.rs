//! What is kept, for how long, and how often it is asked for.

use std::sync::{Arc, atomic::Ordering};

use acr_auth::Error;
use acr_core::ScopeSet;

use crate::registry::{Employee, Entra, MINUTE, Registry, Rules, engine_error, password};

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

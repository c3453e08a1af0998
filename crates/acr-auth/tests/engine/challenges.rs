//! A 401 in spite of the token: answered once.

use std::sync::Arc;

use acr_auth::{Credential, Error};
use acr_core::ScopeSet;
use httpmock::{HttpMockRequest, HttpMockResponse};

use crate::registry::{
    Answer, Entra, HOUR, MINUTE, Registry, Rules, bearer, engine_error, json, password, token,
};

#[tokio::test]
async fn other_scopes_are_asked_for_and_the_request_is_sent_again() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:metadata_read,pull"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    client
        .create_manifest("app", "v1", "application/json", "{ }")
        .await
        .unwrap_err();
    insta::assert_snapshot!(registry.sent());
}

/// A kept token that is no longer taken is replaced, though its scopes are right.
#[tokio::test]
async fn a_token_that_was_revoked() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.change(|rules| rules.refusals = 1);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(
        registry.log(),
        [
            "GET /oauth2/token",
            "HEAD /v2/app/manifests/v1",
            "HEAD /v2/app/manifests/v1",
            "GET /oauth2/token",
            "HEAD /v2/app/manifests/v1",
        ]
    );
}

#[tokio::test]
async fn a_token_that_was_refused_is_not_kept() {
    let registry = Registry::start().await;
    registry.change(|rules| rules.refusals = 1);
    let client = registry.client(password());
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Refused { .. }));
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 2);
}

#[tokio::test]
async fn a_second_refusal_names_what_was_wanted_and_what_was_granted() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        grants: Some("repository:app:pull"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let error = client.get_manifest("app", "v1", None).await.err().unwrap();
    let error = engine_error(error).await;
    let (wanted, granted) = (error.wanted().unwrap(), error.granted().unwrap());
    assert_eq!(wanted.to_string(), "repository:app:delete");
    assert_eq!(granted.to_string(), "repository:app:pull");
    assert_eq!(&error.missing().unwrap(), wanted);
    let response = error.response().unwrap();
    assert_eq!(response.status, 401);
    assert_eq!(registry.count("/v2/app/manifests/v1"), 2);
    assert_eq!(registry.count("/oauth2/token"), 2);
    insta::assert_snapshot!(registry.told(&error));
}

#[tokio::test]
async fn a_fresh_token_for_just_these_scopes_is_not_asked_for_again() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:pull"),
        grants: Some(""),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let error = client.get_manifest("app", "v1", None).await.err().unwrap();
    insta::assert_snapshot!(registry.told(&engine_error(error).await));
    assert_eq!(
        registry.log(),
        ["GET /oauth2/token", "GET /v2/app/manifests/v1"]
    );
}

fn stream() -> reqwest::Body {
    let pieces = [Ok::<_, std::io::Error>("data")];
    reqwest::Body::wrap_stream(futures_util::stream::iter(pieces))
}

/// It is not sent again, and says so; the caller's next try has the right token from the start.
#[tokio::test]
async fn a_stream_that_was_refused() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let location = "v2/app/blobs/uploads/1?_state=x";
    let error = client.upload_chunk(location, None, stream()).await;
    let error = engine_error(error.unwrap_err()).await;
    assert!(matches!(error, Error::Unrepeatable { .. }), "{error:?}");
    insta::assert_snapshot!(registry.told(&error));
    assert_eq!(registry.count("/v2/app/blobs/uploads/1"), 1);
    // It is the answer that is not as it should be, the request went through.
    let error = client.upload_chunk(location, None, stream()).await;
    assert_eq!(error.unwrap_err().status().unwrap(), 200);
    assert_eq!(
        registry.log()[1..],
        [
            "PATCH /v2/app/blobs/uploads/1",
            "GET /oauth2/token",
            "PATCH /v2/app/blobs/uploads/1"
        ]
    );
}

/// Another try of it would be refused like the first: that is no matter of the body.
#[tokio::test]
async fn a_stream_that_is_not_allowed() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:pull,push"),
        grants: Some("repository:app:pull"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let location = "v2/app/blobs/uploads/1?_state=x";
    let error = client.upload_chunk(location, None, stream()).await;
    let error = engine_error(error.unwrap_err()).await;
    assert!(matches!(error, Error::Refused { .. }), "{error:?}");
    assert_eq!(
        registry.log(),
        ["GET /oauth2/token", "PATCH /v2/app/blobs/uploads/1"]
    );
}

/// The challenge overrides the guess once, and from then on.
#[tokio::test]
async fn what_was_asked_for_is_remembered() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:metadata_read"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let pull = async || client.head_manifest("app", "v1", None).await;
    pull().await.unwrap();
    assert_eq!(registry.log().len(), 4, "{:?}", registry.log());
    for requests in [5, 6] {
        pull().await.unwrap();
        assert_eq!(registry.log().len(), requests, "{:?}", registry.log());
    }
    // What it needs then is another thing: that is learned in its place.
    registry.change(|rules| rules.needs = Some("repository:app:push"));
    pull().await.unwrap();
    assert_eq!(registry.log().len(), 9, "{:?}", registry.log());
    pull().await.unwrap();
    assert_eq!(registry.log().len(), 10, "{:?}", registry.log());
    // What led to a refusal is forgotten: it is begun with the guess again.
    registry.change(|rules| {
        rules.needs = Some("repository:app:delete");
        rules.grants = Some("");
    });
    pull().await.unwrap_err();
    registry.change(|rules| (rules.needs, rules.grants) = (Some("repository:app:pull"), None));
    pull().await.unwrap();
    let sent = registry.sent();
    let last = sent.rsplit("---\n").next().unwrap();
    assert!(last.contains(r#""actions":["pull"]}"#), "{last}");
}

/// What was learned, and no token is given for any more, does not stand in the way for ever.
#[tokio::test]
async fn what_was_learned_is_forgotten_where_it_gets_no_token() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:metadata_read"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    registry
        .clock
        .advance(std::time::Duration::from_secs(2 * 3600));
    registry.change(|rules| {
        rules.needs = Some("repository:app:pull");
        rules.answer = Some(Box::new(|request| {
            let asks = request.uri_str().contains("metadata_read");
            asks.then(|| json(400, "{}"))
        }));
    });
    client.head_manifest("app", "v1", None).await.unwrap_err();
    client.head_manifest("app", "v1", None).await.unwrap();
}

/// It is not remembered before it has proved right.
#[tokio::test]
async fn what_was_asked_for_in_vain_is_not_remembered() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        grants: Some("repository:app:pull"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    for _ in 0..2 {
        client.head_manifest("app", "v1", None).await.unwrap_err();
    }
    let sent = registry.sent();
    let asked: Vec<_> = sent
        .lines()
        .filter_map(|line| line.split_once("scope=")?.1.split('&').next())
        .collect();
    let (guess, wanted) = (
        "repository%3Aapp%3Apull",
        "repository%3Aapp%3Apull%2Cdelete",
    );
    assert_eq!(asked, [guess, wanted, guess, wanted]);
}

/// One that ended early, by the registry's clock: renewed once, then through.
#[tokio::test]
async fn a_token_that_is_invalid() {
    let registry = Registry::with(Rules {
        error: Some("invalid_token"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.change(|rules| rules.refusals = 1);
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.log().len(), 5, "{:?}", registry.log());
    // A new one that is as invalid is not followed by another.
    registry.change(|rules| rules.refusals = 2);
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    let error = engine_error(error).await;
    assert_eq!(registry.log().len(), 8, "{:?}", registry.log());
    insta::assert_snapshot!(registry.told(&error));
}

/// Those that were made at the same time, and would do as well, are no better.
#[tokio::test]
async fn others_that_are_as_old_do_not_take_its_place() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap();
    let put = client.create_manifest("app", "v1", "application/json", "{}");
    put.await.unwrap_err();
    // The registry makes tokens with another key from now on.
    registry.change(|rules| {
        rules.answer = Some(Box::new(|request| {
            let old = |claims: String| claims.contains(r#""n":1,"#) || claims.contains(r#""n":2,"#);
            let challenge =
                r#"Bearer realm="/",error="invalid_token""#.replace('/', &realm(request));
            bearer(request).is_some_and(old).then(|| {
                let answer = HttpMockResponse::builder().status(401);
                answer.header("www-authenticate", challenge).build()
            })
        }));
    });
    client.head_manifest("app", "v1", None).await.unwrap();
    assert_eq!(registry.count("/oauth2/token"), 3);
}

/// Where there is but one token, it is sent once.
#[tokio::test]
async fn a_token_that_was_given() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        ..Rules::default()
    })
    .await;
    let access =
        r#"{"exp":2000000000,"access":[{"type":"repository","name":"app","actions":["pull"]}]}"#;
    let client = registry.client(Credential::access_token(token(access)));
    let error = client.head_manifest("app", "v1", None).await.unwrap_err();
    let error = engine_error(error).await;
    assert_eq!(registry.log(), ["HEAD /v2/app/manifests/v1"]);
    insta::assert_snapshot!(registry.told(&error));
}

/// Roles of the other kind do not count there, and the error says which do.
#[tokio::test]
async fn a_registry_that_gives_permissions_by_repository() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:pull,push"),
        grants: Some("repository:app:pull"),
        answer: Some(Box::new(|request| {
            let refresh = token(r#"{"exp":1714564800,"aad_identity":"4f2a"}"#);
            let asks = request.uri().path() == "/oauth2/exchange";
            asks.then(|| json(200, &format!(r#"{{"refresh_token":"{refresh}"}}"#)))
        })),
        ..Rules::default()
    })
    .await;
    let client = registry.client(Arc::new(Entra::default()));
    let error = client.start_upload("app", None, None, None, "").await;
    insta::assert_snapshot!(registry.told(&engine_error(error.unwrap_err()).await));
    // A scope of all repositories is ignored there, without a word.
    registry.change(|rules| rules.grants = Some(""));
    let all: ScopeSet = "repository:*:pull,push".parse().unwrap();
    let client = client.with_extension(all);
    registry.change(|rules| rules.needs = Some("repository:*:pull,push"));
    let error = client.start_upload("app", None, None, None, "").await;
    insta::assert_snapshot!(registry.told(&engine_error(error.unwrap_err()).await));
}

/// A 401 that asks for no token, or for nothing: whether it has challenges of another kind or none.
#[tokio::test]
async fn a_refusal_without_a_challenge() {
    for challenges in [&[][..], &[r#"Basic realm="proxy""#, "Negotiate"]] {
        let registry = Registry::start().await;
        registry.change(|rules| rules.answer = Some(answering(401, challenges)));
        let client = registry.client(password());
        let error = client.head_manifest("app", "v1", None).await.unwrap_err();
        let error = engine_error(error).await;
        insta::allow_duplicates! {
            insta::assert_snapshot!(registry.told(&error));
        }
        // The token is not to blame, but it may be: the next call has a new one.
        client.head_manifest("app", "v1", None).await.unwrap_err();
        assert_eq!(registry.count("/oauth2/token"), 2);
        assert_eq!(registry.count("/v2/app/manifests/v1"), 2);
    }
}

/// Several challenges, in one header and in several, with one that counts; and a HEAD has no body.
#[tokio::test]
async fn the_challenge_that_counts_is_found_among_others() {
    let registry = Registry::start().await;
    let own = format!(
        r#"Bearer realm="{}/oauth2/token",service="reg",scope="repository:app:delete""#,
        registry.endpoint()
    );
    let other = r#"Bearer realm="https://evil.example/oauth2/token",service="evil.example""#;
    let in_one = format!(r#"Basic realm="admin", {other}, {own}"#);
    for (values, repository) in [
        (vec![in_one.as_str()], "one"),
        (
            vec!["\"", r#"Basic realm="admin""#, other, own.as_str()],
            "two",
        ),
    ] {
        registry.change(|rules| rules.answer = Some(answering(401, &values)));
        let client = registry.client(password());
        let before = registry.log().len();
        let error = client.head_manifest(repository, "v1", None).await;
        let error = engine_error(error.unwrap_err()).await;
        assert_eq!(error.wanted().unwrap().to_string(), "repository:app:delete");
        assert_eq!(registry.log().len() - before, 4, "{:?}", registry.log());
        assert!(error.response().unwrap().body.errors.is_empty());
    }
}

/// Where the registry itself gives tokens.
fn realm(request: &HttpMockRequest) -> String {
    let host = request.headers_vec().iter().find(|(key, _)| key == "host");
    format!("http://{}/oauth2/token", host.unwrap().1)
}

/// Answers everything but the requests for tokens so.
fn answering(status: u16, challenges: &[&str]) -> Answer {
    let challenges: Vec<_> = challenges.iter().map(|&value| value.to_owned()).collect();
    Box::new(move |request| {
        if request.uri().path().starts_with("/oauth2/") {
            return None;
        }
        let mut answer = HttpMockResponse::builder().status(status);
        for challenge in &challenges {
            answer = answer.header("www-authenticate", challenge);
        }
        Some(answer.build())
    })
}

#[tokio::test]
async fn scopes_that_ride_along_take_the_place_of_the_guess() {
    let registry = Registry::start().await;
    let scopes: ScopeSet = "repository:app:delete,metadata_read".parse().unwrap();
    let client = registry.client(password()).with_extension(scopes);
    client.head_manifest("app", "v1", None).await.unwrap();
    let sent = registry.sent();
    assert!(
        sent.contains("scope=repository%3Aapp%3Adelete%2Cmetadata_read&"),
        "{sent}"
    );
}

/// When a token is refused as invalid, one that is older is none to try next.
#[tokio::test]
async fn an_older_token_does_not_follow_an_invalid_one() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        ..Rules::default()
    })
    .await;
    let authenticator = registry.authenticator(password()).build().unwrap();
    let client = registry.client_with(&authenticator);
    // From now on, this request begins with a token for both.
    client.head_manifest("app", "v1", None).await.unwrap();
    registry.clock.advance(20 * MINUTE);
    let pull: ScopeSet = "repository:app:pull".parse().unwrap();
    authenticator.access_token(&pull).await.unwrap();
    registry.clock.advance(37 * MINUTE);
    client.head_manifest("app", "v1", None).await.unwrap();

    registry.change(|rules| {
        (rules.needs, rules.refusals, rules.error) = (None, 1, Some("invalid_token"));
    });
    registry.news();
    client.head_manifest("app", "v1", None).await.unwrap();
    let call = "HEAD /v2/app/manifests/v1";
    assert_eq!(registry.news(), [call, "GET /oauth2/token", call]);
}

/// A request that is forbidden with the second token was not let through, so that what its challenge
/// asked for proves nothing.
#[tokio::test]
async fn what_ends_in_a_403_is_not_remembered() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        answer: Some(Box::new(|request| {
            let granted = bearer(request).unwrap_or_default();
            granted.contains("delete").then(|| json(403, "{}"))
        })),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    client.head_manifest("app", "v1", None).await.unwrap_err();
    registry.clock.advance(2 * HOUR);
    registry.news();
    client.head_manifest("app", "v1", None).await.unwrap_err();
    let sent = registry.sent();
    assert!(
        sent.starts_with("GET /oauth2/token?scope=repository%3Aapp%3Apull&"),
        "{sent}"
    );
}

#[tokio::test]
async fn other_answers_are_left_alone() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    // The answer says nothing of a repository; the engine has no part in that.
    let answer = client.get_properties("app", None).await.unwrap();
    assert!(answer.into_inner().registry.is_none());
    assert_eq!(registry.count("/acr/v1/app"), 1);
}

//! A 401 in spite of the token: answered once.

use acr_auth::Error;
use acr_core::ScopeSet;

use crate::registry::{Registry, Rules, chain, engine_error, password};

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
    let Error::Refused {
        wanted,
        granted,
        response,
    } = &error
    else {
        panic!("{error:?}");
    };
    assert_eq!(wanted.to_string(), "repository:app:pull,delete");
    assert_eq!(granted.as_ref().unwrap().to_string(), "repository:app:pull");
    assert_eq!(response.status, 401);
    assert_eq!(registry.count("/v2/app/manifests/v1"), 2);
    assert_eq!(registry.count("/oauth2/token"), 2);
    insta::assert_snapshot!(chain(&error), @"access refused: wanted `repository:app:pull,delete`, granted `repository:app:pull`: the registry answered 401 UNAUTHORIZED: authentication required [request c0ffee]");
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
    insta::assert_snapshot!(chain(&engine_error(error).await), @"access refused: wanted `repository:app:pull`, granted nothing: the registry answered 401 UNAUTHORIZED: authentication required [request c0ffee]");
    assert_eq!(
        registry.log(),
        ["GET /oauth2/token", "GET /v2/app/manifests/v1"]
    );
}

#[tokio::test]
async fn a_stream_is_not_sent_again() {
    let registry = Registry::with(Rules {
        needs: Some("repository:app:delete"),
        ..Rules::default()
    })
    .await;
    let client = registry.client(password());
    let pieces = [Ok::<_, std::io::Error>("data")];
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let location = "v2/app/blobs/uploads/1?_state=x";
    let error = client.upload_chunk(location, None, body).await.unwrap_err();
    assert!(matches!(engine_error(error).await, Error::Refused { .. }));
    assert_eq!(registry.count("/v2/app/blobs/uploads/1"), 1);
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

#[tokio::test]
async fn other_answers_are_left_alone() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    // The answer is no repository's properties; the engine has no part in that.
    let error = client.get_properties("app", None).await.unwrap_err();
    assert!(
        matches!(error, acr_rest::Error::InvalidResponsePayload(..)),
        "{error}"
    );
    assert_eq!(registry.count("/acr/v1/app"), 1);
}

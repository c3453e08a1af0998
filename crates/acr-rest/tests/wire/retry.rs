//! What is sent again, and what the caller is told of it.

use std::{sync::Arc, time::Duration};

use acr_rest::{Client, Failure, Retry, RetryOptions, find, retry::Exhausted};

use crate::recorder::{Answer, Recorder, error, json, status};

fn client(registry: &Recorder) -> Client {
    let options = RetryOptions::default()
        .max_attempts(3)
        .initial_delay(Duration::from_millis(1));
    registry.client_through(|pipeline| pipeline.with(Arc::new(Retry::new(options))))
}

fn busy() -> Answer {
    error(429, "TOOMANYREQUESTS", "Too many requests.").header("retry-after", "0")
}

#[tokio::test]
async fn throttled_once() {
    let registry = Recorder::answering([busy(), json(200, "{}")]).await;
    let page = client(&registry).list_catalog_v2(None, None, None).await;
    assert_eq!(page.unwrap().repositories, None);
    let sent = registry.sent();
    assert_eq!(sent.len(), 2);
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn throttled_for_good() {
    let registry = Recorder::answering([busy()]).await;
    let error = client(&registry).get_properties("app", None).await;
    let failure = Failure::read(error.unwrap_err()).await;
    assert_eq!(registry.count(), 3);
    insta::assert_snapshot!(failure.to_string(), @"the registry answered 429 TOOMANYREQUESTS: Too many requests. after 3 attempts in 0 s");
}

/// What the server asks for is not waited for when it is more than is allowed.
#[tokio::test]
async fn a_wait_that_is_too_long() {
    let answer = error(503, "UNAVAILABLE", "later").header("retry-after", "3600");
    let registry = Recorder::answering([answer]).await;
    let error = client(&registry).get_properties("app", None).await;
    let failure = Failure::read(error.unwrap_err()).await;
    assert_eq!(registry.count(), 1);
    insta::assert_snapshot!(failure.to_string(), @"the registry answered 503 UNAVAILABLE: later");
}

/// The server may have taken the bytes: only the caller can find out.
#[tokio::test]
async fn a_chunk_is_not_repeated() {
    for code in [408, 500, 502, 503, 504] {
        let registry = Recorder::answering([status(code)]).await;
        let client = client(&registry);
        let chunk = client.upload_chunk("v2/app/blobs/uploads/1?_state=x", None, "data");
        assert!(chunk.await.is_err());
        let end = client.complete_upload("v2/app/blobs/uploads/1?_state=x", "sha256:ab", "");
        assert!(end.await.is_err());
        assert_eq!(registry.count(), 2, "{code}");
    }
}

/// A 429 comes before anything is taken.
#[tokio::test]
async fn a_throttled_chunk_is_repeated() {
    let registry = Recorder::answering([busy(), status(202)]).await;
    let chunk = client(&registry)
        .upload_chunk("v2/app/blobs/uploads/1?_state=x", Some("0-3"), "data")
        .await;
    assert!(chunk.is_ok());
    let sent = registry.sent();
    assert_eq!(sent[0], sent[1]);
}

#[tokio::test]
async fn a_stream_is_never_repeated() {
    let registry = Recorder::answering([busy(), status(201)]).await;
    let pieces = [Ok::<_, std::io::Error>("{}")];
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let put = client(&registry)
        .create_manifest("app", "v1", "application/json", body)
        .await;
    assert!(put.is_err());
    assert_eq!(registry.count(), 1);
}

#[tokio::test]
async fn what_leaves_the_same_state_is_repeated() {
    let registry = Recorder::answering([status(503), status(201)]).await;
    let put = client(&registry)
        .create_manifest("app", "v1", "application/json", "{}")
        .await;
    assert!(put.is_ok());
    assert_eq!(registry.count(), 2);
}

#[tokio::test]
async fn refusals_are_final() {
    for code in [400, 401, 403, 404, 405, 409, 416, 501] {
        let registry = Recorder::answering([status(code)]).await;
        assert!(client(&registry).get_properties("app", None).await.is_err());
        assert_eq!(registry.count(), 1, "{code}");
    }
}

#[tokio::test]
async fn nobody_there() {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
    let options = RetryOptions::default()
        .max_attempts(3)
        .initial_delay(Duration::from_millis(1));
    let pipeline = acr_rest::Pipeline::new(transport).with(Arc::new(Retry::new(options)));
    let client = Client::connect(&endpoint, pipeline);
    let failure = Failure::read(client.get_properties("app", None).await.unwrap_err()).await;
    let exhausted = find::<Exhausted>(&failure).unwrap();
    assert_eq!(exhausted.attempts, 3);
    assert!(
        exhausted.to_string().starts_with("3 attempts in "),
        "{exhausted}"
    );
}

//! Uploads: the `Location` of each answer is the address of the next request, byte for byte.

use acr_rest::Client;

use crate::recorder::{Recorder, error, status, told};

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";

/// As an answer names it, without the leading slash. Its query is signed: `%3D`, `%2f` and `+`
/// must arrive as they are.
const LOCATION: &str =
    "v2/team/app/blobs/uploads/5f6a3c1e?_nouploadcache=false&_state=x-_%3D%2f+a==";

fn session(code: u16) -> crate::recorder::Answer {
    status(code)
        .header("location", &format!("/{LOCATION}"))
        .header("range", "0-8")
        .header("docker-upload-uuid", "5f6a3c1e")
}

#[tokio::test]
async fn started() {
    let registry = Recorder::answering([session(202)]).await;
    let client = registry.client();
    let outcome = client
        .start_upload("team/app", None, None, None, reqwest::Body::default())
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn mounted() {
    let answer = status(201)
        .header("location", &format!("/v2/team/app/blobs/{DIGEST}"))
        .header("docker-content-digest", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .start_upload("team/app", None, Some("base/os"), Some(DIGEST), "")
        .await;
    registry.keep_as("mount", &told(outcome).await);
}

#[tokio::test]
async fn sent_at_once() {
    let registry = Recorder::answering([status(201).header("docker-content-digest", DIGEST)]).await;
    let client = registry.client();
    let outcome = client
        .start_upload("team/app", Some(DIGEST), None, None, "the blob")
        .await;
    registry.keep_as("at_once", &told(outcome).await);
}

#[tokio::test]
async fn asked_how_far_it_is() {
    let registry = Recorder::answering([session(204)]).await;
    let client = registry.client();
    let outcome = client.get_upload_status(LOCATION).await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn chunk() {
    let registry = Recorder::answering([session(202)]).await;
    let client = registry.client();
    let outcome = client
        .upload_chunk(LOCATION, Some("0-8"), "some data")
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn chunk_of_a_stream() {
    let registry = Recorder::answering([session(202)]).await;
    let client = registry.client();
    let pieces = ["some ", "data"].map(Ok::<_, std::io::Error>);
    let body = reqwest::Body::wrap_stream(futures_util::stream::iter(pieces));
    let outcome = client.upload_chunk(LOCATION, None, body).await;
    registry.keep_as("stream", &told(outcome).await);
}

#[tokio::test]
async fn chunk_out_of_order() {
    let answer = error(
        416,
        "BLOB_UPLOAD_RANGE_INVALID",
        "blob upload range invalid",
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.upload_chunk(LOCATION, Some("9-9"), "x").await;
    registry.keep_as("out_of_order", &told(outcome).await);
}

#[tokio::test]
async fn completed() {
    let answer = status(201)
        .header("location", &format!("/v2/team/app/blobs/{DIGEST}"))
        .header("docker-content-digest", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.complete_upload(LOCATION, DIGEST, "the end").await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn cancelled() {
    let registry = Recorder::answering([status(204)]).await;
    let client = registry.client();
    let outcome = client.cancel_upload(LOCATION).await;
    registry.keep(&told(outcome).await);
}

/// The target of the one request that was sent.
async fn target<T>(call: impl AsyncFnOnce(&Client) -> T) -> String {
    let registry = Recorder::answering([status(204)]).await;
    call(&registry.client()).await;
    let sent = registry.sent().remove(0);
    sent.lines().next().unwrap_or_default().to_owned()
}

#[tokio::test]
async fn a_location_is_sent_as_it_came() {
    for location in [
        "v2/a/blobs/uploads/1",
        "v2/a%2Fb/blobs/uploads/1?_state=%3D%3d",
        "v2/a/blobs/uploads/1?_state=a%252Fb&x=%C3%BC",
        "v2/a/blobs/uploads/1?_state=a+b%20c&digest=sha256%3Aab&_x=1,2;3(4)*~!",
    ] {
        let status = target(async |client| client.get_upload_status(location).await).await;
        assert_eq!(status, format!("GET /{location}"));
        let chunk = target(async |client| client.upload_chunk(location, None, "x").await).await;
        assert_eq!(chunk, format!("PATCH /{location}"));
        let cancel = target(async |client| client.cancel_upload(location).await).await;
        assert_eq!(cancel, format!("DELETE /{location}"));
    }
}

#[tokio::test]
async fn the_digest_goes_behind_the_query_that_is_there() {
    for (location, expected) in [
        (
            "v2/a/blobs/uploads/1",
            "v2/a/blobs/uploads/1?digest=sha256%3Aab",
        ),
        (
            "v2/a/blobs/uploads/1?_state=x%3D",
            "v2/a/blobs/uploads/1?_state=x%3D&digest=sha256%3Aab",
        ),
    ] {
        let sent =
            target(async |client| client.complete_upload(location, "sha256:ab", "").await).await;
        assert_eq!(sent, format!("PUT /{expected}"));
    }
}

/// A location that tries to lead away, or to climb, stays on the registry.
#[tokio::test]
async fn a_location_cannot_change_the_host() {
    let sent = target(async |client| client.get_upload_status("/evil.example/v2/").await).await;
    assert!(sent.starts_with("GET /"), "{sent}");
    let sent = target(async |client| client.cancel_upload("https://evil.example/a?b").await).await;
    assert_eq!(sent, "DELETE /https://evil.example/a?b");
}

/// Without a stated length servers refuse such requests.
#[tokio::test]
async fn a_request_without_a_body_says_so() {
    let registry = Recorder::answering([session(202)]).await;
    let client = registry.client();
    for body in [
        reqwest::Body::default(),
        "".into(),
        Vec::new().into(),
        bytes::Bytes::new().into(),
    ] {
        let _ = client.start_upload("app", None, None, None, body).await;
    }
    let _ = client.complete_upload(LOCATION, DIGEST, "").await;
    let _ = client.upload_chunk(LOCATION, None, "").await;
    let _ = client.cancel_operation("app", "1", None).await;
    for request in registry.sent() {
        assert!(request.contains("\ncontent-length: 0\n"), "{request}");
        assert!(!request.contains("transfer-encoding"), "{request}");
    }
}

//! Whatever comes back, the caller learns the status and what can be read.

use acr_core::ErrorCode;
use acr_rest::{Error, Failure, find};

use crate::recorder::{Recorder, chain, error, json, status};

async fn failure(answer: crate::recorder::Answer) -> Failure {
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let error = client.get_properties("app", None).await.unwrap_err();
    Failure::read(error).await
}

fn response(failure: &Failure) -> &acr_rest::ErrorResponse {
    match failure {
        Failure::Response(response) => response,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_usual_form() {
    let failure = failure(
        error(404, "NAME_UNKNOWN", "repository name not known to registry")
            .header("x-ms-correlation-request-id", "c0ffee")
            .header("retry-after", "7"),
    )
    .await;
    let answer = response(&failure);
    assert_eq!(answer.status, 404);
    assert_eq!(answer.code(), Some(&ErrorCode::NameUnknown));
    assert_eq!(answer.correlation_id(), Some("c0ffee"));
    assert_eq!(answer.retry_after().unwrap().as_secs(), 7);
    insta::assert_snapshot!(failure.to_string(), @"the registry answered 404 NAME_UNKNOWN: repository name not known to registry [request c0ffee]");
}

#[tokio::test]
async fn head_has_no_body() {
    let registry = Recorder::answering([status(404).header("content-length", "157")]).await;
    let client = registry.client();
    let error = client.check_blob_exists("app", "sha256:ab", None).await;
    let failure = Failure::read(error.unwrap_err()).await;
    assert_eq!(response(&failure).status, 404);
    assert_eq!(response(&failure).body, acr_core::ErrorBody::default());
    insta::assert_snapshot!(failure.to_string(), @"the registry answered 404");
}

#[tokio::test]
async fn html_of_a_proxy() {
    let answer = status(503).header("content-type", "text/html").body(
        "<html>\r\n<head><title>503 Service Temporarily Unavailable</title></head>\r\n</html>",
    );
    insta::assert_snapshot!(failure(answer).await.to_string(), @"the registry answered 503 (<html> <head><title>503 Service Temporarily Unavailable</title></head> </html>)");
}

#[tokio::test]
async fn plain_text_of_the_edge() {
    let answer = status(429).body("Ref A: 0001 Ref B: AMS04 Ref C: 2024");
    insta::assert_snapshot!(failure(answer).await.to_string(), @"the registry answered 429 (Ref A: 0001 Ref B: AMS04 Ref C: 2024)");
}

/// Of a long body the beginning is read, and no more.
#[tokio::test]
async fn long_bodies_are_cut() {
    let long = failure(status(500).body(vec![b'x'; 2 * acr_core::limits::ERROR_BODY])).await;
    let text = response(&long).body.text.as_ref().unwrap();
    assert_eq!(text.trim_end_matches('…').len(), 300);
    // JSON that goes on behind the cut is no JSON any more: it shows as text.
    let padding = "x".repeat(acr_core::limits::ERROR_BODY);
    let cut = failure(error(500, "UNKNOWN", &padding)).await;
    assert_eq!(response(&cut).code(), None);
    let shown = cut.to_string();
    assert!(
        shown.starts_with(r#"the registry answered 500 ({"errors":"#),
        "{shown}"
    );
}

#[tokio::test]
async fn bytes_that_are_no_text() {
    let failure = failure(status(500).body([0xff, 0, 0x1b, b'[', b'a'])).await;
    assert!(!failure.to_string().contains('\u{1b}'), "{failure}");
}

#[tokio::test]
async fn a_success_that_cannot_be_read() {
    let failure = failure(json(200, "<html>")).await;
    assert!(matches!(failure, Failure::Payload(_)), "{failure:?}");
    insta::assert_snapshot!(chain(&failure), @r"
    error: the answer cannot be read
    error: expected value at line 1 column 1
    ");
}

#[tokio::test]
async fn a_status_that_is_no_success_here() {
    let registry = Recorder::answering([status(204)]).await;
    let client = registry.client();
    let error = client.get_properties("app", None).await.unwrap_err();
    assert!(matches!(&error, Error::UnexpectedResponse(answer) if answer.status() == 204));
}

#[tokio::test]
async fn nothing_is_sent_for_an_argument_that_no_header_can_hold() {
    let registry = Recorder::answering([status(200)]).await;
    let client = registry.client();
    let error = client.get_manifest("app", "v1", Some("a\nb")).await.err();
    let failure = Failure::read(error.unwrap()).await;
    assert!(matches!(failure, Failure::Request(_)), "{failure:?}");
    assert_eq!(registry.count(), 0);
}

/// The error of a middleware comes out as it went in, behind the client's own.
#[tokio::test]
async fn the_error_of_a_middleware_is_found() {
    #[derive(Debug, thiserror::Error)]
    #[error("not today")]
    struct NotToday;
    struct Refuse;

    #[async_trait::async_trait]
    impl reqwest_middleware::Middleware for Refuse {
        async fn handle(
            &self,
            _: reqwest::Request,
            _: &mut http::Extensions,
            _: reqwest_middleware::Next<'_>,
        ) -> reqwest_middleware::Result<reqwest::Response> {
            Err(reqwest_middleware::Error::middleware(NotToday))
        }
    }

    let registry = Recorder::answering([status(200)]).await;
    let client = registry.client_through(|pipeline| pipeline.with(std::sync::Arc::new(Refuse)));
    let error = client.get_properties("app", None).await.unwrap_err();
    let failure = Failure::read(error).await;
    assert!(find::<NotToday>(&failure).is_some(), "{failure:?}");
    assert_eq!(registry.count(), 0);
}

/// An upload's address is a key to it: no error shows it.
#[tokio::test]
async fn no_error_shows_the_state_of_an_upload() {
    let endpoint = "http://127.0.0.1:1".parse().unwrap();
    let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
    let client = acr_rest::Client::connect(&endpoint, acr_rest::Pipeline::new(transport));
    let location = "v2/app/blobs/uploads/1?_state=SECRET";
    let failure = Failure::read(client.cancel_upload(location).await.unwrap_err()).await;
    assert!(matches!(failure, Failure::Transport(_)), "{failure:?}");
    let shown = format!("{failure:?} {}", chain(&failure));
    assert!(!shown.contains("SECRET"), "{shown}");
}

/// The raw error prints the answer's headers: what is a key among them is not shown.
#[tokio::test]
async fn no_key_is_printed() {
    let address = "https://storage.example/x?sig=SASKEY";
    let registry = Recorder::answering([status(307).header("location", address)]).await;
    let client = registry.client();
    let Err(error) = client.get_blob("app", "sha256:x", None).await else {
        panic!("a redirect is no blob")
    };
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("SASKEY"), "{shown}");
    let Error::UnexpectedResponse(answer) = error else {
        panic!("{error}")
    };
    assert_eq!(answer.headers()["location"], address);
}

//! Uploads in steps of one's own.

use acr_client::{Deleted, Digest, MediaType, RetryOptions};
use acr_emulator::{Fault, FaultRule};
use acr_tests::registry;
use httpmock::Method;

use super::sent;
use crate::hostile::{answer, server};

#[tokio::test]
async fn chunks_of_any_size_and_a_last_one() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    emulator.clear_requests();
    let session = app.start_upload().await.unwrap();
    assert_eq!(session.repository().name(), app.name());
    assert_eq!(session.status().await.unwrap().bytes, 0);
    assert_eq!(session.send_chunk("H").await.unwrap().bytes, 1);
    assert_eq!(session.status().await.unwrap().bytes, 1);
    assert_eq!(session.send_chunk("ello, ").await.unwrap().bytes, 7);
    assert_eq!(session.send_chunk("").await.unwrap().bytes, 7);
    assert_eq!(session.status().await.unwrap().bytes, 7);
    let whole = Digest::of(b"Hello, world!");
    let blob = session
        .complete(&whole)
        .last_chunk("world!")
        .media_type("text/plain");
    let blob = blob.await.unwrap();
    assert_eq!((blob.size, blob.media_type.as_str()), (13, "text/plain"));
    let expected = [
        "POST 202",
        "GET 204",
        "PATCH 202",
        "GET 204",
        "PATCH 202",
        "GET 204",
        "PUT 201",
    ];
    assert_eq!(sent(&emulator), expected);
    let content = app.download_blob(&whole).bytes(100).await.unwrap();
    assert_eq!(content, "Hello, world!");

    for over in [
        session.send_chunk("more").await.map(|_| ()),
        session.status().await.map(|_| ()),
        session.complete(&whole).await.map(|_| ()),
        session.cancel().await.map(|_| ()),
    ] {
        assert!(over.unwrap_err().is_invalid_input());
    }
    assert_eq!(sent(&emulator), ["GET 307", "GET 200"]);
}

#[tokio::test]
async fn a_wrong_digest_is_found_before_it_is_sent() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let session = app.start_upload().await.unwrap();
    session.send_chunk("content").await.unwrap();
    emulator.clear_requests();
    let wrong = session.complete(Digest::of(b"other")).await.unwrap_err();
    assert!(wrong.is_digest_mismatch(), "{wrong}");
    assert!(
        session
            .complete("none")
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    let no_type = session.complete(Digest::of(b"content")).media_type("none");
    assert!(no_type.await.unwrap_err().is_invalid_input());
    assert_eq!(sent(&emulator), [""; 0]);
    let blob = session.complete(Digest::of(b"content")).await.unwrap();
    assert_eq!(blob.media_type, MediaType::OCTET_STREAM);
}

#[tokio::test]
async fn an_upload_is_given_up() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let session = app.start_upload().await.unwrap();
    session.send_chunk("content").await.unwrap();
    emulator.clear_requests();
    assert_eq!(session.cancel().await.unwrap(), Deleted::Deleted);
    assert_eq!(sent(&emulator), ["DELETE 204"]);
    // Somebody else may have done so before.
    let lost = app.start_upload().await.unwrap();
    emulator.reset().unwrap();
    assert_eq!(lost.cancel().await.unwrap(), Deleted::NotFound);
}

/// After a call that failed one has to ask where to go on, because bytes may have arrived.
#[tokio::test]
async fn after_a_failure_one_asks_where_to_go_on() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let session = app.start_upload().await.unwrap();
    session.send_chunk("Hello, ").await.unwrap();
    let rule = FaultRule::new(Fault::status(503))
        .on(["upload_chunk"])
        .times(1);
    emulator.inject(rule).unwrap();
    let failed = session
        .send_chunk("world!")
        .retry(RetryOptions::none())
        .await;
    assert_eq!(failed.unwrap_err().status().unwrap(), 503);
    emulator.clear_requests();
    let unsure = session.send_chunk("world!").await.unwrap_err();
    assert!(
        unsure.is_invalid_input() && unsure.to_string().contains("`status()`"),
        "{unsure}"
    );
    assert!(
        session
            .complete(Digest::of(b"x"))
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    assert_eq!(sent(&emulator), [""; 0]);

    assert_eq!(session.status().await.unwrap().bytes, 7);
    session.send_chunk("world!").await.unwrap();
    let whole = Digest::of(b"Hello, world!");
    assert_eq!(session.complete(whole).await.unwrap().size, 13);
}

/// The address of an upload is as good as a password for it.
#[tokio::test]
async fn nothing_of_the_address_shows() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let session = app.start_upload().await.unwrap();
    let complete = session.complete(Digest::of(b"x"));
    for shown in [format!("{session:?}"), format!("{complete:?}")] {
        assert!(!shown.contains("_state"), "{shown}");
    }
    assert!(format!("{session:?}").contains(session.id()));
    assert_eq!(session.id().len(), 36);
}

/// A server that says to have more bytes than can be counted ends the upload, and not the program.
#[tokio::test]
async fn a_number_of_bytes_that_cannot_be() {
    let (server, app) = server().await;
    let path = "/v2/app/blobs/uploads/1";
    let headers = [("location", path), ("range", "0-18446744073709551614")];
    let begin = "/v2/app/blobs/uploads/";
    answer(&server, Method::POST, begin, 202, &headers[..1], "").await;
    answer(&server, Method::GET, path, 204, &headers, "").await;
    let session = app.start_upload().await.unwrap();
    session.status().await.unwrap();
    let error = session.send_chunk("x").await.unwrap_err();
    assert!(error.to_string().contains("it says to have"), "{error}");
    session.status().await.unwrap();
    let whole = session.complete(Digest::of(b"x")).last_chunk("x");
    let error = whole.await.unwrap_err();
    assert!(error.to_string().contains("it says to have"), "{error}");
}

//! Connections that break.

use std::{io::ErrorKind, time::Duration};

use acr_core::Digest;
use acr_emulator::{Emulator, Fault, FaultRule, UploadMode};
use reqwest::{Method, Response, StatusCode};
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::{
    authorization, bytes, download_url, fault_on, hits, http2, https, inject, split, talk, talk_to,
};
use crate::support::{Registry, header};

#[tokio::test]
async fn no_answer_at_all() {
    let registry = Registry::start().await;
    let cut = json!({"cutAnswer": {"afterBytes": 0}});
    inject(
        &registry,
        json!({"operations": ["ping"], "times": 1, "fault": cut}),
    )
    .await;
    let request = format!(
        "GET /v2/ HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        authorization(&registry)
    );
    assert_eq!(talk(&registry, &request).await, b"");
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
    assert_eq!(hits(&registry), [1]);
    let statuses: Vec<_> = registry
        .emulator
        .requests()
        .iter()
        .map(|r| r.status)
        .collect();
    assert_eq!(statuses, [0, 200], "0: there was no answer");
}

#[tokio::test]
async fn what_was_asked_for_is_done_though_nobody_hears_of_it() {
    let registry = Registry::start().await;
    fault_on(&registry, "start_upload", Fault::cut_answer(0));
    let digest = Digest::of(b"whole");
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let post = registry.admin(Method::POST, &path).body("whole");
    assert!(post.send().await.is_err());
    let head = format!("/v2/app/blobs/{digest}");
    let head = registry.admin(Method::HEAD, &head).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
}

#[tokio::test]
async fn an_answer_is_cut_after_exactly_so_many_bytes() {
    let registry = Registry::start().await;
    let blob = bytes(3_000_000);
    let digest = registry.push_blob("app", &blob).await;
    for after in [1, 1000, 2_999_999] {
        registry.emulator.clear_faults();
        fault_on(&registry, "download_blob", Fault::cut_answer(after));
        let url = download_url(&registry, &digest).await;
        let (address, path) = url
            .strip_prefix("http://")
            .unwrap()
            .split_once('/')
            .unwrap();
        let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
        let answer = talk_to(address, &request).await;
        let (head, body) = split(&answer);
        assert!(head.contains("content-length: 3000000\r\n"), "{head}");
        assert_eq!(body.len() as u64, after);
        assert!(*body == blob[..body.len()]);
        assert_eq!(hits(&registry), [1]);
    }
    // What is not longer goes out whole.
    registry.emulator.clear_faults();
    fault_on(&registry, "download_blob", Fault::cut_answer(3_000_000));
    let url = download_url(&registry, &digest).await;
    let whole = registry.http.get(url).send().await.unwrap();
    assert!(whole.bytes().await.unwrap() == blob);
}

/// What comes of an answer until it breaks off, which it must.
async fn until_cut(mut answer: Response) -> Vec<u8> {
    let mut got = Vec::new();
    loop {
        match answer.chunk().await {
            Ok(Some(piece)) => got.extend(piece),
            Ok(None) => panic!("the answer has a proper end after {} bytes", got.len()),
            Err(_) => return got,
        }
    }
}

#[tokio::test]
async fn answers_are_cut_over_https_and_http_2_too() {
    for registry in [https().await, http2().await] {
        let blob = bytes(500_000);
        let digest = registry.push_blob("app", &blob).await;
        let url = download_url(&registry, &digest).await;
        fault_on(&registry, "download_blob", Fault::cut_answer(300_001));
        let answer = registry.http.get(&url).send().await.unwrap();
        let got = until_cut(answer).await;
        assert_eq!(got.len(), 300_001, "{url}");
        assert!(got == blob[..300_001]);
        registry.emulator.clear_faults();
        fault_on(&registry, "download_blob", Fault::cut_answer(0));
        assert!(registry.http.get(&url).send().await.is_err());
        registry.emulator.clear_faults();
        let whole = registry.http.get(&url).send().await.unwrap();
        assert!(whole.bytes().await.unwrap() == blob);
    }
}

#[tokio::test]
async fn an_answer_is_reset_and_not_just_at_its_end() {
    let registry = Registry::start().await;
    let blob = bytes(500_000);
    let digest = registry.push_blob("app", &blob).await;
    let url = download_url(&registry, &digest).await;
    let (address, path) = url
        .strip_prefix("http://")
        .unwrap()
        .split_once('/')
        .unwrap();
    let request = format!("GET /{path} HTTP/1.1\r\nHost: {address}\r\n\r\n");
    for after in [0, 300_001] {
        registry.emulator.clear_faults();
        fault_on(&registry, "download_blob", Fault::reset_answer(after));
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let error = socket.read_to_end(&mut Vec::new()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset, "{after}");
        assert_eq!(hits(&registry), [1]);
    }
    registry.emulator.clear_faults();
    let whole = registry.http.get(&url).send().await.unwrap();
    assert!(whole.bytes().await.unwrap() == blob);
}

async fn start_upload(registry: &Registry) -> String {
    let post = registry.admin(Method::POST, "/v2/app/blobs/uploads/");
    header(&post.send().await.unwrap(), "location").to_owned()
}

#[tokio::test]
async fn a_request_is_cut_and_the_upload_holds_exactly_what_was_taken() {
    let builder = Emulator::builder().uploads(UploadMode::Tolerant);
    let registry = Registry::with(builder).await;
    for (after, held) in [(1, "0-0"), (400, "0-399"), (1000, "0-999")] {
        registry.emulator.clear_faults();
        let cut = json!({"cutRequest": {"afterBytes": after}});
        inject(
            &registry,
            json!({"operations": ["upload_chunk"], "fault": cut}),
        )
        .await;
        let location = start_upload(&registry).await;
        let request = format!(
            "PATCH {location} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n{}\r\n",
            authorization(&registry)
        );
        let mut request = request.into_bytes();
        request.extend(bytes(1000));
        assert_eq!(talk(&registry, &request).await, b"", "no answer");
        let status = registry.get(&location).await;
        assert_eq!(status.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(&status, "range"), held);
        assert_eq!(hits(&registry), [1]);
    }
}

#[tokio::test]
async fn a_client_goes_on_after_a_cut_over_https_and_http_2() {
    for registry in [https().await, http2().await] {
        let mut settings = registry.emulator.settings();
        settings.uploads = UploadMode::Tolerant;
        registry.emulator.set_settings(settings).unwrap();
        let blob = bytes(2_000_000);
        let location = start_upload(&registry).await;
        let cut = FaultRule::new(Fault::cut_request(1_234_567)).on(["upload_chunk"]);
        registry.emulator.inject(cut.nth(1)).unwrap();
        let patch = registry.admin(Method::PATCH, &location).body(blob.clone());
        assert!(patch.send().await.is_err());
        let status = registry.get(&location).await;
        assert_eq!(header(&status, "range"), "0-1234566");
        let rest = registry
            .admin(Method::PATCH, header(&status, "location"))
            .header("content-range", "1234567-1999999")
            .body(blob[1_234_567..].to_vec());
        let rest = rest.send().await.unwrap();
        assert_eq!(rest.status(), StatusCode::ACCEPTED);
        let digest = Digest::of(&blob);
        let put = format!("{}&digest={digest}", header(&rest, "location"));
        let put = registry.admin(Method::PUT, &put).send().await.unwrap();
        assert_eq!(put.status(), StatusCode::CREATED);
    }
}

#[tokio::test]
async fn a_body_that_is_shorter_than_the_cut_is_taken_whole() {
    let registry = Registry::start().await;
    fault_on(&registry, "start_upload", Fault::cut_request(1000));
    let digest = Digest::of(b"short");
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let post = registry.admin(Method::POST, &path).body("short");
    assert!(post.send().await.is_err());
    let head = format!("/v2/app/blobs/{digest}");
    let head = registry.admin(Method::HEAD, &head).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_cut_leaves_no_half_of_a_blob() {
    let registry = Registry::start().await;
    fault_on(&registry, "complete_upload", Fault::cut_request(3));
    let digest = Digest::of(b"whole");
    let location = start_upload(&registry).await;
    let put = format!("{location}&digest={digest}");
    let put = registry.admin(Method::PUT, &put).body("whole");
    assert!(put.send().await.is_err());
    for half in [digest, Digest::of(b"who")] {
        let head = format!("/v2/app/blobs/{half}");
        let head = registry.admin(Method::HEAD, &head).send().await.unwrap();
        assert_eq!(head.status(), StatusCode::NOT_FOUND);
    }
    // Strict: who asks with a state that is behind has lost the upload.
    let status = registry.get(&location).await;
    assert_eq!(status.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_request_is_taken_slowly_and_whole() {
    let registry = Registry::start().await;
    let location = start_upload(&registry).await;
    let every = Duration::from_millis(20);
    fault_on(
        &registry,
        "upload_chunk",
        Fault::trickle_request(100_000, every),
    );
    let patch = registry.admin(Method::PATCH, &location);
    let patch = patch.header("content-range", "0-299999");
    let answer = patch.body(bytes(300_000)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&answer, "range"), "0-299999");
    assert_eq!(hits(&registry), [1]);
    let requests = registry.emulator.requests();
    let patch = requests.last().unwrap();
    assert!(patch.duration >= 3 * every, "{patch:?}");
    assert_eq!(patch.received, 300_000);
    assert_eq!(patch.range.as_deref(), Some("0-299999"));
    // One without a body has nothing to wait for.
    registry.emulator.clear_faults();
    let hour = Duration::from_secs(3600);
    registry
        .emulator
        .inject(FaultRule::new(Fault::trickle_request(1, hour)))
        .unwrap();
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
}

//! Answers that are slow or wrong.

use std::time::{Duration, Instant};

use acr_core::Digest;
use acr_emulator::Fault;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::{authorization, bytes, download_url, fault_on, hits, http2, inject, split, talk};
use crate::support::{Registry, header};

#[tokio::test]
async fn a_trickle_is_slow_and_complete() {
    let registry = Registry::start().await;
    let blob = bytes(1000);
    let digest = registry.push_blob("app", &blob).await;
    let trickle = json!({"trickle": {"bytes": 300, "everyMilliseconds": 200}});
    inject(
        &registry,
        json!({"operations": ["download_blob"], "fault": trickle}),
    )
    .await;
    let url = download_url(&registry, &digest).await;
    let began = Instant::now();
    let mut answer = registry.http.get(url).send().await.unwrap();
    assert_eq!(header(&answer, "content-length"), "1000");
    let mut got = answer.chunk().await.unwrap().unwrap().to_vec();
    assert!(got.len() < blob.len(), "not at once");
    got.extend(answer.bytes().await.unwrap());
    assert!(got == blob);
    assert!(began.elapsed() >= Duration::from_millis(4 * 200));
}

#[tokio::test]
async fn an_answer_without_a_length_trickles_too() {
    let registry = Registry::start().await;
    let pause = Duration::from_millis(30);
    fault_on(&registry, "token", Fault::trickle(100, pause));
    let login = registry.emulator.login();
    let began = Instant::now();
    let token = registry.token(
        &login.username,
        login.password.expose(),
        "registry:catalog:*",
    );
    assert_eq!(token.await.split('.').count(), 3);
    assert!(began.elapsed() >= pause * 3);
}

#[tokio::test]
async fn another_digest() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "content").await;
    inject(&registry, json!({"fault": {"wrongDigest": {}}})).await;
    for (method, path) in [
        (Method::GET, "/v2/app/manifests/v1".to_owned()),
        (Method::HEAD, format!("/v2/app/manifests/{digest}")),
        (
            Method::GET,
            format!("/v2/app/blobs/{}", Digest::of(b"content")),
        ),
    ] {
        let answer = registry.admin(method, &path).send().await.unwrap();
        let told = header(&answer, "docker-content-digest");
        let told: Digest = told.parse().unwrap();
        assert!(told != digest && told != Digest::of(b"content"), "{path}");
    }
    let upload = format!("/v2/app/blobs/uploads/?digest={}", Digest::of(b"new"));
    let put = registry.admin(Method::POST, &upload).body("new");
    let put = put.send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
    assert_ne!(
        header(&put, "docker-content-digest"),
        Digest::of(b"new").as_str()
    );
    // The bytes are right.
    registry.emulator.clear_faults();
    let answer = registry.get("/v2/app/manifests/v1").await;
    assert_eq!(Digest::of(&answer.bytes().await.unwrap()), digest);
}

#[tokio::test]
async fn one_byte_is_wrong() {
    let registry = Registry::start().await;
    let blob = bytes(600_000);
    let digest = registry.push_blob("app", &blob).await;
    let url = download_url(&registry, &digest).await;
    for (at, wrong) in [(0, 0), (400_000, 400_000), (u64::MAX, 599_999)] {
        registry.emulator.clear_faults();
        let fault = json!({"wrongBytes": {"atByte": at}});
        inject(
            &registry,
            json!({"operations": ["download_blob"], "fault": fault}),
        )
        .await;
        let got = registry.http.get(&url).send().await.unwrap();
        let got = got.bytes().await.unwrap();
        assert_eq!(got.len(), blob.len());
        let different: Vec<_> = (0..got.len()).filter(|&i| got[i] != blob[i]).collect();
        assert_eq!(different, [wrong]);
    }
    // The place is one in the answer, which here begins at 1000.
    registry.emulator.clear_faults();
    fault_on(&registry, "download_blob", Fault::wrong_bytes(5));
    let part = registry.http.get(&url).header("range", "bytes=1000-1009");
    let part = part.send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    let part = part.bytes().await.unwrap();
    assert!(part[..5] == blob[1000..1005] && part[6..] == blob[1006..1010]);
    assert_ne!(part[5], blob[1005]);
    // Also in an answer that is too short, or has nothing that could be wrong.
    registry.emulator.clear_faults();
    fault_on(&registry, "ping", Fault::wrong_bytes(1));
    assert_eq!(registry.get("/v2/").await.text().await.unwrap(), "{|\n");
    fault_on(&registry, "head_blob", Fault::wrong_bytes(1));
    let head = format!("/v2/app/blobs/{digest}");
    let head = registry.admin(Method::HEAD, &head).send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "600000");
    assert_eq!(hits(&registry), [1, 1]);
}

#[tokio::test]
async fn a_length_that_says_too_much() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "content").await;
    let right = registry
        .get("/v2/app/manifests/v1")
        .await
        .bytes()
        .await
        .unwrap();
    let said = format!("content-length: {}\r\n", right.len() + 7);
    inject(&registry, json!({"fault": {"wrongLength": {"by": 7}}})).await;
    let request = format!(
        "GET /v2/app/manifests/{digest} HTTP/1.1\r\nHost: localhost\r\n{}\r\n",
        authorization(&registry)
    );
    let answer = talk(&registry, &request).await;
    let (head, body) = split(&answer);
    assert!(head.contains(&said), "{head}");
    assert_eq!(body, right, "all there is, and the connection ends");

    let head = format!("/v2/app/manifests/{digest}");
    let head = registry.admin(Method::HEAD, &head).send().await.unwrap();
    let said = (right.len() + 7).to_string();
    assert_eq!(header(&head, "content-length"), said);
    let get = registry.get("/v2/app/manifests/v1").await;
    assert!(get.bytes().await.is_err());
    // An answer without a body says that it has one.
    let delete = registry.admin(Method::DELETE, "/acr/v1/app/_tags/v1");
    let delete = delete.send().await.unwrap();
    assert_eq!(header(&delete, "content-length"), "7");
    assert!(delete.bytes().await.is_err());
}

#[tokio::test]
async fn a_length_that_says_too_little() {
    let registry = Registry::start().await;
    let blob = bytes(100_000);
    let digest = registry.push_blob("app", &blob).await;
    let url = download_url(&registry, &digest).await;
    fault_on(&registry, "download_blob", Fault::wrong_length(-1));
    let short = registry.http.get(&url).send().await.unwrap();
    assert_eq!(header(&short, "content-length"), "99999");
    assert_eq!(short.bytes().await.unwrap(), blob[..99_999]);
    let head = registry.http.head(&url).send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "99999");
    // Less than nothing there is not.
    registry.emulator.clear_faults();
    fault_on(&registry, "download_blob", Fault::wrong_length(i64::MIN));
    let none = registry.http.get(&url).send().await.unwrap();
    assert_eq!(header(&none, "content-length"), "0");
    assert_eq!(none.bytes().await.unwrap(), "");
}

#[tokio::test]
async fn wrong_lengths_over_http_2() {
    let registry = http2().await;
    registry.push_image("app", "v1", "content").await;
    let right = registry
        .get("/v2/app/manifests/v1")
        .await
        .bytes()
        .await
        .unwrap();
    fault_on(&registry, "get_manifest", Fault::wrong_length(1));
    let more = registry.get("/v2/app/manifests/v1").await;
    let said = (right.len() + 1).to_string();
    assert_eq!(header(&more, "content-length"), said);
    assert!(more.bytes().await.is_err());
    registry.emulator.clear_faults();
    fault_on(&registry, "get_manifest", Fault::wrong_length(-1));
    let less = registry.get("/v2/app/manifests/v1").await;
    assert_eq!(less.bytes().await.unwrap(), right[..right.len() - 1]);
}

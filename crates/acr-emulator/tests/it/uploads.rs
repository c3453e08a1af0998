//! Uploads in every form.

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::Emulator;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::{Method, Response, StatusCode};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{Registry, code, header};

async fn start(registry: &Registry) -> String {
    let path = "/v2/library/app/blobs/uploads/";
    let response = registry.admin(Method::POST, path).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&response, "range"), "0-0");
    header(&response, "location").to_owned()
}

async fn patch(registry: &Registry, at: &str, bytes: &[u8], range: Option<&str>) -> Response {
    let mut patch = registry.admin(Method::PATCH, at).body(bytes.to_vec());
    if let Some(range) = range {
        patch = patch.header("content-range", range);
    }
    patch.send().await.unwrap()
}

async fn put(registry: &Registry, at: &str, digest: &str, bytes: &[u8]) -> Response {
    let put = registry.admin(Method::PUT, &format!("{at}&digest={digest}"));
    put.body(bytes.to_vec()).send().await.unwrap()
}

async fn status(registry: &Registry, at: &str) -> Response {
    registry.get(at).await
}

#[tokio::test]
async fn chunks_and_a_last_one_in_the_put() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    assert!(location.starts_with("/v2/library/app/blobs/uploads/"));
    assert!(location.contains("?_nouploadcache=false&_state="));
    let first = patch(&registry, &location, b"one ", None).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&first, "range"), "0-3");
    let next = header(&first, "location");
    assert_ne!(next, location, "the state changes");
    let second = patch(&registry, next, b"two ", Some("4-7")).await;
    assert_eq!(header(&second, "range"), "0-7");
    let digest = Digest::of(b"one two three");
    let third = put(
        &registry,
        header(&second, "location"),
        digest.as_str(),
        b"three",
    )
    .await;
    assert_eq!(third.status(), StatusCode::CREATED);
    assert_eq!(header(&third, "docker-content-digest"), digest.as_str());
    let blob = format!("/v2/library/app/blobs/{digest}");
    assert_eq!(header(&third, "location"), blob);
    assert!(!third.headers().contains_key("range"));
    let head = registry.admin(Method::HEAD, &blob).send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "13");

    let gone = status(&registry, header(&second, "location")).await;
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
    assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_content_range_keeps_the_order() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    let ahead = patch(&registry, &location, b"later", Some("5-9")).await;
    assert_eq!(ahead.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert!(!ahead.headers().contains_key("location"));
    let body: Value = ahead.json().await.unwrap();
    assert_eq!(body["errors"][0]["detail"]["Range"], "5-9");
    let reason = "out of order chunk: content range should start at 0";
    assert_eq!(body["errors"][0]["detail"]["Reason"], reason);

    let first = patch(&registry, &location, b"first", Some("0-4")).await;
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let again = patch(&registry, header(&first, "location"), b"first", Some("0-4")).await;
    assert_eq!(again.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&again, "range"), "0-4");
    let json = "application/json; charset=utf-8";
    assert_eq!(header(&again, "content-type"), json);
    let now = status(&registry, header(&again, "location")).await;
    assert_eq!(now.status(), StatusCode::NO_CONTENT);
    assert_eq!(header(&now, "range"), "0-4");
    let second = patch(&registry, header(&now, "location"), b"second", Some("5-10")).await;
    assert_eq!(second.status(), StatusCode::ACCEPTED);

    let at = header(&second, "location");
    let unit = patch(&registry, at, b"x", Some("bytes 11-11/*")).await;
    assert_eq!(code(unit).await, "BLOB_UPLOAD_RANGE_INVALID");
    let length = patch(&registry, at, b"x", Some("11-20")).await;
    assert_eq!(code(length).await, "SIZE_INVALID");
    // Without a length beforehand the bytes are counted as they come.
    let chunks = futures_util::stream::iter([Ok::<_, std::io::Error>("x"), Ok("y")]);
    let chunked = registry
        .admin(Method::PATCH, at)
        .header("content-range", "11-20")
        .body(reqwest::Body::wrap_stream(chunks));
    let chunked = chunked.send().await.unwrap();
    assert_eq!(chunked.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(chunked).await, "SIZE_INVALID");
    assert_eq!(header(&status(&registry, at).await, "range"), "0-10");
    let digest = Digest::of(b"firstsecond");
    let done = put(&registry, at, digest.as_str(), b"").await;
    assert_eq!(done.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn a_state_that_is_behind_ends_the_upload() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    let first = patch(&registry, &location, b"bytes", None).await;
    let newest = header(&first, "location").to_owned();
    let stale = patch(&registry, &location, b"bytes", None).await;
    assert_eq!(stale.status(), StatusCode::NOT_FOUND);
    assert_eq!(code(stale).await, "BLOB_UPLOAD_INVALID");
    let newest = status(&registry, &newest).await;
    assert_eq!(code(newest).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_chunk_that_breaks_off_leaves_the_state_behind() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    drop(send_half(&registry, "PATCH", &location).await);

    // Until the server has read the 400 bytes, the upload is still empty.
    let mut last = None;
    for _ in 0..1000 {
        let now = status(&registry, &location).await;
        if now.status() != StatusCode::NO_CONTENT {
            last = Some(code(now).await);
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(last.as_deref(), Some("BLOB_UPLOAD_INVALID"));
    let gone = status(&registry, &location).await;
    assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_whole_blob_that_breaks_off_leaves_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let builder = Emulator::builder().data_dir(directory.path());
    let registry = Registry::with(builder).await;
    let uploads = directory.path().join("uploads");
    let left = || uploads.read_dir().unwrap().count();
    let path = format!("/v2/app/blobs/uploads/?digest={}", Digest::of(b"whole"));
    let socket = send_half(&registry, "POST", &path).await;
    for (socket, files) in [(Some(socket), 1), (None, 0)] {
        for _ in 0..1000 {
            if left() == files {
                break;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        assert_eq!(left(), files);
        drop(socket);
    }
    drop(registry);
    // Had anything been written down, the next start would look for the file or delete it.
    std::fs::write(uploads.join("left-over"), "bytes").unwrap();
    let builder = Emulator::builder().data_dir(directory.path());
    let again = Registry::with(builder).await;
    assert_eq!(uploads.read_dir().unwrap().count(), 0);
    let path = format!("/v2/app/blobs/{}", Digest::of(b"whole"));
    assert_eq!(again.get(&path).await.status(), StatusCode::NOT_FOUND);
}

/// Announces 1000 bytes and sends 400.
async fn send_half(registry: &Registry, method: &str, path: &str) -> TcpStream {
    let login = registry.emulator.login();
    let address = registry
        .emulator
        .endpoint()
        .strip_prefix("http://")
        .unwrap();
    let password = format!("{}:{}", login.username, login.password.expose());
    let password = STANDARD.encode(password);
    let mut socket = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Basic {password}\r\nContent-Range: 0-999\r\nContent-Length: 1000\r\n\r\n"
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    socket.write_all(&[b'x'; 400]).await.unwrap();
    socket
}

#[tokio::test]
async fn a_reset_ends_uploads_also_while_bytes_come() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    let mut socket = send_half(&registry, "PATCH", &location).await;
    // Sooner or later, the answer is the same; but the bytes should be on their way.
    tokio::time::sleep(Duration::from_millis(100)).await;
    registry.emulator.reset().unwrap();
    socket.write_all(&[b'x'; 600]).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = socket.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..length]);
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    let gone = status(&registry, &location).await;
    assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn wrong_digests() {
    let registry = Registry::start().await;
    let digest = Digest::of(b"right");
    let single = format!("/v2/library/app/blobs/uploads/?digest={digest}");
    let single = registry.admin(Method::POST, &single).body("wrong");
    let single = single.send().await.unwrap();
    assert_eq!(single.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(single).await, "DIGEST_INVALID");

    let location = start(&registry).await;
    let first = patch(&registry, &location, b"right", None).await;
    let at = header(&first, "location");
    let wrong = Digest::of(b"wrong");
    for bad in [wrong.as_str(), "sha256:nothex"] {
        let refused = put(&registry, at, bad, b"").await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }
    let none = registry.admin(Method::PUT, at).send().await.unwrap();
    assert_eq!(code(none).await, "DIGEST_INVALID");
    let more = put(&registry, at, digest.as_str(), b"wrong").await;
    assert_eq!(code(more).await, "DIGEST_INVALID");
    // None of that has harmed the upload.
    let done = put(&registry, at, digest.as_str(), b"").await;
    assert_eq!(done.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn sha512_and_the_empty_blob() {
    let registry = Registry::start().await;
    let mut verifier = acr_core::DigestVerifier::new(acr_core::Algorithm::Sha512);
    verifier.update(b"long digest");
    for (digest, bytes) in [
        (verifier.finish(), &b"long digest"[..]),
        (Digest::of(b""), b""),
    ] {
        let location = start(&registry).await;
        let done = put(&registry, &location, digest.as_str(), bytes).await;
        assert_eq!(done.status(), StatusCode::CREATED);
        let blob = format!("/v2/library/app/blobs/{digest}");
        let redirect = registry.get(&blob).await;
        let get = registry.http.get(header(&redirect, "location"));
        assert_eq!(get.send().await.unwrap().bytes().await.unwrap(), bytes);
    }
}

#[tokio::test]
async fn cancel() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    let response = registry
        .admin(Method::DELETE, &location)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    header(&response, "docker-upload-uuid");
    let gone = status(&registry, &location).await;
    assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
}

#[tokio::test]
async fn a_big_body_without_a_token_gets_its_challenge() {
    let registry = Registry::start().await;
    let location = start(&registry).await;
    // More than any socket buffer holds: the answer comes while the client is still sending.
    let patch = registry
        .request(Method::PATCH, &location)
        .body(vec![0; 16 << 20]);
    let response = patch.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let untouched = status(&registry, &location).await;
    assert_eq!(header(&untouched, "range"), "0-0");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn an_upload_that_nobody_goes_on_with_keeps_no_file_open() {
    let data = tempfile::tempdir().unwrap();
    let registry = Registry::with(Emulator::builder().data_dir(data.path())).await;
    for _ in 0..3 {
        let location = start(&registry).await;
        let chunk = patch(&registry, &location, b"abandoned", None).await;
        assert_eq!(chunk.status(), StatusCode::ACCEPTED);
    }
    let uploads = data.path().join("uploads");
    assert_eq!(uploads.read_dir().unwrap().count(), 3);
    let open = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = open.filter_map(|descriptor| std::fs::read_link(descriptor.unwrap().path()).ok());
    let open: Vec<_> = open.filter(|path| path.starts_with(&uploads)).collect();
    assert!(open.is_empty(), "{open:?}");
}

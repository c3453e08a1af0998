//! A data directory outlives its emulator.

use acr_core::Digest;
use acr_emulator::{Emulator, StartError};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{Registry, code, header};

async fn open(directory: &std::path::Path) -> Registry {
    let builder = Emulator::builder()
        .data_dir(directory)
        .service("myregistry.azurecr.io")
        .admin("me", "secret");
    Registry::with(builder).await
}

#[tokio::test]
async fn everything_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).await;
    let digest = first.push_image("app", "v1", "layer").await;
    first.push_image("gone", "v1", "layer").await;
    assert_eq!(first.delete("/acr/v1/gone").await, StatusCode::ACCEPTED);
    first
        .patch("/acr/v1/app/_tags/v1", json!({"writeEnabled": false}))
        .await;
    let start = first.admin(Method::POST, "/v2/app/blobs/uploads/");
    let start = start.send().await.unwrap();
    let patch = first
        .admin(Method::PATCH, header(&start, "location"))
        .body("half ");
    let upload = header(&patch.send().await.unwrap(), "location").to_owned();
    let token = first.token("me", "secret", "repository:app:pull").await;
    let manifest = first
        .get("/v2/app/manifests/v1")
        .await
        .bytes()
        .await
        .unwrap();
    let tag = first.json("/acr/v1/app/_tags/v1").await;
    first.emulator.shutdown().await;

    let second = open(directory.path()).await;
    assert_eq!(
        second.json("/v2/_catalog").await["repositories"],
        json!(["app"])
    );
    let path = format!("/v2/app/manifests/{digest}");
    let call = second.request(Method::GET, &path).bearer_auth(token);
    let found = call.send().await.unwrap();
    assert_eq!(found.status(), StatusCode::OK, "tokens stay good");
    assert_eq!(found.bytes().await.unwrap(), manifest);
    assert_eq!(second.json("/acr/v1/app/_tags/v1").await, tag);
    let layer = second
        .get(&format!("/v2/app/blobs/{}", Digest::of(b"layer")))
        .await;
    let layer = second
        .http
        .get(header(&layer, "location"))
        .send()
        .await
        .unwrap();
    assert_eq!(layer.bytes().await.unwrap(), "layer");

    let whole = Digest::of(b"half and half");
    let put = second
        .admin(Method::PUT, &format!("{upload}&digest={whole}"))
        .body("and half");
    assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);

    // Dropped without a word, and opened once more from the snapshot that the second made.
    drop(second);
    let third = open(directory.path()).await;
    let head = third.admin(Method::HEAD, &format!("/v2/app/blobs/{whole}"));
    assert_eq!(head.send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn an_upload_whose_file_is_gone_is_unknown() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).await;
    let start = first.admin(Method::POST, "/v2/app/blobs/uploads/");
    let upload = header(&start.send().await.unwrap(), "location").to_owned();
    drop(first);
    let uploads = directory.path().join("uploads");
    for entry in uploads.read_dir().unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    // Nobody knows this one.
    std::fs::write(uploads.join("left-over"), "bytes").unwrap();
    let second = open(directory.path()).await;
    for _ in 0..2 {
        let gone = second.get(&upload).await;
        assert_eq!(gone.status(), StatusCode::NOT_FOUND);
        assert_eq!(code(gone).await, "BLOB_UPLOAD_UNKNOWN");
    }
    assert_eq!(uploads.read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_directory_of_others_is_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let layout = directory.path().join("blobs").join("sha256");
    std::fs::create_dir_all(&layout).unwrap();
    let start = Emulator::builder().data_dir(directory.path()).start();
    let error = start.await.unwrap_err();
    assert!(matches!(error, StartError::Data { .. }), "{error}");
    assert!(layout.exists());
    assert_eq!(directory.path().read_dir().unwrap().count(), 1);

    // A directory that is not there yet, and then is the emulator's.
    let own = directory.path().join("own");
    for _ in 0..2 {
        let registry = open(&own).await;
        registry.push_blob("app", b"bytes").await;
        registry.emulator.reset().unwrap();
    }
}

#[tokio::test]
async fn two_emulators_cannot_share_a_directory() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).await;
    let second = Emulator::builder().data_dir(directory.path()).start().await;
    let error = second.unwrap_err();
    assert!(matches!(error, StartError::Data { .. }), "{error}");
    drop(first);
    open(directory.path()).await;
}

#[tokio::test]
async fn dropping_frees_the_port_and_the_temporary_directory() {
    let emulator = Emulator::start().await.unwrap();
    let address = emulator
        .endpoint()
        .strip_prefix("http://")
        .unwrap()
        .to_owned();
    assert!(tokio::net::TcpStream::connect(&address).await.is_ok());
    drop(emulator);
    let mut refused = false;
    for _ in 0..100 {
        refused = tokio::net::TcpStream::connect(&address).await.is_err();
        if refused {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    assert!(refused);
}

/// Starting with a damaged file: what stops it, if anything does.
async fn refusal(directory: &std::path::Path) -> Option<String> {
    let start = Emulator::builder().data_dir(directory).start().await;
    let StartError::Data { source, .. } = start.err()? else {
        panic!("another error than of the data directory");
    };
    Some(source.to_string())
}

#[tokio::test]
async fn damage_stops_the_start_and_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let first = open(directory.path()).await;
    first.push_image("app", "v1", "layer").await;
    drop(first);

    let layer = Digest::of(b"layer");
    let path = directory.path().join("blobs/sha256");
    let path = path.join(&layer.hex()[..2]).join(layer.hex());
    for change in ["laye", "layer and more"] {
        std::fs::write(&path, change).unwrap();
        let error = refusal(directory.path()).await.unwrap();
        assert!(error.contains(layer.hex()), "{error}");
    }
    std::fs::remove_file(&path).unwrap();
    let error = refusal(directory.path()).await.unwrap();
    assert!(error.contains(layer.hex()), "{error}");
    std::fs::write(&path, "layer").unwrap();
    assert_eq!(refusal(directory.path()).await, None);

    // Garbage in every page of the database, one after the other.
    let database = directory.path().join("registry.redb");
    let good = std::fs::read(&database).unwrap();
    let mut refused = 0;
    for page in 0..good.len() / 4096 {
        let bytes = &good[page * 4096..(page + 1) * 4096];
        let Some(used) = bytes.iter().position(|byte| *byte != 0) else {
            continue;
        };
        let mut bad = good.clone();
        let at = page * 4096 + used;
        for byte in &mut bad[at..(at + 64).min(good.len())] {
            *byte ^= 0x55;
        }
        std::fs::write(&database, bad).unwrap();
        if let Some(error) = refusal(directory.path()).await {
            assert!(error.contains("registry.redb"), "{error}");
            refused += 1;
            continue;
        }
        // That page was of no use any more.
        let again = open(directory.path()).await;
        let tags = again.json("/v2/app/tags/list").await;
        assert_eq!(tags["tags"], json!(["v1"]));
        drop(again);
    }
    assert!(refused > 0);

    // Without a database nothing is known of the blobs: they must not be swept away.
    std::fs::write(&database, "").unwrap();
    let error = refusal(directory.path()).await.unwrap();
    assert!(error.contains("registry.redb"), "{error}");
    std::fs::remove_file(&database).unwrap();
    let error = refusal(directory.path()).await.unwrap();
    assert!(error.contains("registry.redb"), "{error}");

    std::fs::write(&database, good).unwrap();
    assert_eq!(refusal(directory.path()).await, None);
    std::fs::write(directory.path().join("state.json"), "{}").unwrap();
    let error = refusal(directory.path()).await.unwrap();
    assert!(error.contains("state.json"), "{error}");
}

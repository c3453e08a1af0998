//! Blobs: whether they are there, taken over, located.

use std::sync::{Arc, Mutex};

use acr_client::{BlobProperties, Deleted, Descriptor, Digest, MediaType, MountOutcome, Source};
use acr_tests::registry;

use super::sent;

#[tokio::test]
async fn a_head_tells_the_size_or_that_it_is_not_there() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let blob = app.upload_blob("content").await.unwrap();
    emulator.clear_requests();
    let there = BlobProperties::new(blob.digest.clone(), 7);
    assert_eq!(app.head_blob(&blob.digest).await.unwrap(), Some(there));
    assert_eq!(app.delete_blob(&blob).await.unwrap(), Deleted::Deleted);
    assert_eq!(app.head_blob(&blob).await.unwrap(), None);
    assert_eq!(app.delete_blob(&blob).await.unwrap(), Deleted::NotFound);
    assert_eq!(
        sent(&emulator),
        ["HEAD 200", "DELETE 202", "HEAD 404", "DELETE 404"]
    );
    assert!(
        app.head_blob("no digest")
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    assert!(
        app.delete_blob("no digest")
            .await
            .unwrap_err()
            .is_invalid_input()
    );
}

#[tokio::test]
async fn a_blob_that_is_there_is_not_sent_again() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("blob");
    std::fs::write(&file, "content").unwrap();
    let digest = Digest::of(b"content");
    let unread = || Source::reader(never_read());
    let uploads = [
        (Source::from("content"), None, "HEAD 404,POST 201"),
        (Source::from("content"), None, "HEAD 200"),
        (Source::file(&file), None, "HEAD 200"),
        (unread(), Some(&digest), "HEAD 200"),
    ];
    for (source, known, expected) in uploads {
        emulator.clear_requests();
        let told = format!("{source:?}");
        let mut upload = app
            .upload_blob(source)
            .skip_if_exists()
            .media_type("text/plain");
        if let Some(digest) = known {
            upload = upload.digest(digest);
        }
        let blob = upload.annotation("a", "b").await.unwrap();
        let expected_blob = Descriptor::of(MediaType::new("text/plain").unwrap(), "content");
        assert_eq!(blob, expected_blob.annotation("a", "b"), "{told}");
        assert_eq!(sent(&emulator).join(","), expected, "{told}");
    }
    let unknown = app
        .upload_blob(unread())
        .skip_if_exists()
        .await
        .unwrap_err();
    assert!(
        unknown.is_invalid_input() && unknown.to_string().contains("`.digest(…)`"),
        "{unknown}"
    );
}

/// A source that must not be read.
fn never_read() -> impl tokio::io::AsyncRead {
    struct Unread;
    impl tokio::io::AsyncRead for Unread {
        fn poll_read(
            self: std::pin::Pin<&mut Self>,
            _cx: &mut std::task::Context<'_>,
            _buf: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            panic!("it was read");
        }
    }
    Unread
}

#[tokio::test]
async fn a_blob_is_taken_over_from_another_repository() {
    let (emulator, registry) = registry().await;
    let base = registry.repository("library/base").unwrap();
    let app = registry.repository("team/app").unwrap();
    let blob = base.upload_blob("layer").await.unwrap();
    emulator.clear_requests();
    let MountOutcome::Mounted(mounted) = app.mount_blob(&blob).from("library/base").await.unwrap()
    else {
        panic!("it is there");
    };
    assert_eq!(mounted, blob.digest);
    assert_eq!(sent(&emulator), ["POST 201"]);
    assert!(app.head_blob(&blob).await.unwrap().is_some());

    // Where it is not, the bytes can be sent by the upload that was opened instead.
    let missing = Digest::of(b"missing");
    let outcome = app
        .mount_blob(&missing)
        .from(base.name().clone())
        .await
        .unwrap();
    let MountOutcome::NotMounted(session) = outcome else {
        panic!("it is not there");
    };
    session.send_chunk("missing").await.unwrap();
    assert_eq!(session.complete(&missing).await.unwrap().size, 7);
    assert!(app.head_blob(&missing).await.unwrap().is_some());

    for bad in [
        app.mount_blob("x").from("base"),
        app.mount_blob(&missing).from("Base"),
    ] {
        assert!(bad.await.unwrap_err().is_invalid_input());
    }
}

#[tokio::test]
async fn the_location_is_a_secret_that_anybody_can_use() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let blob = app.upload_blob("content").await.unwrap();
    emulator.clear_requests();
    let location = app.download_blob(&blob).location().await.unwrap();
    assert_eq!(sent(&emulator), ["GET 307"]);
    assert_eq!(location.host(), "localhost");
    let signed: std::time::SystemTime = location.expires_at().unwrap().into();
    assert!(signed > emulator.now());
    let query = location.expose().split_once('?').unwrap().1;
    assert!(!format!("{location:?}").contains(query));
    let missing = app.download_blob(Digest::of(b"x")).location().await;
    assert!(missing.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_download_tells_how_far_it_is_and_what_it_expects() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let bytes = vec![7; 300_000];
    let blob = app.upload_blob(bytes.clone()).await.unwrap();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    let download = app
        .download_blob(&blob)
        .size(blob.size)
        .on_progress(move |progress| told.lock().unwrap().push(progress.bytes));
    assert_eq!(download.bytes(bytes.len()).await.unwrap(), bytes);
    {
        let seen = seen.lock().unwrap();
        assert!(
            seen.is_sorted() && seen.last() == Some(&blob.size),
            "{seen:?}"
        );
    }
    let mut stream = app.download_blob(&blob).stream().await.unwrap();
    let mut size = 0;
    while let Some(piece) = stream.try_next().await.unwrap() {
        size += piece.len();
    }
    assert_eq!(size, bytes.len());

    let other = app.download_blob(&blob).size(1).stream().await.unwrap_err();
    assert!(other.is_digest_mismatch(), "{other}");
    assert!(other.to_string().contains("expected 1 bytes"), "{other}");
}

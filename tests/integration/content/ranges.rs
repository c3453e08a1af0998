//! Ranges of blobs, which nothing can verify.

use acr_client::Repository;
use acr_tests::registry;
use httpmock::Method;
use tokio::io::AsyncReadExt;

use crate::hostile::{answer, server};

async fn read(repository: &Repository, range: impl std::ops::RangeBounds<u64>) -> String {
    let digest = acr_client::Digest::of(b"0123456789");
    let reader = repository.download_blob(&digest).range(range).reader();
    let mut text = String::new();
    let mut reader = reader.await.unwrap();
    reader.read_to_string(&mut text).await.unwrap();
    assert_eq!(reader.total(), Some(10));
    let range = reader.range();
    assert_eq!(range.end - range.start, text.len() as u64);
    text
}

#[tokio::test]
async fn a_range_ends_where_the_blob_does() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let blob = app.upload_blob("0123456789").await.unwrap();
    emulator.clear_requests();
    assert_eq!(read(&app, 3..5).await, "34");
    assert_eq!(read(&app, 9..).await, "9");
    assert_eq!(read(&app, ..=2).await, "012");
    assert_eq!(read(&app, 5..100).await, "56789");
    assert_eq!(read(&app, ..).await, "0123456789");
    let statuses: Vec<_> = emulator.requests().iter().map(|r| r.status).collect();
    assert!(statuses.contains(&206), "{statuses:?}");

    let behind = app
        .download_blob(&blob)
        .range(10..)
        .stream()
        .await
        .unwrap_err();
    assert_eq!(behind.status().unwrap(), 416, "{behind}");
    let empty = app
        .download_blob(&blob)
        .range(5..5)
        .stream()
        .await
        .unwrap_err();
    assert!(empty.is_invalid_input(), "{empty}");
    let of_whole = app.download_blob(&blob).size(10).range(..5);
    let error = of_whole.stream().await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

/// A server that sends other bytes than were asked for is told from one that sends those.
#[tokio::test]
async fn other_bytes_than_were_asked_for_are_refused() {
    for (status, content_range) in [
        (200, None),
        (206, None),
        (206, Some("bytes 0-4/10")),
        (206, Some("bytes 2-3/10")),
        (206, Some("bytes 2-9/10")),
        (206, Some("nonsense")),
    ] {
        let (server, app) = server().await;
        let digest = acr_client::Digest::of(b"0123456789");
        let headers: Vec<_> = content_range
            .map(|it| ("content-range", it))
            .into_iter()
            .collect();
        let path = format!("/v2/app/blobs/{digest}");
        answer(&server, Method::GET, &path, status, &headers, "23456").await;
        let answer = app.download_blob(&digest).range(2..=6).stream().await;
        let error = answer.unwrap_err().to_string();
        assert!(
            error.contains("cannot be used"),
            "{content_range:?}: {error}"
        );
        // And a part is not taken for a whole.
        if content_range.is_some_and(|it| it != "nonsense") {
            let whole = app.download_blob(&digest).bytes(100).await.unwrap_err();
            assert!(whole.to_string().contains("a part"), "{whole}");
        }
    }
}

/// Of a range without an end the server says where it ends: not where nobody can count to.
#[tokio::test]
async fn a_range_to_where_nobody_counts_is_refused() {
    let (server, app) = server().await;
    let digest = acr_client::Digest::of(b"0123456789");
    let headers = [("content-range", "bytes 2-18446744073709551615/*")];
    let path = format!("/v2/app/blobs/{digest}");
    answer(&server, Method::GET, &path, 206, &headers, "23456789").await;
    let answer = app.download_blob(&digest).range(2..).stream().await;
    let error = answer.unwrap_err().to_string();
    assert!(error.contains("which bytes these are"), "{error}");
}

//! Ranges and addresses of blobs, and how their bytes are read.

use std::io;

use acr_client::{Digest, Error, Result};
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncReadExt};

use crate::{
    answers::{Answer, LAYER, no_blob, redirect, status},
    registry::Registry,
};

fn layer() -> Digest {
    Digest::of(LAYER)
}

fn whole(bytes: &[u8]) -> Answer {
    status(200).body(bytes)
}

/// Bytes of a blob, and which they are.
fn part(range: &str, bytes: &[u8]) -> Answer {
    let range = format!("bytes {range}");
    status(206).header("content-range", range).body(bytes)
}

/// An error of a reader is one of ours.
fn ours(error: io::Error) -> Error {
    *error.into_inner().unwrap().downcast().unwrap()
}

async fn read(mut reader: impl AsyncRead + Unpin) -> Result<String> {
    let mut read = String::new();
    let outcome = reader.read_to_string(&mut read).await;
    outcome.map(|_| read).map_err(ours)
}

/// No token goes to the storage host.
#[tokio::test]
async fn a_range_is_downloaded() {
    let registry = Registry::answering([redirect(), part("1-3/5", b"aye")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__stream";
    let stream = keep!(
        registry,
        name,
        repository.download_blob(&digest).range(1..4).stream()
    );
    assert_eq!(stream.unwrap().range(), 1..4);

    let registry = Registry::answering([redirect(), part("1-4/5", b"ayer")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__stream@to_the_end";
    keep!(registry, name, async {
        let range = repository.download_blob(&digest).range(1..);
        range.stream().await?.try_collect::<Vec<_>>().await
    })
    .unwrap();

    let registry = Registry::answering([redirect(), part("1-4/5", b"ayer")]).await;
    let (repository, digest) = (registry.repository(), layer());
    keep!(registry, "DownloadRange__reader", async {
        let range = repository.download_blob(&digest).range(1..=9);
        read(range.reader().await?).await
    })
    .unwrap();
}

#[tokio::test]
async fn a_range_that_is_not_had() {
    let registry = Registry::answering([redirect(), whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__stream@whole";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).range(1..4).stream()
    )
    .unwrap_err();

    let registry = Registry::answering([redirect(), part("0-2/5", b"lay")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__stream@another";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).range(1..4).stream()
    )
    .unwrap_err();

    let registry = Registry::answering([redirect(), status(416).body("<Error/>")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__reader@behind_the_end";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).range(9..).reader()
    )
    .unwrap_err();

    let registry = Registry::answering([]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadRange__reader@empty";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).range(4..4).reader()
    )
    .unwrap_err();
}

/// A range whose bytes are fewer than it says.
#[tokio::test]
async fn a_range_is_read() {
    let registry = Registry::answering([part("1-3/5", b"aye")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let call = repository.download_blob(&digest).range(1..4).stream();
    let mut stream = call.await.unwrap();
    keep!(registry, "UnverifiedStream__try_next", stream.try_next()).unwrap();

    let registry = Registry::answering([part("1-3/5", b"aye")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let call = repository.download_blob(&digest).range(1..4).stream();
    let stream = call.await.unwrap();
    let name = "UnverifiedStream__into_reader";
    keep!(registry, name, read(stream.into_reader())).unwrap();

    let registry = Registry::answering([part("1-3/5", b"a")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let call = repository.download_blob(&digest).range(1..4).stream();
    let mut stream = call.await.unwrap();
    let name = "UnverifiedStream__try_next@cut_off";
    keep!(registry, name, async {
        stream.try_next().await?;
        stream.try_next().await
    })
    .unwrap_err();

    let registry = Registry::answering([part("1-3/5", b"a")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let call = repository.download_blob(&digest).range(1..4).stream();
    let stream = call.await.unwrap();
    let name = "UnverifiedStream__into_reader@cut_off";
    keep!(registry, name, read(stream.into_reader())).unwrap_err();
}

#[tokio::test]
async fn a_blob_is_read() {
    let registry = Registry::answering([redirect(), whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let mut stream = repository.download_blob(&digest).stream().await.unwrap();
    keep!(registry, "BlobStream__try_next", stream.try_next()).unwrap();

    let registry = Registry::answering([whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let stream = repository.download_blob(&digest).stream().await.unwrap();
    let name = "BlobStream__into_reader";
    keep!(registry, name, read(stream.into_reader())).unwrap();

    let registry = Registry::answering([whole(b"other")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let mut stream = repository.download_blob(&digest).stream().await.unwrap();
    let name = "BlobStream__try_next@other_bytes";
    let error = keep!(registry, name, stream.try_next()).unwrap_err();
    assert!(error.is_digest_mismatch());

    let registry = Registry::answering([whole(b"other")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let stream = repository.download_blob(&digest).stream().await.unwrap();
    let name = "BlobStream__into_reader@other_bytes";
    keep!(registry, name, read(stream.into_reader())).unwrap_err();
}

#[tokio::test]
async fn a_blob_of_a_known_size() {
    let registry = Registry::answering([whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__bytes@described";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .size(5)
            .on_progress(|progress| assert_eq!(progress.bytes, 5))
            .bytes(1024)
    )
    .unwrap();

    let registry = Registry::answering([whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__bytes@other_size";
    let error = keep!(
        registry,
        name,
        repository.download_blob(&digest).size(6).bytes(1024)
    );
    assert!(error.unwrap_err().is_digest_mismatch());
}

/// Nothing is fetched from there.
#[tokio::test]
async fn a_blob_is_located() {
    let registry = Registry::answering([redirect()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__location";
    let location = keep!(registry, name, repository.download_blob(&digest).location());
    assert!(location.unwrap().expose().ends_with("&sig=S3CR3T"));

    let registry = Registry::answering([whole(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__location@bytes";
    keep!(registry, name, repository.download_blob(&digest).location()).unwrap_err();

    let registry = Registry::answering([no_blob()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__location@not_found";
    let error = keep!(registry, name, repository.download_blob(&digest).location());
    assert!(error.unwrap_err().is_not_found());
}

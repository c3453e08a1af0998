//! Blobs.

use acr_client::{Digest, Source};
use acr_tests::registry;
use futures_util::TryStreamExt;
use tokio::io::AsyncReadExt;

#[tokio::test]
async fn upload_a_blob() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let reader = Source::reader(std::io::Cursor::new("some bytes"));
    let blob = repository.upload_blob(reader).await.unwrap();
    assert_eq!((blob.digest, blob.size), (Digest::of(b"some bytes"), 10));
}

#[tokio::test]
async fn download_a_blob_as_a_stream() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    let stream = repository.download_blob(&digest).stream().await.unwrap();
    let pieces: Vec<_> = TryStreamExt::try_collect(stream).await.unwrap();
    assert_eq!(pieces.concat(), b"some bytes");
    let mut reader = repository.download_blob(&digest).reader().await.unwrap();
    let mut text = String::new();
    reader.read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "some bytes");
}

#[tokio::test]
async fn download_a_blob_into_memory() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    assert_eq!(
        repository.download_blob(&digest).bytes(10).await.unwrap(),
        "some bytes"
    );
    assert!(repository.download_blob(&digest).bytes(9).await.is_err());
}

#[tokio::test]
async fn download_a_blob_into_a_file() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    let path = tempfile::tempdir().unwrap().keep().join("blob");
    repository
        .download_blob(&digest)
        .to_file(&path)
        .await
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), b"some bytes");
    let done = repository
        .download_blob(&digest)
        .to_writer(tokio::io::sink())
        .await;
    assert_eq!(done.unwrap().size, 10);
}

#[tokio::test]
async fn delete_a_blob() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    assert_eq!(
        repository.delete_blob(&digest).await.unwrap(),
        acr_client::Deleted::Deleted
    );
    assert_eq!(
        repository.delete_blob(&digest).await.unwrap(),
        acr_client::Deleted::NotFound
    );
}

#[tokio::test]
async fn a_digest_of_ones_own_bytes() {
    let digest = Digest::of(b"");
    let empty = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(digest.as_str(), empty);
}

#[tokio::test]
async fn a_digest_that_is_not_right() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    let wrong = acr_emulator::FaultRule::new(acr_emulator::Fault::wrong_bytes(3));
    emulator.inject(wrong.on(["download_blob"])).unwrap();
    let error = repository
        .download_blob(&digest)
        .bytes(10)
        .await
        .unwrap_err();
    assert!(error.is_digest_mismatch(), "{error}");
}

#[tokio::test]
async fn whether_a_blob_is_there() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    let there = repository.head_blob(&digest).await.unwrap().unwrap();
    assert_eq!((there.digest, there.size), (digest, 10));
    assert!(
        repository
            .head_blob(Digest::of(b"none"))
            .await
            .unwrap()
            .is_none()
    );
}

#[tokio::test]
async fn part_of_a_blob() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let digest = repository.upload_blob("some bytes").await.unwrap().digest;
    let part = repository
        .download_blob(&digest)
        .range(1..4)
        .stream()
        .await
        .unwrap();
    assert_eq!(part.total(), Some(10));
    let pieces: Vec<_> = TryStreamExt::try_collect(part).await.unwrap();
    assert_eq!(pieces.concat(), b"ome");
}

#[tokio::test]
async fn mount_a_blob() {
    let (_emulator, registry) = registry().await;
    let (other, repository) = ("base", registry.repository("app").unwrap());
    let base = registry.repository(other).unwrap();
    let digest = base.upload_blob("some bytes").await.unwrap().digest;
    let outcome = repository.mount_blob(&digest).from(other).await.unwrap();
    assert!(matches!(outcome, acr_client::MountOutcome::Mounted(_)));
    assert!(repository.head_blob(&digest).await.unwrap().is_some());
}

#[tokio::test]
async fn an_upload_by_hand() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let upload = repository.start_upload().await.unwrap();
    assert!(!upload.id().is_empty());
}

#[tokio::test]
async fn a_chunk_of_an_upload() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let upload = repository.start_upload().await.unwrap();
    assert_eq!(upload.send_chunk("some ").await.unwrap().bytes, 5);
    assert_eq!(upload.send_chunk("bytes").await.unwrap().bytes, 10);
}

#[tokio::test]
async fn where_an_upload_stands() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let upload = repository.start_upload().await.unwrap();
    upload.send_chunk("some bytes").await.unwrap();
    assert_eq!(upload.status().await.unwrap().bytes, 10);
}

#[tokio::test]
async fn complete_an_upload() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let upload = repository.start_upload().await.unwrap();
    upload.send_chunk("some bytes").await.unwrap();
    let digest = Digest::of(b"some bytes");
    assert_eq!(upload.complete(&digest).await.unwrap().size, 10);
    assert!(repository.head_blob(&digest).await.unwrap().is_some());
}

#[tokio::test]
async fn cancel_an_upload() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let upload = repository.start_upload().await.unwrap();
    upload.cancel().await.unwrap();
    assert!(upload.status().await.is_err());
}

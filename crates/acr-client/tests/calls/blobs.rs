//! Blobs: uploading, downloading and deleting them.

use acr_client::{Digest, MediaType, Source};
use futures_util::TryStreamExt;
use tokio::io::AsyncReadExt;

use crate::{
    answers::{
        Answer, LAYER, blob_there, forbidden, no_blob, nothing, open, redirect, status, stored,
        unavailable,
    },
    registry::Registry,
};

fn layer() -> Digest {
    Digest::of(LAYER)
}

fn bytes(bytes: &[u8]) -> Answer {
    status(200)
        .header("content-type", "application/octet-stream")
        .body(bytes)
}

#[tokio::test]
async fn a_blob_is_uploaded() {
    let registry = Registry::answering([open("a", 0), stored(&layer())]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__upload_blob",
        repository.upload_blob(LAYER)
    )
    .unwrap();

    let registry = Registry::answering([open("a", 0), stored(&layer())]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "Repository__upload_blob@described";
    keep!(
        registry,
        name,
        repository
            .upload_blob(Source::bytes(LAYER))
            .media_type(MediaType::IMAGE_LAYER_GZIP)
            .digest(&digest)
            .on_progress(|progress| assert_eq!(progress.bytes, 5))
    )
    .unwrap();

    let registry = Registry::answering([nothing(), open("a", 0), stored(&layer())]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@not_there_yet";
    keep!(
        registry,
        name,
        repository
            .upload_blob(LAYER)
            .annotation("org.opencontainers.image.title", "layer.tar.gz")
            .skip_if_exists()
    )
    .unwrap();

    let registry = Registry::answering([blob_there(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let source = Source::reader(tokio::io::empty());
    let name = "Repository__upload_blob@skipped";
    keep!(
        registry,
        name,
        repository
            .upload_blob(source)
            .digest(&digest)
            .skip_if_exists()
    )
    .unwrap();

    // What can be read only once is not read for its digest.
    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let source = Source::reader(tokio::io::empty());
    let name = "Repository__upload_blob@skipped_unknown";
    keep!(
        registry,
        name,
        repository.upload_blob(source).skip_if_exists()
    )
    .unwrap_err();

    let registry = Registry::answering([forbidden()]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@forbidden";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap_err();
}

/// More than a chunk: it goes by PATCH, and the rest in the request that ends the upload.
#[tokio::test]
async fn a_large_blob_is_uploaded_in_chunks() {
    let content = vec![7; 4 * 1024 * 1024 + 3];
    let answers = [
        open("a", 0),
        open("b", 4 * 1024 * 1024),
        stored(&Digest::of(&content)),
    ];
    let registry = Registry::answering(answers).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@chunks";
    keep!(registry, name, repository.upload_blob(content)).unwrap();
}

/// What cannot be stored is cancelled.
#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    let registry = Registry::answering([open("a", 0), unavailable(), status(204)]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@unavailable";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap_err();

    let registry = Registry::answering([open("a", 0), status(204)]).await;
    let (repository, other) = (registry.repository(), Digest::of(b"other"));
    let name = "Repository__upload_blob@other_digest";
    let error = keep!(registry, name, repository.upload_blob(LAYER).digest(&other)).unwrap_err();
    assert!(error.is_digest_mismatch());
}

#[tokio::test]
async fn a_blob_is_downloaded() {
    let registry = Registry::answering([redirect(), bytes(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__bytes";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).bytes(1024)
    )
    .unwrap();

    let registry = Registry::answering([bytes(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__stream";
    keep!(registry, name, async {
        repository
            .download_blob(&digest)
            .stream()
            .await?
            .try_collect::<Vec<_>>()
            .await
    })
    .unwrap();

    let registry = Registry::answering([redirect(), bytes(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__reader";
    keep!(registry, name, async {
        let mut read = String::new();
        let mut reader = repository.download_blob(&digest).reader().await?;
        reader
            .read_to_string(&mut read)
            .await
            .map(|_| read)
            .map_err(|_| unreachable!())
    })
    .unwrap();

    let registry = Registry::answering([redirect(), bytes(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__to_writer";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .to_writer(tokio::io::sink())
    )
    .unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let registry = Registry::answering([redirect(), bytes(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__to_file";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).to_file(&path)
    )
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), LAYER);
}

fn part(range: &str, bytes: &[u8]) -> Answer {
    let range = format!("bytes {range}");
    status(206).header("content-range", range).body(bytes)
}

/// As many bytes as two parts have, of the least size.
fn large() -> Vec<u8> {
    (0..100_000_u32)
        .flat_map(u32::to_le_bytes)
        .take(LEAST + 9)
        .collect()
}

const LEAST: usize = 64 * 1024;

/// Each part by a request of its own; the registry is asked for the address only once.
#[tokio::test]
async fn a_blob_is_downloaded_in_parts() {
    let (blob, size) = (large(), LEAST + 9);
    let answers = || {
        [
            redirect(),
            part(&format!("0-{}/{size}", LEAST - 1), &blob[..LEAST]),
            part(&format!("{LEAST}-{}/{size}", size - 1), &blob[LEAST..]),
        ]
    };
    let digest = Digest::of(&blob);
    let registry = Registry::answering(answers()).await;
    let repository = registry.repository();
    let name = "DownloadBlob__to_writer@parts";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .concurrency(2)
            .part_size(65_536)
            .to_writer(tokio::io::sink())
    )
    .unwrap();

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let registry = Registry::answering(answers()).await;
    let repository = registry.repository();
    let name = "DownloadBlob__to_file@parts";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .to_file(&path)
            .concurrency(2)
            .part_size(65_536)
    )
    .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), blob);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "DownloadBlob__to_writer@no_parts";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .concurrency(65)
            .to_writer(tokio::io::sink())
    )
    .unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "DownloadBlob__to_file@short_parts";
    keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .to_file(&path)
            .part_size(65_535)
    )
    .unwrap_err();
}

#[tokio::test]
async fn a_download_that_fails() {
    let registry = Registry::answering([no_blob()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__stream@not_found";
    let error = keep!(registry, name, repository.download_blob(&digest).stream()).unwrap_err();
    assert!(error.is_not_found());

    let registry = Registry::answering([redirect(), status(403).body("<Error/>")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__reader@storage";
    keep!(registry, name, repository.download_blob(&digest).reader()).unwrap_err();

    let registry = Registry::answering([bytes(b"more than one said")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__bytes@too_large";
    keep!(registry, name, repository.download_blob(&digest).bytes(4)).unwrap_err();

    let registry = Registry::answering([bytes(b"other")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__to_writer@other_bytes";
    let error = keep!(
        registry,
        name,
        repository
            .download_blob(&digest)
            .to_writer(tokio::io::sink())
    )
    .unwrap_err();
    assert!(error.is_digest_mismatch());

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("layer");
    let registry = Registry::answering([bytes(b"other")]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "DownloadBlob__to_file@other_bytes";
    keep!(
        registry,
        name,
        repository.download_blob(&digest).to_file(&path)
    )
    .unwrap_err();
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_blob_is_deleted() {
    let registry = Registry::answering([status(202)]).await;
    let (repository, digest) = (registry.repository(), layer());
    keep!(
        registry,
        "Repository__delete_blob",
        repository.delete_blob(&digest)
    )
    .unwrap();

    let registry = Registry::answering([no_blob()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "Repository__delete_blob@not_found";
    keep!(registry, name, repository.delete_blob(&digest)).unwrap();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__delete_blob@no_digest";
    keep!(registry, name, repository.delete_blob("latest")).unwrap_err();
}

#[tokio::test]
async fn a_blob_is_asked_for() {
    let registry = Registry::answering([blob_there(LAYER)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "Repository__head_blob";
    keep!(registry, name, repository.head_blob(&digest)).unwrap();

    let registry = Registry::answering([nothing()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "Repository__head_blob@not_found";
    keep!(registry, name, repository.head_blob(&digest)).unwrap();

    // Somebody else's 404 is no answer about a blob.
    let registry = Registry::answering([status(404)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "Repository__head_blob@no_registry";
    keep!(registry, name, repository.head_blob(&digest)).unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__head_blob@no_digest";
    keep!(registry, name, repository.head_blob("latest")).unwrap_err();
}

#[tokio::test]
async fn a_blob_is_mounted() {
    let registry = Registry::answering([stored(&layer())]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "MountBlob__from";
    keep!(
        registry,
        name,
        repository.mount_blob(&digest).from("library/base")
    )
    .unwrap();

    let registry = Registry::answering([open("a", 0)]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "MountBlob__from@not_mounted";
    keep!(
        registry,
        name,
        repository.mount_blob(&digest).from("library/base")
    )
    .unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "MountBlob__from@forbidden";
    keep!(
        registry,
        name,
        repository.mount_blob(&digest).from("library/base")
    )
    .unwrap_err();

    let registry = Registry::answering([]).await;
    let (repository, digest) = (registry.repository(), layer());
    let name = "MountBlob__from@no_repository";
    keep!(
        registry,
        name,
        repository.mount_blob(&digest).from("No/Name")
    )
    .unwrap_err();
}

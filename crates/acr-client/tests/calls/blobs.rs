//! Blobs: uploading, downloading and deleting them.

use acr_client::{Digest, MediaType, Source};
use futures_util::TryStreamExt;
use tokio::io::AsyncReadExt;

use crate::{
    answers::{Answer, LAYER, error, forbidden, status, unavailable},
    registry::Registry,
};

const SESSION: &str =
    "/v2/team/app/blobs/uploads/11111111-2222-3333-4444-555555555555?_nouploadcache=false&_state=";

fn layer() -> Digest {
    Digest::of(LAYER)
}

/// An open session, which goes on at another address after each request.
fn open(state: &str) -> Answer {
    status(202)
        .header("location", format!("{SESSION}{state}"))
        .header("docker-upload-uuid", "11111111-2222-3333-4444-555555555555")
        .header("range", "0-0")
}

fn stored(digest: &Digest) -> Answer {
    status(201)
        .header("location", format!("/v2/team/app/blobs/{digest}"))
        .header("docker-content-digest", digest.to_string())
}

fn no_blob() -> Answer {
    error(404, "BLOB_UNKNOWN", "blob unknown to registry")
}

/// The registry sends to the storage host, whose address is the key.
fn redirect() -> Answer {
    status(307).header("location", "http://STORAGE/layer?sig=S3CR3T")
}

fn bytes(bytes: &[u8]) -> Answer {
    status(200)
        .header("content-type", "application/octet-stream")
        .body(bytes)
}

#[tokio::test]
async fn a_blob_is_uploaded() {
    let registry = Registry::answering([open("a"), stored(&layer())]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__upload_blob",
        repository.upload_blob(LAYER)
    )
    .unwrap();

    let registry = Registry::answering([open("a"), stored(&layer())]).await;
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

    let registry = Registry::answering([forbidden()]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@forbidden";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap_err();
}

/// More than a chunk: it goes by PATCH, and the rest in the request that ends the upload.
#[tokio::test]
async fn a_large_blob_is_uploaded_in_chunks() {
    let content = vec![7; 4 * 1024 * 1024 + 3];
    let answers = [open("a"), open("b"), stored(&Digest::of(&content))];
    let registry = Registry::answering(answers).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@chunks";
    keep!(registry, name, repository.upload_blob(content)).unwrap();
}

/// What cannot be stored is cancelled.
#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    let registry = Registry::answering([open("a"), unavailable(), status(204)]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@unavailable";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap_err();

    let registry = Registry::answering([open("a"), status(204)]).await;
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

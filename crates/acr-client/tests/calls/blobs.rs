//! Blobs: uploading, downloading and deleting them.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::{Digest, MediaType, Resumption, RetryOptions, Source};
use bytes::Bytes;
use futures_util::TryStreamExt;
use tokio::io::AsyncReadExt;

use crate::{
    answers::{
        Answer, LAYER, blob_there, error, forbidden, no_blob, nothing, open, redirect, status,
        stored, unavailable,
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
    let registry = Registry::answering([stored(&layer())]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__upload_blob",
        repository.upload_blob(LAYER)
    )
    .unwrap();

    let registry = Registry::answering([stored(&layer())]).await;
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

    let registry = Registry::answering([nothing(), stored(&layer())]).await;
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

/// What goes in one request leaves nothing; what has a session is cancelled.
#[tokio::test]
async fn an_upload_that_fails_leaves_nothing() {
    let registry = Registry::answering([unavailable()]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@unavailable";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap_err();

    let invalid = error(
        400,
        "DIGEST_INVALID",
        "provided digest did not match uploaded content",
    );
    let registry = Registry::answering([invalid]).await;
    let (repository, other) = (registry.repository(), Digest::of(b"other"));
    let name = "Repository__upload_blob@other_digest";
    let error = keep!(registry, name, repository.upload_blob(LAYER).digest(&other)).unwrap_err();
    assert!(error.is_digest_mismatch());

    let registry = Registry::answering([open("a", 0), unavailable(), status(204)]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@given_up";
    let upload = repository.upload_blob(vec![7; 4 * 1024 * 1024 + 3]);
    keep!(registry, name, upload).unwrap_err();
}

/// A registry that opens an upload all the same, and one that does not know how: the second blob
/// does not ask again.
#[tokio::test]
async fn a_blob_that_is_not_taken_in_one_request() {
    let registry = Registry::answering([open("a", 0), stored(&layer())]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@opened";
    keep!(registry, name, repository.upload_blob(LAYER)).unwrap();

    let ordinary = || [open("a", 0), stored(&layer())];
    let unsupported = error(404, "UNSUPPORTED", "the operation is unsupported");
    let answers = [unsupported]
        .into_iter()
        .chain(ordinary())
        .chain(ordinary());
    let registry = Registry::answering(answers).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@not_at_once";
    keep!(registry, name, async {
        repository.upload_blob(LAYER).await?;
        repository.upload_blob(LAYER).await
    })
    .unwrap();
}

#[tokio::test]
async fn a_blob_is_mounted_or_sent() {
    let registry = Registry::answering([stored(&layer())]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@mounted";
    let upload = repository.upload_blob(LAYER).mount_from("library/base");
    keep!(registry, name, upload).unwrap();

    // The session that was opened instead takes the bytes.
    let answers = [nothing(), open("a", 0), stored(&layer())];
    let registry = Registry::answering(answers).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@not_mounted";
    keep!(
        registry,
        name,
        repository
            .upload_blob(LAYER)
            .skip_if_exists()
            .mount_from("library/base")
    )
    .unwrap();
}

/// After a part of which half was taken, and after another process has begun it.
#[tokio::test]
async fn an_upload_that_goes_on() {
    const MIB: u64 = 1024 * 1024;
    let content = Bytes::from(vec![7; 2 * 1024 * 1024 + 3]);
    let digest = Digest::of(&content);
    let far = |state: &str, bytes| open(state, bytes).status(204);
    let cut = [
        open("a", 0),
        open("b", MIB),
        unavailable(),
        far("c", MIB + MIB / 2),
        stored(&digest),
    ];
    let begun = [far("d", MIB), open("e", 2 * MIB), stored(&digest)];
    let registry = Registry::answering(cut).await;
    let repository = registry.repository();
    let (checkpoints, how) = (
        Arc::new(Mutex::new(Vec::new())),
        Arc::new(Mutex::new(Vec::new())),
    );
    let kept = Arc::clone(&checkpoints);
    let (told, told_again) = (Arc::clone(&how), Arc::clone(&how));
    let at_once = RetryOptions::default().initial_delay(Duration::from_millis(1));
    let name = "Repository__upload_blob@goes_on";
    keep!(
        registry,
        name,
        repository
            .upload_blob(content.clone())
            .part_size(MIB)
            .retry(at_once)
            .on_checkpoint(move |saved| kept.lock().unwrap().push(saved))
            .on_resume(move |how| told.lock().unwrap().push(how))
    )
    .unwrap();
    registry.then(begun);
    let saved = checkpoints.lock().unwrap().pop().unwrap();
    let name = "Repository__upload_blob@resumed";
    keep!(
        registry,
        name,
        repository
            .upload_blob(content)
            .part_size(MIB)
            .resume(saved)
            .on_resume(move |how| told_again.lock().unwrap().push(how))
    )
    .unwrap();
    let expected = [
        Resumption::ContinuedAfterCut {
            bytes: MIB + MIB / 2,
        },
        Resumption::Continued { bytes: MIB },
    ];
    assert_eq!(*how.lock().unwrap(), expected);

    // What was read once and sent cannot be sent again.
    let lost = error(404, "BLOB_UPLOAD_INVALID", "blob upload invalid");
    let answers = [open("a", 0), open("b", MIB), unavailable(), lost];
    let registry = Registry::answering(answers).await;
    let repository = registry.repository();
    let once = Source::reader(std::io::Cursor::new(vec![7; 2 * 1024 * 1024 + 3]));
    let name = "Repository__upload_blob@lost";
    let upload = repository.upload_blob(once).part_size(MIB).retry(at_once);
    let error = keep!(registry, name, upload).unwrap_err();
    assert!(error.is_upload_lost(), "{error}");

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__upload_blob@small_parts";
    keep!(registry, name, repository.upload_blob(LAYER).part_size(1)).unwrap_err();
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

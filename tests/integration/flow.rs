//! An image's way, and what becomes of it.

use acr_client::{
    Deleted, Descriptor, Digest, ErrorKind, Manifest, MediaType, Platform, Repository, Source,
};
use acr_tests::registry;
use bytes::Bytes;
use tokio::io::AsyncReadExt;

/// An image with one layer of these bytes, under these tags.
pub(crate) async fn push(repository: &Repository, layer: &[u8], tags: &[&str]) -> Descriptor {
    let config = repository
        .upload_blob("{}")
        .media_type(MediaType::IMAGE_CONFIG)
        .await
        .unwrap();
    let layer = repository
        .upload_blob(layer.to_vec())
        .media_type(MediaType::IMAGE_LAYER)
        .await
        .unwrap();
    let manifest = Manifest::image(config, [layer]);
    repository
        .put_manifest(manifest)
        .tags(tags.iter().copied())
        .await
        .unwrap()
        .descriptor
}

fn pattern(len: usize) -> Vec<u8> {
    (0..len).map(|i| (i * 7 + i / 251) as u8).collect()
}

#[tokio::test]
async fn a_blob_larger_than_a_chunk_goes_round() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("library/big").unwrap();
    let bytes = pattern(9 * 1024 * 1024 + 17);
    emulator.clear_requests();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = seen.clone();
    let small_pieces = futures_util::stream::iter(
        bytes
            .chunks(8192)
            .map(|piece| Ok::<_, std::io::Error>(Bytes::copy_from_slice(piece)))
            .collect::<Vec<_>>(),
    );
    let upload = repository
        .upload_blob(Source::stream(small_pieces))
        .on_progress(move |progress| told.lock().unwrap().push(progress.bytes));
    let blob = upload.await.unwrap();
    assert_eq!(
        (blob.size, &blob.digest),
        (bytes.len() as u64, &Digest::of(&bytes))
    );
    {
        let seen = seen.lock().unwrap();
        let whole = seen.last() == Some(&(bytes.len() as u64));
        assert!(seen.is_sorted() && whole && seen.len() > 3, "{seen:?}");
    }
    // One for the token, one to begin, two chunks, one to end.
    let requests: Vec<_> = emulator
        .requests()
        .into_iter()
        .map(|r| (r.method, r.status))
        .collect();
    let expected = [
        ("GET", 200),
        ("POST", 202),
        ("PATCH", 202),
        ("PATCH", 202),
        ("PUT", 201),
    ];
    assert_eq!(
        requests,
        expected.map(|(method, status)| (method.to_owned(), status))
    );

    assert_eq!(
        repository
            .download_blob(&blob.digest)
            .bytes(bytes.len())
            .await
            .unwrap(),
        bytes
    );
    let mut read = Vec::new();
    repository
        .download_blob(&blob.digest)
        .reader()
        .await
        .unwrap()
        .read_to_end(&mut read)
        .await
        .unwrap();
    assert_eq!(read, bytes);
    let too_large = repository
        .download_blob(&blob.digest)
        .bytes(bytes.len() - 1)
        .await
        .unwrap_err();
    assert!(
        matches!(too_large.kind(), ErrorKind::TooLarge { .. }),
        "{too_large}"
    );
}

#[tokio::test]
async fn an_empty_blob_and_one_of_exactly_a_chunk() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("edges").unwrap();
    for len in [0, 1, 4 * 1024 * 1024] {
        let bytes = pattern(len);
        let blob = repository.upload_blob(bytes.clone()).await.unwrap();
        assert_eq!(blob.size, len as u64);
        assert_eq!(
            repository
                .download_blob(&blob.digest)
                .bytes(len)
                .await
                .unwrap(),
            bytes
        );
    }
}

#[tokio::test]
async fn a_file_is_written_whole_and_replaces_the_old_one() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("files").unwrap();
    let folder = tempfile::tempdir().unwrap();
    let (source, target) = (folder.path().join("source"), folder.path().join("target"));
    std::fs::write(&source, pattern(100_000)).unwrap();
    std::fs::write(&target, "old").unwrap();
    let blob = repository.upload_blob(Source::file(&source)).await.unwrap();
    let done = repository
        .download_blob(&blob.digest)
        .to_file(&target)
        .await
        .unwrap();
    assert_eq!(done.size, 100_000);
    assert_eq!(std::fs::read(&target).unwrap(), pattern(100_000));
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 2);
    let missing = repository
        .upload_blob(Source::file(folder.path().join("none")))
        .await
        .unwrap_err();
    assert!(
        matches!(missing.kind(), ErrorKind::Io(_)) && missing.to_string().contains("none"),
        "{missing}"
    );
}

#[tokio::test]
async fn locks_hold_until_they_are_opened() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("locked").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let image = repository.artifact("v1").unwrap();
    let locked = image
        .update_properties()
        .can_delete(false)
        .can_write(false)
        .await
        .unwrap();
    assert!(!locked.can_delete && !locked.can_write && locked.can_read && locked.can_list);
    let error = image.delete().await.unwrap_err();
    assert!(
        error.is_locked() && error.hint().is_some() && error.request_id().is_some(),
        "{error}"
    );
    let unlocked = image
        .update_properties()
        .can_delete(true)
        .can_write(true)
        .await
        .unwrap();
    assert!(unlocked.can_delete && unlocked.can_write);

    // The tag's lock is another one than the manifest's.
    let tag = repository.tag("v1").unwrap();
    tag.update_properties().can_delete(false).await.unwrap();
    assert!(tag.delete().await.unwrap_err().is_locked());
    assert!(image.properties().await.unwrap().can_delete);
    tag.update_properties().can_delete(true).await.unwrap();
    let untagged = tag.delete().await.unwrap().unwrap();
    assert_eq!(untagged.name, *tag.name());
    assert!(untagged.digest.is_some(), "{untagged:?}");

    repository
        .update_properties()
        .can_delete(false)
        .await
        .unwrap();
    assert!(repository.delete().await.unwrap_err().is_locked());
    repository
        .update_properties()
        .can_delete(true)
        .await
        .unwrap();
    assert!(repository.delete().await.unwrap().is_some());
}

#[tokio::test]
async fn a_tag_is_removed_alone_and_a_manifest_with_its_tags() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("tags").unwrap();
    let image = push(&repository, b"layer", &["v1", "v2", "latest"]).await;

    let tag = repository.tag("v1").unwrap();
    let untagged = tag.delete().await.unwrap().unwrap();
    assert_eq!(untagged.digest.as_ref(), Some(&image.digest));
    assert_eq!(tag.delete().await.unwrap(), None);
    let error = repository
        .artifact("v2")
        .unwrap()
        .delete()
        .await
        .unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::OtherTags(tags) if tags == &["latest"]),
        "{error}"
    );
    assert_eq!(
        repository.get_manifest("v2").await.unwrap().digest,
        image.digest
    );

    let everything = repository.artifact("v2").unwrap().delete().with_all_tags();
    assert_eq!(everything.await.unwrap(), Deleted::Deleted);
    assert!(
        repository
            .get_manifest(&image.digest)
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert_eq!(
        repository
            .artifact(&image.digest)
            .unwrap()
            .delete()
            .await
            .unwrap(),
        Deleted::NotFound
    );
    assert_eq!(
        repository.artifact("v2").unwrap().delete().await.unwrap(),
        Deleted::NotFound
    );
}

#[tokio::test]
async fn what_is_not_there_is_an_answer_or_says_so() {
    let (_emulator, registry) = registry().await;
    let nowhere = registry.repository("nowhere").unwrap();
    assert_eq!(nowhere.delete().await.unwrap(), None);
    assert_eq!(
        nowhere.delete_blob(Digest::of(b"x")).await.unwrap(),
        Deleted::NotFound
    );
    assert!(nowhere.properties().await.unwrap_err().is_not_found());
    assert!(
        nowhere
            .list_tags()
            .try_next()
            .await
            .unwrap_err()
            .is_not_found()
    );
    assert!(
        nowhere
            .download_blob(Digest::of(b"x"))
            .stream()
            .await
            .unwrap_err()
            .is_not_found()
    );
}

#[tokio::test]
async fn an_index_names_its_manifests() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("multi").unwrap();
    let mut platforms = Vec::new();
    for architecture in ["amd64", "arm64"] {
        let config = format!(r#"{{"os":"linux","architecture":"{architecture}"}}"#);
        let config = repository
            .upload_blob(config)
            .media_type(MediaType::IMAGE_CONFIG)
            .await
            .unwrap();
        let layer = repository
            .upload_blob(architecture)
            .media_type(MediaType::IMAGE_LAYER)
            .await
            .unwrap();
        let pushed = repository
            .put_manifest(Manifest::image(config, [layer]))
            .await
            .unwrap();
        platforms.push(
            pushed
                .descriptor
                .platform(Platform::new("linux", architecture)),
        );
    }
    let index = Manifest::index(platforms.clone());
    let pushed = repository
        .put_manifest(index.clone())
        .tag("v1")
        .await
        .unwrap();
    assert_eq!(
        repository.put_manifest(index).await.unwrap().descriptor,
        pushed.descriptor
    );

    let content = repository.get_manifest("v1").await.unwrap();
    assert_eq!(content.as_index().unwrap().manifests, platforms);
    assert!(content.as_image().is_err());
    let properties = repository
        .artifact("v1")
        .unwrap()
        .properties()
        .await
        .unwrap();
    let related: Vec<_> = properties
        .related_artifacts
        .iter()
        .map(|related| related.architecture.as_deref())
        .collect();
    assert_eq!(related, [Some("amd64"), Some("arm64")]);
    assert_eq!(
        repository
            .list_manifests()
            .try_collect()
            .await
            .unwrap()
            .len(),
        3
    );
}

#[tokio::test]
async fn many_tasks_share_one_client() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("shared").unwrap();
    emulator.clear_requests();
    let tasks: Vec<_> = (0..64)
        .map(|i: u32| {
            let repository = repository.clone();
            tokio::spawn(async move {
                push(&repository, &i.to_le_bytes(), &[&format!("t{i}")])
                    .await
                    .digest
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(
        repository.list_tags().try_collect().await.unwrap().len(),
        64
    );
    // One token for all that was written, one for the list.
    let tokens = emulator
        .requests()
        .into_iter()
        .filter(|request| request.path == "/oauth2/token")
        .count();
    assert_eq!(tokens, 2);
}

/// A writer that keeps what it is given only when it is ended, as one that compresses does.
#[derive(Clone, Default)]
struct Ended(std::sync::Arc<std::sync::Mutex<(Vec<u8>, bool)>>);

impl tokio::io::AsyncWrite for Ended {
    fn poll_write(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
        bytes: &[u8],
    ) -> std::task::Poll<std::io::Result<usize>> {
        self.0.lock().unwrap().0.extend_from_slice(bytes);
        std::task::Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        std::task::Poll::Ready(Ok(()))
    }

    fn poll_shutdown(
        self: std::pin::Pin<&mut Self>,
        _cx: &mut std::task::Context<'_>,
    ) -> std::task::Poll<std::io::Result<()>> {
        self.0.lock().unwrap().1 = true;
        std::task::Poll::Ready(Ok(()))
    }
}

#[tokio::test]
async fn a_writer_gets_everything_and_is_ended() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("written").unwrap();
    let blob = repository.upload_blob(pattern(100_000)).await.unwrap();
    let writer = Ended::default();
    let done = repository
        .download_blob(&blob.digest)
        .to_writer(writer.clone())
        .await
        .unwrap();
    assert_eq!((done.size, &done.digest), (blob.size, &blob.digest));
    assert_eq!(*writer.0.lock().unwrap(), (pattern(100_000), true));
}

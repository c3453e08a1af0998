//! Manifests: put and get.

use acr_client::{Descriptor, Digest, Manifest, MediaType, Platform, Repository};
use acr_tests::registry;

use crate::flow::push;

/// A configuration and layers that are there.
async fn parts(repository: &Repository) -> (Descriptor, [Descriptor; 1]) {
    let config = repository
        .upload_blob("{}")
        .media_type(MediaType::IMAGE_CONFIG);
    let layer = repository
        .upload_blob("layer")
        .media_type(MediaType::IMAGE_LAYER);
    (config.await.unwrap(), [layer.await.unwrap()])
}

/// Docker's manifest of an image, as text.
async fn docker(repository: &Repository) -> String {
    let (config, [layer]) = parts(repository).await;
    let manifest = serde_json::json!({
        "schemaVersion": 2,
        "mediaType": MediaType::DOCKER_MANIFEST,
        "config": {
            "mediaType": "application/vnd.docker.container.image.v1+json",
            "digest": config.digest,
            "size": config.size,
        },
        "layers": [{
            "mediaType": "application/vnd.docker.image.rootfs.diff.tar.gzip",
            "digest": layer.digest,
            "size": layer.size,
        }],
    });
    manifest.to_string()
}

#[tokio::test]
async fn put_a_typed_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let (config, layers) = parts(&repository).await;
    let manifest = Manifest::image(config, layers);
    let image = repository.put_manifest(manifest).await.unwrap().descriptor;
    let index = Manifest::index([image.platform(Platform::new("linux", "amd64"))]);
    let index = repository.put_manifest(index).tags(["v1"]).await.unwrap();
    assert_eq!(index.descriptor.media_type, MediaType::OCI_INDEX);
}

#[tokio::test]
async fn put_a_manifest_as_bytes() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let bytes = docker(&repository).await;
    let manifest = Manifest::raw(MediaType::DOCKER_MANIFEST, bytes.clone());
    let pushed = repository.put_manifest(manifest).await.unwrap();
    let digest = Digest::of(bytes.as_bytes());
    assert_eq!(pushed.descriptor.digest, digest);
    assert_eq!(repository.get_manifest(&digest).await.unwrap().bytes, bytes);
}

#[tokio::test]
async fn the_type_of_a_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let bytes = docker(&repository).await;
    let manifest = Manifest::raw(MediaType::DOCKER_MANIFEST, bytes);
    repository
        .put_manifest(manifest)
        .tags(["docker"])
        .await
        .unwrap();
    push(&repository, b"layer", &["oci"]).await;
    for (tag, expected) in [
        ("docker", MediaType::DOCKER_MANIFEST),
        ("oci", MediaType::OCI_MANIFEST),
    ] {
        assert_eq!(
            repository.get_manifest(tag).await.unwrap().media_type,
            expected
        );
    }
}

#[tokio::test]
async fn tags_of_a_new_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let (config, layers) = parts(&repository).await;
    let manifest = Manifest::image(config, layers);
    let by_digest = repository.put_manifest(manifest.clone()).await.unwrap();
    assert_eq!(by_digest.tags, []);
    let tagged = repository
        .put_manifest(manifest)
        .tags(["v1", "latest"])
        .await
        .unwrap();
    assert_eq!(tagged.tags.len(), 2);
    assert_eq!(repository.list_tags().try_collect().await.unwrap().len(), 2);
}

#[tokio::test]
async fn the_outcome_of_a_put() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let (config, layers) = parts(&repository).await;
    let manifest = Manifest::image(config, layers);
    let pushed = repository
        .put_manifest(manifest)
        .tags(["v1"])
        .await
        .unwrap();
    assert_eq!(pushed.tags[0].as_str(), "v1");
    let stored = repository.get_manifest("v1").await.unwrap();
    assert_eq!(pushed.descriptor.digest, stored.digest);
}

#[tokio::test]
async fn get_a_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let by_tag = repository.get_manifest("v1").await.unwrap();
    let by_digest = repository.get_manifest(&image.digest).await.unwrap();
    assert_eq!(by_tag, by_digest);
}

#[tokio::test]
async fn what_a_manifest_consists_of() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let content = repository.get_manifest("v1").await.unwrap();
    assert_eq!(Digest::of(&content.bytes), content.digest);
    assert_eq!(content.media_type, MediaType::OCI_MANIFEST);
    assert_eq!(content.as_image().unwrap().layers.len(), 1);
    assert!(content.as_index().is_err());
    let index = repository
        .put_manifest(Manifest::index([image]))
        .tags(["all"]);
    index.await.unwrap();
    let content = repository.get_manifest("all").await.unwrap();
    assert_eq!(content.as_index().unwrap().manifests.len(), 1);
}

#[tokio::test]
async fn types_that_are_accepted() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    emulator.clear_requests();
    let content = repository
        .get_manifest("v1")
        .accept([MediaType::OCI_MANIFEST])
        .await;
    assert_eq!(content.unwrap().media_type, MediaType::OCI_MANIFEST);
}

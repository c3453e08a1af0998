//! What is told of repositories, manifests and tags, field by field.

use acr_client::{Descriptor, Digest, ImageManifest, Manifest, MediaType, Platform};
use acr_tests::registry;

use crate::flow::push;

#[tokio::test]
async fn repository_properties() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let it = repository.properties().await.unwrap();
    assert_eq!(it.name.as_str(), "team/app");
    assert_eq!(
        it.registry,
        emulator.endpoint().trim_start_matches("http://")
    );
    assert_eq!((it.manifest_count, it.tag_count), (Some(1), Some(1)));
    assert!(it.created_at.unwrap() <= it.last_updated_at.unwrap());
    assert!(it.can_delete && it.can_list && it.can_read && it.can_write);
}

#[tokio::test]
async fn tag_properties() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let it = repository.tag("v1").unwrap().properties().await.unwrap();
    assert_eq!(
        (it.name.as_str(), it.repository.as_str()),
        ("v1", "team/app")
    );
    assert_eq!(it.digest, image.digest);
    assert!(it.created_at.unwrap() <= it.last_updated_at.unwrap());
    assert!(it.can_delete && it.can_list && it.can_read && it.can_write);
}

#[tokio::test]
async fn manifest_properties() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let config = r#"{"os":"linux","architecture":"amd64"}"#;
    let config = repository
        .upload_blob(config)
        .media_type(MediaType::IMAGE_CONFIG);
    let manifest = Manifest::image(config.await.unwrap(), []);
    let pushed = repository
        .put_manifest(manifest)
        .tags(["v1"])
        .await
        .unwrap();
    let it = repository
        .artifact("v1")
        .unwrap()
        .properties()
        .await
        .unwrap();
    assert_eq!(
        (it.repository.as_str(), it.tags.as_slice()),
        ("team/app", &pushed.tags[..])
    );
    assert_eq!(it.digest, pushed.descriptor.digest);
    assert!(it.size.is_some_and(|size| size > 0));
    assert!(it.created_at.unwrap() <= it.last_updated_at.unwrap());
    assert_eq!(it.architecture.as_deref(), Some("amd64"));
    assert_eq!(it.operating_system.as_deref(), Some("linux"));
    assert_eq!(it.media_type, Some(MediaType::OCI_MANIFEST));
    assert!(it.can_delete && it.can_list && it.can_read && it.can_write);

    // The service tells the type of some configurations only.
    let digest = &it.digest;
    let seed = serde_json::json!({"repositories": {"charts": {"manifests": [{
        "digest": digest, "size": 2, "mediaType": MediaType::OCI_MANIFEST,
        "configMediaType": "application/vnd.cncf.helm.config.v1+json",
    }]}}});
    emulator
        .seed(serde_json::from_value(seed).unwrap())
        .unwrap();
    let chart = registry
        .repository("charts")
        .unwrap()
        .artifact(digest)
        .unwrap();
    let config = chart.properties().await.unwrap().config_media_type.unwrap();
    assert_eq!(config.as_str(), "application/vnd.cncf.helm.config.v1+json");
}

#[tokio::test]
async fn manifests_of_an_index() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &[]).await;
    let part = image.clone().platform(Platform::new("linux", "arm64"));
    let index = repository
        .put_manifest(Manifest::index([part]))
        .tags(["all"]);
    index.await.unwrap();
    let it = repository
        .artifact("all")
        .unwrap()
        .properties()
        .await
        .unwrap();
    let part = &it.related_artifacts[0];
    assert_eq!(part.digest, image.digest);
    assert_eq!(part.architecture.as_deref(), Some("arm64"));
    assert_eq!(part.operating_system.as_deref(), Some("linux"));
}

#[tokio::test]
async fn an_image_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let content = repository.get_manifest("v1").await.unwrap();
    let manifest: ImageManifest = content.as_image().unwrap();
    assert_eq!(manifest.schema_version, 2);
    assert_eq!(manifest.config.digest, Digest::of(b"{}"));
    assert_eq!(manifest.layers[0].digest, Digest::of(b"layer"));
    assert!(manifest.annotations.is_empty() && manifest.artifact_type.is_none());
}

#[tokio::test]
async fn a_descriptor() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let it: Descriptor = push(&repository, b"layer", &["v1"]).await;
    let content = repository.get_manifest("v1").await.unwrap();
    assert_eq!(
        (it.digest, it.media_type),
        (content.digest, content.media_type)
    );
    assert_eq!(it.size, content.bytes.len() as u64);
    assert!(it.annotations.is_empty() && it.urls.is_empty());
}

#[tokio::test]
async fn annotations() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let (key, value) = ("org.opencontainers.image.title", "a name");
    let image = push(&repository, b"layer", &[])
        .await
        .annotation(key, value);
    let index = repository
        .put_manifest(Manifest::index([image]))
        .tags(["all"]);
    index.await.unwrap();
    let content = repository.get_manifest("all").await.unwrap();
    let part = &content.as_index().unwrap().manifests[0];
    assert_eq!(part.annotations[key], value);
}

#[tokio::test]
async fn models_for_tests() {
    let digest = Digest::of(b"manifest");
    let repository: acr_client::RepositoryName = "app".parse().unwrap();
    let name: acr_client::TagName = "v1".parse().unwrap();
    let tag = acr_client::TagProperties::builder(repository, name, digest)
        .can_delete(false)
        .build();
    assert_eq!(
        (tag.name.as_str(), tag.can_delete, tag.can_write),
        ("v1", false, true)
    );
}

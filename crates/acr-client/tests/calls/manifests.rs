//! Manifests: getting and storing them.

use acr_client::{Descriptor, Digest, Manifest, MediaType};

use crate::{
    answers::{CONFIG, LAYER, digest, error, image, manifest, no_manifest, status},
    registry::Registry,
};

fn descriptor(media_type: MediaType, bytes: &[u8]) -> Descriptor {
    Descriptor::new(media_type, Digest::of(bytes), bytes.len() as u64)
}

fn config() -> Descriptor {
    descriptor(MediaType::IMAGE_CONFIG, CONFIG)
}

fn layer() -> Descriptor {
    descriptor(MediaType::IMAGE_LAYER_GZIP, LAYER)
}

fn stored(of: &Digest) -> crate::answers::Answer {
    status(201).header("docker-content-digest", of.to_string())
}

#[tokio::test]
async fn a_manifest_is_read() {
    let registry = Registry::answering([manifest()]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__get_manifest",
        repository.get_manifest("v1")
    )
    .unwrap();

    let registry = Registry::answering([manifest()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__content", image.content()).unwrap();

    let registry = Registry::answering([no_manifest()]).await;
    let repository = registry.repository();
    let name = "Repository__get_manifest@not_found";
    let error = keep!(registry, name, repository.get_manifest("v1")).unwrap_err();
    assert!(error.is_not_found());

    // Bad input is refused before anything is sent.
    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__get_manifest@no_reference";
    keep!(registry, name, repository.get_manifest("not a tag")).unwrap_err();
}

#[tokio::test]
async fn other_bytes_than_the_digests_are_refused() {
    let registry = Registry::answering([manifest().body("{}")]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let error = keep!(registry, "Artifact__content@other_bytes", image.content()).unwrap_err();
    assert!(error.is_digest_mismatch());

    let registry = Registry::answering([manifest().body("{}")]).await;
    let repository = registry.repository();
    let name = "Repository__get_manifest@other_bytes";
    keep!(registry, name, repository.get_manifest("v1")).unwrap_err();
}

#[tokio::test]
async fn a_manifest_is_stored() {
    let registry = Registry::answering([stored(&digest())]).await;
    let repository = registry.repository();
    let manifest = Manifest::image(config(), [layer()]);
    keep!(
        registry,
        "Repository__put_manifest",
        repository.put_manifest(manifest)
    )
    .unwrap();

    let registry =
        Registry::answering([stored(&digest()), stored(&digest()), stored(&digest())]).await;
    let repository = registry.repository();
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, image());
    let name = "Repository__put_manifest@tagged";
    keep!(
        registry,
        name,
        repository
            .put_manifest(manifest)
            .tags(["v1", "v2"])
            .tag("latest")
    )
    .unwrap();

    let registry = Registry::answering([error(
        400,
        "MANIFEST_BLOB_UNKNOWN",
        "blob unknown to registry",
    )])
    .await;
    let repository = registry.repository();
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, image());
    let name = "Repository__put_manifest@no_blob";
    keep!(registry, name, repository.put_manifest(manifest).tag("v1")).unwrap_err();

    let registry = Registry::answering([stored(&Digest::of(b"other"))]).await;
    let repository = registry.repository();
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, image());
    let name = "Repository__put_manifest@other_digest";
    keep!(registry, name, repository.put_manifest(manifest)).unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, image());
    let name = "Repository__put_manifest@bad_tag";
    keep!(
        registry,
        name,
        repository.put_manifest(manifest).tags(["v1", "not a tag"])
    )
    .unwrap_err();
}

//! Manifests: getting and storing them.

use acr_client::{Descriptor, Digest, ImageIndex, Manifest, MediaType, Platform, Source};

use crate::{
    answers::{
        CONFIG, LAYER, all, digest, error, forbidden, image, locked, manifest, manifest_properties,
        manifest_stored, no_manifest, nothing, read_only, repository_properties, tag_properties,
    },
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

    let registry = Registry::answering([manifest()]).await;
    let repository = registry.repository();
    let name = "Repository__get_manifest@of_a_type";
    keep!(
        registry,
        name,
        repository
            .get_manifest("v1")
            .accept([MediaType::OCI_MANIFEST, MediaType::OCI_INDEX])
    )
    .unwrap();

    // Bad input is refused before anything is sent.
    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__get_manifest@of_no_type";
    let none: [MediaType; 0] = [];
    keep!(registry, name, repository.get_manifest("v1").accept(none)).unwrap_err();

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
async fn a_manifest_is_asked_for() {
    let registry = Registry::answering([manifest()]).await;
    let repository = registry.repository();
    let name = "Repository__head_manifest";
    keep!(registry, name, repository.head_manifest("v1")).unwrap();

    let registry = Registry::answering([manifest()]).await;
    let (repository, digest) = (registry.repository(), digest());
    let name = "Repository__head_manifest@of_a_type";
    keep!(
        registry,
        name,
        repository
            .head_manifest(&digest)
            .accept(["application/vnd.oci.image.manifest.v1+json"])
    )
    .unwrap();

    let registry = Registry::answering([nothing()]).await;
    let repository = registry.repository();
    let name = "Repository__head_manifest@not_found";
    keep!(registry, name, repository.head_manifest("v1")).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let repository = registry.repository();
    let name = "Repository__head_manifest@forbidden";
    keep!(registry, name, repository.head_manifest("v1")).unwrap_err();

    let registry = Registry::answering([manifest()]).await;
    let (repository, other) = (registry.repository(), Digest::of(b"other"));
    let name = "Repository__head_manifest@other_digest";
    let error = keep!(registry, name, repository.head_manifest(&other)).unwrap_err();
    assert!(error.is_digest_mismatch());
}

#[tokio::test]
async fn a_manifest_is_stored() {
    let registry = Registry::answering([manifest_stored(&digest())]).await;
    let repository = registry.repository();
    let manifest = Manifest::image(config(), [layer()]);
    keep!(
        registry,
        "Repository__put_manifest",
        repository.put_manifest(manifest)
    )
    .unwrap();

    let registry = Registry::answering([
        manifest_stored(&digest()),
        manifest_stored(&digest()),
        manifest_stored(&digest()),
    ])
    .await;
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

    let registry = Registry::answering([manifest_stored(&Digest::of(b"other"))]).await;
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

#[tokio::test]
async fn manifests_of_any_kind_are_stored() {
    let linux = descriptor(MediaType::OCI_MANIFEST, image().as_bytes())
        .platform(Platform::new("linux", "arm64").variant("v8"));
    let index = ImageIndex::new([linux])
        .annotation("b", "2")
        .annotation("a", "1");
    let index = index.subject(descriptor(MediaType::OCI_MANIFEST, b"subject"));
    let answer = manifest_stored(&index.descriptor().digest);
    let answer = answer.header("oci-subject", Digest::of(b"subject").to_string());
    let registry = Registry::answering([answer]).await;
    let repository = registry.repository();
    let name = "Repository__put_manifest@index";
    keep!(registry, name, repository.put_manifest(&index).tag("multi")).unwrap();

    let registry = Registry::answering([manifest_stored(&digest())]).await;
    let (repository, digest) = (registry.repository(), digest());
    let manifest = Manifest::json(Source::reader(std::io::Cursor::new(image())));
    let name = "Repository__put_manifest@described";
    keep!(
        registry,
        name,
        repository.put_manifest(manifest).digest(&digest)
    )
    .unwrap();

    // What cannot be meant so is refused before anything is sent.
    let registry = Registry::answering([]).await;
    let (repository, other) = (registry.repository(), Digest::of(b"other"));
    let manifest = Manifest::json(image());
    let name = "Repository__put_manifest@other_bytes";
    let error = keep!(
        registry,
        name,
        repository.put_manifest(manifest).digest(&other)
    );
    assert!(error.unwrap_err().is_digest_mismatch());

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let untyped = descriptor(MediaType::OCTET_STREAM, LAYER);
    let manifest = Manifest::image(config(), [untyped]);
    let name = "Repository__put_manifest@untyped_layer";
    keep!(registry, name, repository.put_manifest(manifest)).unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let manifest = Manifest::raw(MediaType::OCI_INDEX, image());
    let name = "Repository__put_manifest@other_type";
    keep!(registry, name, repository.put_manifest(manifest)).unwrap_err();
}

/// Which lock forbids it, is looked for.
#[tokio::test]
async fn a_tag_that_is_locked() {
    let registry = Registry::answering([
        locked(),
        repository_properties(all()).to("team%2Fapp?"),
        tag_properties("v1", read_only()).to("/_tags/v1"),
        manifest_properties(all()).to("/_manifests/"),
    ])
    .await;
    let repository = registry.repository();
    let manifest = Manifest::json(image());
    let name = "Repository__put_manifest@locked";
    let error = keep!(registry, name, repository.put_manifest(manifest).tag("v1")).unwrap_err();
    assert!(error.is_locked());
}

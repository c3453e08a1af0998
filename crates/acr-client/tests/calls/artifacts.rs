//! Artifacts: their tags, what they are for, and what is put about them.

use acr_client::{Attachment, Descriptor, Digest, ImageIndex, ImageManifest, MediaType, Platform};

use crate::{
    answers::{
        Answer, CONFIG, LAYER, all, blob_there, digest, forbidden, image, json, locked, manifest,
        manifest_properties, manifest_stored, no_manifest, no_tag, nothing, open, read_only,
        redirect, repository_properties, status, stored, tag_properties, tags,
    },
    registry::Registry,
};

const SBOM: &str = "application/spdx+json";

#[tokio::test]
async fn its_tags() {
    let registry = Registry::answering([tags(&["latest", "v1"])]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__list_tags";
    keep!(registry, name, image.list_tags().try_collect()).unwrap();

    let of_it = digest().to_string().replace(':', "%3A");
    let second = format!("/acr/v1/team%2Fapp/_tags?last=latest&n=1&orderby=&digest={of_it}");
    let answers = [
        tag_properties("v1", all()),
        tags(&["latest"]).next(&second),
        tags(&["v1"]),
    ];
    let registry = Registry::answering(answers).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__list_tags@by_tag";
    keep!(registry, name, image.list_tags().page_size(1).try_collect()).unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__list_tags@not_found";
    keep!(registry, name, image.list_tags().try_collect()).unwrap_err();
}

#[tokio::test]
async fn tags_are_added() {
    let answers = [
        manifest(),
        manifest_stored(&digest()),
        manifest_stored(&digest()),
    ];
    let registry = Registry::answering(answers).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__add_tags";
    keep!(registry, name, image.add_tags(["stable", "latest"])).unwrap();

    let registry = Registry::answering([no_manifest()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__add_tags@not_found";
    keep!(registry, name, image.add_tags(["stable"])).unwrap_err();

    // The first is set, and the error names the second.
    let registry = Registry::answering([
        manifest(),
        manifest_stored(&digest()),
        locked(),
        repository_properties(all()).to("team%2Fapp?"),
        tag_properties("latest", read_only()).to("/_tags/latest"),
        manifest_properties(all()).to("/_manifests/"),
    ])
    .await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__add_tags@locked";
    let error = keep!(registry, name, image.add_tags(["stable", "latest"])).unwrap_err();
    assert!(error.is_locked());

    // Bad input is refused before anything is sent.
    let registry = Registry::answering([]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__add_tags@bad_tag";
    keep!(registry, name, image.add_tags(["stable", "not a tag"])).unwrap_err();

    let registry = Registry::answering([]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__add_tags@none";
    let none: [&str; 0] = [];
    keep!(registry, name, image.add_tags(none)).unwrap_err();
}

#[tokio::test]
async fn what_it_is_now() {
    let registry = Registry::answering([manifest()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__resolve", image.resolve()).unwrap();

    let registry = Registry::answering([nothing()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__resolve@not_found";
    keep!(registry, name, image.resolve()).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__resolve@forbidden";
    keep!(registry, name, image.resolve()).unwrap_err();
}

fn arm64() -> Platform {
    Platform::new("linux", "arm64")
}

/// An index of this image for one platform, and of another for another.
fn index() -> Answer {
    let child =
        |bytes: &str, platform| Descriptor::of(MediaType::OCI_MANIFEST, bytes).platform(platform);
    let amd64 = Platform::new("linux", "amd64");
    let index = ImageIndex::new([
        child("other", amd64),
        child(&image(), arm64().variant("v8")),
    ]);
    let answer = status(200).header("content-type", "application/vnd.oci.image.index.v1+json");
    answer.body(index.to_bytes())
}

/// The image for a platform: an index tells it in one request, and an image by its configuration.
#[tokio::test]
async fn its_image_for_a_platform() {
    let registry = Registry::answering([index()]).await;
    let image = registry.repository().artifact("multi").unwrap();
    keep!(registry, "Artifact__platform", image.platform(arm64())).unwrap();

    let config = r#"{"os":"linux","architecture":"arm64"}"#;
    let layer = Descriptor::of(MediaType::IMAGE_LAYER_GZIP, LAYER);
    let alone = ImageManifest::new(Descriptor::of(MediaType::IMAGE_CONFIG, config), [layer]);
    let alone = status(200)
        .header("content-type", "application/vnd.oci.image.manifest.v1+json")
        .body(alone.to_bytes());
    let registry = Registry::answering([alone, redirect(), status(200).body(config)]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__platform@alone";
    keep!(registry, name, image.platform(arm64())).unwrap();

    let registry = Registry::answering([index()]).await;
    let image = registry.repository().artifact("multi").unwrap();
    let name = "Artifact__platform@none";
    let platform = Platform::new("windows", "amd64").os_version("10.0.20348");
    keep!(registry, name, image.platform(platform)).unwrap_err();
}

/// An entry of a list of referrers.
fn referrer(of_type: &str) -> String {
    let digest = Digest::of(of_type.as_bytes());
    format!(
        r#"{{"mediaType":"application/vnd.oci.image.manifest.v1+json","digest":"{digest}","size":7,"artifactType":"{of_type}","annotations":{{"a":"1"}}}}"#
    )
}

fn referrers(types: &[&str]) -> Answer {
    let entries: Vec<_> = types.iter().map(|it| referrer(it)).collect();
    let entries = entries.join(",");
    let body = format!(
        r#"{{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[{entries}]}}"#
    );
    json(200, body)
}

#[tokio::test]
async fn what_is_about_it() {
    let second = format!("/v2/team/app/referrers/{}?last=1&n=2", digest());
    let answers = [referrers(&[SBOM, "a/b"]).next(&second), referrers(&["c/d"])];
    let registry = Registry::answering(answers).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__referrers";
    keep!(registry, name, image.referrers().try_collect()).unwrap();

    // The registry is asked for one kind. That it did not choose is seen from its answer.
    let registry = Registry::answering([referrers(&["a/b", SBOM])]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__referrers@of_a_type";
    keep!(
        registry,
        name,
        image.referrers().artifact_type(SBOM).try_collect()
    )
    .unwrap();

    let registry = Registry::answering([manifest(), referrers(&[])]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__referrers@by_tag";
    keep!(registry, name, image.referrers().try_collect()).unwrap();

    // The answer to a HEAD has no words: a GET says what is missing.
    let registry = Registry::answering([nothing(), no_manifest()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__referrers@not_found";
    keep!(registry, name, image.referrers().try_collect()).unwrap_err();

    let registry = Registry::answering([forbidden()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__referrers@forbidden";
    keep!(registry, name, image.referrers().try_collect()).unwrap_err();
}

/// What the service stores of an attachment.
fn attached(digest: &Digest) -> Answer {
    manifest_stored(digest).header("oci-subject", crate::answers::digest().to_string())
}

/// The subject is asked for first, and the manifest comes last.
#[tokio::test]
async fn something_is_attached() {
    let subject = Descriptor::of(MediaType::OCI_MANIFEST, image());
    let blob = Descriptor::of(MediaType::new(SBOM).unwrap(), "{\"spdx\":1}");
    let stored_as = ImageManifest::artifact(blob.media_type.clone(), [blob.clone()]);
    let stored_as = stored_as.subject(subject.clone()).annotation("a", "1");
    let registry = Registry::answering([
        manifest(),
        open("a", 0),
        stored(&blob.digest),
        nothing(),
        open("b", 0),
        stored(&Digest::of(CONFIG)),
        attached(&stored_as.descriptor().digest),
    ])
    .await;
    let image = registry.repository().artifact("v1").unwrap();
    let sbom = Attachment::new(SBOM).blob("{\"spdx\":1}", SBOM);
    let name = "Artifact__attach";
    keep!(registry, name, image.attach(sbom.annotation("a", "1"))).unwrap();

    // A file, beside a blob that is there already; the empty configuration is there too.
    let titled = blob.clone();
    let titled = titled.annotation("org.opencontainers.image.title", "sbom.json");
    let there = Descriptor::of(MediaType::OCTET_STREAM, LAYER);
    let stored_as = ImageManifest::artifact(blob.media_type.clone(), [titled, there.clone()]);
    let stored_as = stored_as.subject(subject);
    let registry = Registry::answering([
        manifest(),
        open("a", 0),
        stored(&blob.digest),
        blob_there(CONFIG),
        attached(&stored_as.descriptor().digest),
    ])
    .await;
    let image = registry.repository().artifact(digest()).unwrap();
    let sbom = Attachment::new(SBOM).file("sbom.json", "{\"spdx\":1}", SBOM);
    let name = "Artifact__attach@parts";
    keep!(registry, name, image.attach(sbom.uploaded(there))).unwrap();

    let registry = Registry::answering([nothing(), no_manifest()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let sbom = Attachment::new(SBOM).blob("{}", SBOM);
    let name = "Artifact__attach@not_found";
    let error = keep!(registry, name, image.attach(sbom)).unwrap_err();
    assert!(error.is_not_found());

    // Bad input is refused before anything is sent.
    let registry = Registry::answering([]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let sbom = Attachment::new(SBOM).blob("{}", "no type");
    let name = "Artifact__attach@bad_type";
    keep!(registry, name, image.attach(sbom)).unwrap_err();
}

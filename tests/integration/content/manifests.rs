//! Manifests: put, got, asked for.

use acr_client::{
    Descriptor, Digest, ErrorKind, ImageIndex, ImageManifest, Manifest, ManifestKind, MediaType,
    Source,
};
use acr_tests::registry;

use super::sent;
use crate::flow::push;

#[tokio::test]
async fn bytes_stay_what_they_are_from_wherever_they_come() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    let image = app.get_manifest("v1").await.unwrap().as_image().unwrap();
    // Spaces and the order of keys count.
    let text = serde_json::to_string_pretty(&image).unwrap();
    let expected = Digest::of(text.as_bytes());
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("manifest.json");
    std::fs::write(&file, &text).unwrap();
    let reader = std::io::Cursor::new(text.clone().into_bytes());
    for (tag, manifest) in [
        ("text", Manifest::raw(MediaType::OCI_MANIFEST, text.clone())),
        (
            "file",
            Manifest::raw(MediaType::OCI_MANIFEST, Source::file(&file)),
        ),
        ("reader", Manifest::json(Source::reader(reader))),
    ] {
        let pushed = app.put_manifest(manifest).tag(tag).digest(&expected);
        assert_eq!(pushed.await.unwrap().descriptor.digest, expected, "{tag}");
        let got = app.get_manifest(tag).await.unwrap();
        assert_eq!((&got.bytes[..], &got.digest), (text.as_bytes(), &expected));
        let again = app.put_manifest(got).tag("again").await.unwrap();
        assert_eq!(again.descriptor.digest, expected);
    }
}

#[tokio::test]
async fn each_kind_comes_back_as_it_was_put() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("kinds").unwrap();
    let config = app
        .upload_blob("{}")
        .media_type(MediaType::DOCKER_IMAGE_CONFIG);
    let config = config.await.unwrap();
    let layer = app
        .upload_blob("x")
        .media_type(MediaType::DOCKER_LAYER_GZIP);
    let docker = ImageManifest::docker(config.clone(), [layer.await.unwrap()]);
    let oci = ImageManifest::artifact(MediaType::new("application/vnd.example").unwrap(), [])
        .annotation("b", "2")
        .annotation("a", "1");
    app.upload_blob(Descriptor::EMPTY).await.unwrap();
    for (tag, image) in [("docker", docker), ("artifact", oci)] {
        let pushed = app.put_manifest(&image).tag(tag).await.unwrap();
        assert_eq!(pushed.descriptor, image.descriptor());
        let kind = app.get_manifest(tag).await.unwrap().kind().unwrap();
        assert_eq!(kind, ManifestKind::Image(image));
    }
    let child = app.head_manifest("docker").await.unwrap().unwrap();
    for (tag, index) in [
        ("list", ImageIndex::docker([child.clone()])),
        (
            "index",
            ImageIndex::new([child.clone()]).annotation("a", "1"),
        ),
    ] {
        let pushed = app.put_manifest(&index).tag(tag).await.unwrap();
        assert_eq!(pushed.descriptor, index.descriptor());
        let kind = app.get_manifest(tag).await.unwrap().kind().unwrap();
        assert_eq!(kind, ManifestKind::Index(index));
    }
}

#[tokio::test]
async fn several_tags_at_once_and_a_digest_that_must_fit() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    let content = app.get_manifest("v1").await.unwrap();
    emulator.clear_requests();
    let pushed = app
        .put_manifest(content.clone())
        .tags(["a", "b"])
        .tag("c")
        .await
        .unwrap();
    let tags: Vec<_> = pushed.tags.iter().map(ToString::to_string).collect();
    assert_eq!(tags, ["a", "b", "c"]);
    assert_eq!(pushed.subject, None);
    assert_eq!(sent(&emulator), ["PUT 201", "PUT 201", "PUT 201"]);

    let wrong = app
        .put_manifest(content.clone())
        .digest(Digest::of(b"other"))
        .await;
    assert!(wrong.unwrap_err().is_digest_mismatch());
    let no_digest = app.put_manifest(content.clone()).digest("sha256:no").await;
    assert!(no_digest.unwrap_err().is_invalid_input());
    let no_tag = app.put_manifest(content).tag("ok").tag("no tag").await;
    assert!(no_tag.unwrap_err().is_invalid_input());
    assert_eq!(sent(&emulator), [""; 0]);
}

#[tokio::test]
async fn a_head_says_what_it_is_or_that_it_is_not_there() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let pushed = push(&app, b"layer", &["v1"]).await;
    emulator.clear_requests();
    assert_eq!(app.head_manifest("v1").await.unwrap().unwrap(), pushed);
    let image = app.artifact(&pushed.digest).unwrap();
    assert_eq!(image.resolve().await.unwrap().unwrap(), pushed);
    assert_eq!(app.head_manifest("v2").await.unwrap(), None);
    assert_eq!(app.head_manifest(Digest::of(b"x")).await.unwrap(), None);
    assert_eq!(
        sent(&emulator),
        ["HEAD 200", "HEAD 200", "HEAD 404", "HEAD 404"]
    );
    let error = app.get_manifest("v2").await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let bad = app.head_manifest("no tag").await.unwrap_err();
    assert!(bad.is_invalid_input(), "{bad}");
}

#[tokio::test]
async fn what_is_accepted_can_be_said() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    emulator.clear_requests();
    let seen = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let told = seen.clone();
    let got = app
        .get_manifest("v1")
        .accept([MediaType::DOCKER_MANIFEST, MediaType::OCI_INDEX])
        .on_exchange(move |exchange| {
            let accept = exchange.request_headers().get("accept").cloned();
            told.lock().unwrap().extend(accept);
        });
    // The service gives what it has.
    assert_eq!(got.await.unwrap().media_type, MediaType::OCI_MANIFEST);
    let types = [
        MediaType::DOCKER_MANIFEST.as_str(),
        MediaType::OCI_INDEX.as_str(),
    ];
    assert_eq!(*seen.lock().unwrap(), [types.join(", ")]);
    let nothing = app.get_manifest("v1").accept([""; 0]).await;
    assert!(nothing.unwrap_err().is_invalid_input());
    let no_type = app.head_manifest("v1").accept(["nonsense"]).await;
    assert!(no_type.unwrap_err().is_invalid_input());
}

#[tokio::test]
async fn a_manifest_that_lacks_its_blobs_is_refused_by_the_registry() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let layer = Descriptor::of(MediaType::IMAGE_LAYER, "never uploaded");
    let image = Manifest::image(Descriptor::empty(), [layer]);
    let error = app.put_manifest(image).tag("v1").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Response(_)), "{error}");
    assert!(error.hint().is_some());
    assert!(error.to_string().contains("push "), "{error}");
}

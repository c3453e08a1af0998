//! What is put about a manifest, and found again.

use acr_client::{Attachment, Descriptor, ManifestKind, MediaType, Source};
use acr_tests::registry;
use httpmock::Method;

use super::sent;
use crate::{
    flow::push,
    hostile::{answer, server},
};

#[tokio::test]
async fn what_is_attached_is_found() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let subject = push(&app, b"layer", &["v1"]).await;
    let image = app.artifact("v1").unwrap();
    assert!(image.referrers().try_collect().await.unwrap().is_empty());
    emulator.clear_requests();
    let sbom = Attachment::new("application/spdx+json")
        .file("sbom.json", r#"{"spdx":1}"#, "application/spdx+json")
        .annotation("created", "2024");
    let pushed = image.attach(sbom).await.unwrap();
    assert_eq!(pushed.subject, Some(subject.digest.clone()));
    // The subject, the blob, the empty configuration that is there already, the manifest.
    let expected = ["HEAD 200", "POST 201", "HEAD 200", "PUT 201"];
    assert_eq!(sent(&emulator), expected);

    let content = app.get_manifest(&pushed.descriptor).await.unwrap();
    let ManifestKind::Image(manifest) = content.kind().unwrap() else {
        panic!("it is a manifest");
    };
    assert_eq!(manifest.config, Descriptor::empty());
    assert_eq!(manifest.subject.unwrap().digest, subject.digest);
    let title = &manifest.layers[0].annotations["org.opencontainers.image.title"];
    assert_eq!(title, "sbom.json");

    // A signature by digest, of a blob that is there, and one without any.
    let blob = app
        .upload_blob("signature")
        .media_type("application/x-signature");
    let signature = Attachment::new("application/x-signature").uploaded(blob.await.unwrap());
    let by_digest = app.artifact(&subject).unwrap();
    by_digest.attach(signature).await.unwrap();
    image
        .attach(Attachment::new("application/x-mark"))
        .await
        .unwrap();

    let all = image.referrers().try_collect().await.unwrap();
    assert_eq!(all.len(), 3);
    let mut sboms = by_digest.referrers().artifact_type("application/spdx+json");
    let found = sboms.try_next().await.unwrap().unwrap();
    assert_eq!(found.descriptor(), pushed.descriptor);
    assert_eq!(
        found.artifact_type.as_deref(),
        Some("application/spdx+json")
    );
    assert_eq!(found.annotations["created"], "2024");
    assert_eq!(sboms.try_next().await.unwrap(), None);
}

#[tokio::test]
async fn nothing_is_attached_to_what_is_not_there_or_of_no_type() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1"]).await;
    emulator.clear_requests();
    let image = app.artifact("v1").unwrap();
    for bad in [
        Attachment::new("none"),
        Attachment::new("a/b").blob("x", "none"),
    ] {
        assert!(image.attach(bad).await.unwrap_err().is_invalid_input());
    }
    assert_eq!(sent(&emulator), [""; 0]);
    let nothing = app.artifact("v2").unwrap();
    let error = nothing.attach(Attachment::new("a/b")).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    assert!(
        nothing
            .referrers()
            .try_next()
            .await
            .unwrap_err()
            .is_not_found()
    );
    // A file that cannot be read leaves nothing behind.
    emulator.clear_requests();
    let unread = Attachment::new("a/b").blob(Source::file("/none"), "a/b");
    image.attach(unread).await.unwrap_err();
    assert_eq!(sent(&emulator), ["HEAD 200"]);
}

#[tokio::test]
async fn many_referrers_come_by_the_page_and_can_be_resumed() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let subject = push(&app, b"layer", &["v1"]).await;
    let image = app.artifact("v1").unwrap();
    for n in 0..103 {
        let kind = if n % 2 == 0 { "a/even" } else { "a/odd" };
        let mark = Attachment::new(kind).annotation("n", n.to_string());
        image.attach(mark).await.unwrap();
    }
    emulator.clear_requests();
    assert_eq!(image.referrers().try_collect().await.unwrap().len(), 103);
    // The tag is looked up once.
    assert_eq!(sent(&emulator), ["HEAD 200", "GET 200", "GET 200"]);
    let odd = image.referrers().artifact_type("a/odd");
    assert_eq!(odd.try_collect().await.unwrap().len(), 51);

    let by_digest = app.artifact(&subject).unwrap();
    let mut pages = by_digest.referrers().pages();
    let first = pages.try_next().await.unwrap().unwrap();
    let later = first.continuation.unwrap();
    // By tag it is the same list, for as long as the tag stays.
    for again in [&image, &by_digest] {
        let rest = again.referrers().resume(&later).unwrap();
        assert_eq!(
            rest.try_collect().await.unwrap().len(),
            103 - first.items.len()
        );
    }
    let other_filter = by_digest.referrers().artifact_type("a/odd").resume(&later);
    assert!(other_filter.unwrap_err().is_invalid_input());
    push(&app, b"other", &["v1"]).await;
    let moved = image.referrers().resume(&later).unwrap().try_next().await;
    assert!(moved.unwrap_err().is_invalid_input());
}

/// The registry takes neither: to leave them out in silence would be another list.
#[tokio::test]
async fn no_page_size_and_no_beginning_can_be_asked_for() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let subject = push(&app, b"layer", &["v1"]).await;
    emulator.clear_requests();
    for image in [app.artifact("v1"), app.artifact(&subject)] {
        let image = image.unwrap();
        for list in [
            image.referrers().page_size(2),
            image.referrers().start_after("a"),
        ] {
            let error = list.try_collect().await.unwrap_err();
            assert!(error.is_invalid_input(), "{error}");
        }
    }
    assert_eq!(sent(&emulator), [""; 0]);
}

/// A registry that does not choose by kind gives all of them, and does not say that it chose.
#[tokio::test]
async fn a_registry_that_does_not_choose_is_helped() {
    let body = |kinds: &[&str]| {
        let referrer = |kind: &&str| {
            let of = Descriptor::of(MediaType::OCI_MANIFEST, kind);
            let mut value = serde_json::to_value(of).unwrap();
            value["artifactType"] = (*kind).into();
            value
        };
        let manifests: Vec<_> = kinds.iter().map(referrer).collect();
        serde_json::json!({"schemaVersion": 2, "manifests": manifests}).to_string()
    };
    let digest = acr_client::Digest::of(b"subject");
    for (applied, expected) in [(None, 1), (Some("artifactType"), 2)] {
        let (server, app) = server().await;
        let headers: Vec<_> = applied
            .map(|it| ("oci-filters-applied", it))
            .into_iter()
            .collect();
        let path = format!("/v2/app/referrers/{digest}");
        let body = body(&["a/wanted", "Not a media type"]);
        answer(&server, Method::GET, &path, 200, &headers, &body).await;
        let image = app.artifact(&digest).unwrap();
        let wanted = image.referrers().artifact_type("a/wanted");
        assert_eq!(wanted.try_collect().await.unwrap().len(), expected);
        // An odd kind does not cost the list.
        assert_eq!(image.referrers().try_collect().await.unwrap().len(), 2);
    }
}

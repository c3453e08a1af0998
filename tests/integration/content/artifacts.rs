//! The manifest behind a tag or digest: its tags, its platforms.

use acr_client::{Deleted, Digest, ErrorKind, ImageIndex, Manifest, Platform, Result};
use acr_tests::registry;

use super::{image_for, sent};
use crate::flow::push;

#[tokio::test]
async fn tags_are_added_with_the_same_bytes() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let pushed = push(&app, b"layer", &["v1"]).await;
    let image = app.artifact("v1").unwrap();
    emulator.clear_requests();
    let tagged = image.add_tags(["stable", "2024"]).await.unwrap();
    assert_eq!(tagged.descriptor, pushed);
    assert_eq!(sent(&emulator), ["GET 200", "PUT 201", "PUT 201"]);

    let mut tags = image.list_tags();
    let mut names = Vec::new();
    while let Some(tag) = tags.try_next().await.unwrap() {
        assert_eq!(tag.digest, pushed.digest);
        names.push(tag.name.to_string());
    }
    assert_eq!(names, ["2024", "stable", "v1"]);
    let by_digest = app.artifact(&pushed).unwrap().list_tags();
    assert_eq!(by_digest.try_collect().await.unwrap().len(), 3);

    assert!(
        image
            .add_tags([""; 0])
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    assert!(
        image
            .add_tags(["no tag"])
            .await
            .unwrap_err()
            .is_invalid_input()
    );
    let missing = app.artifact("none").unwrap();
    assert!(missing.add_tags(["x"]).await.unwrap_err().is_not_found());
    assert!(
        missing
            .list_tags()
            .try_next()
            .await
            .unwrap_err()
            .is_not_found()
    );
}

/// A list of the tags on what a tag points to goes on for as long as the tag stays where it is.
#[tokio::test]
async fn the_tags_of_a_tag_can_be_resumed() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"one", &["a", "b", "c"]).await;
    push(&app, b"two", &["d"]).await;
    let image = app.artifact("a").unwrap();
    let mut pages = image.list_tags().page_size(2).pages();
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(first.items.len(), 2);
    let later = first.continuation.unwrap();
    let rest = image
        .list_tags()
        .resume(&later)
        .unwrap()
        .try_collect()
        .await;
    let rest: Vec<_> = rest
        .unwrap()
        .iter()
        .map(|tag| tag.name.to_string())
        .collect();
    assert_eq!(rest, ["c"]);

    push(&app, b"two", &["a"]).await;
    let moved = image.list_tags().resume(&later).unwrap().try_next().await;
    let error = moved.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
}

#[tokio::test]
async fn by_tag_only_what_was_named_is_deleted() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    push(&app, b"layer", &["v1", "v2"]).await;
    let image = app.artifact("v1").unwrap();
    let error = image.delete().await.unwrap_err();
    let ErrorKind::OtherTags(others) = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(others, &["v2"]);
    emulator.clear_requests();
    assert_eq!(
        image.delete().with_all_tags().await.unwrap(),
        Deleted::Deleted
    );
    assert_eq!(sent(&emulator), ["GET 200", "DELETE 202"]);

    let pushed = push(&app, b"layer", &["v1", "v2"]).await;
    emulator.clear_requests();
    let image = app.artifact(&pushed.digest).unwrap();
    assert_eq!(image.delete().await.unwrap(), Deleted::Deleted);
    assert_eq!(image.delete().await.unwrap(), Deleted::NotFound);
    assert_eq!(sent(&emulator), ["DELETE 202", "DELETE 404"]);
}

#[tokio::test]
async fn an_index_leads_to_the_image_for_a_platform() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("multi").unwrap();
    let mut images = Vec::new();
    for text in [
        "linux/amd64",
        "linux/arm/v6",
        "linux/arm/v7",
        "linux/arm64/v8",
    ] {
        images.push(image_for(&app, text.parse().unwrap()).await);
    }
    let index = ImageIndex::new(images.clone());
    app.put_manifest(&index).tag("v1").await.unwrap();
    // An index of an index, as some tools make them.
    let inner = index.descriptor().platform(Platform::new("linux", "amd64"));
    app.put_manifest(Manifest::index([inner]))
        .tag("nested")
        .await
        .unwrap();
    let find = async |tag: &str, platform: Platform| -> Result<Option<Digest>> {
        let found = app.artifact(tag).unwrap().platform(platform).await?;
        let digest = found.reference().digest().cloned();
        assert!(found.full_reference().to_string().contains("multi@sha256:"));
        Ok(digest)
    };
    emulator.clear_requests();
    let arm64 = find("v1", Platform::new("linux", "arm64")).await.unwrap();
    assert_eq!(arm64.as_ref(), Some(&images[3].digest));
    assert_eq!(sent(&emulator), ["GET 200"]);
    let old_arm = find("v1", Platform::new("linux", "arm").variant("v6"))
        .await
        .unwrap();
    assert_eq!(old_arm.as_ref(), Some(&images[1].digest));
    let nested = find("nested", Platform::new("linux", "amd64"))
        .await
        .unwrap();
    assert_eq!(nested.as_ref(), Some(&images[0].digest));

    let error = find("v1", Platform::new("windows", "amd64"))
        .await
        .unwrap_err();
    let ErrorKind::NoPlatform { wanted, available } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!((wanted.os.as_str(), available.len()), ("windows", 4));
    let told = error.to_string();
    assert!(
        told.ends_with("for linux/amd64, linux/arm/v6, linux/arm/v7, linux/arm64/v8"),
        "{told}"
    );
}

/// What an image that stands alone is for stands in its configuration.
#[tokio::test]
async fn an_image_alone_is_for_one_platform_or_for_none() {
    let (_emulator, registry) = registry().await;
    let app = registry.repository("alone").unwrap();
    let platform = Platform::new("linux", "s390x");
    let pushed = image_for(&app, platform.clone()).await;
    let image = app.artifact(&pushed.digest).unwrap();
    let found = image.platform(platform.clone()).await.unwrap();
    assert_eq!(found.reference(), image.reference());
    let error = image
        .platform(Platform::new("linux", "amd64"))
        .await
        .unwrap_err();
    assert!(
        error.to_string().ends_with("but for linux/s390x"),
        "{error}"
    );

    let config = app.upload_blob("{}").media_type("application/x-config");
    let artifact = Manifest::image(config.await.unwrap(), []);
    app.put_manifest(artifact).tag("artifact").await.unwrap();
    let artifact = app.artifact("artifact").unwrap();
    let error = artifact.platform(platform).await.unwrap_err();
    assert!(
        error
            .to_string()
            .ends_with("it is no image for linux/s390x"),
        "{error}"
    );
}

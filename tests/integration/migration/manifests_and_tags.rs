//! What the registry tells of manifests and tags, and their locks.

use std::time::Duration;

use acr_client::{ErrorKind, OrderBy, Repository};
use acr_emulator::Emulator;
use acr_tests::registry;

use crate::flow::push;

/// Two images, the first older than the second, whose names sort the other way round.
async fn two(emulator: &Emulator, repository: &Repository) {
    push(repository, b"older", &["z"]).await;
    emulator.advance_clock(Duration::from_secs(1));
    push(repository, b"newer", &["a"]).await;
}

#[tokio::test]
async fn list_manifests() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    two(&emulator, &repository).await;
    let manifests = repository.list_manifests().try_collect().await.unwrap();
    assert_eq!(manifests.len(), 2);
    assert!(manifests[0].digest.as_str() < manifests[1].digest.as_str());
}

#[tokio::test]
async fn order_of_manifests() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    two(&emulator, &repository).await;
    for (order, first) in [
        (OrderBy::LastUpdatedDescending, "a"),
        (OrderBy::LastUpdatedAscending, "z"),
    ] {
        let listed = repository.list_manifests().order(order).try_collect().await;
        assert_eq!(listed.unwrap()[0].tags[0].as_str(), first);
    }
}

#[tokio::test]
async fn properties_of_a_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let artifact = repository.artifact("v1").unwrap();
    assert_eq!(artifact.properties().await.unwrap().digest, image.digest);
    let artifact = repository.artifact(&image.digest).unwrap();
    assert_eq!(artifact.properties().await.unwrap().digest, image.digest);
}

#[tokio::test]
async fn lock_a_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let artifact = repository.artifact("v1").unwrap();
    let locked = artifact.update_properties().can_write(false).await.unwrap();
    assert!(!locked.can_write && locked.can_delete);
    assert!(artifact.delete().await.unwrap_err().is_locked());
}

#[tokio::test]
async fn delete_a_manifest() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1", "v2"]).await;
    let artifact = repository.artifact("v1").unwrap();
    let refused = artifact.delete().await.unwrap_err();
    assert!(matches!(refused.kind(), ErrorKind::OtherTags(tags) if *tags == ["v2"]));
    assert!(artifact.delete().with_all_tags().await.is_ok());
    let tag = repository.tag("v2").unwrap();
    assert!(tag.properties().await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn list_tags() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    two(&emulator, &repository).await;
    let tags = repository.list_tags().try_collect().await.unwrap();
    let tags: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(tags, ["a", "z"]);
}

#[tokio::test]
async fn order_of_tags() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    two(&emulator, &repository).await;
    for (order, first) in [
        (OrderBy::LastUpdatedDescending, "a"),
        (OrderBy::LastUpdatedAscending, "z"),
    ] {
        let listed = repository.list_tags().order(order).try_collect().await;
        assert_eq!(listed.unwrap()[0].name.as_str(), first);
    }
}

#[tokio::test]
async fn tags_of_a_manifest() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    two(&emulator, &repository).await;
    let digest = repository
        .tag("z")
        .unwrap()
        .properties()
        .await
        .unwrap()
        .digest;
    let tags = repository
        .list_tags()
        .digest(&digest)
        .try_collect()
        .await
        .unwrap();
    assert_eq!((tags.len(), tags[0].name.as_str()), (1, "z"));
}

#[tokio::test]
async fn properties_of_a_tag() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let tag = repository.tag("v1").unwrap().properties().await.unwrap();
    assert_eq!((tag.name.as_str(), tag.digest), ("v1", image.digest));
}

#[tokio::test]
async fn lock_a_tag() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    push(&repository, b"layer", &["v1"]).await;
    let locked = repository
        .tag("v1")
        .unwrap()
        .update_properties()
        .can_write(false)
        .await;
    assert!(!locked.unwrap().can_write);
    let manifest = repository
        .artifact("v1")
        .unwrap()
        .properties()
        .await
        .unwrap();
    assert!(manifest.can_write, "the manifest has a lock of its own");
}

#[tokio::test]
async fn delete_a_tag() {
    let (_emulator, registry) = registry().await;
    let repository = registry.repository("app").unwrap();
    let image = push(&repository, b"layer", &["v1"]).await;
    let tag = repository.tag("v1").unwrap();
    let untagged = tag.delete().await.unwrap().unwrap();
    assert_eq!(untagged.digest.as_ref(), Some(&image.digest));
    assert_eq!(tag.delete().await.unwrap(), None, "not there: no error");
    assert!(repository.get_manifest(&image.digest).await.is_ok());
}

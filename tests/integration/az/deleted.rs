//! Soft delete: what was deleted is listed, and comes back.

use std::time::SystemTime;

use acr_client::{ContainerRegistryClient, Digest, Repository};
use acr_emulator::Emulator;
use acr_tests::client;

use crate::flow::push;

/// A registry that keeps what is deleted.
async fn keeping() -> (Emulator, ContainerRegistryClient) {
    let builder = Emulator::builder().soft_delete(true);
    let emulator = builder.start().await.unwrap();
    let registry = client(&emulator, emulator.login());
    (emulator, registry)
}

async fn deleted(repository: &Repository, tag: &str) -> Digest {
    let digest = push(repository, tag.as_bytes(), &[tag]).await.digest;
    repository
        .artifact(&digest)
        .unwrap()
        .delete()
        .await
        .unwrap();
    digest
}

#[tokio::test]
async fn a_manifest_is_listed_and_comes_back_under_its_tag() {
    let (_emulator, registry) = keeping().await;
    let app = registry.repository("team/app").unwrap();
    let pushed = push(&app, b"x", &["v1", "stable"]).await;
    let before = SystemTime::now();
    app.delete().await.unwrap();

    let names = registry.list_deleted_repositories().try_collect().await;
    assert_eq!(names.unwrap(), [app.name().clone()]);
    let manifests = app.list_deleted_manifests().try_collect().await.unwrap();
    let [manifest] = manifests.as_slice() else {
        panic!("one manifest was deleted: {manifests:?}");
    };
    assert_eq!(manifest.repository, *app.name());
    assert_eq!(manifest.digest, pushed.digest);
    assert_eq!(manifest.media_type, Some(pushed.media_type));
    let tags: Vec<_> = manifest
        .tags
        .iter()
        .map(acr_client::TagName::as_str)
        .collect();
    assert_eq!(tags, ["stable", "v1"]);
    let deleted_at = SystemTime::from(manifest.deleted_at.unwrap());
    assert!(deleted_at >= before && manifest.created_at.unwrap() < manifest.deleted_at.unwrap());

    let tags = app.list_deleted_tags().try_collect().await.unwrap();
    let names: Vec<_> = tags.iter().map(|tag| tag.name.as_str()).collect();
    assert_eq!(names, ["stable", "v1"]);
    assert!(tags.iter().all(|tag| tag.digest == pushed.digest));
    assert!(tags.iter().all(|tag| tag.deleted_at.is_some()));

    app.restore_manifest(&pushed.digest)
        .tag("v1")
        .await
        .unwrap();
    let tags = app.list_tags().try_collect().await.unwrap();
    assert_eq!((tags.len(), tags[0].name.as_str()), (1, "v1"));
    assert_eq!(tags[0].digest, pushed.digest);
    let left = app.list_deleted_manifests().try_collect().await.unwrap();
    assert!(left.is_empty(), "{left:?}");
}

#[tokio::test]
async fn without_a_tag_it_comes_back_by_its_digest() {
    let (_emulator, registry) = keeping().await;
    let app = registry.repository("app").unwrap();
    let digest = deleted(&app, "v1").await;
    app.restore_manifest(&digest).await.unwrap();
    assert_eq!(app.get_manifest(&digest).await.unwrap().digest, digest);
    // Nor is a tag there without having been asked for.
    assert!(app.get_manifest("v1").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_tag_that_is_in_use_is_taken_only_by_force() {
    let (_emulator, registry) = keeping().await;
    let app = registry.repository("app").unwrap();
    let old = deleted(&app, "v1").await;
    let new = push(&app, b"the next", &["v1"]).await.digest;

    let error = app.restore_manifest(&old).tag("v1").await.unwrap_err();
    assert_eq!(error.status().map(|status| status.as_u16()), Some(409));
    assert_eq!(app.get_manifest("v1").await.unwrap().digest, new);

    app.restore_manifest(&old).tag("v1").force().await.unwrap();
    assert_eq!(app.get_manifest("v1").await.unwrap().digest, old);
}

#[tokio::test]
async fn what_is_not_there_and_what_cannot_be() {
    let (emulator, registry) = keeping().await;
    let app = registry.repository("app").unwrap();
    deleted(&app, "v1").await;
    let never = Digest::of(b"never pushed");
    let error = app.restore_manifest(&never).await.unwrap_err();
    assert!(error.is_not_found(), "{error}");
    let nowhere = registry.repository("nowhere").unwrap();
    let error = nowhere.list_deleted_tags().try_collect().await.unwrap_err();
    assert!(error.is_not_found(), "{error}");

    emulator.clear_requests();
    let error = app.restore_manifest("v1").await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    let error = app.restore_manifest(&never).tag("-").await.unwrap_err();
    assert!(error.is_invalid_input(), "{error}");
    assert!(emulator.requests().is_empty());
}

#[tokio::test]
async fn the_lists_come_by_the_page_and_go_on_later() {
    let (emulator, registry) = keeping().await;
    for name in ["a", "b", "c"] {
        let repository = registry.repository(name).unwrap();
        for tag in ["v1", "v2", "v3"] {
            deleted(&repository, tag).await;
        }
    }
    emulator.clear_requests();
    let names = registry.list_deleted_repositories().page_size(2);
    assert_eq!(names.try_collect().await.unwrap().len(), 3);
    // The token, and two pages.
    assert_eq!(emulator.requests().len(), 3);

    let app = registry.repository("a").unwrap();
    let mut pages = app.list_deleted_tags().page_size(2).pages();
    let first = pages.try_next().await.unwrap().unwrap();
    assert_eq!(first.items.len(), 2);
    let later = first.continuation.unwrap();
    let rest = app.list_deleted_tags().page_size(2).resume(&later).unwrap();
    let rest = rest.try_collect().await.unwrap();
    assert_eq!((rest.len(), rest[0].name.as_str()), (1, "v3"));
    let other = registry.repository("b").unwrap();
    assert!(other.list_deleted_tags().resume(&later).is_err());
    assert!(app.list_deleted_manifests().resume(&later).is_err());
}

//! The four flags, each alone: only those that are named are sent.

use crate::{
    answers::{
        all, digest, forbidden, locked, manifest_properties, no_repository, no_tag, read_only,
        repository_properties, tag_properties,
    },
    registry::Registry,
};

#[tokio::test]
async fn of_a_repository() {
    let registry = Registry::answering([repository_properties(read_only())]).await;
    let repository = registry.repository();
    let name = "Repository__update_properties";
    let changed = keep!(
        registry,
        name,
        repository
            .update_properties()
            .can_write(false)
            .can_delete(false)
    );
    assert!(!changed.unwrap().can_write);

    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Repository__update_properties@can_list";
    keep!(
        registry,
        name,
        repository.update_properties().can_list(true)
    )
    .unwrap();

    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    let name = "Repository__update_properties@can_read";
    keep!(
        registry,
        name,
        repository.update_properties().can_read(true)
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__update_properties@not_found";
    keep!(
        registry,
        name,
        repository.update_properties().can_delete(true)
    )
    .unwrap_err();
}

#[tokio::test]
async fn of_a_tag() {
    let registry = Registry::answering([tag_properties("v1", read_only())]).await;
    let tag = registry.repository().tag("v1").unwrap();
    let name = "Tag__update_properties";
    keep!(
        registry,
        name,
        tag.update_properties()
            .can_write(false)
            .can_delete(false)
            .can_list(true)
            .can_read(true)
    )
    .unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let tag = registry.repository().tag("v1").unwrap();
    let name = "Tag__update_properties@not_found";
    keep!(registry, name, tag.update_properties().can_delete(true)).unwrap_err();
}

#[tokio::test]
async fn of_a_manifest() {
    let registry = Registry::answering([manifest_properties(read_only())]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__update_properties";
    keep!(registry, name, image.update_properties().can_write(false)).unwrap();

    let answers = [tag_properties("v1", all()), manifest_properties(all())];
    let registry = Registry::answering(answers).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__update_properties@by_tag";
    keep!(registry, name, image.update_properties().can_delete(true)).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__update_properties@forbidden";
    keep!(registry, name, image.update_properties().can_read(false)).unwrap_err();

    let registry = Registry::answering([locked()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__update_properties@locked";
    keep!(registry, name, image.update_properties().can_list(false)).unwrap_err();
}

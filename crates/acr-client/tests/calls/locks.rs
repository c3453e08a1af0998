//! The four flags, each alone: only those that are named are sent.

use crate::{
    answers::{
        Answer, all, digest, forbidden, manifest_properties, no_manifest, no_repository, no_tag,
        read_only, repository_properties, tag_properties, tags,
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
}

fn around() -> [Answer; 4] {
    [
        repository_properties(all()).to("team%2Fapp?"),
        manifest_properties(read_only()).to("/_manifests/"),
        tag_properties("v1", all()).to("/_tags/v1"),
        tags(&["v1"]).to("/_tags?"),
    ]
}

#[tokio::test]
async fn which_locks_there_are() {
    let registry = Registry::answering([repository_properties(read_only())]).await;
    let repository = registry.repository();
    keep!(registry, "Repository__locks", repository.locks()).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    keep!(registry, "Repository__locks@not_found", repository.locks()).unwrap_err();

    let [repository, manifest, tag, tags] = around();
    let registry = Registry::answering([repository, manifest, tag]).await;
    let handle = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__locks", handle.locks()).unwrap();

    let [repository, manifest, tag, _] = around();
    let registry = Registry::answering([tag, repository, manifest, tags]).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__locks", image.locks()).unwrap();
}

/// What is not there has no lock.
#[tokio::test]
async fn of_what_is_not_there() {
    // The manifest is deleted between the requests.
    let [repository, _, tag, _] = around();
    let gone = no_manifest().to("/_manifests/");
    let registry = Registry::answering([repository, tag, gone]).await;
    let tag = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__locks@not_found", tag.locks()).unwrap_err();

    let registry = Registry::answering([no_tag()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__locks@not_found", image.locks()).unwrap_err();
}

//! Properties, and deleting what has them.

use acr_client::ManifestProperties;

use crate::{
    answers::{
        all, digest, error, forbidden, json, locked, manifest_properties, no_manifest,
        no_repository, no_tag, read_only, repository_properties, status, tag_properties, tags,
    },
    registry::Registry,
};

#[tokio::test]
async fn of_a_repository() {
    let registry = Registry::answering([repository_properties(all())]).await;
    let repository = registry.repository();
    keep!(registry, "Repository__properties", repository.properties()).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__properties@not_found";
    let error = keep!(registry, name, repository.properties()).unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn of_a_tag() {
    let registry = Registry::answering([tag_properties("v1", all())]).await;
    let tag = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__properties", tag.properties()).unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let tag = registry.repository().tag("v1").unwrap();
    let error = keep!(registry, "Tag__properties@not_found", tag.properties()).unwrap_err();
    assert!(error.is_not_found());
}

#[tokio::test]
async fn of_a_manifest_by_digest_and_by_tag() {
    let registry = Registry::answering([manifest_properties(all())]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__properties", image.properties()).unwrap();

    let answers = [tag_properties("v1", all()), manifest_properties(all())];
    let registry = Registry::answering(answers).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__properties@by_tag", image.properties()).unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__properties@not_found";
    let error = keep!(registry, name, image.properties()).unwrap_err();
    assert!(error.is_not_found());
}

/// Every field that the service is known to send.
#[tokio::test]
async fn of_an_index() {
    let digest = digest();
    let body = format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","manifest":{{"digest":"{digest}","imageSize":0,"createdTime":"2023-03-07T02:03:10.5343706Z","lastUpdateTime":"2023-03-07T02:03:10Z","mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","tags":null,"changeableAttributes":{all},"quarantineState":"Passed","references":[{{"digest":"{digest}","architecture":"arm64","os":"linux"}}]}}}}"#,
        all = r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true,"quarantineState":"Passed"}"#
    );
    let registry = Registry::answering([json(200, body)]).await;
    let image = registry.repository().artifact(&digest).unwrap();
    let name = "Artifact__properties@index";
    let properties: ManifestProperties = keep!(registry, name, image.properties()).unwrap();
    assert_eq!(properties.related_artifacts.len(), 1);
}

#[tokio::test]
async fn a_repository_is_deleted() {
    let body = r#"{"manifestsDeleted":["sha256:aa"],"tagsDeleted":["v1","v2"]}"#;
    let registry = Registry::answering([json(202, body)]).await;
    let repository = registry.repository();
    keep!(registry, "Repository__delete", repository.delete()).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__delete@not_found",
        repository.delete()
    )
    .unwrap();

    // Which lock it is, is looked for.
    let registry = Registry::answering([locked(), repository_properties(read_only())]).await;
    let repository = registry.repository();
    let name = "Repository__delete@locked";
    let error = keep!(registry, name, repository.delete()).unwrap_err();
    assert!(error.is_locked());
}

#[tokio::test]
async fn a_tag_is_deleted() {
    let registry = Registry::answering([status(202)]).await;
    let tag = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__delete", tag.delete()).unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let tag = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__delete@not_found", tag.delete()).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let tag = registry.repository().tag("v1").unwrap();
    keep!(registry, "Tag__delete@forbidden", tag.delete()).unwrap_err();
}

#[tokio::test]
async fn a_manifest_is_deleted_by_digest() {
    let registry = Registry::answering([status(202)]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__delete", image.delete()).unwrap();

    let registry = Registry::answering([no_manifest()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__delete@not_found", image.delete()).unwrap();

    let registry = Registry::answering([
        locked(),
        repository_properties(all()).to("team%2Fapp?"),
        manifest_properties(read_only()).to("/_manifests/"),
        tags(&["v1"]).to("/_tags?"),
    ])
    .await;
    let image = registry.repository().artifact(digest()).unwrap();
    let error = keep!(registry, "Artifact__delete@locked", image.delete()).unwrap_err();
    assert!(error.is_locked());
}

#[tokio::test]
async fn a_manifest_is_deleted_by_tag() {
    let alone = [tag_properties("v1", all()), tags(&["v1"]), status(202)];
    let registry = Registry::answering(alone).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__delete@by_tag", image.delete()).unwrap();

    let shared = [tag_properties("v1", all()), tags(&["latest", "v1"])];
    let registry = Registry::answering(shared).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__delete@other_tags", image.delete()).unwrap_err();

    let wanted = [tag_properties("v1", all()), status(202)];
    let registry = Registry::answering(wanted).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__delete@with_all_tags";
    keep!(registry, name, image.delete().with_all_tags()).unwrap();

    let registry = Registry::answering([no_tag()]).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__delete@no_tag", image.delete()).unwrap();

    let registry = Registry::answering([error(500, "UNKNOWN", "unknown error")]).await;
    let image = registry.repository().artifact("v1").unwrap();
    keep!(registry, "Artifact__delete@server_error", image.delete()).unwrap_err();
}

//! What was deleted: listed and restored.

use crate::{
    answers::{digest, error, forbidden, json, no_manifest, no_repository, status},
    registry::Registry,
};

#[tokio::test]
async fn repositories() {
    let answers = [
        json(200, r#"{"repositories":["app","team/app"]}"#)
            .next("/acr/v1/_deleted/_catalog?last=team%2Fapp&n=2&orderby="),
        json(200, r#"{"repositories":["tools"]}"#),
    ];
    let registry = Registry::answering(answers).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__list_deleted_repositories";
    keep!(
        registry,
        name,
        client
            .list_deleted_repositories()
            .page_size(2)
            .try_collect()
    )
    .unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__list_deleted_repositories@forbidden";
    keep!(
        registry,
        name,
        client.list_deleted_repositories().try_collect()
    )
    .unwrap_err();
}

#[tokio::test]
async fn manifests() {
    let digest = digest();
    let body = format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","manifests":[{{"digest":"{digest}","imageSize":7,"createdTime":"2023-03-07T02:03:10Z","lastUpdateTime":"2023-03-07T02:03:10Z","deletedTime":"2023-03-08T02:03:10.5343706Z","architecture":"amd64","os":"linux","mediaType":"application/vnd.oci.image.manifest.v1+json","tags":["v1"]}}]}}"#
    );
    let registry = Registry::answering([json(200, body)]).await;
    let repository = registry.repository();
    let name = "Repository__list_deleted_manifests";
    keep!(
        registry,
        name,
        repository
            .list_deleted_manifests()
            .start_after("sha256:0")
            .try_collect()
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__list_deleted_manifests@not_found";
    keep!(
        registry,
        name,
        repository.list_deleted_manifests().try_collect()
    )
    .unwrap_err();
}

#[tokio::test]
async fn tags() {
    let digest = digest();
    let body = format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","tags":[{{"tag":"v1","digest":"{digest}","deletedTime":"2023-03-08T02:03:10Z"}}]}}"#
    );
    let registry = Registry::answering([json(200, body)]).await;
    let repository = registry.repository();
    let name = "Repository__list_deleted_tags";
    keep!(
        registry,
        name,
        repository.list_deleted_tags().page_size(1).try_collect()
    )
    .unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    let name = "Repository__list_deleted_tags@not_found";
    keep!(registry, name, repository.list_deleted_tags().try_collect()).unwrap_err();
}

#[tokio::test]
async fn a_manifest_comes_back() {
    let registry = Registry::answering([status(202)]).await;
    let (repository, digest) = (registry.repository(), digest());
    let name = "Repository__restore_manifest";
    keep!(registry, name, repository.restore_manifest(&digest)).unwrap();

    let registry = Registry::answering([status(202)]).await;
    let repository = registry.repository();
    let name = "Repository__restore_manifest@tagged";
    keep!(
        registry,
        name,
        repository.restore_manifest(&digest).tag("v1").force()
    )
    .unwrap();

    let registry = Registry::answering([error(409, "CONFLICT", "the tag exists")]).await;
    let repository = registry.repository();
    let name = "Repository__restore_manifest@conflict";
    keep!(
        registry,
        name,
        repository.restore_manifest(&digest).tag("v1")
    )
    .unwrap_err();

    let registry = Registry::answering([no_manifest()]).await;
    let repository = registry.repository();
    let name = "Repository__restore_manifest@not_found";
    keep!(registry, name, repository.restore_manifest(&digest)).unwrap_err();

    let registry = Registry::answering([]).await;
    let repository = registry.repository();
    let name = "Repository__restore_manifest@no_digest";
    keep!(registry, name, repository.restore_manifest("v1")).unwrap_err();
}

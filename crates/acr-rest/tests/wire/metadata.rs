//! Repositories, tags and manifests as `/acr/v1` tells of them.

use acr_rest::{API_VERSION, types};

use crate::recorder::{Recorder, error, json, status, told};

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";

const ALL: &str =
    r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}"#;

fn repository() -> String {
    format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","createdTime":"2023-03-07T02:03:10.5343706Z","lastUpdateTime":"2023-03-07T02:03:10Z","manifestCount":3,"tagCount":2,"changeableAttributes":{ALL}}}"#
    )
}

fn tag() -> String {
    format!(
        r#"{{"name":"v1","digest":"{DIGEST}","createdTime":"2023-03-07T02:03:10.5343706Z","lastUpdateTime":"2023-03-07T02:03:10.534Z","signed":false,"changeableAttributes":{ALL}}}"#
    )
}

fn manifest(more: &str) -> String {
    format!(
        r#"{{"digest":"{DIGEST}","imageSize":525,"createdTime":"2023-03-07T02:03:10.5343706Z","lastUpdateTime":"2023-03-07T02:03:10.534Z","mediaType":"application/vnd.docker.distribution.manifest.v2+json","changeableAttributes":{ALL}{more}}}"#
    )
}

fn of_repository(member: &str, value: &str) -> String {
    format!(r#"{{"registry":"reg.azurecr.io","imageName":"team/app","{member}":{value}}}"#)
}

#[tokio::test]
async fn repositories() {
    let answer = json(200, r#"{"repositories":["app","team/app"]}"#).header(
        "link",
        r#"</acr/v1/_catalog?last=team%2Fapp&n=2&orderby=>; rel="next""#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .get_repositories(Some(API_VERSION), Some("a/b c"), Some(2), Some("timeasc"))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn repositories_of_an_empty_registry() {
    let registry = Recorder::answering([json(200, r#"{"repositories":null}"#)]).await;
    let client = registry.client();
    let outcome = client.get_repositories(None, None, None, None).await;
    registry.keep_as("bare", &told(outcome).await);
}

#[tokio::test]
async fn properties() {
    let registry = Recorder::answering([json(200, &repository())]).await;
    let client = registry.client();
    let outcome = client.get_properties("team/app", Some(API_VERSION)).await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn properties_of_no_repository() {
    let answer = error(404, "NAME_UNKNOWN", r#"repository \"app\" is not found"#)
        .header("x-ms-correlation-request-id", "c0ffee");
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.get_properties("app", None).await;
    registry.keep_as("unknown", &told(outcome).await);
}

#[tokio::test]
async fn properties_changed() {
    let registry = Recorder::answering([json(200, &repository())]).await;
    let client = registry.client();
    let body = types::RepositoryChangeableAttributes {
        delete_enabled: Some(false),
        list_enabled: Some(true),
        read_enabled: Some(true),
        teleport_enabled: Some(false),
        write_enabled: Some(false),
    };
    let outcome = client
        .update_properties("team/app", Some(API_VERSION), &body)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn only_the_flags_that_are_named_are_sent() {
    let registry = Recorder::answering([json(200, &repository())]).await;
    let client = registry.client();
    let body = types::RepositoryChangeableAttributes {
        write_enabled: Some(false),
        ..Default::default()
    };
    let outcome = client.update_properties("app", None, &body).await;
    registry.keep_as("one", &told(outcome).await);
}

#[tokio::test]
async fn repository_deleted() {
    let answer = format!(r#"{{"manifestsDeleted":["{DIGEST}"],"tagsDeleted":["v1","v2"]}}"#);
    let registry = Recorder::answering([json(202, &answer)]).await;
    let client = registry.client();
    let outcome = client
        .delete_repository("team/app", Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn tags() {
    let answer = json(200, &of_repository("tags", &format!("[{}]", tag()))).header(
        "link",
        r#"</acr/v1/team%2Fapp/_tags?last=v1&n=1&orderby=>; rel="next""#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .get_tags(
            "team/app",
            Some(API_VERSION),
            Some(DIGEST),
            Some("v0"),
            Some(1),
            Some("timedesc"),
        )
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn tags_null() {
    let registry = Recorder::answering([json(200, &of_repository("tags", "null"))]).await;
    let client = registry.client();
    let outcome = client.get_tags("app", None, None, None, None, None).await;
    registry.keep_as("null", &told(outcome).await);
}

#[tokio::test]
async fn tags_absent() {
    let answer = r#"{"registry":"reg.azurecr.io","imageName":"app"}"#;
    let registry = Recorder::answering([json(200, answer)]).await;
    let client = registry.client();
    let list = client.get_tags("app", None, None, None, None, None).await;
    assert!(list.unwrap().tags.is_none());
}

#[tokio::test]
async fn tag_properties() {
    let registry = Recorder::answering([json(200, &of_repository("tag", &tag()))]).await;
    let client = registry.client();
    let outcome = client
        .get_tag_properties("team/app", "v1", Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn tag_properties_changed() {
    let registry = Recorder::answering([json(200, &of_repository("tag", &tag()))]).await;
    let client = registry.client();
    let body = types::TagChangeableAttributes {
        delete_enabled: Some(false),
        list_enabled: Some(false),
        read_enabled: Some(true),
        write_enabled: Some(false),
    };
    let outcome = client
        .update_tag_attributes("team/app", "v1", Some(API_VERSION), &body)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn tag_deleted() {
    let answer = status(202).header("x-ms-int-docker-content-digest", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.delete_tag("team/app", "v1", Some(API_VERSION)).await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn locked_tag_not_deleted() {
    let answer = error(
        405,
        "REGISTRY_DISALLOWED_OPERATION",
        "The operation is disallowed on this registry, repository or image.",
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.delete_tag("app", "v1", None).await;
    registry.keep_as("locked", &told(outcome).await);
}

#[tokio::test]
async fn manifests() {
    let answer = json(
        200,
        &of_repository(
            "manifests",
            &format!(
                "[{},{}]",
                manifest(r#","architecture":"amd64","os":"linux","tags":["v1","latest"],"configMediaType":"application/vnd.docker.container.image.v1+json""#),
                manifest("")
            ),
        ),
    )
    .header(
        "link",
        r#"</acr/v1/team%2Fapp/_manifests?last=sha256%3Aaea8&n=2&orderby=timeasc>; rel="next""#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .get_manifests(
            "team/app",
            Some(API_VERSION),
            Some(DIGEST),
            Some(2),
            Some("timeasc"),
        )
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifests_null() {
    let registry = Recorder::answering([json(200, &of_repository("manifests", "null"))]).await;
    let client = registry.client();
    let outcome = client.get_manifests("app", None, None, None, None).await;
    registry.keep_as("null", &told(outcome).await);
}

#[tokio::test]
async fn manifest_properties_of_a_list() {
    let references = format!(
        r#","references":[{{"digest":"{DIGEST}","architecture":"amd64","os":"linux"}},{{"digest":"{DIGEST}"}}]"#
    );
    let answer = of_repository("manifest", &manifest(&references));
    let registry = Recorder::answering([json(200, &answer)]).await;
    let client = registry.client();
    let outcome = client
        .get_manifest_properties("team/app", DIGEST, Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

/// Enumerations are open, members come along, numbers and texts stay what they are.
#[tokio::test]
async fn manifest_properties_of_tomorrow() {
    let answer = of_repository(
        "manifest",
        &format!(
            r#"{{"digest":"{DIGEST}","createdTime":"2023-03-07T02:03:10Z","lastUpdateTime":"2023-03-07T02:03:10.1Z","architecture":"ppc64le-v2","os":"","mediaType":"application/vnd.tomorrow","imageSize":0,"changeableAttributes":{{"quarantineState":"Unheard","sealed":true}},"new":{{"a":[1]}}}}"#
        ),
    );
    let registry = Recorder::answering([json(200, &answer)]).await;
    let client = registry.client();
    let outcome = client.get_manifest_properties("app", DIGEST, None).await;
    registry.keep_as("unknown_values", &told(outcome).await);
}

/// The service answers a reference that is no digest in plain text.
#[tokio::test]
async fn manifest_properties_by_tag() {
    let answer = status(404)
        .header("content-type", "text/plain; charset=utf-8")
        .body("404 page not found\n");
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.get_manifest_properties("app", "v1", None).await;
    registry.keep_as("by_tag", &told(outcome).await);
}

#[tokio::test]
async fn manifest_properties_changed() {
    let answer = of_repository("manifest", &manifest(""));
    let registry = Recorder::answering([json(200, &answer)]).await;
    let client = registry.client();
    let body = types::ManifestChangeableAttributes {
        delete_enabled: Some(true),
        list_enabled: Some(true),
        quarantine_state: Some("Passed".to_owned()),
        read_enabled: Some(true),
        write_enabled: Some(true),
    };
    let outcome = client
        .update_manifest_properties("team/app", DIGEST, Some(API_VERSION), &body)
        .await;
    registry.keep(&told(outcome).await);
}

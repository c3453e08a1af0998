//! What was deleted and can be brought back.

use acr_rest::{API_VERSION, types};

use crate::recorder::{Recorder, error, json, status, told};

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";

#[tokio::test]
async fn repositories() {
    let registry = Recorder::answering([json(200, r#"{"repositories":["app","team/app"]}"#)
        .header(
            "link",
            r#"</acr/v1/_deleted/_catalog?last=team%2Fapp&n=2&orderby=>; rel="next""#,
        )])
    .await;
    let client = registry.client();
    let outcome = client
        .get_deleted_repositories(Some(API_VERSION), Some("a/b c"), Some(2))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifests() {
    let body = format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","manifests":[
            {{"digest":"{DIGEST}","deletedTime":"2023-03-07T02:03:10.5343706Z"}},
            {{"digest":"{DIGEST}","deletedAt":"2023-03-07T02:03:10Z","imageSize":1024,"mediaType":"application/vnd.new","os":"plan9","tags":null}}]}}"#
    );
    let registry = Recorder::answering([json(200, &body)]).await;
    let client = registry.client();
    let outcome = client
        .get_deleted_manifests("team/app", Some(API_VERSION), Some(DIGEST), Some(10))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn tags_under_either_name() {
    let body = format!(
        r#"{{"registry":"reg.azurecr.io","imageName":"team/app","tags":[
            {{"tag":"v1","digest":"{DIGEST}","deletedAt":"2023-03-07T02:03:10.53Z"}},
            {{"name":"v2","digest":"{DIGEST}","deletedTime":"2023-03-07T02:03:10.53Z"}}]}}"#
    );
    let registry = Recorder::answering([json(200, &body)]).await;
    let client = registry.client();
    let outcome = client
        .get_deleted_tags("team/app", Some(API_VERSION), Some("v0"), Some(10))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn restored() {
    let registry = Recorder::answering([status(204)]).await;
    let client = registry.client();
    let body = types::RestoreRequest {
        tag: Some("v1".to_owned()),
    };
    let outcome = client
        .restore_deleted_manifest("team/app", DIGEST, Some(API_VERSION), Some(true), &body)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn not_restored_over_a_tag_that_is_there() {
    let registry = Recorder::answering([error(409, "CONFLICT", "the tag exists")]).await;
    let client = registry.client();
    let body = types::RestoreRequest {
        tag: Some("v1".to_owned()),
    };
    let outcome = client
        .restore_deleted_manifest("team/app", DIGEST, None, None, &body)
        .await;
    registry.keep_as("conflict", &told(outcome).await);
}

//! Artifact streaming and the metadata query.

use acr_rest::{API_VERSION, types};

use crate::recorder::{Recorder, error, json, told};

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";
const ID: &str = "5f6a3c1e-0b0a-4a51-8a54-1b5f1c0a7e11";

fn operation(status: &str) -> String {
    format!(
        r#"{{"name":"ArtifactStreamingConversion","resource":"team/app@{DIGEST}","status":"{status}","startTime":"2024-05-01T10:00:00Z","progress":"0%","details":"Queued"}}"#
    )
}

#[tokio::test]
async fn repository() {
    let registry = Recorder::answering([json(200, r#"{"convertPushedImages":false}"#)]).await;
    let client = registry.client();
    let outcome = client
        .get_repository_streaming("team/app", Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn repository_switched_on() {
    let answer = format!(
        r#"{{"convertPushedImages":true,"conversionFormat":"overlaybd","conversionVersion":"v1","status":"Succeeded","id":"{ID}"}}"#
    );
    let registry = Recorder::answering([json(202, &answer)]).await;
    let client = registry.client();
    let body = types::RepositoryStreaming {
        convert_pushed_images: true,
        conversion_format: Some("overlaybd".to_owned()),
        conversion_version: Some("v1".to_owned()),
        id: None,
        status: None,
    };
    let outcome = client
        .set_repository_streaming("team/app", Some(API_VERSION), &body)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn artifact_before_any_conversion() {
    let answer = error(
        404,
        "OPERATION_UNKNOWN",
        "The specified operation does not exist",
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.get_artifact_streaming("app", DIGEST, None).await;
    registry.keep_as("unknown", &told(outcome).await);
}

#[tokio::test]
async fn artifact() {
    let answer = json(200, &format!(r#"{{"id":"{ID}","status":"Running"}}"#)).header(
        "operation-location",
        &format!("https://reg.azurecr.io/acr/v1/team/app/_operations/{ID}"),
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .get_artifact_streaming("team/app", DIGEST, Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn artifact_converted() {
    let answer =
        json(202, &format!(r#"{{"id":"{ID}","status":"NotStarted"}}"#)).header("operation-id", ID);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let body = types::StreamingConversion {
        conversion_format: "overlaybd".to_owned(),
        conversion_version: "v1".to_owned(),
    };
    let outcome = client
        .start_artifact_streaming("team/app", DIGEST, Some(API_VERSION), &body)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn operation_under_way() {
    let registry = Recorder::answering([json(200, &operation("Running"))]).await;
    let client = registry.client();
    let outcome = client
        .get_operation("team/app", ID, Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn operation_cancelled() {
    let registry = Recorder::answering([json(200, &operation("Canceled"))]).await;
    let client = registry.client();
    let outcome = client
        .cancel_operation("team/app", ID, Some(API_VERSION))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn metadata_query() {
    let answer = format!(
        r#"{{"count":1,"region":"westeurope","$skipToken":"next","data":[{{"size":7,"imageSize":528,"mediaType":"application/vnd.oci.image.manifest.v1+json","createdAt":"2024-05-01T10:00:00.1Z","repository":"team/app","digest":"{DIGEST}","annotationIndexProperties":{{"state":"Indexed","count":2}},"new":1}}]}}"#
    );
    let registry = Recorder::answering([json(200, &answer)]).await;
    let client = registry.client();
    let body = types::MetadataQuery {
        query: "Manifests | where imageSize > 500".to_owned(),
        options: Some(types::MetadataQueryOptions {
            skip_token: Some("here".to_owned()),
        }),
    };
    let outcome = client.query_metadata(Some(API_VERSION), &body).await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn metadata_query_from_the_beginning() {
    let answer = r#"{"count":0,"region":"westeurope","$skipToken":"","data":null}"#;
    let registry = Recorder::answering([json(200, answer)]).await;
    let client = registry.client();
    let body = types::MetadataQuery {
        query: "Manifests".to_owned(),
        options: None,
    };
    let outcome = client.query_metadata(None, &body).await;
    registry.keep_as("first", &told(outcome).await);
}

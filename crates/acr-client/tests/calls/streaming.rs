//! Artifact streaming: of a repository, and the conversion of an image.

use std::time::Duration;

use acr_client::StreamingOperation;

use crate::{
    answers::{
        Answer, all, digest, error, forbidden, json, no_manifest, no_repository, tag_properties,
    },
    registry::Registry,
};

const ID: &str = "5f6a3c1e-0b0a-4a51-8a54-1b5f1c0a7e11";

fn started(status: &str) -> Answer {
    json(202, format!(r#"{{"id":"{ID}","status":"{status}"}}"#))
}

fn progress(status: &str, percent: u8) -> Answer {
    let digest = digest();
    json(
        200,
        format!(
            r#"{{"name":"ArtifactStreamingConversion","resource":"team/app@{digest}","status":"{status}","startTime":"2024-05-01T10:00:00Z","progress":"{percent}%","details":"Converting"}}"#
        ),
    )
}

fn unknown() -> Answer {
    error(
        404,
        "OPERATION_UNKNOWN",
        "The specified operation does not exist",
    )
}

fn operation(registry: &Registry) -> StreamingOperation {
    registry.repository().streaming_operation(ID)
}

#[tokio::test]
async fn of_a_repository() {
    let registry = Registry::answering([json(200, r#"{"convertPushedImages":false}"#)]).await;
    let repository = registry.repository();
    keep!(registry, "Repository__streaming", repository.streaming()).unwrap();

    let registry = Registry::answering([no_repository()]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__streaming@not_found",
        repository.streaming()
    )
    .unwrap_err();

    let body = format!(
        r#"{{"convertPushedImages":true,"conversionFormat":"overlaybd","conversionVersion":"v1","status":"Succeeded","id":"{ID}"}}"#
    );
    let registry = Registry::answering([json(202, body)]).await;
    let repository = registry.repository();
    keep!(
        registry,
        "Repository__set_streaming",
        repository.set_streaming(true)
    )
    .unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let repository = registry.repository();
    let name = "Repository__set_streaming@forbidden";
    keep!(registry, name, repository.set_streaming(false)).unwrap_err();
}

#[tokio::test]
async fn of_an_image() {
    let registry = Registry::answering([started("Running")]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(
        registry,
        "Artifact__start_streaming",
        image.start_streaming()
    )
    .unwrap();

    let registry = Registry::answering([tag_properties("v1", all()), started("Running")]).await;
    let image = registry.repository().artifact("v1").unwrap();
    let name = "Artifact__start_streaming@by_tag";
    keep!(registry, name, image.start_streaming()).unwrap();

    let registry = Registry::answering([no_manifest()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    let name = "Artifact__start_streaming@not_found";
    keep!(registry, name, image.start_streaming()).unwrap_err();

    let body = format!(r#"{{"id":"{ID}","status":"Canceled"}}"#);
    let registry = Registry::answering([json(200, body)]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__streaming", image.streaming()).unwrap();

    let registry = Registry::answering([unknown()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__streaming@never", image.streaming()).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let image = registry.repository().artifact(digest()).unwrap();
    keep!(registry, "Artifact__streaming@forbidden", image.streaming()).unwrap_err();
}

#[tokio::test]
async fn a_conversion() {
    let registry = Registry::answering([progress("Running", 40)]).await;
    let conversion = operation(&registry);
    keep!(registry, "StreamingOperation__status", conversion.status()).unwrap();

    let registry = Registry::answering([unknown()]).await;
    let conversion = operation(&registry);
    let name = "StreamingOperation__status@unknown";
    keep!(registry, name, conversion.status()).unwrap_err();

    let registry = Registry::answering([progress("Canceled", 40)]).await;
    let conversion = operation(&registry);
    keep!(registry, "StreamingOperation__cancel", conversion.cancel()).unwrap();

    let registry = Registry::answering([unknown()]).await;
    let conversion = operation(&registry);
    let name = "StreamingOperation__cancel@unknown";
    keep!(registry, name, conversion.cancel()).unwrap_err();
}

#[tokio::test]
async fn the_end_of_a_conversion() {
    let registry = Registry::answering([progress("Running", 40), progress("Succeeded", 100)]).await;
    let conversion = operation(&registry);
    let name = "StreamingOperation__finished";
    keep!(
        registry,
        name,
        conversion
            .finished()
            .poll_interval(Duration::ZERO)
            .on_progress(|now| assert!(now.progress.is_some()))
    )
    .unwrap();

    let registry = Registry::answering([progress("Running", 40), unknown()]).await;
    let conversion = operation(&registry);
    let name = "StreamingOperation__finished@unknown";
    keep!(
        registry,
        name,
        conversion.finished().poll_interval(Duration::ZERO)
    )
    .unwrap_err();
}

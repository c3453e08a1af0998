//! Artifact streaming.

use acr_client::{Repository, RepositoryStreaming, StreamingProgress};
use serde_json::json;

use super::{made, send};
use crate::{
    calls::{
        fields::time,
        input::Input,
        told::{Made, Returned},
    },
    json::Json,
    target::Target,
};

/// Makes the call that a recorded request about streaming stands for.
pub(super) async fn make(repository: &Repository, input: &Input<'_>) -> Option<Made> {
    match (input.method(), &input.target) {
        ("GET", Target::Streaming(_)) => {
            let told = send(input, repository.streaming(), setting).await?;
            Some(made("Repository::streaming", told))
        }
        ("POST", Target::Streaming(_)) => {
            let Some(Json::Plain(converts)) = input.json()?.get("convertPushedImages").cloned()
            else {
                return None;
            };
            let call = repository.set_streaming(converts.parse().ok()?);
            Some(made(
                "Repository::set_streaming",
                send(input, call, setting).await?,
            ))
        }
        ("GET", Target::StreamingOf(_, of)) => {
            let artifact = repository.artifact(of.as_str()).ok()?;
            // By tag the client looks up the digest first.
            artifact.reference().digest()?;
            let told = send(input, artifact.streaming(), |streaming| match streaming {
                Some(streaming) => Returned::fields(json!({
                    "id": streaming.operation.id(),
                    "status": streaming.status.as_str(),
                }))
                .header("operation-id", streaming.operation.id()),
                None => Returned::missing(),
            });
            Some(made("Artifact::streaming", told.await?))
        }
        ("POST", Target::StreamingOf(_, of)) => {
            let artifact = repository.artifact(of.as_str()).ok()?;
            artifact.reference().digest()?;
            let told = send(input, artifact.start_streaming(), |operation| {
                Returned::fields(json!({"id": operation.id()}))
                    .header("operation-id", operation.id())
            });
            Some(made("Artifact::start_streaming", told.await?))
        }
        ("GET", Target::Operation(_, id)) => {
            let operation = repository.streaming_operation(id.as_str());
            Some(made(
                "StreamingOperation::status",
                send(input, operation.status(), progress).await?,
            ))
        }
        ("POST", Target::Operation(_, id)) => {
            let operation = repository.streaming_operation(id.strip_suffix(":cancel")?);
            Some(made(
                "StreamingOperation::cancel",
                send(input, operation.cancel(), progress).await?,
            ))
        }
        _ => None,
    }
}

fn setting(from: &RepositoryStreaming) -> Returned {
    let returned = Returned::fields(json!({
        "convertPushedImages": from.converts_pushed_images,
        "conversionFormat": from.format,
        "conversionVersion": from.version,
        "status": from.status.as_ref().map(ToString::to_string),
        "id": from.operation_id,
    }));
    match &from.operation_id {
        Some(id) => returned.header("operation-id", id),
        None => returned,
    }
}

fn progress(from: &StreamingProgress) -> Returned {
    Returned::fields(json!({
        "name": from.name,
        "resource": from.resource,
        "status": from.status.as_str(),
        "startTime": time(from.started_at),
        "progress": from.progress,
        "details": from.details,
    }))
}

//! What only the registry as a whole knows: the metadata of all manifests, and its health.

use std::collections::VecDeque;

use acr_client::{HealthCheck, HealthOutcome, ManifestMetadata, Page};
use serde_json::{Value, json};

use super::{Stage, lists, made};
use crate::{
    calls::{
        fields::time,
        input::Input,
        player::Script,
        told::{Made, Returned, Told},
    },
    client::Answer,
    json::Json,
};

/// A page of a metadata query.
pub(super) async fn query(stage: &Stage<'_>, input: &Input<'_>) -> Option<Made> {
    let body = input.json()?;
    let list = stage.registry.query_metadata(body.text("query")?);
    let token = skip_token(&body).filter(|token| !token.is_empty());
    let before = token.map(|token| json!({"data": [], "$skipToken": token}));
    let script = Script {
        before: before.iter().map(page_of).collect(),
        behind: VecDeque::from([page_of(&json!({"data": []}))]),
        ..stage.script.clone()
    };
    let told = |page: &Page<ManifestMetadata>| {
        let info = page.query.clone().unwrap_or_default();
        let data: Vec<Value> = page.items.iter().map(manifest).collect();
        json!({"count": info.count, "region": info.region, "data": data})
    };
    let mut made = lists::play(
        stage,
        input,
        "ContainerRegistryClient::query_metadata",
        list,
        script,
        told,
    )
    .await?;
    // What the token comes to shows in the request that follows it.
    let next = stage
        .player
        .seen()
        .behind
        .first()
        .and_then(|asked| Json::parse(&asked.body));
    let next = next.as_ref().and_then(skip_token);
    if let (
        Some(next),
        Told::Value(Returned {
            fields: Some(fields),
            headers,
            ..
        }),
    ) = (next, &mut made.told)
    {
        fields["$skipToken"] = next.into();
        headers.clear();
    }
    Some(made)
}

fn page_of(body: &Value) -> Answer {
    Answer {
        status: 200,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.to_string().into_bytes(),
    }
}

fn manifest(from: &ManifestMetadata) -> Value {
    let index = from.annotation_index.as_ref();
    let mut told = json!({
        "repository": from.repository.as_ref().map(ToString::to_string),
        "digest": from.digest.as_ref().map(ToString::to_string),
        "size": from.size,
        "imageSize": from.image_size,
        "createdAt": time(from.created_at),
        "architecture": from.architecture,
        "os": from.operating_system,
        "mediaType": from.media_type.as_ref().map(ToString::to_string),
        "annotationIndexProperties": index.map(|index| json!({"state": index.state, "count": index.count})),
    });
    if let Some(told) = told.as_object_mut() {
        told.extend(from.other.clone());
    }
    told
}

/// The first question to a registry, which it answers with a challenge: a step of the health check.
pub(super) async fn ping(stage: &Stage<'_>, input: &Input<'_>) -> Option<Made> {
    if input.method() != "GET" {
        return None;
    }
    let report = stage.registry.check_health();
    let report = match input.exchange.asked("x-ms-client-request-id") {
        Some(id) => report.client_request_id(id).await,
        None => report.await,
    };
    let told = match report {
        Ok(mut report) => {
            let at = report
                .steps
                .iter()
                .position(|step| step.check == HealthCheck::Challenge)?;
            let step = report.steps.swap_remove(at);
            match (step.outcome, step.error) {
                (HealthOutcome::Passed, _) => Told::Value(Returned::default()),
                (_, Some(error)) => Told::Error((&*error).into()),
                _ => return None,
            }
        }
        Err(error) => Told::Error((&error).into()),
    };
    Some(made("ContainerRegistryClient::check_health", told))
}

/// Behind what a query goes on.
fn skip_token(body: &Json) -> Option<&str> {
    body.get("options")?.text("$skipToken")
}

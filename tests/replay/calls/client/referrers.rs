//! What was attached to a manifest.

use acr_client::{Page, Referrer, Repository};
use serde_json::{Value, json};

use super::{Stage, lists};
use crate::calls::{input::Input, told::Made};

/// Makes the call that a recorded page of referrers stands for.
pub(super) async fn make(
    stage: &Stage<'_>,
    repository: &Repository,
    of: &str,
    input: &Input<'_>,
) -> Option<Made> {
    if input.method() != "GET" {
        return None;
    }
    let artifact = repository.artifact(of).ok()?;
    // By tag the client looks up the digest first.
    artifact.reference().digest()?;
    let mut list = artifact.referrers();
    if let Some(kind) = input.query("artifactType") {
        list = list.artifact_type(kind);
    }
    let told = |page: &Page<Referrer>| {
        let items: Vec<Value> = page.items.iter().map(referrer).collect();
        json!({"manifests": items})
    };
    lists::page(stage, input, "Artifact::referrers", list, told).await
}

fn referrer(from: &Referrer) -> Value {
    let notes = Some(&from.annotations).filter(|notes| !notes.is_empty());
    json!({
        "mediaType": from.media_type.to_string(),
        "digest": from.digest.to_string(),
        "size": from.size,
        "artifactType": from.artifact_type,
        "annotations": notes,
    })
}

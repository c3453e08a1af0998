//! The management API: not part of any registry, on a port of its own, for test programs that
//! drive the emulator from outside.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use axum::{
    Json, Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::{app::App, store::Attributes};

/// The routes of the management API.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/health", get(health))
        .route("/dump", get(dump))
        .route("/reset", post(reset))
        .route("/clock", post(clock))
        .with_state(app)
}

#[derive(Serialize)]
struct Health {
    status: &'static str,
    service: String,
}

async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health {
        status: "ok",
        service: app.settings.service.clone(),
    })
}

#[derive(Serialize)]
struct Dump {
    repositories: BTreeMap<String, DumpedRepository>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpedRepository {
    created_time: String,
    last_update_time: String,
    changeable_attributes: Attributes,
    tags: BTreeMap<String, DumpedTag>,
    manifests: BTreeMap<String, DumpedManifest>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpedTag {
    digest: String,
    changeable_attributes: Attributes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DumpedManifest {
    media_type: String,
    size: usize,
    subject: Option<String>,
    tags: Vec<String>,
    changeable_attributes: Attributes,
}

async fn dump(State(app): State<Arc<App>>) -> Json<Dump> {
    Json(app.store.read(|state| {
        let repositories = state.repositories.iter().map(|(name, repository)| {
            let tags = repository.tags.iter().map(|(tag, entry)| {
                let dumped = DumpedTag {
                    digest: entry.digest.to_string(),
                    changeable_attributes: entry.attributes,
                };
                (tag.clone(), dumped)
            });
            let manifests = repository.manifests.iter().map(|(digest, manifest)| {
                let dumped = DumpedManifest {
                    media_type: manifest.media_type.clone(),
                    size: manifest.content.len(),
                    subject: manifest.summary.subject.as_ref().map(ToString::to_string),
                    tags: manifest.tags.iter().cloned().collect(),
                    changeable_attributes: manifest.attributes,
                };
                (digest.clone(), dumped)
            });
            let dumped = DumpedRepository {
                created_time: repository.created.to_string(),
                last_update_time: repository.updated.to_string(),
                changeable_attributes: repository.attributes,
                tags: tags.collect(),
                manifests: manifests.collect(),
            };
            (name.clone(), dumped)
        });
        Dump {
            repositories: repositories.collect(),
        }
    }))
}

async fn reset(State(app): State<Arc<App>>) -> Response {
    match app.reset() {
        Ok(()) => StatusCode::NO_CONTENT.into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

#[derive(Deserialize)]
struct Advance {
    advance_seconds: u64,
}

#[derive(Serialize)]
struct Now {
    now: String,
}

async fn clock(State(app): State<Arc<App>>, Json(advance): Json<Advance>) -> Json<Now> {
    app.clock
        .advance(Duration::from_secs(advance.advance_seconds));
    let now = app.clock.now().to_string();
    Json(Now { now })
}

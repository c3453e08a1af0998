//! What the registry holds, as JSON, and an end of it.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;

use super::body::Refusal;
use crate::{app::App, store::Attributes};

#[derive(Serialize)]
pub(super) struct Health {
    status: &'static str,
    service: String,
}

/// `GET /health`.
pub(super) async fn health(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health {
        status: "ok",
        service: app.settings.service.clone(),
    })
}

/// `GET /ca.pem`: the certificate to trust for https, if the emulator made one.
pub(super) async fn ca(State(app): State<Arc<App>>) -> Response {
    let Some(pem) = &app.settings.ca_pem else {
        let reason = "no certificate was made here: it serves http alone, or with one given to it";
        return Refusal::new(StatusCode::NOT_FOUND, reason).into_response();
    };
    let kind = [(header::CONTENT_TYPE, "application/x-pem-file")];
    (kind, pem.clone()).into_response()
}

#[derive(Serialize)]
pub(super) struct Dump {
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
    size: u64,
    subject: Option<String>,
    tags: Vec<String>,
    changeable_attributes: Attributes,
}

/// `GET /dump`.
pub(super) async fn dump(State(app): State<Arc<App>>) -> Json<Dump> {
    Json(app.store.read(|state| {
        let repositories = state.repositories.iter().map(|(name, repository)| {
            let tags = repository.tags.iter().map(|(tag, entry)| {
                let dumped = DumpedTag {
                    digest: entry.digest.to_string(),
                    changeable_attributes: entry.attributes,
                };
                (tag.to_owned(), dumped)
            });
            let manifests = repository.manifests.iter().map(|(digest, manifest)| {
                let dumped = DumpedManifest {
                    media_type: manifest.media_type.clone(),
                    size: manifest.content.size(),
                    subject: manifest.summary.subject.as_ref().map(ToString::to_string),
                    tags: manifest.tags.names().map(str::to_owned).collect(),
                    changeable_attributes: manifest.attributes,
                };
                (digest.to_owned(), dumped)
            });
            let dumped = DumpedRepository {
                created_time: repository.created.to_string(),
                last_update_time: repository.updated.to_string(),
                changeable_attributes: repository.attributes,
                tags: tags.collect(),
                manifests: manifests.collect(),
            };
            (name.to_owned(), dumped)
        });
        Dump {
            repositories: repositories.collect(),
        }
    }))
}

/// `POST /reset`.
pub(super) async fn reset(State(app): State<Arc<App>>) -> Result<StatusCode, Refusal> {
    app.reset()?;
    Ok(StatusCode::NO_CONTENT)
}

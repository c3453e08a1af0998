//! What the registry holds, as JSON, and an end of it.

use std::{io, sync::Arc};

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};
use serde::Serialize;
use tokio::task::spawn_blocking;

use super::body::Refusal;
use crate::{app::App, dump::Dump};

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

/// `GET /dump`.
pub(super) async fn dump(State(app): State<Arc<App>>) -> Result<Response, Refusal> {
    let dumping = spawn_blocking(move || Json(Dump::of(&app.store)).into_response());
    Ok(dumping.await.map_err(io::Error::from)?)
}

/// `POST /reset`.
pub(super) async fn reset(State(app): State<Arc<App>>) -> Result<StatusCode, Refusal> {
    let resetting = spawn_blocking(move || app.reset());
    resetting.await.map_err(io::Error::from)??;
    Ok(StatusCode::NO_CONTENT)
}

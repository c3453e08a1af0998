//! The rules by which calls go wrong.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, State},
};
use http::StatusCode;
use serde::Serialize;

use super::body::{Body, Refusal};
use crate::{
    app::App,
    faults::{FaultId, FaultRule, InjectedFault},
};

/// The number of a new rule.
#[derive(Serialize)]
pub(super) struct Injected {
    id: FaultId,
}

/// `POST /faults`: puts a rule in force.
pub(super) async fn inject(
    State(app): State<Arc<App>>,
    Body(rule): Body<FaultRule>,
) -> Result<(StatusCode, Json<Injected>), Refusal> {
    let id = app.faults.inject(rule).map_err(Refusal::bad)?;
    Ok((StatusCode::CREATED, Json(Injected { id })))
}

/// `GET /faults`: the rules in force, and how many calls each has hit.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<InjectedFault>> {
    Json(app.faults.all())
}

/// `DELETE /faults`: ends all rules.
pub(super) async fn clear(State(app): State<Arc<App>>) -> StatusCode {
    app.faults.clear();
    StatusCode::NO_CONTENT
}

/// `DELETE /faults/{id}`: ends one.
pub(super) async fn remove(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    let number = id.parse().ok().map(FaultId);
    if number.is_some_and(|id| app.faults.remove(id)) {
        return Ok(StatusCode::NO_CONTENT);
    }
    let reason = format!("there is no fault rule {id}");
    Err(Refusal::new(StatusCode::NOT_FOUND, reason))
}

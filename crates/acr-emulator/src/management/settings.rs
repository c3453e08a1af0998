//! What can be changed while the emulator runs.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde_json::{Map, Value};

use super::body::{Body, Refusal};
use crate::{app::App, modes::Settings};

/// `GET /settings`.
pub(super) async fn get(State(app): State<Arc<App>>) -> Json<Settings> {
    Json(app.modes())
}

/// `PATCH /settings`: changes those that are named, all of them or none.
pub(super) async fn change(
    State(app): State<Arc<App>>,
    Body(patch): Body<Map<String, Value>>,
) -> Result<Json<Settings>, Refusal> {
    let changed = app.change_modes(|modes| {
        let mut merged = serde_json::to_value(modes).map_err(Refusal::bad)?;
        if let Value::Object(settings) = &mut merged {
            settings.extend(patch);
        }
        let settings: Settings = serde_json::from_value(merged).map_err(Refusal::bad)?;
        settings.checked().map_err(Refusal::bad)
    });
    changed.map(Json)
}

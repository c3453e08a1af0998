//! The emulator's time.

use std::{sync::Arc, time::Duration};

use axum::{Json, extract::State};
use serde::{Deserialize, Serialize};

use super::body::Body;
use crate::app::App;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Advance {
    advance_seconds: u64,
}

#[derive(Serialize)]
pub(super) struct Now {
    now: String,
}

/// `GET /clock`.
pub(super) async fn now(State(app): State<Arc<App>>) -> Json<Now> {
    let now = app.clock.now().to_string();
    Json(Now { now })
}

/// `POST /clock`: puts it forward.
pub(super) async fn advance(
    State(app): State<Arc<App>>,
    Body(advance): Body<Advance>,
) -> Json<Now> {
    app.clock
        .advance(Duration::from_secs(advance.advance_seconds));
    now(State(app)).await
}

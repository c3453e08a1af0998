//! Tokens that were given out.

use std::sync::Arc;

use axum::extract::State;
use http::StatusCode;

use super::body::Refusal;
use crate::app::App;

/// `POST /tokens/revoke`: makes all of them worthless.
pub(super) async fn revoke(State(app): State<Arc<App>>) -> Result<StatusCode, Refusal> {
    app.revoke_tokens()?;
    Ok(StatusCode::NO_CONTENT)
}

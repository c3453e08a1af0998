//! The log of requests.

use std::sync::Arc;

use axum::{Json, extract::State};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;

use crate::{
    app::App,
    requests::{Listener, RequestRecord},
};

/// A [`RequestRecord`] as JSON.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Logged {
    listener: Listener,
    operation: Option<&'static str>,
    repository: Option<String>,
    method: String,
    path: String,
    query: Option<String>,
    range: Option<String>,
    received: u64,
    status: u16,
    scope: Option<String>,
    time: Option<Timestamp>,
    duration_milliseconds: f64,
}

impl From<RequestRecord> for Logged {
    fn from(record: RequestRecord) -> Self {
        Self {
            listener: record.listener,
            operation: record.operation,
            repository: record.repository,
            method: record.method,
            path: record.path,
            query: record.query,
            range: record.range,
            received: record.received,
            status: record.status,
            scope: record.scope,
            time: record.at.try_into().ok(),
            duration_milliseconds: record.duration.as_secs_f64() * 1000.0,
        }
    }
}

/// `GET /requests`: the last ten thousand, oldest first.
pub(super) async fn list(State(app): State<Arc<App>>) -> Json<Vec<Logged>> {
    let records = app.requests.all().into_iter();
    Json(records.map(Logged::from).collect())
}

/// `DELETE /requests`: forgets them.
pub(super) async fn forget(State(app): State<Arc<App>>) -> StatusCode {
    app.requests.clear();
    StatusCode::NO_CONTENT
}

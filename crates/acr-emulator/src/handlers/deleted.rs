//! What was deleted and can be restored: nothing, deleted is deleted here.

use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use crate::reply;

/// GET `/acr/v1/_deleted/_catalog`.
pub(crate) fn list_repositories() -> Response {
    #[derive(Serialize)]
    struct Catalog {
        repositories: Option<Vec<String>>,
    }
    reply::json(StatusCode::OK, &Catalog { repositories: None })
}

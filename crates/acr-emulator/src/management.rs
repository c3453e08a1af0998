//! The management API: not part of any registry, on a port of its own, for test programs that
//! drive the emulator from outside.

mod body;
mod clock;
mod faults;
mod guard;
mod page;
mod requests;
mod seed;
mod settings;
mod state;
mod tokens;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    middleware,
    routing::{delete, get, post},
};

use crate::app::App;

/// The routes of the management API.
pub(crate) fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(page::show))
        .route("/health", get(state::health))
        .route("/ca.pem", get(state::ca))
        .route("/dump", get(state::dump))
        .route("/reset", post(state::reset))
        .route(
            "/seed",
            post(seed::seed).layer(DefaultBodyLimit::max(seed::MAX)),
        )
        .route("/clock", get(clock::now).post(clock::advance))
        .route(
            "/faults",
            get(faults::list).post(faults::inject).delete(faults::clear),
        )
        .route("/faults/{id}", delete(faults::remove))
        .route("/settings", get(settings::get).patch(settings::change))
        .route("/requests", get(requests::list).delete(requests::forget))
        .route("/tokens/revoke", post(tokens::revoke))
        .layer(middleware::from_fn(guard::guard))
        .with_state(app)
}

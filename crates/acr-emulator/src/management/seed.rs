//! Content that nobody pushed.

use std::{io, sync::Arc};

use axum::{Json, body::Bytes, extract::State};

use super::body::Refusal;
use crate::{
    app::App,
    seed::{Seed, SeedError, Seeded, plant},
};

/// The longest seed: 1 GiB, five times what a million tags need.
pub(super) const MAX: usize = 1024 * 1024 * 1024;

/// `POST /seed`: adds to what is there, all of it or nothing.
pub(super) async fn seed(
    State(app): State<Arc<App>>,
    body: Bytes,
) -> Result<Json<Seeded>, Refusal> {
    let planting = tokio::task::spawn_blocking(move || {
        let seed: Seed = serde_json::from_slice(&body).map_err(Refusal::bad)?;
        drop(body);
        plant(&app, seed).map_err(|error| match error {
            SeedError::Store(source) => source.into(),
            invalid => Refusal::bad(invalid),
        })
    });
    planting.await.map_err(io::Error::from)?.map(Json)
}

//! What else only the Azure CLI does: soft delete, artifact streaming, metadata query, health.

mod deleted;
mod health;
mod metadata;
mod streaming;

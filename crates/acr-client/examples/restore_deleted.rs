//! Brings back a tag that was deleted, in a registry with soft delete.
//!
//! ```console
//! $ cargo run --example restore_deleted
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::Repository;
use anyhow::{Context, Result};

#[tokio::main]
async fn main() -> Result<()> {
    let demo = demo::Demo::start().await?;
    if let Some(emulator) = &demo.emulator {
        // Elsewhere: az acr config soft-delete update --registry myregistry --status enabled
        let mut settings = emulator.settings();
        settings.soft_delete = true;
        emulator.set_settings(settings)?;
    }
    demo.in_new_repository(restore).await
}

async fn restore(app: Repository) -> Result<()> {
    demo::push_image(&app, "layer", &["v1"]).await?;
    demo::push_image(&app, "other layer", &["v2"]).await?;
    app.artifact("v1")?.delete().await?;

    // What was deleted last comes last.
    let tags = app.list_deleted_tags().try_collect().await?;
    let last = tags.iter().rfind(|tag| tag.name.as_str() == "v1");
    let last = last.context("v1 was deleted")?;
    println!("deleted: {} {}", last.name, last.digest);
    app.restore_manifest(&last.digest).tag(&last.name).await?;

    let tag = app.tag("v1")?.properties().await?;
    println!("restored: {} {}", tag.name, tag.digest);
    Ok(())
}

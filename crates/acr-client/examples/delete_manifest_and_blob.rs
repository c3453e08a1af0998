//! Deletes a manifest, and a blob.
//!
//! ```console
//! $ cargo run --example delete_manifest_and_blob
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Deleted, ErrorKind, Repository};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start().await?.in_new_repository(delete).await
}

async fn delete(app: Repository) -> Result<()> {
    demo::push_image(&app, "layer", &["v1", "latest"]).await?;
    let image = app.artifact("v1")?;
    let layers = image.content().await?.as_image()?.layers;

    // By tag it is an error while other tags would go along.
    if let Err(error) = image.delete().await
        && let ErrorKind::OtherTags(tags) = error.kind()
    {
        println!("also tagged: {}", tags.join(", "));
    }
    // One says so, or names the digest: then it is the manifest that is meant.
    println!("manifest: {:?}", image.delete().with_all_tags().await?);
    // That something is not there is an answer, not an error.
    println!("again: {:?}", image.delete().with_all_tags().await?);

    // Layers that no manifest names any more are removed by the registry itself, after a while.
    for layer in layers {
        let outcome = app.delete_blob(&layer.digest).await?;
        println!(
            "layer: {outcome:?}, was there: {}",
            outcome == Deleted::Deleted
        );
    }
    Ok(())
}

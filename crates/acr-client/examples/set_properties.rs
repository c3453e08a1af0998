//! Locks an image, so that nobody can delete or overwrite it, and unlocks it again.
//!
//! ```console
//! $ cargo run --example set_properties
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::Repository;
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    // Elsewhere: registry.repository("team/app")?
    demo::Demo::start().await?.in_new_repository(lock).await
}

async fn lock(app: Repository) -> Result<()> {
    demo::push_image(&app, "layer", &["v1"]).await?;
    let (image, tag) = (app.artifact("v1")?, app.tag("v1")?);

    // A manifest and each of its tags have locks of their own. Only the flags that are named change.
    let manifest = image
        .update_properties()
        .can_write(false)
        .can_delete(false)
        .await?;
    println!(
        "manifest locked: {}",
        !manifest.can_write && !manifest.can_delete
    );
    println!("and still listed: {}", manifest.can_list);
    let name = tag.update_properties().can_write(false).await?;
    println!("tag locked: {}", !name.can_write);

    match image.delete().with_all_tags().await {
        Err(error) if error.is_locked() => println!("cannot be deleted, as it should be"),
        other => println!("unexpected: {other:?}"),
    }

    tag.update_properties().can_write(true).await?;
    image
        .update_properties()
        .can_write(true)
        .can_delete(true)
        .await?;
    println!("{:?}", image.delete().with_all_tags().await?);
    Ok(())
}

//! Deletes the tags of nightly builds but the newest. The manifests stay, and can still be pulled
//! by digest.
//!
//! ```console
//! $ cargo run --example delete_tags
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{OrderBy, Repository};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start()
        .await?
        .in_new_repository(delete_nightlies)
        .await
}

async fn delete_nightlies(app: Repository) -> Result<()> {
    for night in ["nightly-01", "nightly-02", "nightly-03"] {
        demo::push_image(&app, night, &[night]).await?;
    }
    demo::push_image(&app, "release", &["v1"]).await?;

    // All are collected before the first is deleted: a list goes on behind the last item of a
    // page, and that should still be there.
    let tags = app
        .list_tags()
        .order(OrderBy::LastUpdatedDescending)
        .try_collect()
        .await?;
    let nightlies = tags
        .into_iter()
        .filter(|tag| tag.name.as_str().starts_with("nightly-"));
    for old in nightlies.skip(1) {
        if old.can_delete && old.can_write {
            let untagged = app.tag(&old.name)?.delete().await?;
            println!("{} was there: {}", old.name, untagged.is_some());
        } else {
            println!("{} is locked and stays", old.name);
        }
    }

    let left = app.list_tags().try_collect().await?;
    let left: Vec<_> = left.iter().map(|tag| tag.name.as_str()).collect();
    println!("tags left: {}", left.join(", "));
    let manifests = app.list_manifests().try_collect().await?;
    println!("manifests left: {}", manifests.len());
    Ok(())
}

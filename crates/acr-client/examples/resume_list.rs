//! Lists by the page, stops, and goes on later, perhaps in another process.
//!
//! ```console
//! $ cargo run --example resume_list
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Continuation, Repository};
use anyhow::{Context, Result};

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start().await?.in_new_repository(list).await
}

async fn list(app: Repository) -> Result<()> {
    for tag in ["v1", "v2", "v3", "v4", "v5"] {
        demo::push_image(&app, "layer", &[tag]).await?;
    }

    let mut pages = app.list_tags().page_size(2).pages();
    let page = pages.try_next().await?.context("there is a page")?;
    for tag in &page.items {
        println!("today: {}", tag.name);
    }
    // It names no host and holds no secret: it may be stored anywhere.
    let stored = serde_json::to_string(&page.continuation)?;

    let continuation: Option<Continuation> = serde_json::from_str(&stored)?;
    let continuation = continuation.context("there is more")?;
    let mut rest = app.list_tags().page_size(2).resume(&continuation)?;
    while let Some(tag) = rest.try_next().await? {
        println!("tomorrow: {}", tag.name);
    }
    Ok(())
}

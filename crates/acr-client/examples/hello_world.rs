//! What is in a registry: its repositories, and the tags of each.
//!
//! ```console
//! $ cargo run --example hello_world
//! $ CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.io cargo run --example hello_world
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::ContainerRegistryClient;
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let demo = demo::Demo::start().await?;
    show(&demo.registry).await
}

async fn show(registry: &ContainerRegistryClient) -> Result<()> {
    println!("{}", registry.endpoint());
    let mut names = registry.list_repositories();
    while let Some(name) = names.try_next().await? {
        println!("{name}");
        let mut tags = registry.repository(&name)?.list_tags();
        while let Some(tag) = tags.try_next().await? {
            println!("  {}  {}", tag.name, tag.digest);
        }
    }
    Ok(())
}

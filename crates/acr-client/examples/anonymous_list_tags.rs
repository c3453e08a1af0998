//! The tags of a repository, as nobody: for registries with anonymous pull.
//!
//! ```console
//! $ cargo run --example anonymous_list_tags
//! $ CONTAINERREGISTRY_ANONREGISTRY_ENDPOINT=https://mypublic.azurecr.io \
//!       cargo run --example anonymous_list_tags -- library/hello-world
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{ContainerRegistryClient, OrderBy};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "library/hello-world".to_owned());
    // Elsewhere: ContainerRegistryClient::anonymous("mypublic.azurecr.io")?
    let demo = demo::Demo::anonymous().await?;
    list(&demo.registry, &name).await
}

async fn list(registry: &ContainerRegistryClient, name: &str) -> Result<()> {
    let repository = registry.repository(name)?;
    // What was changed last comes first. A page is fetched when it is needed.
    let mut tags = repository.list_tags().order(OrderBy::LastUpdatedDescending);
    while let Some(tag) = tags.try_next().await? {
        println!(
            "{}:{}  {}",
            repository.name(),
            tag.name,
            tag.last_updated_at
                .map_or_else(|| "no time told".to_owned(), |at| at.to_string())
        );
    }
    // Nobody may write: the error says what is missing.
    let refused = repository
        .tag("v1")?
        .update_properties()
        .can_write(false)
        .await;
    if let Err(error) = refused {
        println!("refused: {}", error.is_unauthorized());
    }
    Ok(())
}

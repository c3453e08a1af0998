//! From a repository to its manifests, to what those consist of.
//!
//! ```console
//! $ cargo run --example walk_registry
//! $ CONTAINERREGISTRY_ENDPOINT=URL cargo run --example walk_registry -- library/hello-world
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Artifact, ContainerRegistryClient};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let name = std::env::args()
        .nth(1)
        .unwrap_or_else(|| "library/hello-world".to_owned());
    let demo = demo::Demo::start().await?;
    walk(&demo.registry, &name).await
}

async fn walk(registry: &ContainerRegistryClient, name: &str) -> Result<()> {
    let repository = registry.repository(name)?;
    let properties = repository.properties().await?;
    println!(
        "{name}: {} manifests, {} tags",
        properties.manifest_count.unwrap_or_default(),
        properties.tag_count.unwrap_or_default()
    );

    let mut manifests = repository.list_manifests();
    while let Some(manifest) = manifests.try_next().await? {
        let tags: Vec<_> = manifest.tags.iter().map(ToString::to_string).collect();
        let image = repository.artifact(&manifest.digest)?;
        println!("\n{}\n  tags: {}", image.full_reference(), tags.join(", "));
        println!(
            "  pushed {}, can be deleted: {}",
            manifest
                .created_at
                .map_or_else(|| "once".to_owned(), |at| at.to_string()),
            manifest.can_delete
        );
        describe(&image).await?;
    }
    Ok(())
}

/// What a manifest consists of: platforms, or a configuration and layers.
async fn describe(image: &Artifact) -> Result<()> {
    let manifest = image.content().await?;
    if manifest.media_type.is_index() {
        for child in manifest.as_index()?.manifests {
            let platform = child
                .platform
                .map(|it| format!("{}/{}", it.os, it.architecture));
            println!("  {}  {}", platform.unwrap_or_default(), child.digest);
        }
    } else {
        let manifest = manifest.as_image()?;
        println!(
            "  config  {:>8} bytes  {}",
            manifest.config.size, manifest.config.digest
        );
        for layer in manifest.layers {
            println!("  layer   {:>8} bytes  {}", layer.size, layer.digest);
        }
    }
    Ok(())
}

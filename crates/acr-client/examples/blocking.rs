//! Without async: the same calls, each of which is waited for.
//!
//! ```console
//! $ cargo run --features blocking --example blocking
//! $ CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.io cargo run --features blocking --example blocking
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use std::io::Read;

use acr_client::{ContainerRegistryClient, Repository};
use anyhow::Result;

fn main() -> Result<()> {
    // The emulator is a server, and needs a runtime. A registry of your own does not.
    let runtime = tokio::runtime::Runtime::new()?;
    let demo = runtime.block_on(demo::Demo::start())?;
    show(&demo.registry)
}

fn show(registry: &ContainerRegistryClient) -> Result<()> {
    println!("{}", registry.endpoint());
    for name in registry.list_repositories().iter() {
        let repository = registry.repository(name?)?;
        println!("{}", repository.name());
        for tag in repository.list_tags().iter() {
            let tag = tag?;
            println!("  {}  {}", tag.name, tag.digest);
            read_config(&repository, tag.name.as_str())?;
        }
    }
    Ok(())
}

/// Reads the configuration of an image as one reads a file.
fn read_config(repository: &Repository, tag: &str) -> Result<()> {
    let manifest = repository.get_manifest(tag).wait()?;
    // Not every tag is that of an image for one platform.
    let Ok(image) = manifest.as_image() else {
        return Ok(());
    };
    let config = repository.download_blob(&image.config.digest);
    let mut text = String::new();
    config
        .reader()
        .wait()?
        .blocking()
        .read_to_string(&mut text)?;
    println!("    {} bytes of config", text.len());
    Ok(())
}

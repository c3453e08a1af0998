//! Downloads an image into a folder: the manifest, the configuration and each layer, all verified.
//!
//! ```console
//! $ cargo run --example download_image
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use std::path::Path;

use acr_client::Repository;
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let demo = demo::Demo::start().await?;
    let story = async |app: Repository| {
        demo::push_image(&app, "layer", &["v1"]).await?;
        let folder = tempfile::tempdir()?;
        download(&app, "v1", folder.path()).await
    };
    demo.in_new_repository(story).await
}

async fn download(app: &Repository, tag: &str, folder: &Path) -> Result<()> {
    // The bytes are those of the digest, or the call fails.
    let manifest = app.get_manifest(tag).await?;
    std::fs::write(folder.join("manifest.json"), &manifest.bytes)?;
    let image = manifest.as_image()?;
    for blob in image.layers.iter().chain([&image.config]) {
        // A file is whole and verified, or it is not there.
        let file = folder.join(blob.digest.hex());
        let done = app.download_blob(&blob.digest).to_file(&file).await?;
        println!("{}  {} bytes", done.digest, done.size);
    }
    println!("{} files", std::fs::read_dir(folder)?.count());
    Ok(())
}

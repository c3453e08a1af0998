//! Copies an image into another repository of the same registry: no layer is transferred.
//!
//! ```console
//! $ cargo run --example copy_image
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{MountOutcome, Repository};
use anyhow::{Result, bail};

#[tokio::main]
async fn main() -> Result<()> {
    let demo = demo::Demo::start().await?;
    let registry = demo.registry.clone();
    let from_then_to = async |from: Repository| {
        demo::push_image(&from, "layer", &["v1"]).await?;
        let to = async |to: Repository| copy(&from, "v1", &to).await;
        demo::in_new_repository(&registry, to).await
    };
    demo.in_new_repository(from_then_to).await
}

async fn copy(from: &Repository, tag: &str, to: &Repository) -> Result<()> {
    let manifest = from.get_manifest(tag).await?;
    let image = manifest.as_image()?;
    for blob in image.layers.iter().chain([&image.config]) {
        // The registry takes the blob over from the repository that has it.
        match to.mount_blob(&blob.digest).from(from.name()).await? {
            MountOutcome::Mounted(digest) => println!("mounted {digest}"),
            MountOutcome::NotMounted(upload) => {
                upload.cancel().await?;
                bail!("{} is not in {}", blob.digest, from.name());
            }
        }
    }
    // The same bytes have the same digest.
    let copied = to.put_manifest(manifest.clone()).tags([tag]).await?;
    println!(
        "the same digest: {}",
        copied.descriptor.digest == manifest.digest
    );
    Ok(())
}

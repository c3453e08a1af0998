//! Uploads an image: its layers, its configuration, and the manifest that names them.
//!
//! ```console
//! $ cargo run --example upload_image
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Manifest, MediaType, Repository, Source};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start().await?.in_new_repository(upload).await
}

async fn upload(app: Repository) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("layer.tar.gz");
    std::fs::write(&file, "the bytes of a layer")?;

    // The file is read and sent in pieces: memory does not grow with it.
    let layer = app
        .upload_blob(Source::file(&file))
        .media_type(MediaType::IMAGE_LAYER_GZIP)
        .on_progress(|progress| println!("{} bytes sent", progress.bytes))
        .await?;
    let config = app
        .upload_blob(r#"{"os":"linux","architecture":"amd64"}"#)
        .media_type(MediaType::IMAGE_CONFIG)
        .await?;
    // The manifest comes last: the registry refuses one whose blobs it does not have.
    let pushed = app
        .put_manifest(Manifest::image(config, [layer]))
        .tags(["v1", "latest"])
        .await?;

    println!("pushed {}", app.artifact("v1")?.full_reference());
    println!("digest {}", pushed.descriptor.digest);
    Ok(())
}

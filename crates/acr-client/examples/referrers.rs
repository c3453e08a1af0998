//! Attaches a list of components to an image, and finds it again.
//!
//! ```console
//! $ cargo run --example referrers
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Attachment, Repository};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start().await?.in_new_repository(attach).await
}

async fn attach(app: Repository) -> Result<()> {
    demo::push_image(&app, "layer", &["v1"]).await?;
    let image = app.artifact("v1")?;

    let components = r#"{"spdxVersion": "SPDX-2.3", "packages": []}"#;
    let list = Attachment::new("application/spdx+json")
        .file("sbom.spdx.json", components, "application/spdx+json")
        .annotation("org.opencontainers.image.created", "2026-01-31T12:00:00Z");
    let attached = image.attach(list).await?;
    println!("attached {}", attached.descriptor.digest);

    let mut found = image.referrers().artifact_type("application/spdx+json");
    while let Some(referrer) = found.try_next().await? {
        let manifest = app.get_manifest(&referrer.digest).await?.as_image()?;
        let bytes = app
            .download_blob(&manifest.layers[0].digest)
            .bytes(1024 * 1024)
            .await?;
        println!("found    {}  {} bytes", referrer.digest, bytes.len());
    }
    Ok(())
}

//! One name for several platforms: an OCI index, and Docker's manifest list as bytes of one's own.
//!
//! ```console
//! $ cargo run --example manifest_list
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Manifest, MediaType, Platform, Repository};
use anyhow::Result;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start()
        .await?
        .in_new_repository(manifest_lists)
        .await
}

async fn manifest_lists(app: Repository) -> Result<()> {
    let amd64 = demo::push_image(&app, "for amd64", &[]).await?;
    let arm64 = demo::push_image(&app, "for arm64", &[]).await?;

    // An OCI index, typed.
    let index = Manifest::index([
        amd64.clone().platform(Platform::new("linux", "amd64")),
        arm64.clone().platform(Platform::new("linux", "arm64")),
    ]);
    app.put_manifest(index).tags(["oci"]).await?;

    // Any other manifest goes as bytes, stored as they are, of the type that one says.
    let list = json!({
        "schemaVersion": 2,
        "mediaType": MediaType::DOCKER_MANIFEST_LIST,
        "manifests": [
            {"mediaType": amd64.media_type, "digest": amd64.digest, "size": amd64.size,
             "platform": {"os": "linux", "architecture": "amd64"}},
            {"mediaType": arm64.media_type, "digest": arm64.digest, "size": arm64.size,
             "platform": {"os": "linux", "architecture": "arm64"}},
        ],
    });
    let list = Manifest::raw(MediaType::DOCKER_MANIFEST_LIST, serde_json::to_vec(&list)?);
    app.put_manifest(list).tags(["docker"]).await?;

    for tag in ["oci", "docker"] {
        let manifest = app.get_manifest(tag).await?;
        println!("{tag}: {}", manifest.media_type);
        for child in manifest.as_index()?.manifests {
            let platform = child
                .platform
                .map(|it| format!("{}/{}", it.os, it.architecture));
            println!("  {}  {}", platform.unwrap_or_default(), child.digest);
        }
    }
    Ok(())
}

//! The crate oci-client against the emulator, as a suite of `cargo xtask interop`.

mod blobs;
mod cases;
mod images;
mod lists;
mod registry;

use anyhow::{Result, anyhow};

use cases::Cases;
use registry::Registry;

#[tokio::main]
async fn main() -> Result<()> {
    let provider = rustls::crypto::ring::default_provider();
    provider
        .install_default()
        .map_err(|_| anyhow!("there is a TLS provider already"))?;
    cases::client("oci-client", version());
    for registry in [Registry::https()?, Registry::http()?] {
        let mut cases = Cases::new(&registry.scheme);
        blobs::run(&registry, &mut cases).await;
        images::run(&registry, &mut cases).await;
        lists::run(&registry, &mut cases).await;
    }
    Ok(())
}

/// What the lock file says.
fn version() -> &'static str {
    let lock = include_str!("../Cargo.lock");
    let (_, after) = lock
        .split_once("name = \"oci-client\"\nversion = \"")
        .unwrap_or_default();
    after.split('"').next().unwrap_or_default()
}

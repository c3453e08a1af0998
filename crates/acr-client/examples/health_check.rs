//! Whether a registry can be reached and used from here, step by step, with what to do.
//!
//! ```console
//! $ cargo run --example health_check
//! $ CONTAINERREGISTRY_ENDPOINT=URL cargo run --example health_check -- team/app
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Action, ContainerRegistryClient, Credential};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    let name = std::env::args().nth(1);
    let name = name.unwrap_or_else(|| "team/app".to_owned());
    let demo = demo::Demo::start().await?;
    check(&demo.registry, &name).await?;
    if demo.emulator.is_some() {
        println!("\nand with a password that is wrong:");
        let wrong = Credential::password("emulator", "wrong");
        let registry = ContainerRegistryClient::new(demo.registry.endpoint().clone(), wrong)?;
        check(&registry, &name).await?;
    }
    Ok(())
}

async fn check(registry: &ContainerRegistryClient, name: &str) -> Result<()> {
    let report = registry
        .check_health()
        .repository(name)
        .actions([Action::Pull, Action::Push])
        .await?;
    println!("{report}");
    println!("healthy: {}", report.is_healthy());
    Ok(())
}

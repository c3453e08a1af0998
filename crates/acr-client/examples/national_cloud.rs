//! Registries outside of the public cloud: nothing has to be said for those that Azure runs; what
//! can be said is shown.
//!
//! ```console
//! $ cargo run --example national_cloud
//! $ CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.cn cargo run --example national_cloud
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Audience, Cloud, ContainerRegistryClient, Credential};
use anyhow::Result;

#[tokio::main]
async fn main() -> Result<()> {
    // The domain says which cloud it is, and so which authority is asked for tokens. None is asked
    // before the first call.
    for host in [
        "myregistry.azurecr.io",
        "myregistry.azurecr.cn",
        "myregistry.azurecr.us",
    ] {
        let registry = ContainerRegistryClient::new(host, Credential::default_chain())?;
        println!(
            "{}  {:?}",
            registry.endpoint(),
            Cloud::of(registry.endpoint())
        );
    }

    // A custom domain hides it; a registry may insist on an older audience.
    let registry = ContainerRegistryClient::builder("registry.contoso.example")
        .login_server("contoso.azurecr.cn")
        .cloud(Cloud::China)
        .audience(Audience::ResourceManagerChina)
        .credential(Credential::default_chain())
        .build()?;
    println!("{}", registry.endpoint());

    // A cloud of one's own.
    let own = Cloud::custom("https://login.contoso.example")?;
    let registry = ContainerRegistryClient::builder("registry.local.contoso.example")
        .cloud(own)
        .audience("https://containerregistry.contoso.example")
        .credential(Credential::default_chain())
        .build()?;
    println!("{}", registry.endpoint());

    let demo = demo::Demo::start().await?;
    let names = demo.registry.list_repositories().try_collect().await?;
    println!("{} repositories", names.len());
    Ok(())
}

//! As a user with a password: the admin user, a service principal, or a repository-scoped token,
//! which may do in some repositories what its scope map says.
//!
//! ```console
//! $ cargo run --example sign_in_with_password
//! $ export CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.io
//! $ CONTAINERREGISTRY_USERNAME=ci CONTAINERREGISTRY_PASSWORD=… cargo run --example sign_in_with_password
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use std::env;

use acr_client::{ContainerRegistryClient, Credential};
use acr_emulator::{Emulator, ScopeAction, ScopeMap};
use anyhow::{Context, Result};

#[tokio::main]
async fn main() -> Result<()> {
    if let Ok(endpoint) = env::var("CONTAINERREGISTRY_ENDPOINT") {
        let read = |name| env::var(name).with_context(|| format!("{name} is not set"));
        let username = read("CONTAINERREGISTRY_USERNAME")?;
        return list(&endpoint, &username, read("CONTAINERREGISTRY_PASSWORD")?).await;
    }
    // A token that reads one repository.
    let reader = ScopeMap::new().allow(
        "team/app",
        [ScopeAction::ContentRead, ScopeAction::MetadataRead],
    );
    let emulator = Emulator::builder().token("ci", "its password", reader);
    let emulator = emulator.start().await?;
    let admin = ContainerRegistryClient::new(emulator.endpoint(), emulator.login())?;
    demo::push_image(&admin.repository("team/app")?, "layer", &["v1"]).await?;
    list(emulator.endpoint(), "ci", "its password".to_owned()).await
}

async fn list(endpoint: &str, username: &str, password: String) -> Result<()> {
    let credential = Credential::password(username, password);
    let registry = ContainerRegistryClient::new(endpoint, credential)?;
    for tag in registry
        .repository("team/app")?
        .list_tags()
        .try_collect()
        .await?
    {
        println!("team/app:{}", tag.name);
    }
    // A token that is for some repositories cannot list all: the error says what is missing.
    match registry.list_repositories().try_collect().await {
        Ok(names) => println!("{} repositories", names.len()),
        Err(error) => println!("{error}\n{}", error.hint().unwrap_or_default()),
    }
    Ok(())
}

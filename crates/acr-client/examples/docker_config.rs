//! With the login that docker has, and a login for docker.
//!
//! ```console
//! $ cargo run --example docker_config
//! $ docker login myregistry.azurecr.io       # or: az acr login --name myregistry
//! $ CONTAINERREGISTRY_ENDPOINT=https://myregistry.azurecr.io cargo run --example docker_config
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::env;

use acr_client::{ContainerRegistryClient, Credential, DockerConfig};
use acr_emulator::Emulator;
use anyhow::Result;
use serde_json::json;

#[tokio::main]
async fn main() -> Result<()> {
    if let Ok(endpoint) = env::var("CONTAINERREGISTRY_ENDPOINT") {
        // Wherever docker or podman has it: config.json, auth.json, a helper program.
        return use_login(&endpoint, Credential::docker_config()).await;
    }
    // A config.json as `docker login` writes it, in a folder of this example.
    let (emulator, folder) = (Emulator::start().await?, tempfile::tempdir()?);
    let login = emulator.login();
    let host = emulator.endpoint().trim_start_matches("http://");
    let (user, password) = (&login.username, login.password.expose());
    let config = json!({"auths": {host: {"username": user, "password": password}}});
    let file = folder.path().join("config.json");
    std::fs::write(&file, config.to_string())?;
    use_login(
        emulator.endpoint(),
        Credential::provider(DockerConfig::at(file)),
    )
    .await
}

async fn use_login(endpoint: &str, credential: Credential) -> Result<()> {
    let registry = ContainerRegistryClient::new(endpoint, credential)?;
    let names = registry.list_repositories().try_collect().await?;
    println!("{} repositories", names.len());

    // The other way round: whatever one is signed in with, docker can be. The password goes to
    // `docker login --username … --password-stdin`.
    let login = registry.docker_login().await?;
    println!("docker login --username {}", login.username());
    Ok(())
}

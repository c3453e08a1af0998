//! Credentials that look elsewhere for who one is, well and badly made.

use std::{error::Error as StdError, fs};

use acr_auth::docker::DockerConfig;
use acr_client::{Credential, CredentialProvider, RegistryEndpoint};
use acr_tests::FakeEntra;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tempfile::TempDir;

type Given = Result<Credential, Box<dyn StdError + Send + Sync>>;

/// Shows its secret to everybody who asks for its `Debug`.
#[derive(Debug)]
pub(super) struct Careless(pub(super) &'static str);

#[async_trait::async_trait]
impl CredentialProvider for Careless {
    async fn credential(&self, _: &RegistryEndpoint) -> Given {
        Ok(Credential::password("admin", self.0))
    }
}

#[async_trait::async_trait]
impl TokenCredential for Careless {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        FakeEntra(self.0).get_token(scopes, options).await
    }
}

#[derive(Debug)]
pub(super) struct Fails;

#[async_trait::async_trait]
impl CredentialProvider for Fails {
    async fn credential(&self, _: &RegistryEndpoint) -> Given {
        Err("the vault is closed".into())
    }
}

/// A provider all the way down.
#[derive(Debug)]
pub(super) struct Turtles;

#[async_trait::async_trait]
impl CredentialProvider for Turtles {
    async fn credential(&self, _: &RegistryEndpoint) -> Given {
        Ok(Credential::provider(Self))
    }
}

/// A configuration of docker's, and the folder that it stands in.
#[derive(Debug)]
struct Docker {
    config: DockerConfig,
    _folder: TempDir,
}

#[async_trait::async_trait]
impl CredentialProvider for Docker {
    async fn credential(&self, registry: &RegistryEndpoint) -> Given {
        self.config.credential(registry).await
    }
}

pub(super) fn docker(config: &serde_json::Value) -> Credential {
    docker_text(&config.to_string())
}

/// The helper `fails` says secrets on both of its channels.
pub(super) fn docker_text(config: &str) -> Credential {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.json");
    fs::write(&path, config).unwrap();
    #[cfg(unix)]
    std::os::unix::fs::symlink(
        concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../crates/acr-auth/tests/engine/helpers/docker-credential-fake"
        ),
        folder.path().join("docker-credential-fails"),
    )
    .unwrap();
    let config = DockerConfig::at(path).helpers_in(folder.path());
    Credential::provider(Docker {
        config,
        _folder: folder,
    })
}

//! The credentials, and what each needs around it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};

use crate::{
    fakes::Fake,
    registries::{Registries, TOKEN},
};

/// One run of the program.
pub(crate) struct Case {
    pub(crate) name: &'static str,
    /// What the program is told.
    pub(crate) credential: &'static str,
    /// What it is to list: a repository-scoped token cannot list the repositories.
    pub(crate) lists: &'static str,
    pub(crate) environment: Vec<(&'static str, String)>,
    /// Who must have been asked for a token.
    pub(crate) asked: Option<Fake>,
}

impl Case {
    fn new(name: &'static str, credential: &'static str, endpoint: &str) -> Self {
        Self {
            name,
            credential,
            lists: "repositories",
            environment: vec![("SCRATCH_ENDPOINT", endpoint.to_owned())],
            asked: None,
        }
    }

    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.environment.push((name, value.into()));
        self
    }

    fn login(self, username: &str, password: &str) -> Self {
        self.with("SCRATCH_USERNAME", username)
            .with("SCRATCH_PASSWORD", password)
    }

    fn asks(self, fake: Fake) -> Self {
        Self {
            asked: Some(fake),
            ..self
        }
    }

    fn lists_tags(self) -> Self {
        Self {
            lists: "tags",
            ..self
        }
    }
}

/// All cases, and the registries that must live as long as they are run.
pub(crate) async fn all(folder: &Path, programs: &Path) -> Result<(Vec<Case>, Registries)> {
    let registries = Registries::start().await?;
    let mut cases = plain(&registries).await?;
    cases.extend(docker(&registries, folder, programs).await?);
    cases.extend(entra(&registries, folder).await?);
    cases.push(federated(&registries, folder).await?);
    Ok((cases, registries))
}

async fn plain(registries: &Registries) -> Result<Vec<Case>> {
    let (closed, secure) = (registries.closed.endpoint(), registries.secure.endpoint());
    let (admin, secured) = (registries.closed.login(), registries.secure.login());
    let authority = registries.secure.ca_pem().context("https has one")?;
    Ok(vec![
        Case::new("anonymous", "anonymous", registries.open.endpoint()),
        Case::new("admin user", "password", closed).login(&admin.username, admin.password.expose()),
        Case::new("admin user over https", "password", secure)
            .login(&secured.username, secured.password.expose())
            .with("SCRATCH_ROOT_CERTIFICATE", authority),
        Case::new("repository-scoped token", "password", closed)
            .login(TOKEN.0, TOKEN.1)
            .lists_tags(),
        Case::new("refresh token", "refresh-token", closed)
            .with("SCRATCH_PASSWORD", registries.refresh_token().await?),
        Case::new("access token", "access-token", closed)
            .with("SCRATCH_PASSWORD", registries.access_token().await?),
        Case::new("provider of one's own", "provider", closed)
            .login(&admin.username, admin.password.expose()),
    ])
}

/// Each form that a login has in docker's configuration.
async fn docker(registries: &Registries, folder: &Path, programs: &Path) -> Result<Vec<Case>> {
    let closed = registries.closed.endpoint();
    let host = closed.trim_start_matches("http://");
    let admin = registries.closed.login();
    let pair = format!("{}:{}", admin.username, admin.password.expose());
    let login = json!({ "auth": STANDARD.encode(pair) });
    let token = json!({ "identitytoken": registries.refresh_token().await? });
    let case = |name, config: Value| {
        let own = folder.join(name);
        fs::create_dir(&own)?;
        fs::write(own.join("config.json"), config.to_string())?;
        let case = Case::new(name, "docker-config", closed);
        anyhow::Ok(case.with("DOCKER_CONFIG", own.display().to_string()))
    };
    Ok(vec![
        case("docker's auths", json!({ "auths": { host: login } }))?,
        case(
            "docker's identitytoken",
            json!({ "auths": { host: token } }),
        )?,
        case(
            "docker's credHelpers",
            json!({ "credHelpers": { host: "scratch" } }),
        )?
        .with("PATH", programs.display().to_string())
        .login(&admin.username, admin.password.expose()),
    ])
}

/// The links of the default chain that a fake can stand behind.
async fn entra(registries: &Registries, folder: &Path) -> Result<Vec<Case>> {
    let closed = registries.closed.endpoint();
    let app_service = Fake::app_service(&[
        "GET /token?",
        "resource=https%3A%2F%2Fcontainerregistry.azure.net",
        "of the app service",
    ])
    .await?;
    Ok(vec![
        Case::new(
            "managed identity of an App Service",
            "default-chain",
            closed,
        )
        .with("IDENTITY_ENDPOINT", &app_service.url)
        .with("IDENTITY_HEADER", "of the app service")
        .asks(app_service),
        known_to_entra(
            "client secret from the environment",
            closed,
            folder.join("entra.pem"),
            &[
                "POST /of-somebody/oauth2/v2.0/token",
                "client_id=its-client",
                "client_secret=its-secret",
                "scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default",
            ],
        )
        .await?
        .with("AZURE_CLIENT_SECRET", "its-secret"),
    ])
}

/// As Kubernetes sets it up: a token of its own stands for the identity.
async fn federated(registries: &Registries, folder: &Path) -> Result<Case> {
    let file = folder.join("federated");
    fs::write(&file, "signed-by-kubernetes")?;
    let case = known_to_entra(
        "federated token from the environment",
        registries.closed.endpoint(),
        folder.join("federated.pem"),
        &[
            "POST /of-somebody/oauth2/v2.0/token",
            "client_id=its-client",
            "client_assertion=signed-by-kubernetes",
            "scope=https%3A%2F%2Fcontainerregistry.azure.net%2F.default",
        ],
    );
    Ok(case
        .await?
        .with("AZURE_FEDERATED_TOKEN_FILE", file.display().to_string()))
}

/// A service principal, which Entra is expected to hear this of. Through TLS: without a provider of
/// cryptography it would panic.
async fn known_to_entra(
    name: &'static str,
    endpoint: &str,
    certificate: PathBuf,
    expected: &'static [&'static str],
) -> Result<Case> {
    let entra = Fake::entra(&certificate, expected).await?;
    Ok(Case::new(name, "default-chain", endpoint)
        .with("AZURE_TENANT_ID", "of-somebody")
        .with("AZURE_CLIENT_ID", "its-client")
        .with("AZURE_AUTHORITY_HOST", &entra.url)
        .with("SSL_CERT_FILE", certificate.display().to_string())
        .asks(entra))
}

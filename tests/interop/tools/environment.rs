//! What a suite is told.

use std::{env, path::PathBuf};

use anyhow::{Context as _, Result};

/// The registries, and a folder to work in.
pub(super) struct Environment {
    pub(super) https: Registry,
    pub(super) http: Registry,
    pub(super) work: PathBuf,
}

/// One of the registries.
pub(super) struct Registry {
    pub(super) endpoint: String,
    pub(super) username: String,
    pub(super) password: String,
    pub(super) management: String,
    /// The certificate to trust, where it speaks https.
    pub(super) ca: Option<PathBuf>,
}

impl Environment {
    pub(super) fn read() -> Result<Self> {
        Ok(Self {
            https: Registry::read("ACR", Some(variable("ACR_CA")?.into()))?,
            http: Registry::read("ACR_HTTP", None)?,
            work: variable("ACR_WORK")?.into(),
        })
    }
}

impl Registry {
    fn read(prefix: &str, ca: Option<PathBuf>) -> Result<Self> {
        let variable = |name| variable(&format!("{prefix}_{name}"));
        Ok(Self {
            endpoint: variable("ENDPOINT")?,
            username: variable("USERNAME")?,
            password: variable("PASSWORD")?,
            management: variable("MANAGEMENT")?,
            ca,
        })
    }

    /// Host and port, which is also the name of the service.
    pub(super) fn host(&self) -> &str {
        let (_, host) = self.endpoint.split_once("://").unwrap_or_default();
        host
    }

    pub(super) fn scheme(&self) -> &str {
        let (scheme, _) = self.endpoint.split_once("://").unwrap_or_default();
        scheme
    }

    pub(super) fn credentials(&self) -> String {
        format!("{}:{}", self.username, self.password)
    }
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}

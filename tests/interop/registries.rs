//! The registries that a suite is run against.

use std::{ffi::OsString, path::Path};

use acr_emulator::Emulator;
use anyhow::{Context as _, Result};

/// Two emulators that nobody has used: one over https that lets anybody pull, one over http that
/// does not.
pub(crate) struct Registries {
    https: Emulator,
    http: Emulator,
}

impl Registries {
    pub(crate) async fn start() -> Result<Self> {
        Ok(Self {
            https: Emulator::builder()
                .https()
                .anonymous_pull(true)
                .start()
                .await?,
            http: Emulator::start().await?,
        })
    }

    /// What a suite is told of them. The scratch folder gets the certificate to trust.
    pub(crate) fn environment(&self, scratch: &Path) -> Result<Vec<(&'static str, OsString)>> {
        let ca = scratch.join("ca.pem");
        let pem = self.https.ca_pem().context("https without a certificate")?;
        std::fs::write(&ca, pem)?;
        let (https, http) = (self.https.login(), self.http.login());
        Ok(vec![
            ("ACR_ENDPOINT", self.https.endpoint().into()),
            ("ACR_CA", ca.clone().into()),
            // Node.js reads it when it starts, too early for a suite to set it.
            ("NODE_EXTRA_CA_CERTS", ca.into()),
            ("ACR_USERNAME", https.username.into()),
            ("ACR_PASSWORD", https.password.expose().into()),
            ("ACR_MANAGEMENT", self.https.management().into()),
            ("ACR_HTTP_ENDPOINT", self.http.endpoint().into()),
            ("ACR_HTTP_USERNAME", http.username.into()),
            ("ACR_HTTP_PASSWORD", http.password.expose().into()),
            ("ACR_HTTP_MANAGEMENT", self.http.management().into()),
            ("ACR_WORK", scratch.into()),
        ])
    }

    pub(crate) async fn stop(self) {
        self.https.shutdown().await;
        self.http.shutdown().await;
    }
}

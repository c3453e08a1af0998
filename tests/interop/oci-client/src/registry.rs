//! The registries that the suite is told of.

use std::env;

use anyhow::{Context as _, Result};
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    secrets::RegistryAuth,
};
use sha2::{Digest as _, Sha256};

pub(crate) struct Registry {
    pub(crate) scheme: String,
    host: String,
    username: String,
    password: String,
    management: String,
    ca: Option<Vec<u8>>,
}

impl Registry {
    pub(crate) fn https() -> Result<Self> {
        let ca = std::fs::read(variable("ACR_CA")?)?;
        Self::read("ACR", Some(ca))
    }

    pub(crate) fn http() -> Result<Self> {
        Self::read("ACR_HTTP", None)
    }

    fn read(prefix: &str, ca: Option<Vec<u8>>) -> Result<Self> {
        let variable = |name| variable(&format!("{prefix}_{name}"));
        let endpoint = variable("ENDPOINT")?;
        let (scheme, host) = endpoint.split_once("://").context("a URL")?;
        Ok(Self {
            scheme: scheme.to_owned(),
            host: host.to_owned(),
            username: variable("USERNAME")?,
            password: variable("PASSWORD")?,
            management: variable("MANAGEMENT")?,
            ca,
        })
    }

    /// A client that knows nothing yet.
    pub(crate) fn client(&self) -> Client {
        self.client_with(|_| ())
    }

    pub(crate) fn client_with(&self, set: impl FnOnce(&mut ClientConfig)) -> Client {
        let certificate = |data: &Vec<u8>| Certificate {
            encoding: CertificateEncoding::Pem,
            data: data.clone(),
        };
        let mut config = ClientConfig {
            protocol: match self.ca {
                Some(_) => ClientProtocol::Https,
                None => ClientProtocol::Http,
            },
            extra_root_certificates: self.ca.iter().map(certificate).collect(),
            ..ClientConfig::default()
        };
        set(&mut config);
        Client::new(config)
    }

    /// A client that may push to this repository.
    pub(crate) async fn pusher(&self, image: &Reference) -> Result<Client> {
        let client = self.client();
        client
            .auth(image, &self.admin(), RegistryOperation::Push)
            .await?;
        Ok(client)
    }

    pub(crate) fn admin(&self) -> RegistryAuth {
        RegistryAuth::Basic(self.username.clone(), self.password.clone())
    }

    /// An access token that was got otherwise.
    pub(crate) async fn token(&self, scope: &str) -> Result<String> {
        let mut client = reqwest::Client::builder();
        if let Some(ca) = &self.ca {
            client = client.add_root_certificate(reqwest::Certificate::from_pem(ca)?);
        }
        let form = [
            ("grant_type", "password"),
            ("service", &self.host),
            ("scope", scope),
            ("username", &self.username),
            ("password", &self.password),
        ];
        let url = format!("{}://{}/oauth2/token", self.scheme, self.host);
        let answer = client.build()?.post(url).form(&form).send().await?;
        let answer: serde_json::Value = answer.error_for_status()?.json().await?;
        let token = answer["access_token"].as_str();
        Ok(token.context("no access_token")?.to_owned())
    }

    pub(crate) fn at(&self, image: &str) -> Result<Reference> {
        Ok(format!("{}/{image}", self.host).parse()?)
    }

    /// Sets a fault; none takes all away.
    pub(crate) async fn fault(&self, rule: Option<serde_json::Value>) -> Result<()> {
        let (client, url) = (
            reqwest::Client::new(),
            format!("{}/faults", self.management),
        );
        let request = match rule {
            Some(rule) => client.post(url).json(&rule),
            None => client.delete(url),
        };
        request.send().await?.error_for_status()?;
        Ok(())
    }
}

pub(crate) fn digest_of(bytes: &[u8]) -> String {
    format!("sha256:{}", hex::encode(Sha256::digest(bytes)))
}

/// Bytes of which no two neighbours repeat in a pattern, others for each seed.
pub(crate) fn noise(len: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(len).collect()
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}

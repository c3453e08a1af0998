//! The first Entra identity that can be had.

use std::{env, fmt::Write as _, sync::Arc, time::Duration};

use acr_core::RegistryEndpoint;
use azure_core::{
    cloud::CloudConfiguration,
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::{ClientOptions, ExponentialRetryOptions, RetryOptions, Transport},
};
use azure_identity::{
    ClientAssertionCredentialOptions, ClientSecretCredential, ClientSecretCredentialOptions,
    DeveloperToolsCredential, ManagedIdentityCredential, ManagedIdentityCredentialOptions,
    UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};
use tokio::sync::Mutex;

/// The chain that [`Credential::default_chain`](crate::Credential::default_chain) describes.
#[derive(Debug)]
pub(crate) struct DefaultChain {
    transport: reqwest::Client,
    cloud: Option<Arc<CloudConfiguration>>,
    found: Mutex<Option<Arc<dyn TokenCredential>>>,
}

#[derive(Clone, Copy, Debug)]
enum Link {
    Environment,
    WorkloadIdentity,
    ManagedIdentity,
    DeveloperTools,
}

const LINKS: [(Link, &str); 4] = [
    (Link::Environment, "environment"),
    (Link::WorkloadIdentity, "workload identity"),
    (Link::ManagedIdentity, "managed identity"),
    (Link::DeveloperTools, "developer tools"),
];

/// The address at which a virtual machine finds its identity.
const METADATA_ENDPOINT: &str = "http://169.254.169.254/metadata/instance";

/// A machine that has the endpoint answers in milliseconds; the credential itself would wait for
/// more than a minute where there is none.
const PROBE: Duration = Duration::from_secs(1);

impl DefaultChain {
    pub(crate) fn new(endpoint: &RegistryEndpoint, transport: reqwest::Client) -> Self {
        Self {
            transport,
            cloud: cloud_of(endpoint),
            found: Mutex::new(None),
        }
    }

    async fn build(&self, link: Link) -> azure_core::Result<Arc<dyn TokenCredential>> {
        match link {
            Link::Environment => self.environment(),
            Link::WorkloadIdentity => self.workload_identity(),
            Link::ManagedIdentity => self.managed_identity().await,
            Link::DeveloperTools => Ok(DeveloperToolsCredential::new(None)?),
        }
    }

    fn environment(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        let (tenant, client) = (variable("AZURE_TENANT_ID")?, variable("AZURE_CLIENT_ID")?);
        let secret = Secret::new(variable("AZURE_CLIENT_SECRET")?);
        let options = ClientSecretCredentialOptions {
            client_options: self.client_options(self.transport.clone()),
        };
        Ok(ClientSecretCredential::new(
            &tenant,
            client,
            secret,
            Some(options),
        )?)
    }

    fn workload_identity(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        variable("AZURE_FEDERATED_TOKEN_FILE")?;
        let options = WorkloadIdentityCredentialOptions {
            credential_options: ClientAssertionCredentialOptions {
                client_options: self.client_options(self.transport.clone()),
            },
            ..Default::default()
        };
        Ok(WorkloadIdentityCredential::new(Some(options))?)
    }

    async fn managed_identity(&self) -> azure_core::Result<Arc<dyn TokenCredential>> {
        // Its endpoint is on this machine or beside it: never behind a proxy.
        let mut options = acr_rest::TransportOptions::default();
        options.direct = true;
        let transport =
            acr_rest::transport(&options).map_err(|error| unavailable(&error.to_string()))?;
        let announced = ["IDENTITY_ENDPOINT", "MSI_ENDPOINT"]
            .iter()
            .any(|name| variable(name).is_ok());
        if !announced && !answers(&transport).await {
            return Err(unavailable("this machine has no managed identity endpoint"));
        }
        let options = ManagedIdentityCredentialOptions {
            user_assigned_id: variable("AZURE_CLIENT_ID")
                .ok()
                .map(UserAssignedId::ClientId),
            client_options: self.client_options(transport),
        };
        Ok(ManagedIdentityCredential::new(Some(options))?)
    }

    /// Our own transport: the default one has no TLS provider here, and would panic.
    fn client_options(&self, transport: reqwest::Client) -> ClientOptions {
        ClientOptions {
            transport: Some(Transport::new(Arc::new(transport))),
            cloud: self.cloud.clone(),
            // A link that is not there must not hold up the next one for a minute.
            retry: RetryOptions::exponential(ExponentialRetryOptions {
                max_retries: 2,
                ..Default::default()
            }),
            ..Default::default()
        }
    }
}

/// Asked without its header, the metadata endpoint refuses; anything else that answers is another.
async fn answers(transport: &reqwest::Client) -> bool {
    let answer = transport.get(METADATA_ENDPOINT).timeout(PROBE).send().await;
    answer.is_ok_and(|answer| answer.status() == http::StatusCode::BAD_REQUEST)
}

#[async_trait::async_trait]
impl TokenCredential for DefaultChain {
    async fn get_token(
        &self,
        scopes: &[&str],
        options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let mut found = self.found.lock().await;
        if let Some(credential) = found.as_ref() {
            return credential.get_token(scopes, options).await;
        }
        let mut answers = String::new();
        for (link, name) in LINKS {
            let outcome = match self.build(link).await {
                Ok(credential) => credential
                    .get_token(scopes, options.clone())
                    .await
                    .map(|token| (credential, token)),
                Err(error) => Err(error),
            };
            match outcome {
                Ok((credential, token)) => {
                    tracing::debug!(link = name, "the default chain found an identity");
                    *found = Some(credential);
                    return Ok(token);
                }
                Err(error) => {
                    // Writing to a text cannot fail.
                    let _ = write!(answers, "\n  {name}: {error}");
                }
            }
        }
        Err(unavailable(&format!(
            "no link of the default chain gave a token:{answers}"
        )))
    }
}

fn variable(name: &str) -> azure_core::Result<String> {
    let value = env::var(name).ok().filter(|value| !value.is_empty());
    value.ok_or_else(|| unavailable(&format!("{name} is not set")))
}

fn unavailable(message: &str) -> azure_core::Error {
    azure_core::Error::with_message(ErrorKind::Credential, message.to_owned())
}

/// `AZURE_AUTHORITY_HOST` decides where it is set; else the registry's domain says the cloud.
fn cloud_of(endpoint: &RegistryEndpoint) -> Option<Arc<CloudConfiguration>> {
    if variable("AZURE_AUTHORITY_HOST").is_ok() {
        return None;
    }
    match endpoint.host() {
        host if host.ends_with(".azurecr.cn") => Some(Arc::new(CloudConfiguration::AzureChina)),
        host if host.ends_with(".azurecr.us") => {
            Some(Arc::new(CloudConfiguration::AzureGovernment))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cloud_follows_the_domain() {
        let cloud =
            |endpoint: &str| cloud_of(&endpoint.parse().unwrap()).map(|cloud| (*cloud).clone());
        assert_eq!(
            cloud("reg.azurecr.cn"),
            Some(CloudConfiguration::AzureChina)
        );
        assert_eq!(
            cloud("reg.azurecr.us"),
            Some(CloudConfiguration::AzureGovernment)
        );
        assert_eq!(cloud("reg.azurecr.io"), None);
    }
}

//! A service principal from environment variables.

use azure_core::{credentials::Secret, error::ErrorKind};
use azure_identity::{
    ClientAssertionCredential, ClientAssertionCredentialOptions, ClientSecretCredential,
    ClientSecretCredentialOptions,
};

use super::{
    ChainLink, Found, LinkError, Surroundings, assertion::CertificateAssertion,
    certificate::Certificate, transport::client_options,
};
use crate::environment::Environment;

const LINK: ChainLink = ChainLink::Environment;

const SECRET: &str = "AZURE_CLIENT_SECRET";
const CERTIFICATE: &str = "AZURE_CLIENT_CERTIFICATE_PATH";

pub(super) async fn credential(surroundings: &Surroundings) -> Result<Found, LinkError> {
    let environment = &surroundings.environment;
    let (secret, certificate) = (environment.get(SECRET), environment.path(CERTIFICATE));
    if secret.is_none() && certificate.is_none() {
        let message = format!("neither {SECRET} nor {CERTIFICATE} is set");
        return Err(LinkError::skipped(LINK, message));
    }
    let [tenant, client] = surroundings
        .variables(["AZURE_TENANT_ID", "AZURE_CLIENT_ID"])
        .map_err(|message| {
            // Skipped, as by the Azure SDKs, but hardly meant.
            tracing::warn!("a service principal is set up by halves: {message}");
            LinkError::skipped(LINK, message)
        })?;
    let authority = surroundings.authority(LINK)?;
    let client_options = client_options(&surroundings.entra, Some(&authority));
    match (secret, certificate) {
        (Some(secret), None) => {
            let options = ClientSecretCredentialOptions { client_options };
            match ClientSecretCredential::new(&tenant, client, Secret::new(secret), Some(options)) {
                Ok(credential) => Ok(credential),
                Err(error) => Err(surroundings.said(LINK, &error)),
            }
        }
        (None, Some(path)) => {
            let certificate = Certificate::read(&path).await;
            let certificate = certificate
                .map_err(|error| failed(format!("{CERTIFICATE} ({}): {error}", path.display())))?;
            let assertion = CertificateAssertion {
                certificate,
                client: client.clone(),
                audience: authority.token_endpoint(&tenant),
                with_chain: sends_chain(environment),
                clock: surroundings.clock.clone(),
            };
            let options = ClientAssertionCredentialOptions { client_options };
            match ClientAssertionCredential::new(tenant, client, assertion, Some(options)) {
                Ok(credential) => Ok(credential),
                Err(error) => Err(surroundings.said(LINK, &error)),
            }
        }
        // Which of the two is meant, nobody can know. The other SDKs take the secret and say nothing.
        _ => Err(failed(format!(
            "{SECRET} and {CERTIFICATE} are both set: unset one of them"
        ))),
    }
}

/// As the Azure SDKs read it.
fn sends_chain(environment: &Environment) -> bool {
    let setting = environment.get("AZURE_CLIENT_SEND_CERTIFICATE_CHAIN");
    setting.is_some_and(|value| value == "1" || value.eq_ignore_ascii_case("true"))
}

fn failed(message: String) -> LinkError {
    LinkError::failed(LINK, ErrorKind::Credential, message)
}

//! A federated token that stands for a service principal.

use azure_identity::{
    ClientAssertionCredentialOptions, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::{ChainLink, Found, LinkError, Surroundings, transport::client_options};

const LINK: ChainLink = ChainLink::WorkloadIdentity;

pub(super) fn credential(surroundings: &Surroundings) -> Result<Found, LinkError> {
    let names = [
        "AZURE_FEDERATED_TOKEN_FILE",
        "AZURE_TENANT_ID",
        "AZURE_CLIENT_ID",
    ];
    let [file, tenant, client] = surroundings
        .variables(names)
        .map_err(|message| LinkError::skipped(LINK, message))?;
    let authority = surroundings.authority(LINK)?;
    let options = WorkloadIdentityCredentialOptions {
        credential_options: ClientAssertionCredentialOptions {
            client_options: client_options(&surroundings.entra, Some(&authority)),
        },
        client_id: Some(client),
        tenant_id: Some(tenant),
        token_file_path: Some(file.into()),
    };
    match WorkloadIdentityCredential::new(Some(options)) {
        Ok(credential) => Ok(credential),
        Err(error) => Err(surroundings.said(LINK, &error)),
    }
}

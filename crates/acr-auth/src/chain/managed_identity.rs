//! The identity of the machine, or of the service, that this runs in.

use std::{sync::Arc, time::Duration};

use azure_core::http::{HttpClient, Method, Request, Url};
use azure_identity::{ManagedIdentityCredential, ManagedIdentityCredentialOptions, UserAssignedId};

use super::{ChainLink, Found, LinkError, Surroundings, transport::client_options};

const LINK: ChainLink = ChainLink::ManagedIdentity;

/// Where a virtual machine finds its identity.
const METADATA: &str = "http://169.254.169.254/metadata/identity/oauth2/token";

/// A machine that has the endpoint answers in milliseconds. Where there is none, the credential
/// itself would try for more than a minute.
const PROBE: Duration = Duration::from_secs(1);

/// `sure` is whether the endpoint is known to be there, so that the probe is spared.
pub(super) async fn credential(
    surroundings: &Surroundings,
    sure: bool,
) -> Result<Found, LinkError> {
    let client = surroundings.metadata(LINK)?;
    if !sure && !is_announced(surroundings) && !answers(&client).await {
        let host = "169.254.169.254";
        let message = format!(
            "no managed identity endpoint answered at {host} within {PROBE:?}, and no variable announces another"
        );
        return Err(LinkError::skipped(LINK, message));
    }
    let client_id = surroundings.environment.get("AZURE_CLIENT_ID");
    let options = ManagedIdentityCredentialOptions {
        user_assigned_id: client_id.map(UserAssignedId::ClientId),
        client_options: client_options(&client, None),
    };
    match ManagedIdentityCredential::new(Some(options)) {
        Ok(credential) => Ok(credential),
        // A kind of endpoint that azure_identity cannot ask (Azure Arc, Service Fabric, Cloud Shell).
        Err(error) => Err(surroundings.said(LINK, &error).passed_over()),
    }
}

/// Refused as wrong: this machine has no identity, or not the one that `AZURE_CLIENT_ID` names. Those
/// who work on such a machine may still be logged in.
pub(super) fn is_without_identity(error: &LinkError) -> bool {
    error.status() == Some(400)
}

/// Whether variables say where the endpoint is, as azure_identity reads them.
fn is_announced(surroundings: &Surroundings) -> bool {
    let is_set = |name| surroundings.environment.get(name).is_some();
    match is_set("IDENTITY_ENDPOINT") {
        true => is_set("IDENTITY_HEADER") || is_set("IMDS_ENDPOINT"),
        false => is_set("MSI_ENDPOINT"),
    }
}

/// Asked without its header, the endpoint refuses (400), unless it has too much to do. Other clouds
/// and containers have something else at this address, which answers otherwise.
async fn answers(client: &Arc<dyn HttpClient>) -> bool {
    let Ok(url) = Url::parse(METADATA) else {
        return false;
    };
    let request = Request::new(url, Method::Get);
    let answer = tokio::time::timeout(PROBE, client.execute_request(&request)).await;
    let Ok(Ok(answer)) = answer else {
        return false;
    };
    matches!(u16::from(answer.status()), 400 | 429 | 500..)
}

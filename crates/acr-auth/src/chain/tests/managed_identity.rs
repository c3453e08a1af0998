//! A virtual machine's identity. That of App Service, whose variables azure_identity reads by itself, is
//! tested with a process of its own, among the integration tests.

use std::time::Duration;

use azure_core::http::Request;
use tokio::time::Instant;

use super::fakes::{Answer, METADATA_TOKEN, Machine, Tools, json};

const AZ: (&str, (i32, &str)) = (
    "az",
    (
        0,
        r#"{"accessToken":"az's token","expires_on":4102444800,"tokenType":"Bearer"}"#,
    ),
);

/// The endpoint as it is: it refuses who does not send the header.
fn endpoint(request: &Request, status: u16, body: &str) -> Answer {
    let mut headers = request.headers().iter();
    match headers.any(|(name, value)| name.as_str() == "metadata" && value.as_str() == "true") {
        true => json(status, body),
        false => json(400, r#"{"error":"invalid_request"}"#),
    }
}

#[tokio::test]
async fn the_endpoint_is_probed_and_then_asked() {
    for (variables, query) in [
        ([("AZURE_CLIENT_ID", "")], ""),
        ([("AZURE_CLIENT_ID", "mine")], "&client_id=mine"),
    ] {
        let machine = Machine::with(variables).metadata(|r| endpoint(r, 200, METADATA_TOKEN));
        assert_eq!(machine.token().await.unwrap(), "a machine's token");
        let requests = machine.metadata.requests();
        let urls: Vec<_> = requests.iter().map(|r| r.url().as_str()).collect();
        let url = "http://169.254.169.254/metadata/identity/oauth2/token";
        let resource = "https%3A%2F%2Fcontainerregistry.azure.net";
        let asked = format!("{url}?api-version=2019-08-01&resource={resource}{query}");
        assert_eq!(urls, [url, &asked]);
    }
}

#[tokio::test]
async fn who_names_it_alone_spares_the_probe() {
    let machine = Machine::with([("AZURE_TOKEN_CREDENTIALS", "managedidentitycredential")])
        .metadata(|r| endpoint(r, 200, METADATA_TOKEN));
    machine.token().await.unwrap();
    assert_eq!(machine.metadata.requests().len(), 1);
}

/// Other clouds, and Docker's desktop, have something else there.
#[tokio::test]
async fn what_answers_otherwise_is_no_metadata_endpoint() {
    for status in [200, 301, 401, 403, 404] {
        let machine = Machine::with([])
            .metadata(move |_| json(status, "{}"))
            .tools(Tools::with([AZ]));
        assert_eq!(machine.token().await.unwrap(), "az's token");
        assert_eq!(machine.metadata.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_machine_without_this_identity_leaves_it_to_the_next_link() {
    let machine = Machine::with([("AZURE_CLIENT_ID", "mine")]).metadata(|r| {
        endpoint(
            r,
            400,
            r#"{"error":"invalid_request","error_description":"Identity not found"}"#,
        )
    });
    insta::assert_snapshot!(machine.refusal().await);
    let machine = machine.tools(Tools::with([AZ]));
    assert_eq!(machine.token().await.unwrap(), "az's token");
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_there_and_fails_ends_the_chain_in_time() {
    let start = Instant::now();
    let machine = Machine::with([])
        .metadata(|r| endpoint(r, 500, "{}"))
        .tools(Tools::with([AZ]));
    let error = machine.refusal().await;
    assert!(
        error.contains("\n  ManagedIdentityCredential: no token within 30s\n  not asked, since"),
        "{error}"
    );
    assert_eq!(start.elapsed(), Duration::from_secs(30));
    assert!(machine.metadata.requests().len() > 2);
    assert!(machine.tools.commands().is_empty());
}

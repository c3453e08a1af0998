//! The default chain of identities in a process of its own, since it reads the environment.

use std::collections::BTreeSet;

use acr_emulator::Emulator;
use acr_tests::registry;
use futures_util::StreamExt;
use httpmock::{Mock, MockServer};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    process::Command,
};

use crate::programs::example;

/// Never to be shown.
const HEADER: &str = "S3CR3T-of-the-app-service";

/// The quickstart on this registry, with no variable but what the test gives it, and no tools.
fn quickstart(emulator: &Emulator) -> Command {
    let mut quickstart = example("quickstart");
    quickstart
        .args(["--endpoint", emulator.endpoint(), "--yes"])
        .env_clear()
        .env("PATH", "");
    quickstart
}

/// Whether it did all that it is to do, and what it wrote.
async fn run(mut program: Command) -> (bool, String) {
    let output = program.output().await.unwrap();
    let told = [output.stdout, output.stderr].concat();
    let told = String::from_utf8(told).unwrap();
    assert!(!told.contains(HEADER), "{told}");
    (output.status.success(), told)
}

/// The identity endpoint of an App Service, which answers who sends the header.
async fn app_service<'a>(server: &'a MockServer, status: u16, body: &str) -> Mock<'a> {
    let mock = server.mock_async(|when, then| {
        when.path("/msi/token")
            .header("x-identity-header", HEADER)
            .query_param("api-version", "2019-08-01")
            .query_param("resource", "https://containerregistry.azure.net")
            .query_param("client_id", "mine");
        then.status(status)
            .header("content-type", "application/json")
            .body(body);
    });
    mock.await
}

#[tokio::test]
async fn the_identity_of_an_app_service() {
    let (emulator, _registry) = registry().await;
    let server = MockServer::start_async().await;
    let token = r#"{"access_token":"any text is the default principal","expires_on":"4102444800","resource":"r","token_type":"Bearer"}"#;
    let identity = app_service(&server, 200, token).await;
    let mut quickstart = quickstart(&emulator);
    quickstart
        .env("IDENTITY_ENDPOINT", server.url("/msi/token"))
        .env("IDENTITY_HEADER", HEADER)
        .env("AZURE_CLIENT_ID", "mine")
        // It is on this machine, and never behind a proxy.
        .env("HTTP_PROXY", "http://127.0.0.1:1");
    let (done, told) = run(quickstart).await;
    assert!(done, "{told}");
    assert_eq!(identity.calls_async().await, 1);
}

#[tokio::test]
async fn an_app_service_that_refuses_ends_the_chain() {
    let (emulator, _registry) = registry().await;
    let server = MockServer::start_async().await;
    let refusal = format!(r#"{{"message":"not with {HEADER}"}}"#);
    app_service(&server, 403, &refusal).await;
    let mut quickstart = quickstart(&emulator);
    quickstart
        .env("IDENTITY_ENDPOINT", server.url("/msi/token"))
        .env("IDENTITY_HEADER", HEADER)
        .env("AZURE_CLIENT_ID", "mine");
    let (done, told) = run(quickstart).await;
    assert!(!done, "{told}");
    for line in [
        "EnvironmentCredential: skipped: neither AZURE_CLIENT_SECRET nor ",
        "WorkloadIdentityCredential: skipped: AZURE_FEDERATED_TOKEN_FILE, ",
        r#"ManagedIdentityCredential: The request failed: {"message":"not with ***"}"#,
        "not asked, since ManagedIdentityCredential is set up: AzureCliCredential, ",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
    assert_eq!(emulator.requests(), []);
}

/// A registry on this machine is reached without a proxy, and Entra is not on this machine.
#[tokio::test]
async fn entra_is_asked_through_the_proxy_and_the_registry_is_not() {
    let (emulator, _registry) = registry().await;
    for (cloud, host) in [
        ("", "login.microsoftonline.com:443"),
        ("https://login.local.example", "login.local.example:443"),
    ] {
        let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut quickstart = quickstart(&emulator);
        let address = format!("http://{}", proxy.local_addr().unwrap());
        quickstart
            .env("HTTP_PROXY", &address)
            .env("HTTPS_PROXY", &address)
            .env("AZURE_AUTHORITY_HOST", cloud)
            .env("AZURE_TOKEN_CREDENTIALS", "EnvironmentCredential")
            .env("AZURE_TENANT_ID", "tenant")
            .env("AZURE_CLIENT_ID", "client")
            .env("AZURE_CLIENT_SECRET", HEADER);
        // It refuses everybody, and writes down where each wanted to go.
        let (asked, wanted) = tokio::sync::mpsc::unbounded_channel();
        let refusing = tokio::spawn(async move {
            while let Ok((mut connection, _)) = proxy.accept().await {
                let mut head = [0; 1024];
                let read = connection.read(&mut head).await.unwrap();
                let line = String::from_utf8_lossy(&head[..read]);
                let _ = asked.send(line.lines().next().unwrap_or_default().to_owned());
                let answer = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n";
                let _ = connection.write_all(answer).await;
            }
        });
        let (done, told) = run(quickstart).await;
        refusing.abort();
        assert!(!done && told.contains("EnvironmentCredential"), "{told}");
        let wanted = futures_util::stream::unfold(wanted, |mut wanted| async {
            Some((wanted.recv().await?, wanted))
        });
        let wanted: BTreeSet<_> = wanted.collect().await;
        assert_eq!(wanted, [format!("CONNECT {host} HTTP/1.1")].into());
    }
    assert_eq!(emulator.requests(), []);
}

/// A kind of endpoint that cannot be asked leaves it to who is logged in.
#[tokio::test]
async fn an_endpoint_of_another_kind_is_skipped() {
    let (emulator, _registry) = registry().await;
    let mut quickstart = quickstart(&emulator);
    quickstart
        .env("IDENTITY_ENDPOINT", "http://127.0.0.1:1/arc")
        .env("IMDS_ENDPOINT", "http://127.0.0.1:1");
    let (done, told) = run(quickstart).await;
    assert!(!done, "{told}");
    for line in [
        "ManagedIdentityCredential: skipped: Azure Arc managed identity isn't supported",
        "AzureCliCredential: az not found on PATH",
        "AzureDeveloperCliCredential: azd not found on PATH",
    ] {
        assert!(told.contains(line), "{line}: {told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn who_is_logged_in_with_az() {
    use std::{fs, os::unix::fs::PermissionsExt};

    let (emulator, _registry) = registry().await;
    let folder = tempfile::tempdir().unwrap();
    let az = folder.path().join("az");
    let script = r#"#!/bin/sh
[ "$*" = "account get-access-token -o json --scope https://containerregistry.azure.net/.default" ] || exit 1
echo '{"accessToken":"any text is the default principal","expires_on":4102444800,"tokenType":"Bearer"}'
"#;
    fs::write(&az, script).unwrap();
    fs::set_permissions(&az, fs::Permissions::from_mode(0o755)).unwrap();
    let mut quickstart = quickstart(&emulator);
    quickstart
        .env("AZURE_TOKEN_CREDENTIALS", "dev")
        .env("PATH", folder.path());
    let (done, told) = run(quickstart).await;
    assert!(done, "{told}");
}

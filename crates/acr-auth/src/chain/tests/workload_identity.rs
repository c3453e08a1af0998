//! Kubernetes, which writes a federated token into a file and replaces it from time to time.

use std::fs;

use super::fakes::{Machine, json, token};

const TENANT: (&str, &str) = ("AZURE_TENANT_ID", "tenant");
const CLIENT: (&str, &str) = ("AZURE_CLIENT_ID", "client");

#[tokio::test]
async fn the_token_that_is_in_the_file_now_is_sent() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let path = file.path().to_str().unwrap();
    let machine = Machine::with([TENANT, CLIENT, ("AZURE_FEDERATED_TOKEN_FILE", path)]);
    let chain = machine.chain();
    for federated in ["first", "second"] {
        fs::write(file.path(), federated).unwrap();
        assert_eq!(token(&chain).await.unwrap(), "an Entra token");
        assert_eq!(machine.entra.form()["client_assertion"], federated);
    }
    insta::assert_json_snapshot!(machine.entra.form());
    let url = machine.entra.requests()[0].url().to_string();
    assert_eq!(
        url,
        "https://login.microsoftonline.com/tenant/oauth2/v2.0/token"
    );
}

#[tokio::test]
async fn a_secret_comes_before_a_federated_token() {
    let machine = Machine::with([
        TENANT,
        CLIENT,
        ("AZURE_CLIENT_SECRET", "S3CR3T"),
        ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere"),
    ]);
    machine.token().await.unwrap();
    assert_eq!(machine.entra.form()["client_secret"], "S3CR3T");
}

#[tokio::test]
async fn a_file_that_is_not_there_ends_the_chain() {
    let file = ("AZURE_FEDERATED_TOKEN_FILE", "/nowhere/token");
    let machine = Machine::with([TENANT, CLIENT, file]);
    let error = machine.refusal().await;
    assert!(error.contains("/nowhere/token"), "{error}");
    assert!(machine.metadata.requests().is_empty());
}

#[tokio::test]
async fn what_entra_says_is_shown_and_not_what_it_was_sent() {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs::write(file.path(), "eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl").unwrap();
    let path = file.path().to_str().unwrap();
    let machine = Machine::with([TENANT, CLIENT, ("AZURE_FEDERATED_TOKEN_FILE", path)]).entra(|_| {
        json(400, r#"{"error_description":"AADSTS70021: No matching federated identity record found for eyJhbGciOiJSUzI1NiJ9.e30.c2lnbmF0dXJl","error_codes":[70021]}"#)
    });
    let error = machine.refusal().await;
    assert!(
        error.contains("AADSTS70021: No matching federated identity record found for ***"),
        "{error}"
    );
}

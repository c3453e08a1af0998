//! The token endpoints.

use acr_core::Secret;
use acr_rest::{API_VERSION, types};

use crate::recorder::{Recorder, error, json, told};

fn token_form(grant_type: &str) -> types::TokenForm {
    types::TokenForm {
        grant_type: grant_type.to_owned(),
        service: "reg.azurecr.io".to_owned(),
        scope: "repository:team/app:pull,push repository:base:pull".to_owned(),
        refresh_token: None,
        username: None,
        password: None,
    }
}

#[tokio::test]
async fn entra_token_exchanged() {
    let registry = Recorder::answering([json(200, r#"{"refresh_token":"REFRESH"}"#)]).await;
    let client = registry.client();
    let form = types::ExchangeForm {
        grant_type: "access_token_refresh_token".to_owned(),
        service: "reg.azurecr.io".to_owned(),
        tenant: Some("tenant".to_owned()),
        access_token: Some(Secret::from("ENTRA+/=&")),
        refresh_token: Some(Secret::from("ENTRA-REFRESH")),
    };
    let outcome = client
        .exchange_aad_access_token_for_acr_refresh_token(Some(API_VERSION), &form)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn exchange_denied() {
    let answer = error(403, "DENIED", "retrieving permissions failed");
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let form = types::ExchangeForm {
        grant_type: "access_token".to_owned(),
        service: "reg.azurecr.io".to_owned(),
        tenant: None,
        access_token: Some(Secret::from("ENTRA")),
        refresh_token: None,
    };
    let outcome = client
        .exchange_aad_access_token_for_acr_refresh_token(None, &form)
        .await;
    registry.keep_as("denied", &told(outcome).await);
}

#[tokio::test]
async fn access_token_for_a_refresh_token() {
    let registry = Recorder::answering([json(200, r#"{"access_token":"ACCESS"}"#)]).await;
    let client = registry.client();
    let form = types::TokenForm {
        refresh_token: Some(Secret::from("REFRESH")),
        ..token_form("refresh_token")
    };
    let outcome = client
        .exchange_acr_refresh_token_for_acr_access_token(Some(API_VERSION), &form)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn access_token_for_a_password() {
    let registry = Recorder::answering([json(200, r#"{"access_token":"ACCESS"}"#)]).await;
    let client = registry.client();
    let form = types::TokenForm {
        username: Some("ci token".to_owned()),
        password: Some(Secret::from("p&w=+ü")),
        ..token_form("password")
    };
    let outcome = client
        .exchange_acr_refresh_token_for_acr_access_token(None, &form)
        .await;
    registry.keep_as("password", &told(outcome).await);
}

#[tokio::test]
async fn access_token_for_nobody() {
    let registry = Recorder::answering([json(200, r#"{"access_token":"ACCESS"}"#)]).await;
    let client = registry.client();
    let outcome = client
        .exchange_acr_refresh_token_for_acr_access_token(None, &token_form("password"))
        .await;
    registry.keep_as("anonymous", &told(outcome).await);
}

#[tokio::test]
async fn access_token_for_a_login() {
    let answer = json(
        200,
        r#"{"access_token":"ACCESS","refresh_token":"REFRESH"}"#,
    );
    let registry = Recorder::answering([answer]).await;
    let basic = (
        "authorization".parse().unwrap(),
        "Basic dTpw".parse().unwrap(),
    );
    let client = registry
        .client()
        .with_headers([basic].into_iter().collect());
    let outcome = client
        .get_acr_access_token_from_login(
            "repository:team/app:pull repository:b:pull",
            "reg.azurecr.io",
        )
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn what_was_got_does_not_print() {
    let answer = json(
        200,
        r#"{"access_token":"ACCESS","refresh_token":"REFRESH"}"#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let token = client
        .get_acr_access_token_from_login("s", "r")
        .await
        .unwrap();
    let shown = format!("{token:?}");
    assert!(
        !shown.contains("ACCESS") && !shown.contains("REFRESH"),
        "{shown}"
    );
    let form = format!(
        "{:?}",
        types::TokenForm {
            password: Some(Secret::from("PASSWORD")),
            ..token_form("password")
        }
    );
    assert!(!form.contains("PASSWORD"), "{form}");
}

//! Each way from a credential to a request that is let through.

use std::sync::Arc;

use acr_auth::Credential;
use acr_core::Login;

use crate::registry::{Entra, Registry, SECRET, password, token};

#[tokio::test]
async fn password_asks_for_a_token_and_then_calls() {
    let registry = Registry::start().await;
    let client = registry.client(password());
    client
        .list_tags_v2("team/app", None, None, None)
        .await
        .unwrap();
    insta::assert_snapshot!(registry.sent());
}

#[tokio::test]
async fn a_login_is_a_password() {
    let registry = Registry::start().await;
    let client = registry.client(Login::new("me", format!("{SECRET}-password")));
    client.list_tags_v2("app", None, None, None).await.unwrap();
    assert_eq!(
        registry.log(),
        ["GET /oauth2/token", "GET /v2/app/tags/list"]
    );
}

#[tokio::test]
async fn entra_exchanges_asks_for_a_token_and_then_calls() {
    let registry = Registry::start().await;
    let entra = Arc::new(Entra::default());
    let client = registry.client(Arc::clone(&entra));
    client.get_properties("team/app", None).await.unwrap();
    insta::assert_snapshot!(registry.sent());
    assert_eq!(
        *entra.asked.lock().unwrap(),
        ["https://containerregistry.azure.net/.default"]
    );
}

#[tokio::test]
async fn entra_for_another_audience() {
    let registry = Registry::start().await;
    let entra = Arc::new(Entra::default());
    let authenticator = registry
        .authenticator(Arc::clone(&entra))
        .audience("https://management.azure.com")
        .build()
        .unwrap();
    authenticator.refresh_token().await.unwrap().unwrap();
    assert_eq!(
        *entra.asked.lock().unwrap(),
        ["https://management.azure.com/.default"]
    );
}

#[tokio::test]
async fn nobody_asks_without_a_name() {
    let registry = Registry::start().await;
    let client = registry.client(Credential::anonymous());
    client.head_manifest("app", "v1", None).await.unwrap();
    insta::assert_snapshot!(registry.sent());
}

#[tokio::test]
async fn refresh_token_asks_with_it() {
    let registry = Registry::start().await;
    let client = registry.client(Credential::refresh_token(token(r#"{"mine":true}"#)));
    client
        .start_upload("to", None, Some("from"), Some("sha256:ab"), "")
        .await
        .unwrap_err();
    insta::assert_snapshot!(registry.sent());
}

#[tokio::test]
async fn what_the_engine_gives_away_does_not_print() {
    let registry = Registry::start().await;
    let entra = registry
        .authenticator(Arc::new(Entra::default()))
        .build()
        .unwrap();
    let access = entra
        .access_token(&"repository:app:pull".parse().unwrap())
        .await
        .unwrap();
    let refresh = entra.refresh_token().await.unwrap().unwrap();
    assert!(access.secret().expose().contains(SECRET));
    assert!(refresh.secret().expose().contains(SECRET));
    assert!(access.authorization().is_sensitive());
    assert_eq!(access.granted().unwrap().to_string(), "repository:app:pull");
    let builder = registry.authenticator(password());
    let shown = format!(
        "{access:?} {refresh:?} {entra:?} {builder:?} {:?} {:?}",
        access.authorization(),
        Credential::refresh_token(SECRET),
    );
    assert!(!shown.contains(SECRET), "{shown}");
}

#[tokio::test]
async fn a_refresh_token_is_had_by_entra_and_by_who_gave_one() {
    let registry = Registry::start().await;
    for (credential, expected) in [
        (password(), None),
        (Credential::anonymous(), None),
        (Credential::access_token("x"), None),
        (Credential::refresh_token("x"), Some("x")),
    ] {
        let authenticator = registry.authenticator(credential).build().unwrap();
        let token = authenticator.refresh_token().await.unwrap();
        let secret = token.as_ref().map(|token| token.secret().expose());
        assert_eq!(secret, expected);
    }
    assert!(registry.log().is_empty());
}

//! A registry that gives its permissions by attributes of repositories.

use acr_emulator::Emulator;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::support::{Registry, claims};

async fn refresh_token(registry: &Registry) -> String {
    let form = [
        ("grant_type", "access_token"),
        ("service", "any"),
        ("access_token", "entra"),
    ];
    let answer = registry.post_form("/oauth2/exchange", &form).await;
    let answer: Value = answer.json().await.unwrap();
    answer["refresh_token"].as_str().unwrap().to_owned()
}

/// What a token allows that was asked for with these scopes.
async fn access(registry: &Registry, scopes: &str) -> Value {
    let refresh = refresh_token(registry).await;
    let form = [
        ("grant_type", "refresh_token"),
        ("service", "any"),
        ("scope", scopes),
        ("refresh_token", &refresh),
    ];
    let answer = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    claims(answer["access_token"].as_str().unwrap())["access"].clone()
}

#[tokio::test]
async fn scopes_of_all_repositories_are_ignored() {
    let registry = Registry::with(Emulator::builder().abac(true)).await;
    for wildcard in [
        "repository:*:*",
        "repository:*:pull",
        "repository:team/*:pull",
    ] {
        assert_eq!(access(&registry, wildcard).await, json!([]), "{wildcard}");
    }
    let app = json!({"type": "repository", "name": "app", "actions": ["pull"]});
    let mixed = "repository:*:* repository:app:pull";
    assert_eq!(access(&registry, mixed).await, json!([app]));
    // Every action of one repository, and the catalog, are no such scopes.
    assert_eq!(
        access(&registry, "repository:app:*").await[0]["actions"][0],
        "pull"
    );
    let catalog = access(&registry, "registry:catalog:*").await;
    assert_eq!(catalog[0]["name"], "catalog");
}

#[tokio::test]
async fn its_refresh_tokens_say_so() {
    let registry = Registry::start().await;
    let classic = claims(&refresh_token(&registry).await);
    assert_eq!(classic.get("aad_identity"), None);
    let everything = access(&registry, "repository:*:pull").await;
    assert_eq!(everything[0]["name"], "*");

    let mut settings = registry.emulator.settings();
    settings.abac = true;
    registry.emulator.set_settings(settings).unwrap();
    let claims = claims(&refresh_token(&registry).await);
    assert_eq!(claims["aad_identity"], claims["appid"]);
    assert_eq!(access(&registry, "repository:*:pull").await, json!([]));
}

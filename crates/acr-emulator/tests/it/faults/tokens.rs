//! Tokens and pre-signed addresses that are no longer good.

use acr_emulator::{Fault, FaultRule};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::{download_url, fault_on, hits, inject};
use crate::support::{Registry, header};

async fn catalog(registry: &Registry, token: &str) -> Response {
    let list = registry.request(Method::GET, "/acr/v1/_catalog");
    list.bearer_auth(token).send().await.unwrap()
}

async fn token(registry: &Registry) -> String {
    let login = registry.emulator.login();
    let password = login.password.expose();
    registry
        .token(&login.username, password, "registry:catalog:*")
        .await
}

fn assert_invalid_token(answer: &Response) {
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = header(answer, "www-authenticate");
    let end = r#"scope="registry:catalog:*",error="invalid_token""#;
    assert!(challenge.ends_with(end), "{challenge}");
}

#[tokio::test]
async fn a_token_counts_as_expired_once() {
    let registry = Registry::start().await;
    let rule =
        json!({"operations": ["list_repositories"], "nth": 2, "fault": {"tokenExpired": {}}});
    inject(&registry, rule).await;
    let token = token(&registry).await;
    assert_eq!(catalog(&registry, &token).await.status(), StatusCode::OK);
    // Neither shows a token.
    assert_eq!(
        registry.get("/acr/v1/_catalog").await.status(),
        StatusCode::OK
    );
    let naked = registry.request(Method::GET, "/acr/v1/_catalog");
    let naked = naked.send().await.unwrap();
    assert!(!header(&naked, "www-authenticate").contains("error="));

    assert_invalid_token(&catalog(&registry, &token).await);
    assert_eq!(catalog(&registry, &token).await.status(), StatusCode::OK);
    assert_eq!(hits(&registry), [1]);
}

#[tokio::test]
async fn a_token_is_revoked_for_good() {
    let registry = Registry::start().await;
    let (first, second) = (token(&registry).await, token(&registry).await);
    let rule = FaultRule::new(Fault::token_revoked()).on(["list_repositories"]);
    registry.emulator.inject(rule.times(1)).unwrap();
    assert_invalid_token(&catalog(&registry, &first).await);
    assert_invalid_token(&catalog(&registry, &first).await);
    assert_eq!(catalog(&registry, &second).await.status(), StatusCode::OK);
    registry.emulator.clear_faults();
    assert_invalid_token(&catalog(&registry, &first).await);
}

#[tokio::test]
async fn refresh_tokens_and_those_of_entra() {
    let registry = Registry::start().await;
    let entra = [("grant_type", "access_token"), ("access_token", "entra")];
    let exchange = || registry.post_form("/oauth2/exchange", &entra);
    let refresh: Value = exchange().await.json().await.unwrap();
    let refresh = refresh["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("scope", "registry:catalog:*"),
        ("refresh_token", refresh),
    ];
    let ask = || registry.post_form("/oauth2/token", &form);

    let expired = FaultRule::new(Fault::token_expired()).times(2);
    registry.emulator.inject(expired).unwrap();
    assert_eq!(exchange().await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(ask().await.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(exchange().await.status(), StatusCode::OK);
    assert_eq!(ask().await.status(), StatusCode::OK);

    let revoked = FaultRule::new(Fault::token_revoked()).times(2);
    registry.emulator.inject(revoked).unwrap();
    for _ in 0..2 {
        assert_eq!(exchange().await.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(ask().await.status(), StatusCode::UNAUTHORIZED);
    }
    assert_eq!(hits(&registry), [2, 2]);
}

#[tokio::test]
async fn a_pre_signed_address_has_expired() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"blob").await;
    let good = download_url(&registry, &digest).await;
    let rule = json!({"operations": ["get_blob"], "times": 1, "fault": {"presignedExpired": {}}});
    inject(&registry, rule).await;
    let expired = download_url(&registry, &digest).await;
    let refused = registry.http.get(expired).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    assert_eq!(header(&refused, "x-ms-error-code"), "AuthenticationFailed");
    let next = download_url(&registry, &digest).await;
    let next = registry.http.get(next).send().await.unwrap();
    assert_eq!(next.text().await.unwrap(), "blob");

    fault_on(&registry, "download_blob", Fault::presigned_expired());
    let refused = registry.http.get(&good).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    registry.emulator.clear_faults();
    let again = registry.http.get(&good).send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK);
}

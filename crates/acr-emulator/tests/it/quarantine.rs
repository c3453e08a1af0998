//! Images that are held back until they have passed.

use acr_emulator::{Emulator, Role};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, code};

async fn quarantined() -> Registry {
    let builder = Emulator::builder()
        .quarantine(true)
        .principal("reader", Role::AcrQuarantineReader)
        .principal("scanner", Role::AcrQuarantineWriter);
    Registry::with(builder).await
}

/// An access token of an Entra principal.
async fn token(registry: &Registry, oid: &str, scope: &str) -> String {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let claims = URL_SAFE_NO_PAD.encode(json!({ "oid": oid }).to_string());
    let entra = format!("e30.{claims}.x");
    let form = [("grant_type", "access_token"), ("access_token", &*entra)];
    let answer = registry.post_form("/oauth2/exchange", &form).await;
    let answer: Value = answer.json().await.unwrap();
    let refresh = answer["refresh_token"].as_str().unwrap();
    let form = [
        ("grant_type", "refresh_token"),
        ("scope", scope),
        ("refresh_token", refresh),
    ];
    let answer = registry.post_form("/oauth2/token", &form).await;
    let answer: Value = answer.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// What a principal gets for a request.
async fn of(registry: &Registry, oid: &str, method: Method, path: &str, body: &str) -> Response {
    let scope = "repository:app:pull,metadata_read,metadata_write";
    let token = token(registry, oid, scope).await;
    let request = registry.request(method, path).bearer_auth(token);
    request.body(body.to_owned()).send().await.unwrap()
}

#[tokio::test]
async fn a_pushed_image_is_held_until_it_has_passed() {
    let registry = quarantined().await;
    let digest = registry.push_image("app", "v1", "one").await;
    let (by_tag, by_digest) = (
        "/v2/app/manifests/v1",
        format!("/v2/app/manifests/{digest}"),
    );
    let properties = format!("/acr/v1/app/_manifests/{digest}");
    let state = |view: Value| view["manifest"]["changeableAttributes"]["quarantineState"].clone();
    assert_eq!(state(registry.json(&properties).await), "Quarantined");
    let listed = registry.json("/acr/v1/app/_manifests").await;
    let listed = &listed["manifests"][0]["changeableAttributes"];
    assert_eq!(listed["quarantineState"], "Quarantined");

    // Neither the admin user nor an owner can pull it.
    let hidden = registry.get(by_tag).await;
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    assert_eq!(code(hidden).await, "MANIFEST_UNKNOWN");
    let refused = registry.get(&by_digest).await;
    assert_eq!(refused.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(code(refused).await, "REGISTRY_DISALLOWED_OPERATION");
    let owner = of(&registry, "owner", Method::GET, by_tag, "").await;
    assert_eq!(owner.status(), StatusCode::NOT_FOUND);
    for path in [by_tag, &by_digest] {
        for oid in ["reader", "scanner"] {
            let pulled = of(&registry, oid, Method::GET, path, "").await;
            assert_eq!(pulled.status(), StatusCode::OK, "{oid} {path}");
        }
    }

    // The scanner lets it out, and nobody else.
    let passed = r#"{"quarantineState": "Passed", "quarantineDetails": "scanned"}"#;
    let patch = Method::PATCH;
    let owner = of(&registry, "owner", patch.clone(), &properties, passed).await;
    assert_eq!(owner.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(registry.get(by_tag).await.status(), StatusCode::NOT_FOUND);
    let failed = r#"{"quarantineState": "Failed"}"#;
    let answer = of(&registry, "scanner", patch.clone(), &properties, failed).await;
    assert_eq!(state(answer.json().await.unwrap()), "Failed");
    assert_eq!(registry.get(by_tag).await.status(), StatusCode::NOT_FOUND);
    let nonsense = r#"{"quarantineState": "Perhaps"}"#;
    let answer = of(&registry, "scanner", patch.clone(), &properties, nonsense).await;
    assert_eq!(answer.status(), StatusCode::BAD_REQUEST);
    let answer = of(&registry, "scanner", patch, &properties, passed).await;
    assert_eq!(state(answer.json().await.unwrap()), "Passed");
    for path in [by_tag, &by_digest] {
        assert_eq!(registry.get(path).await.status(), StatusCode::OK, "{path}");
    }
    // Pushed once more, it stays so.
    registry.push_image("app", "v1", "one").await;
    assert_eq!(registry.get(by_tag).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_quarantine_nothing_is_held() {
    let registry = quarantined().await;
    let held = registry.push_image("app", "v1", "one").await;
    let mut settings = registry.emulator.settings();
    settings.quarantine = false;
    registry.emulator.set_settings(settings).unwrap();
    let path = format!("/v2/app/manifests/{held}");
    assert_eq!(registry.get(&path).await.status(), StatusCode::OK);
    let free = registry.push_image("app", "v2", "two").await;
    let view = registry
        .json(&format!("/acr/v1/app/_manifests/{free}"))
        .await;
    let attributes = view["manifest"]["changeableAttributes"]
        .as_object()
        .unwrap();
    assert_eq!(attributes.len(), 4, "{attributes:?}");
}

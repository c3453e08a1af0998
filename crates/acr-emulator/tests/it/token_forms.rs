//! The token endpoints, form by form: what each request holds, and what its answer.

use std::time::Duration;

use acr_emulator::Emulator;
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, claims, header};

const NULL_GUID: &str = "00000000-0000-0000-0000-000000000000";
const CATALOG: (&str, &str) = ("scope", "registry:catalog:*");

/// The only token of an answer, which holds nothing else.
async fn only(answer: Response, name: &str) -> String {
    assert_eq!(answer.status(), StatusCode::OK);
    assert!(header(&answer, "content-type").starts_with("application/json"));
    assert_eq!(header(&answer, "transfer-encoding"), "chunked");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer.as_object().unwrap().len(), 1, "{answer}");
    answer[name].as_str().unwrap().to_owned()
}

async fn refresh_token(registry: &Registry) -> String {
    let form = [("grant_type", "access_token"), ("access_token", "entra")];
    only(
        registry.post_form("/oauth2/exchange", &form).await,
        "refresh_token",
    )
    .await
}

/// Whether an access token lists the repositories.
async fn lists(registry: &Registry, token: &str) -> bool {
    let list = registry
        .request(Method::GET, "/acr/v1/_catalog")
        .bearer_auth(token);
    list.send().await.unwrap().status() == StatusCode::OK
}

#[tokio::test]
async fn an_entra_token_is_exchanged_with_and_without_tenant_and_version() {
    let registry = Registry::start().await;
    let fields = [
        ("grant_type", "access_token"),
        ("service", "any"),
        ("access_token", "entra"),
    ];
    let with_tenant = [
        &fields[..],
        &[("tenant", "72f988bf-86f1-41af-91ab-2d7cd011db47")],
    ]
    .concat();
    for form in [&fields[..], &with_tenant] {
        for path in [
            "/oauth2/exchange",
            "/oauth2/exchange?api-version=2021-07-01",
        ] {
            let answer = registry.post_form(path, form).await;
            only(answer, "refresh_token").await;
        }
    }
}

#[tokio::test]
async fn the_deprecated_grants_of_the_exchange() {
    let registry = Registry::start().await;
    for form in [
        vec![("grant_type", "refresh_token"), ("refresh_token", "entra")],
        vec![
            ("grant_type", "access_token_refresh_token"),
            ("access_token", "entra"),
            ("refresh_token", "entra"),
        ],
    ] {
        let answer = registry.post_form("/oauth2/exchange", &form).await;
        only(answer, "refresh_token").await;
    }
}

#[tokio::test]
async fn a_refresh_token_gives_an_access_token_in_whatever_order_the_fields_come() {
    let registry = Registry::start().await;
    let refresh = refresh_token(&registry).await;
    let mut form = vec![
        ("grant_type", "refresh_token"),
        ("service", "any"),
        CATALOG,
        ("refresh_token", &*refresh),
    ];
    for _ in 0..form.len() {
        form.rotate_left(1);
        let token = only(
            registry.post_form("/oauth2/token", &form).await,
            "access_token",
        )
        .await;
        assert!(lists(&registry, &token).await, "{form:?}");
    }
}

#[tokio::test]
async fn nobody_may_send_an_empty_refresh_token_or_none() {
    let registry = Registry::with(Emulator::builder().anonymous_pull(true)).await;
    let form = [("grant_type", "password"), ("service", "any"), CATALOG];
    for form in [&form[..], &[&form[..], &[("refresh_token", "")]].concat()] {
        let token = only(
            registry.post_form("/oauth2/token", form).await,
            "access_token",
        )
        .await;
        assert!(lists(&registry, &token).await, "{form:?}");
    }
}

/// More than it allows, and longer than it lives, an access token does not become.
#[tokio::test]
async fn an_access_token_is_a_password_of_the_null_guid() {
    let registry = Registry::start().await;
    let login = registry.emulator.login();
    let given = registry
        .token(&login.username, login.password.expose(), CATALOG.1)
        .await;
    registry.emulator.advance_clock(Duration::from_secs(60));
    let form = [
        ("grant_type", "password"),
        ("scope", "registry:catalog:* repository:app:pull"),
        ("username", NULL_GUID),
        ("password", &*given),
    ];
    let token = only(
        registry.post_form("/oauth2/token", &form).await,
        "access_token",
    )
    .await;
    assert_eq!(claims(&token)["exp"], claims(&given)["exp"]);
    let catalog = json!([{"type": "registry", "name": "catalog", "actions": ["*"]}]);
    assert_eq!(claims(&token)["access"], catalog);
}

#[tokio::test]
async fn a_star_may_be_encoded_and_nonsense_is_granted_nothing() {
    let registry = Registry::start().await;
    let login = registry.emulator.login();
    let ask = async |scope: &str| {
        let path = format!("/oauth2/token?service=any{scope}");
        let call = registry.request(Method::GET, &path);
        let call = call.basic_auth(&login.username, Some(login.password.expose()));
        claims(&only(call.send().await.unwrap(), "access_token").await)["access"].clone()
    };
    let catalog = json!([{"type": "registry", "name": "catalog", "actions": ["*"]}]);
    assert_eq!(ask("&scope=registry%3Acatalog%3A%2A").await, catalog);
    assert_eq!(ask("&scope=registry%3Acatalog%3A*").await, catalog);
    for scope in ["&scope=registry:None:*", "&scope=", "&scope=x", ""] {
        assert_eq!(ask(scope).await, json!([]), "{scope}");
    }
}

#[tokio::test]
async fn what_a_refusal_says() {
    let registry =
        Registry::with(Emulator::builder().default_role(acr_emulator::Role::NoRole)).await;
    let form = [("grant_type", "access_token"), ("access_token", "entra")];
    let denied = registry.post_form("/oauth2/exchange", &form).await;
    assert_eq!(denied.status(), StatusCode::FORBIDDEN);
    let told: Value = denied.json().await.unwrap();
    let expected = json!({"code": "DENIED", "message": "retrieving permissions failed"});
    assert_eq!(told["errors"], json!([expected]));

    let expected = json!({
        "code": "UNAUTHORIZED",
        "message": "authentication required, visit https://aka.ms/acr/authorization for more information.",
    });
    let login = registry.emulator.login();
    for form in [
        vec![
            ("grant_type", "password"),
            ("username", &*login.username),
            ("password", "wrong"),
        ],
        vec![("grant_type", "refresh_token"), ("refresh_token", "none")],
        vec![("grant_type", "password")],
    ] {
        let refused = registry.post_form("/oauth2/token", &form).await;
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED, "{form:?}");
        let told: Value = refused.json().await.unwrap();
        assert_eq!(told["errors"], json!([expected]), "{form:?}");
    }
    let unknown = [("grant_type", "client_credentials")];
    for path in ["/oauth2/exchange", "/oauth2/token"] {
        let refused = registry.post_form(path, &unknown).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    }
}

/// Header, claims and lives; `iat` is a quarter of an hour in the past.
#[tokio::test]
async fn what_the_tokens_are() {
    let registry = Registry::start().await;
    let refresh = refresh_token(&registry).await;
    let login = registry.emulator.login();
    let access = registry
        .token(&login.username, login.password.expose(), CATALOG.1)
        .await;
    let now = registry
        .emulator
        .now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap();
    let now = i64::try_from(now.as_secs()).unwrap();
    for (token, kind, life) in [
        (&refresh, "refresh_token", 3 * 3600),
        (&access, "access_token", 3600),
    ] {
        let parts: Vec<_> = token.split('.').collect();
        assert_eq!(parts.len(), 3);
        let head: Value =
            serde_json::from_slice(&STANDARD_NO_PAD.decode(parts[0]).unwrap()).unwrap();
        assert_eq!(
            (&head["alg"], &head["typ"]),
            (&json!("RS256"), &json!("JWT"))
        );
        let kid: Vec<_> = head["kid"].as_str().unwrap().split(':').collect();
        assert!(
            kid.len() == 12 && kid.iter().all(|group| group.len() == 4),
            "{kid:?}"
        );
        let claims = claims(token);
        let service = registry
            .emulator
            .endpoint()
            .strip_prefix("http://")
            .unwrap();
        assert_eq!(claims["iss"], "Azure Container Registry");
        assert_eq!(
            (&claims["aud"], &claims["version"]),
            (&json!(service), &json!("1.0"))
        );
        assert_eq!(
            (&claims["grant_type"], &claims["nbf"]),
            (&json!(kind), &claims["iat"])
        );
        assert!(claims["jti"].is_string() && claims["sub"].is_string());
        let at = |name: &str| claims[name].as_i64().unwrap();
        assert_eq!(at("exp") - at("iat"), life + 900);
        assert!((at("exp") - now - life).abs() <= 1, "{claims}");
    }
    assert_eq!(claims(&access)["roles"], json!(["Owner"]));
    assert!(claims(&refresh)["permissions"]["Actions"].is_array());
    assert!(claims(&refresh).get("access").is_none());
}

/// No body, and the header all the same; one entry for each action, reading first.
#[tokio::test]
async fn the_body_of_a_challenge() {
    let registry = Registry::start().await;
    let head = registry.request(Method::HEAD, "/v2/app/manifests/v1");
    let head = head.send().await.unwrap();
    assert_eq!(head.status(), StatusCode::UNAUTHORIZED);
    assert!(header(&head, "www-authenticate").ends_with(r#",scope="repository:app:pull""#));
    assert!(head.bytes().await.unwrap().is_empty());

    let post = registry.request(Method::POST, "/v2/a%2Fb/blobs/uploads/");
    let told: Value = post.send().await.unwrap().json().await.unwrap();
    let entry = |action| json!({"Type": "repository", "Name": "a/b", "Action": action});
    assert_eq!(told["errors"][0]["code"], "UNAUTHORIZED");
    assert_eq!(
        told["errors"][0]["detail"],
        json!([entry("pull"), entry("push")])
    );
}

//! The token flow, for everybody whom a registry knows; each with something refused.

use std::time::Duration;

use acr_emulator::{Emulator, Role, ScopeAction, ScopeMap};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, claims, code, header};

const NULL_GUID: &str = "00000000-0000-0000-0000-000000000000";

/// The status of a call with a bearer token, and the challenge if there is one.
async fn with_token(
    registry: &Registry,
    method: Method,
    path: &str,
    token: &str,
) -> (StatusCode, String) {
    let call = registry.request(method, path).bearer_auth(token);
    let response = call.send().await.unwrap();
    let challenge = response.headers().get("www-authenticate");
    let challenge = challenge.map_or("", |value| value.to_str().unwrap());
    (response.status(), challenge.to_owned())
}

fn entra_token(oid: &str, exp: i64) -> String {
    let payload = json!({ "oid": oid, "exp": exp }).to_string();
    format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(payload))
}

async fn exchange(registry: &Registry, entra: &str) -> reqwest::Response {
    let form = [
        ("grant_type", "access_token"),
        ("service", "any"),
        ("access_token", entra),
    ];
    registry
        .post_form("/oauth2/exchange?api-version=2021-07-01", &form)
        .await
}

async fn access_token(registry: &Registry, refresh: &str, scope: &str) -> String {
    let form = [
        ("grant_type", "refresh_token"),
        ("service", "any"),
        ("scope", scope),
        ("refresh_token", refresh),
    ];
    let response = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer: Value = response.json().await.unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn without_a_token_everything_is_challenged() {
    let registry = Registry::start().await;
    let host = registry
        .emulator
        .endpoint()
        .strip_prefix("http://")
        .unwrap();
    let d = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    for (method, path, scope) in [
        (
            Method::GET,
            "/acr/v1/_catalog".to_owned(),
            "registry:catalog:*",
        ),
        (Method::GET, "/v2/_catalog".to_owned(), "registry:catalog:*"),
        (
            Method::GET,
            "/acr/v1/a%2Fb".to_owned(),
            "repository:a/b:metadata_read",
        ),
        (
            Method::GET,
            "/acr/v1/a%2Fb/_tags".to_owned(),
            "repository:a/b:metadata_read",
        ),
        (
            Method::GET,
            "/v2/a/b/tags/list".to_owned(),
            "repository:a/b:metadata_read",
        ),
        (
            Method::PATCH,
            "/acr/v1/a/b/_tags/t".to_owned(),
            "repository:a/b:metadata_write",
        ),
        (
            Method::DELETE,
            "/acr/v1/a/b".to_owned(),
            "repository:a/b:delete",
        ),
        (
            Method::DELETE,
            format!("/v2/a/b/blobs/{d}"),
            "repository:a/b:delete",
        ),
        (
            Method::GET,
            format!("/v2/a/b/blobs/{d}"),
            "repository:a/b:pull",
        ),
        (
            Method::HEAD,
            "/v2/a/b/manifests/t".to_owned(),
            "repository:a/b:pull",
        ),
        (
            Method::GET,
            format!("/v2/a/b/referrers/{d}"),
            "repository:a/b:pull",
        ),
        (
            Method::PUT,
            "/v2/a/b/manifests/t".to_owned(),
            "repository:a/b:pull,push",
        ),
        (
            Method::POST,
            "/v2/a/b/blobs/uploads/".to_owned(),
            "repository:a/b:pull,push",
        ),
        (
            Method::POST,
            format!("/v2/a/b/blobs/uploads/?mount={d}&from=c"),
            "repository:a/b:pull,push repository:c:pull",
        ),
    ] {
        let response = registry
            .request(method.clone(), &path)
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), StatusCode::UNAUTHORIZED, "{path}");
        assert_eq!(
            header(&response, "www-authenticate"),
            format!(
                r#"Bearer realm="http://{host}/oauth2/token",service="{host}",scope="{scope}""#
            ),
            "{method} {path}"
        );
        assert!(!response.headers().contains_key("x-ms-request-id"));
    }
    let ping = registry.request(Method::GET, "/v2/").send().await.unwrap();
    assert!(!header(&ping, "www-authenticate").contains("scope"));
    assert!(ping.text().await.unwrap().ends_with("\"detail\":null}]}\n"));

    let recorded = registry.emulator.requests();
    assert_eq!(recorded.len(), 15);
    assert_eq!(recorded[0].scope.as_deref(), Some("registry:catalog:*"));
    assert_eq!(recorded[0].status, 401);
    registry.emulator.clear_requests();
    assert!(registry.emulator.requests().is_empty());
}

#[tokio::test]
async fn so_is_what_only_az_reaches() {
    let registry = Registry::start().await;
    let d = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let deleted = format!("/acr/v1/_deleted/a%2Fb/_manifests/{d}");
    let streaming = format!("/acr/v1/a/b/_streaming/{d}");
    for (method, path, scope) in [
        (
            "GET",
            "/acr/v1/_deleted/_catalog",
            "registry:deleted_catalog:*",
        ),
        (
            "GET",
            "/acr/v1/_deleted/a/b/_tags",
            "repository:a/b:deleted_read",
        ),
        (
            "GET",
            "/acr/v1/_deleted/a%2Fb/_manifests",
            "repository:a/b:deleted_read",
        ),
        (
            "POST",
            &deleted,
            "repository:a/b:deleted_read,deleted_restore",
        ),
        ("POST", "/acr/v1/_metadata/_query", "registry:catalog:*"),
        (
            "POST",
            "/acr/v1/a/b/_metadata/_query",
            "repository:a/b:metadata_read",
        ),
        ("GET", "/acr/v1/a/b/_streaming", "repository:a/b:pull"),
        ("POST", "/acr/v1/a/b/_streaming", "repository:a/b:pull,push"),
        ("GET", &streaming, "repository:a/b:pull"),
        ("POST", &streaming, "repository:a/b:pull,push"),
        ("GET", "/acr/v1/a/b/_operations/1-2", "repository:a/b:pull"),
        (
            "POST",
            "/acr/v1/a/b/_operations/1-2:cancel",
            "repository:a/b:pull,push",
        ),
    ] {
        let method = method.parse().unwrap();
        let response = registry.request(method, path).send().await.unwrap();
        let challenge = header(&response, "www-authenticate");
        let expected = format!(r#",scope="{scope}""#);
        assert!(challenge.ends_with(&expected), "{path}: {challenge}");
    }
}

#[tokio::test]
async fn the_admin_user() {
    let registry = Registry::start().await;
    let login = registry.emulator.login();
    let scope = "repository:app:pull,push registry:catalog:*";
    let token = registry
        .token("emulator", login.password.expose(), scope)
        .await;
    let token_claims = claims(&token);
    assert_eq!(token_claims["grant_type"], "access_token");
    assert_eq!(
        token_claims["access"][0]["actions"],
        json!(["pull", "push"])
    );
    assert_eq!(token_claims["access"][1]["name"], "catalog");
    let (status, _) = with_token(&registry, Method::GET, "/acr/v1/_catalog", &token).await;
    assert_eq!(status, StatusCode::OK);

    // What was not asked for is refused, and the challenge says so.
    let (status, challenge) = with_token(&registry, Method::DELETE, "/acr/v1/app", &token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenge.ends_with(r#",scope="repository:app:delete",error="insufficient_scope""#));

    let wrong = registry
        .request(Method::GET, "/oauth2/token?scope=registry:catalog:*")
        .basic_auth("emulator", Some("wrong"))
        .send()
        .await
        .unwrap();
    assert_eq!(wrong.status(), StatusCode::UNAUTHORIZED);
    assert!(!wrong.text().await.unwrap().contains("detail"));
}

#[tokio::test]
async fn a_repository_scoped_token() {
    let read = [ScopeAction::ContentRead, ScopeAction::MetadataRead];
    let map = ScopeMap::new().allow("app", read);
    let registry = Registry::with(Emulator::builder().token("ci", "secret", map)).await;
    registry.push_image("app", "v1", "layer").await;

    let asked = "repository:app:pull,push,metadata_read repository:other:pull";
    let token = registry.token("ci", "secret", asked).await;
    let access = &claims(&token)["access"];
    assert_eq!(access.as_array().unwrap().len(), 1);
    assert_eq!(access[0]["actions"], json!(["pull", "metadata_read"]));
    let manifest = "/v2/app/manifests/v1";
    let (status, _) = with_token(&registry, Method::GET, manifest, &token).await;
    assert_eq!(status, StatusCode::OK);
    let (status, _) = with_token(&registry, Method::PUT, manifest, &token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);

    // The catalog needs the right to read everything.
    let token = registry.token("ci", "secret", "registry:catalog:*").await;
    assert_eq!(claims(&token)["access"], json!([]));

    // By POST, too, and by password straight on the call.
    let form = [
        ("grant_type", "password"),
        ("username", "ci"),
        ("password", "secret"),
        ("scope", "repository:app:pull"),
    ];
    let response = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(response.status(), StatusCode::OK);
    let call = registry
        .request(Method::GET, manifest)
        .basic_auth("ci", Some("secret"));
    assert_eq!(call.send().await.unwrap().status(), StatusCode::OK);
    let call = registry
        .request(Method::DELETE, "/acr/v1/app")
        .basic_auth("ci", Some("secret"));
    assert_eq!(
        call.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn entra_principals() {
    let builder = Emulator::builder()
        .principal("reader", Role::AcrPull)
        .principal("nobody", Role::NoRole);
    let registry = Registry::with(builder).await;
    let forever = 4_000_000_000;

    let response = exchange(&registry, &entra_token("reader", forever)).await;
    assert_eq!(response.status(), StatusCode::OK);
    let answer: Value = response.json().await.unwrap();
    let refresh = answer["refresh_token"].as_str().unwrap();
    let refresh_claims = claims(refresh);
    assert_eq!(refresh_claims["permissions"]["Actions"], json!(["read"]));
    let life = |claims: &Value| claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap();
    assert_eq!(life(&refresh_claims), 11_700);
    let token = access_token(&registry, refresh, "repository:app:pull,push").await;
    assert_eq!(claims(&token)["access"][0]["actions"], json!(["pull"]));
    assert_eq!(life(&claims(&token)), 4_500);
    let (status, challenge) =
        with_token(&registry, Method::POST, "/v2/app/blobs/uploads/", &token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenge.contains("insufficient_scope"));

    // A token of no known form is the default principal, who owns the registry.
    let answer: Value = exchange(&registry, "opaque").await.json().await.unwrap();
    let owner = answer["refresh_token"].as_str().unwrap();
    let token = access_token(&registry, owner, "repository:app:*").await;
    let (status, _) = with_token(&registry, Method::POST, "/v2/app/blobs/uploads/", &token).await;
    assert_eq!(status, StatusCode::ACCEPTED);

    for (entra, expected) in [
        (entra_token("nobody", forever), StatusCode::FORBIDDEN),
        (entra_token("reader", 1), StatusCode::UNAUTHORIZED),
        (owner.to_owned(), StatusCode::UNAUTHORIZED),
        (String::new(), StatusCode::UNAUTHORIZED),
    ] {
        assert_eq!(exchange(&registry, &entra).await.status(), expected);
    }
    let page = registry
        .request(Method::GET, "/oauth2/exchange")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn docker_logs_in_with_a_refresh_token() {
    let registry = Registry::start().await;
    let answer: Value = exchange(&registry, "opaque").await.json().await.unwrap();
    let refresh = answer["refresh_token"].as_str().unwrap();
    let ask = |password: String| {
        registry
            .request(Method::GET, "/oauth2/token?scope=repository:app:pull")
            .basic_auth(NULL_GUID, Some(password))
            .send()
    };
    let answer: Value = ask(refresh.to_owned()).await.unwrap().json().await.unwrap();
    assert_eq!(answer["refresh_token"], refresh);
    let token = answer["access_token"].as_str().unwrap();

    // An access token serves as a password as well: no longer and no further than it goes itself.
    registry.emulator.advance_clock(Duration::from_secs(60));
    let answer: Value = ask(token.to_owned()).await.unwrap().json().await.unwrap();
    assert!(answer.get("refresh_token").is_none());
    let narrowed = claims(answer["access_token"].as_str().unwrap());
    assert_eq!(narrowed["exp"], claims(token)["exp"]);
    assert_eq!(narrowed["access"][0]["actions"], json!(["pull"]));

    // On a data call it is no password.
    let call = registry
        .request(Method::GET, "/v2/")
        .basic_auth(NULL_GUID, Some(refresh));
    assert_eq!(
        call.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn anonymous_pull() {
    let form = [
        ("grant_type", "password"),
        ("scope", "repository:app:pull,metadata_write"),
    ];
    let closed = Registry::start().await;
    let response = closed.post_form("/oauth2/token", &form).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(code(response).await, "UNAUTHORIZED");

    let open = Registry::with(Emulator::builder().anonymous_pull(true)).await;
    open.push_image("app", "v1", "layer").await;
    let manifest = "/v2/app/manifests/v1";
    let call = open.request(Method::GET, manifest).send().await.unwrap();
    assert_eq!(
        call.status(),
        StatusCode::UNAUTHORIZED,
        "a token is needed all the same"
    );
    let response = open.post_form("/oauth2/token", &form).await;
    let answer: Value = response.json().await.unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let (status, _) = with_token(&open, Method::GET, manifest, token).await;
    assert_eq!(status, StatusCode::OK);
    let (status, challenge) = with_token(&open, Method::PATCH, "/acr/v1/app", token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenge.contains("insufficient_scope"));
}

#[tokio::test]
async fn tokens_expire_by_the_clock() {
    let registry = Registry::start().await;
    let answer: Value = exchange(&registry, "opaque").await.json().await.unwrap();
    let refresh = answer["refresh_token"].as_str().unwrap().to_owned();
    let token = access_token(&registry, &refresh, "").await;
    let (status, _) = with_token(&registry, Method::GET, "/v2/", &token).await;
    assert_eq!(status, StatusCode::OK);
    registry.emulator.advance_clock(Duration::from_secs(3_600));
    let (status, challenge) = with_token(&registry, Method::GET, "/v2/", &token).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert!(challenge.ends_with(r#",error="invalid_token""#));
    let (_, challenge) = with_token(&registry, Method::GET, "/v2/", &refresh).await;
    assert!(
        challenge.contains("invalid_token"),
        "a refresh token is no access token"
    );

    let clock = format!("{}/clock", registry.emulator.management());
    let advance = registry
        .http
        .post(clock)
        .json(&json!({"advance_seconds": 7_200}));
    assert_eq!(advance.send().await.unwrap().status(), StatusCode::OK);
    let form = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh.as_str()),
    ];
    let response = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

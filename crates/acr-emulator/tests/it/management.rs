//! The management API, and the Rust handle that does the same.

use std::time::{Duration, SystemTime};

use acr_emulator::{Emulator, UploadMode};
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, header};

/// What the management API answers to a body, sent as curl sends it.
pub(crate) async fn manage(
    registry: &Registry,
    method: Method,
    path: &str,
    body: impl Into<reqwest::Body>,
) -> Response {
    let url = format!("{}{path}", registry.emulator.management());
    let request = registry.http.request(method, url).body(body);
    let form = "application/x-www-form-urlencoded";
    let request = request.header("content-type", form);
    request.send().await.unwrap()
}

#[tokio::test]
async fn settings_are_changed_one_by_one_and_all_or_none() {
    let builder = Emulator::builder().abac(true).calls_per_second(1000.5);
    let registry = Registry::with(builder).await;
    let now = manage(&registry, Method::GET, "/settings", "").await;
    let now: Value = now.json().await.unwrap();
    let all = json!({
        "uploads": "strict", "abac": true, "softDelete": false, "softDeleteDays": 7, "quarantine": false,
        "callsPerSecond": 1000.5, "retryAfter": false,
    });
    assert_eq!(now, all);

    let patch = json!({"uploads": "tolerant", "callsPerSecond": null}).to_string();
    let changed = manage(&registry, Method::PATCH, "/settings", patch).await;
    assert_eq!(changed.status(), StatusCode::OK);
    let settings = registry.emulator.settings();
    assert_eq!(settings.uploads, UploadMode::Tolerant);
    assert_eq!(settings.calls_per_second, None);
    assert!(settings.abac, "not named, so as it was");

    for (bad, why) in [
        (r#"{"abac": false, "callsPerSecond": 0}"#, "above 0"),
        (r#"{"callsPerSecond": -1}"#, "above 0"),
        (r#"{"callsPerSecond": 1e999}"#, "out of range"),
        (r#"{"abac": "yes"}"#, "expected a boolean"),
        (r#"{"abac": null}"#, "expected a boolean"),
        (r#"{"uploads": "lax"}"#, "`strict` or `tolerant`"),
        (r#"{"upload": "strict"}"#, "unknown field `upload`"),
        ("[]", "expected a map"),
        ("{", "EOF"),
        ("", "EOF"),
    ] {
        let refused = manage(&registry, Method::PATCH, "/settings", bad).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{bad}");
        let text = refused.text().await.unwrap();
        assert!(text.contains(why), "{bad}: {text}");
    }
    assert_eq!(registry.emulator.settings(), settings);

    let mut none = settings;
    none.calls_per_second = Some(f64::INFINITY);
    let refused = registry.emulator.set_settings(none).unwrap_err();
    assert!(refused.to_string().contains("above 0"), "{refused}");
    none.calls_per_second = None;
    none.soft_delete = true;
    registry.emulator.set_settings(none).unwrap();
    assert!(registry.emulator.settings().soft_delete);
}

#[tokio::test]
async fn the_log_of_requests_says_what_when_and_how_long() {
    let registry = Registry::start().await;
    registry.emulator.advance_clock(Duration::from_secs(86_400));
    registry.get("/acr/v1/_catalog?n=1").await;
    registry.get("/v3/nothing").await;
    registry.get("/acr/v1/library%2Fapp").await;
    let records = registry.emulator.requests();
    assert_eq!(records[0].operation, Some("list_repositories"));
    assert_eq!(records[1].operation, None);
    let tomorrow = SystemTime::now() + Duration::from_secs(86_000);
    assert!(records[0].at > tomorrow && records[1].at >= records[0].at);
    assert!(records[0].duration > Duration::ZERO);

    let log = manage(&registry, Method::GET, "/requests", "").await;
    let log: Value = log.json().await.unwrap();
    assert_eq!(log[2]["repository"], "library/app");
    let first = &log[0];
    assert_eq!(first["listener"], "registry");
    assert_eq!(first["operation"], "list_repositories");
    assert_eq!(first["method"], "GET");
    assert_eq!(first["path"], "/acr/v1/_catalog");
    assert_eq!(first["query"], "n=1");
    assert_eq!(first["status"], 200);
    assert_eq!(first["scope"], "registry:catalog:*");
    assert!(first["time"].as_str().unwrap().ends_with('Z'), "{first}");
    assert!(first["durationMilliseconds"].as_f64().unwrap() > 0.0);

    let forgotten = manage(&registry, Method::DELETE, "/requests", "").await;
    assert_eq!(forgotten.status(), StatusCode::NO_CONTENT);
    assert!(registry.emulator.requests().is_empty());
}

#[tokio::test]
async fn revoked_tokens_are_refused_and_new_ones_are_not() {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        let builder = Emulator::builder().service("registry.example");
        Registry::with(builder.data_dir(directory.path()).admin("me", "secret"))
    };
    let registry = start().await;
    let scope = "registry:catalog:*";
    let form = [("grant_type", "access_token"), ("access_token", "entra")];
    let refresh = registry.post_form("/oauth2/exchange", &form).await;
    let refresh: Value = refresh.json().await.unwrap();
    let refresh = refresh["refresh_token"].as_str().unwrap().to_owned();
    let old = registry.token("me", "secret", scope).await;

    let revoked = manage(&registry, Method::POST, "/tokens/revoke", "").await;
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    let list = |registry: &Registry, token: &str| {
        let request = registry.request(Method::GET, "/acr/v1/_catalog");
        request.bearer_auth(token).send()
    };
    let refused = list(&registry, &old).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let challenge = header(&refused, "www-authenticate");
    assert!(
        challenge.contains(r#"error="invalid_token""#),
        "{challenge}"
    );
    let form = [
        ("grant_type", "refresh_token"),
        ("scope", scope),
        ("refresh_token", &*refresh),
    ];
    let refused = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);

    // Others than those are good, both also after a restart.
    let new = registry.token("me", "secret", scope).await;
    assert_eq!(
        list(&registry, &new).await.unwrap().status(),
        StatusCode::OK
    );
    drop(registry);
    let registry = start().await;
    for (token, status) in [(&old, StatusCode::UNAUTHORIZED), (&new, StatusCode::OK)] {
        let answer = list(&registry, token).await.unwrap();
        assert_eq!(answer.status(), status);
    }
    registry.emulator.revoke_tokens().unwrap();
    let refused = list(&registry, &new).await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn the_clock_is_read_and_put_forward() {
    let registry = Registry::start().await;
    let body = json!({"advance_seconds": 3600 * 24 * 365 * 10}).to_string();
    let put = manage(&registry, Method::POST, "/clock", body).await;
    let put: Value = put.json().await.unwrap();
    let read = manage(&registry, Method::GET, "/clock", "").await;
    let read: Value = read.json().await.unwrap();
    let now = registry.emulator.now().duration_since(SystemTime::now());
    assert!(now.unwrap() > Duration::from_secs(3600 * 24 * 365 * 9));
    let year = |clock: &Value| clock["now"].as_str().unwrap()[..4].parse::<u16>().unwrap();
    assert!(
        year(&put) > 2034 && year(&read) == year(&put),
        "{put} {read}"
    );
    for bad in [
        r#"{"advance_seconds": -1}"#,
        r#"{"advance_seconds": 1e30}"#,
        r#"{"advance_seconds": 1, "more": 1}"#,
        "{}",
    ] {
        let refused = manage(&registry, Method::POST, "/clock", bad).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{bad}");
    }
    // As far as time goes, and no further.
    let body = json!({"advance_seconds": u64::MAX}).to_string();
    let put = manage(&registry, Method::POST, "/clock", body).await;
    let put: Value = put.json().await.unwrap();
    assert_eq!(year(&put), 9999);
    let records = registry.get("/v2/").await;
    assert_eq!(records.status(), StatusCode::OK);
    assert_eq!(registry.emulator.requests().len(), 1);
}

#[tokio::test]
async fn a_dump_is_the_same_from_rust_and_from_outside() {
    let registry = Registry::start().await;
    let digest = registry.push_image("team/app", "v1", "one").await;
    let path = "/acr/v1/team/app/_tags/v1";
    registry.patch(path, json!({"deleteEnabled": false})).await;
    let upload = registry.admin(Method::POST, "/v2/team/app/blobs/uploads/");
    let upload = upload.send().await.unwrap();
    let dump = registry.emulator.dump();
    let under_way = &dump.uploads[header(&upload, "docker-upload-uuid")];
    assert_eq!(under_way.repository, "team/app");
    assert_eq!(dump.uploads.len(), 1, "those of the image are complete");
    let app = &dump.repositories["team/app"];
    assert_eq!(app.tags["v1"].digest, digest.as_str());
    assert!(!app.tags["v1"].changeable_attributes.delete_enabled);
    assert_eq!(app.manifests[digest.as_str()].tags, ["v1"]);
    let outside = manage(&registry, Method::GET, "/dump", "").await;
    let outside: Value = outside.json().await.unwrap();
    assert_eq!(outside, serde_json::to_value(&dump).unwrap());
    let reset = manage(&registry, Method::POST, "/reset", "").await;
    assert_eq!(reset.status(), StatusCode::NO_CONTENT);
    let dump = registry.emulator.dump();
    assert!(dump.repositories.is_empty() && dump.uploads.is_empty());
}

#[test]
fn the_readme_says_of_every_operation_whether_it_is_supported() {
    let readme = include_str!("../../README.md");
    let (_, matrix) = readme.split_once("\n## What is supported\n").unwrap();
    let rows = matrix.lines().filter_map(|line| line.strip_prefix("| `"));
    let mut told: Vec<&str> = rows.filter_map(|row| row.split('`').next()).collect();
    let mut known = acr_emulator::OPERATIONS.to_vec();
    told.sort_unstable();
    known.sort_unstable();
    assert_eq!(told, known);
}

//! Statuses, delays and locks.

use std::time::{Duration, Instant};

use acr_emulator::{Fault, FaultRule};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{download_url, fault_on, hits, inject};
use crate::support::{OCI_MANIFEST, Registry, code, header};

#[tokio::test]
async fn throttled_with_retry_after_also_without_a_token() {
    let registry = Registry::start().await;
    let fault = json!({"status": {"status": 429, "retryAfterSeconds": 3}});
    let rule = json!({"operations": ["ping"], "times": 2, "fault": fault});
    inject(&registry, rule).await;
    for request in [
        registry.request(Method::GET, "/v2/"),
        registry.admin(Method::GET, "/v2/"),
    ] {
        let throttled = request.send().await.unwrap();
        assert_eq!(throttled.status(), StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(header(&throttled, "retry-after"), "3");
        header(&throttled, "x-ms-correlation-request-id");
        let body: Value = throttled.json().await.unwrap();
        assert_eq!(body["errors"][0]["code"], "TOOMANYREQUESTS");
        let message = body["errors"][0]["message"].as_str().unwrap();
        assert!(message.starts_with("Too many requests. Please visit"));
    }
    assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
    assert_eq!(hits(&registry), [2]);
}

#[tokio::test]
async fn other_statuses_and_words_of_ones_own() {
    let registry = Registry::start().await;
    fault_on(&registry, "ping", Fault::status(503));
    let answer = registry.get("/v2/").await;
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(header(&answer, "content-type").starts_with("text/plain"));
    assert!(!answer.headers().contains_key("retry-after"));
    assert_eq!(answer.text().await.unwrap(), "503 Service Unavailable\n");

    registry.emulator.clear_faults();
    let fault = Fault::status(409).code("CONFLICT").message("\"busy\"");
    fault_on(&registry, "ping", fault);
    let body: Value = registry.get("/v2/").await.json().await.unwrap();
    let error = json!({"code": "CONFLICT", "message": "\"busy\""});
    assert_eq!(body["errors"], json!([error]));

    registry.emulator.clear_faults();
    fault_on(&registry, "list_repositories", Fault::status(401));
    let answer = registry.get("/acr/v1/_catalog").await;
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
    let challenge = header(&answer, "www-authenticate");
    assert!(
        challenge.ends_with(r#"scope="registry:catalog:*""#),
        "{challenge}"
    );
    assert_eq!(code(answer).await, "UNAUTHORIZED");

    fault_on(&registry, "token", Fault::status(500));
    let form = [("grant_type", "password")];
    let answer = registry.post_form("/oauth2/token", &form).await;
    assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(hits(&registry), [1, 1]);
}

#[tokio::test]
async fn the_storage_host_has_errors_of_its_own() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"blob").await;
    let url = download_url(&registry, &digest).await;
    fault_on(
        &registry,
        "download_blob",
        Fault::status(503).retry_after(1),
    );
    let busy = registry.http.get(&url).send().await.unwrap();
    assert_eq!(busy.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(header(&busy, "x-ms-error-code"), "ServerBusy");
    assert_eq!(header(&busy, "retry-after"), "1");
    assert!(
        busy.text()
            .await
            .unwrap()
            .contains("<Code>ServerBusy</Code>")
    );
}

#[tokio::test]
async fn nothing_is_done_where_a_status_is_the_answer() {
    let registry = Registry::start().await;
    fault_on(&registry, "put_manifest", Fault::status(500));
    let index =
        json!({"schemaVersion": 2, "mediaType": crate::support::OCI_INDEX, "manifests": []});
    let media_type = crate::support::OCI_INDEX;
    let put = registry
        .put_manifest("app", "v1", media_type, index.to_string())
        .await;
    assert_eq!(put.status(), StatusCode::INTERNAL_SERVER_ERROR);
    registry.emulator.clear_faults();
    let get = registry.get("/v2/app/manifests/v1").await;
    assert_eq!(get.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_delay_is_waited_for() {
    let registry = Registry::start().await;
    let rule =
        json!({"operations": ["ping"], "nth": 2, "fault": {"delay": {"milliseconds": 1500}}});
    inject(&registry, rule).await;
    let mut took = Vec::new();
    for _ in 0..3 {
        let began = Instant::now();
        assert_eq!(registry.get("/v2/").await.status(), StatusCode::OK);
        took.push(began.elapsed());
    }
    let delay = Duration::from_millis(1500);
    assert!(took[1] >= delay, "{took:?}");
    assert!(took[0] < delay && took[2] < delay, "{took:?}");
    let logged = registry.emulator.requests();
    assert!(logged[1].duration >= delay);
}

#[tokio::test]
async fn locked_once() {
    let registry = Registry::start().await;
    registry.push_image("app", "v1", "content").await;
    let rule = FaultRule::new(Fault::locked())
        .in_repository("app")
        .times(1);
    registry.emulator.inject(rule).unwrap();
    // Who is not allowed is told that first.
    let stranger = registry.request(Method::GET, "/v2/app/manifests/v1");
    assert_eq!(
        stranger.send().await.unwrap().status(),
        StatusCode::UNAUTHORIZED
    );
    let body = "{}".to_owned();
    let put = registry.put_manifest("app", "v1", OCI_MANIFEST, body).await;
    assert_eq!(put.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(code(put).await, "REGISTRY_DISALLOWED_OPERATION");
    let get = registry.get("/v2/app/manifests/v1").await;
    assert_eq!(get.status(), StatusCode::OK);
    assert_eq!(hits(&registry), [1]);
}

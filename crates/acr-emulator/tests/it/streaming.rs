//! Artifact streaming: settings, conversions, operations.

use std::time::Duration;

use acr_core::Digest;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, code, header};

const CONVERSION: &str = r#"{"conversionFormat": "overlaybd", "conversionVersion": "v1"}"#;
const REFERRERS: &str = "artifactType=application%2Fvnd.azure.artifact.streaming.v1";

async fn post(registry: &Registry, path: &str, body: &str) -> Response {
    let post = registry.admin(Method::POST, path).body(body.to_owned());
    post.send().await.unwrap()
}

async fn start(registry: &Registry, image: &Digest) -> Response {
    let path = format!("/acr/v1/team/app/_streaming/{image}");
    let started = post(registry, &path, CONVERSION).await;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    started
}

async fn converted(registry: &Registry, image: &Digest) -> Vec<Value> {
    let path = format!("/v2/team/app/referrers/{image}?{REFERRERS}");
    let index = registry.json(&path).await;
    index["manifests"].as_array().unwrap().clone()
}

/// The path of the operation that an answer names.
fn operation(registry: &Registry, response: &Response) -> String {
    let url = header(response, "operation-location");
    assert_eq!(url, header(response, "location"));
    assert!(url.ends_with(header(response, "operation-id")), "{url}");
    url.strip_prefix(registry.emulator.endpoint())
        .expect("an absolute URL of the registry")
        .to_owned()
}

#[tokio::test]
async fn a_conversion_takes_one_step_of_the_clock_and_leaves_a_referrer() {
    let registry = Registry::start().await;
    let image = registry.push_image("team/app", "v1", "one").await;
    let path = format!("/acr/v1/team/app/_streaming/{image}");
    let none = registry.get(&path).await;
    assert_eq!(none.status(), StatusCode::NOT_FOUND);
    assert_eq!(
        none.text().await.unwrap(),
        "{\"errors\":[{\"code\":\"OPERATION_UNKNOWN\",\"message\":\"The specified operation does not exist\"}]}\n"
    );

    let started = start(&registry, &image).await;
    let at = operation(&registry, &started);
    let id = header(&started, "operation-id").to_owned();
    let started = started.text().await.unwrap();
    assert_eq!(
        started,
        format!("{{\"id\":\"{id}\",\"status\":\"NotStarted\"}}\n")
    );
    let running = registry.get(&path).await;
    assert_eq!(operation(&registry, &running), at);
    assert_eq!(
        running.text().await.unwrap(),
        format!("{{\"id\":\"{id}\",\"status\":\"Running\"}}\n")
    );
    assert_eq!(converted(&registry, &image).await, [] as [Value; 0]);
    // Who asks again gets the one that runs.
    let again: Value = start(&registry, &image).await.json().await.unwrap();
    assert_eq!(again, json!({"id": id, "status": "Running"}));

    registry.emulator.advance_clock(Duration::from_millis(1));
    let done = registry.json(&at).await;
    assert_eq!(done["status"], "Succeeded");
    assert_eq!(done["progress"], "100%");
    let referrers = converted(&registry, &image).await;
    assert_eq!(referrers.len(), 1);
    assert_eq!(
        referrers[0]["annotations"]["streaming.platform.arch"],
        "ppc64le"
    );
    let digest = referrers[0]["digest"].as_str().unwrap();
    let path = format!("/v2/team/app/manifests/{digest}");
    let artifact = registry.get(&path).await.bytes().await.unwrap();
    assert_eq!(Digest::of(&artifact).as_str(), digest);
    let artifact: Value = serde_json::from_slice(&artifact).unwrap();
    assert_eq!(artifact["subject"]["digest"], json!(image));
    // What it names can be had.
    let config = artifact["config"]["digest"].as_str().unwrap();
    let blob = registry.get(&format!("/v2/team/app/blobs/{config}")).await;
    assert_eq!(blob.status(), StatusCode::TEMPORARY_REDIRECT);
    let bytes = registry.http.get(header(&blob, "location")).send().await;
    assert_eq!(bytes.unwrap().text().await.unwrap(), "{}");
}

#[tokio::test]
async fn a_conversion_can_be_cancelled() {
    let registry = Registry::start().await;
    let image = registry.push_image("team/app", "v1", "one").await;
    let at = operation(&registry, &start(&registry, &image).await);
    let resource = format!("team/app@{image}");
    let keys = |progress: &Value| -> Vec<String> {
        let object = progress.as_object().unwrap();
        object.keys().cloned().collect()
    };
    let cancelled = post(&registry, &format!("{at}:cancel"), "").await;
    assert_eq!(cancelled.status(), StatusCode::OK);
    assert!(!cancelled.headers().contains_key("operation-location"));
    let text = cancelled.text().await.unwrap();
    let progress: Value = serde_json::from_str(&text).unwrap();
    let start_time = progress["startTime"].as_str().unwrap();
    assert_eq!(
        text,
        format!(
            "{{\"name\":\"Cancel: ArtifactStreamingConversion\",\"resource\":\"{resource}\",\"status\":\"Canceled\",\"startTime\":\"{start_time}\",\"progress\":\"0%\",\"details\":\"Conversion started for resource {resource}\"}}\n"
        )
    );
    assert_eq!(
        start_time.len(),
        "2025-04-28T03:54:17Z".len(),
        "whole seconds"
    );

    // It stays so, whatever the clock says; but another can be started.
    registry.emulator.advance_clock(Duration::from_secs(60));
    let progress = registry.json(&at).await;
    assert_eq!(progress["name"], "ArtifactStreamingConversion");
    assert_eq!(progress["status"], "Canceled");
    assert_eq!(keys(&progress).len(), 6);
    assert_eq!(converted(&registry, &image).await, [] as [Value; 0]);
    let second = operation(&registry, &start(&registry, &image).await);
    assert_ne!(second, at);
    registry.emulator.advance_clock(Duration::from_secs(1));
    let late = post(&registry, &format!("{second}:cancel"), "").await;
    let late: Value = late.json().await.unwrap();
    assert_eq!(
        late["status"], "Succeeded",
        "what has ended is not cancelled"
    );
    assert_eq!(converted(&registry, &image).await.len(), 1);
}

#[tokio::test]
async fn pushed_images_are_converted_where_that_is_set() {
    let registry = Registry::start().await;
    let before = registry.push_image("team/app", "v1", "one").await;
    let path = "/acr/v1/team/app/_streaming";
    let setting = registry.get(path).await.text().await.unwrap();
    assert_eq!(setting, "{\"convertPushedImages\":false}\n");
    let body = r#"{"convertPushedImages": true, "conversionFormat": "overlaybd", "conversionVersion": "v1"}"#;
    let set = post(&registry, path, body).await;
    assert_eq!(set.status(), StatusCode::ACCEPTED);
    let at = operation(&registry, &set);
    let id = header(&set, "operation-id").to_owned();
    assert_eq!(
        set.text().await.unwrap(),
        format!(
            "{{\"convertPushedImages\":true,\"conversionFormat\":\"overlaybd\",\"conversionVersion\":\"v1\",\"status\":\"Succeeded\",\"id\":\"{id}\"}}\n"
        )
    );
    assert_eq!(registry.json(&at).await["status"], "Succeeded");
    assert_eq!(registry.json(path).await["convertPushedImages"], true);

    let after = registry.push_image("team/app", "v2", "two").await;
    registry.emulator.advance_clock(Duration::from_secs(1));
    assert_eq!(converted(&registry, &after).await.len(), 1);
    assert_eq!(converted(&registry, &before).await, [] as [Value; 0]);
    let artifact = converted(&registry, &after).await[0]["digest"].clone();
    let artifact: Digest = serde_json::from_value(artifact).unwrap();
    assert_eq!(
        converted(&registry, &artifact).await,
        [] as [Value; 0],
        "an artifact is no image"
    );

    // The setting goes with its repository.
    registry.delete("/acr/v1/team/app").await;
    registry.push_image("team/app", "v1", "one").await;
    let setting = registry.get(path).await.text().await.unwrap();
    assert_eq!(setting, "{\"convertPushedImages\":false}\n");
    post(&registry, path, body).await;

    let off = r#"{"convertPushedImages": false}"#;
    assert_eq!(
        post(&registry, path, off).await.status(),
        StatusCode::ACCEPTED
    );
    let unconverted = registry.push_image("team/app", "v3", "three").await;
    registry.emulator.advance_clock(Duration::from_secs(1));
    assert_eq!(converted(&registry, &unconverted).await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_is_not_there_cannot_be_converted() {
    let registry = Registry::start().await;
    let image = registry.push_image("team/app", "v1", "one").await;
    let nothing = Digest::of(b"nothing");
    for (path, expected) in [
        ("/acr/v1/never/_streaming".to_owned(), "NAME_UNKNOWN"),
        (
            format!("/acr/v1/team/app/_streaming/{nothing}"),
            "MANIFEST_UNKNOWN",
        ),
        (
            "/acr/v1/team/app/_operations/0-1:cancel".to_owned(),
            "OPERATION_UNKNOWN",
        ),
    ] {
        let body = r#"{"convertPushedImages": true}"#;
        let missing = post(&registry, &path, body).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(code(missing).await, expected);
    }
    for body in [
        "",
        "[]",
        r#"{"conversionFormat": "squashfs"}"#,
        r#"{"conversionVersion": "v9"}"#,
    ] {
        let path = format!("/acr/v1/team/app/_streaming/{image}");
        let refused = post(&registry, &path, body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
    }

    // An operation belongs to its repository, and fails where its image has gone.
    let at = operation(&registry, &start(&registry, &image).await);
    let elsewhere = at.replace("team/app", "team/other");
    assert_eq!(
        registry.get(&elsewhere).await.status(),
        StatusCode::NOT_FOUND
    );
    registry.push_image("team/app", "v2", "two").await;
    let manifest = format!("/v2/team/app/manifests/{image}");
    assert_eq!(registry.delete(&manifest).await, StatusCode::ACCEPTED);
    registry.emulator.advance_clock(Duration::from_secs(1));
    assert_eq!(registry.json(&at).await["status"], "Failed");
    registry.emulator.reset().unwrap();
    assert_eq!(registry.get(&at).await.status(), StatusCode::NOT_FOUND);
}

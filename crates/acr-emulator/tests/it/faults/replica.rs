//! A replica that does not know yet what was just put.

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::{Fault, FaultRule};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{fault_on, inject};
use crate::support::{OCI_INDEX, Registry, code};

#[tokio::test]
async fn what_was_just_put_is_not_known_for_a_while() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "content").await;
    let blob = Digest::of(b"content");
    let lag = json!({"replicaLag": {"milliseconds": 60_000}});
    inject(&registry, json!({"fault": lag})).await;
    let reads = [
        ("/v2/app/manifests/v1".to_owned(), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/manifests/{digest}"), "MANIFEST_UNKNOWN"),
        (format!("/v2/app/blobs/{blob}"), "BLOB_UNKNOWN"),
        ("/acr/v1/app/_tags/v1".to_owned(), "TAG_UNKNOWN"),
        (
            format!("/acr/v1/app/_manifests/{digest}"),
            "MANIFEST_UNKNOWN",
        ),
    ];
    for (path, expected) in &reads {
        let answer = registry.get(path).await;
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(code(answer).await, *expected, "{path}");
    }
    let head = registry.admin(Method::HEAD, &format!("/v2/app/blobs/{blob}"));
    assert_eq!(head.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(
        registry.json("/v2/app/tags/list").await["tags"],
        Value::Null
    );
    for list in ["_tags", "_manifests"] {
        let page = registry.json(&format!("/acr/v1/app/{list}")).await;
        assert_eq!(page[&list[1..]], Value::Null, "{page}");
    }

    registry.emulator.advance_clock(Duration::from_secs(61));
    for (path, _) in &reads {
        let status = registry.get(path).await.status();
        assert!(!status.is_client_error(), "{path}: {status}");
    }
    let tags = registry.json("/v2/app/tags/list").await;
    assert_eq!(tags["tags"], json!(["v1"]));
    assert!(registry.emulator.faults()[0].hits > 10);
}

#[tokio::test]
async fn a_manifest_of_a_blob_that_is_not_known_yet() {
    let registry = Registry::start().await;
    let child = registry.push_image("app", "child", "content").await;
    let index = json!({
        "schemaVersion": 2, "mediaType": OCI_INDEX,
        "manifests": [{
            "mediaType": crate::support::OCI_MANIFEST, "digest": child, "size": 1,
        }],
    });
    let put = || registry.put_manifest("app", "index", OCI_INDEX, index.to_string());
    let lag = Fault::replica_lag(Duration::from_secs(60));
    let rule = FaultRule::new(lag).on(["put_manifest"]);
    registry.emulator.inject(rule.times(1)).unwrap();
    let refused = put().await;
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    assert_eq!(code(refused).await, "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(put().await.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn a_mount_of_a_blob_that_is_not_known_yet_is_an_upload() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("base", b"blob").await;
    let lag = Fault::replica_lag(Duration::from_secs(60));
    fault_on(&registry, "start_upload", lag);
    let path = format!("/v2/app/blobs/uploads/?mount={digest}&from=base");
    let mount = || registry.admin(Method::POST, &path).send();
    assert_eq!(mount().await.unwrap().status(), StatusCode::ACCEPTED);
    registry.emulator.advance_clock(Duration::from_secs(61));
    assert_eq!(mount().await.unwrap().status(), StatusCode::CREATED);
}

//! Attributes and what they forbid.

use acr_core::Digest;
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::support::{OCI_MANIFEST, Registry, code};

const LOCKED: StatusCode = StatusCode::METHOD_NOT_ALLOWED;

#[tokio::test]
async fn a_write_lock_on_a_tag_keeps_it_and_its_manifest() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "one").await;
    let other = registry.push_image("app", "v2", "two").await;
    let tag = "/acr/v1/app/_tags/v1";
    let before = registry.json(tag).await;
    let after = registry.patch(tag, json!({"writeEnabled": false})).await;
    assert_eq!(after["tag"]["changeableAttributes"]["writeEnabled"], false);
    assert_eq!(after["tag"]["changeableAttributes"]["deleteEnabled"], true);
    assert_eq!(
        after["tag"]["lastUpdateTime"],
        before["tag"]["lastUpdateTime"]
    );

    let delete = registry.admin(Method::DELETE, tag).send().await.unwrap();
    assert_eq!(delete.status(), LOCKED);
    assert_eq!(code(delete).await, "REGISTRY_DISALLOWED_OPERATION");
    assert_eq!(
        registry
            .delete(&format!("/v2/app/manifests/{digest}"))
            .await,
        LOCKED
    );
    assert_eq!(registry.delete("/acr/v1/app").await, LOCKED);
    let two = registry.get(&format!("/v2/app/manifests/{other}")).await;
    let two = two.text().await.unwrap();
    let overwrite = registry.put_manifest("app", "v1", OCI_MANIFEST, two).await;
    assert_eq!(overwrite.status(), LOCKED);

    // What is not locked goes on, and the lock can be taken off.
    assert_eq!(
        registry.get("/v2/app/manifests/v1").await.status(),
        StatusCode::OK
    );
    assert_eq!(
        registry.delete("/acr/v1/app/_tags/v2").await,
        StatusCode::ACCEPTED
    );
    registry.patch(tag, json!({"writeEnabled": true})).await;
    assert_eq!(registry.delete(tag).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_delete_lock_on_a_manifest() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "one").await;
    let properties = format!("/acr/v1/app/_manifests/{digest}");
    registry
        .patch(&properties, json!({"deleteEnabled": false}))
        .await;
    let manifest = format!("/v2/app/manifests/{digest}");
    assert_eq!(registry.delete(&manifest).await, LOCKED);
    assert_eq!(registry.delete("/acr/v1/app").await, LOCKED);
    registry
        .patch(
            &properties,
            json!({"deleteEnabled": true, "readEnabled": false}),
        )
        .await;
    assert_eq!(registry.get(&manifest).await.status(), LOCKED);
    assert_eq!(registry.get("/v2/app/manifests/v1").await.status(), LOCKED);
    assert_eq!(registry.delete(&manifest).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn locks_on_a_repository() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "one").await;
    let (repository, tag) = ("/acr/v1/app", "/acr/v1/app/_tags/v1");
    registry
        .patch(repository, json!({"deleteEnabled": false}))
        .await;
    assert_eq!(registry.delete(repository).await, LOCKED);
    let blob = format!("/v2/app/blobs/{}", Digest::of(b"one"));

    registry
        .patch(
            repository,
            json!({"writeEnabled": false, "readEnabled": false}),
        )
        .await;
    let upload = registry.admin(Method::POST, "/v2/app/blobs/uploads/");
    assert_eq!(upload.send().await.unwrap().status(), LOCKED);
    for path in [tag, &blob, &format!("/v2/app/manifests/{digest}")] {
        assert_eq!(registry.delete(path).await, LOCKED, "{path}");
    }
    assert_eq!(registry.get("/v2/app/manifests/v1").await.status(), LOCKED);
    assert_eq!(registry.get(&blob).await.status(), LOCKED);

    // All four off and on again: properties can always be changed.
    let all = |on: bool| json!({"deleteEnabled": on, "writeEnabled": on, "readEnabled": on, "listEnabled": on});
    let off = registry.patch(repository, all(false)).await;
    assert_eq!(off["changeableAttributes"], all(false));
    registry.patch(repository, all(true)).await;
    assert_eq!(registry.delete(repository).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_not_listed_is_still_there() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "one").await;
    registry.push_image("app", "v2", "two").await;
    let hidden = json!({"listEnabled": false});
    registry.patch("/acr/v1/app/_tags/v1", hidden.clone()).await;
    registry
        .patch(&format!("/acr/v1/app/_manifests/{digest}"), hidden.clone())
        .await;
    assert_eq!(
        registry.json("/v2/app/tags/list").await["tags"],
        json!(["v2"])
    );
    let manifests = registry.json("/acr/v1/app/_manifests").await;
    assert_eq!(manifests["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(
        registry.get("/v2/app/manifests/v1").await.status(),
        StatusCode::OK
    );
    registry.patch("/acr/v1/app", hidden).await;
    assert_eq!(
        registry.json("/acr/v1/_catalog").await["repositories"],
        json!(null)
    );
    assert_eq!(registry.get("/acr/v1/app").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_patch_must_be_json_of_booleans() {
    let registry = Registry::start().await;
    registry.push_image("app", "v1", "one").await;
    for (body, status) in [
        ("{", StatusCode::BAD_REQUEST),
        (r#"{"readEnabled":"no"}"#, StatusCode::BAD_REQUEST),
        (r#"{"unknown":1}"#, StatusCode::OK),
        ("", StatusCode::OK),
    ] {
        let patch = registry.admin(Method::PATCH, "/acr/v1/app").body(body);
        assert_eq!(patch.send().await.unwrap().status(), status, "{body}");
    }
    let unknown = registry.admin(Method::PATCH, "/acr/v1/none").body("{}");
    assert_eq!(code(unknown.send().await.unwrap()).await, "NAME_UNKNOWN");
}

#[tokio::test]
async fn attributes_are_an_object() {
    let registry = Registry::start().await;
    registry.push_image("app", "v1", "layer").await;
    for body in [
        "[true,false,true,true]",
        "[]",
        "null",
        "true",
        r#"{"readEnabled":"no"}"#,
    ] {
        let patch = registry.admin(Method::PATCH, "/acr/v1/app").body(body);
        let response = patch.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(code(response).await, "INVALID_REQUEST", "{body}");
    }
    let app = registry.json("/acr/v1/app").await;
    assert_eq!(app["changeableAttributes"]["writeEnabled"], true);
}

//! What was deleted can be restored for a while.

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::Emulator;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{Registry, code, header};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn soft() -> Registry {
    Registry::with(Emulator::builder().soft_delete(true)).await
}

async fn restore(registry: &Registry, digest: &Digest, query: &str, body: &Value) -> Response {
    let path = format!("/acr/v1/_deleted/team/app/_manifests/{digest}{query}");
    let post = registry.admin(Method::POST, &path).body(body.to_string());
    post.send().await.unwrap()
}

async fn deleted(registry: &Registry, what: &str) -> Value {
    let path = format!("/acr/v1/_deleted/team/app/_{what}");
    registry.json(&path).await[what].clone()
}

async fn status(registry: &Registry, reference: &str) -> StatusCode {
    let path = format!("/v2/team/app/manifests/{reference}");
    registry.get(&path).await.status()
}

#[tokio::test]
async fn a_deleted_manifest_is_listed_and_comes_back() {
    let registry = soft().await;
    let digest = registry.push_image("team/app", "v1", "one").await;
    let path = format!("/v2/team/app/manifests/{digest}");
    let before = registry.get(&path).await.bytes().await.unwrap();
    let view = format!("/acr/v1/team/app/_manifests/{digest}");
    let properties = registry.json(&view).await["manifest"].clone();
    assert_eq!(registry.delete(&path).await, StatusCode::ACCEPTED);
    assert_eq!(status(&registry, "v1").await, StatusCode::NOT_FOUND);
    let catalog = registry.json("/acr/v1/_catalog").await;
    assert_eq!(catalog["repositories"], Value::Null);

    let catalog = registry.json("/acr/v1/_deleted/_catalog").await;
    assert_eq!(catalog, json!({"repositories": ["team/app"]}));
    let text = registry.get("/acr/v1/_deleted/team/app/_manifests").await;
    let text = text.text().await.unwrap();
    let listed: Value = serde_json::from_str(&text).unwrap();
    let deleted_at = listed["manifests"][0]["deletedAt"].as_str().unwrap();
    let expected = format!(
        "{{\"registry\":{},\"imageName\":\"team/app\",\"manifests\":[{{\"digest\":\"{digest}\",\"imageSize\":42,\"createdTime\":{},\"lastUpdateTime\":{},\"deletedAt\":\"{deleted_at}\",\"architecture\":\"ppc64le\",\"os\":\"linux\",\"mediaType\":{},\"tags\":[\"v1\"]}}]}}\n",
        listed["registry"],
        properties["createdTime"],
        properties["lastUpdateTime"],
        properties["mediaType"],
    );
    assert_eq!(text, expected);
    let tags = deleted(&registry, "tags").await;
    assert_eq!(
        tags,
        json!([{"tag": "v1", "digest": digest, "deletedAt": deleted_at}])
    );

    let restored = restore(&registry, &digest, "?force=False", &json!({"tag": "v1"})).await;
    assert_eq!(restored.status(), StatusCode::NO_CONTENT);
    assert_eq!(restored.bytes().await.unwrap(), "");
    for reference in ["v1", digest.as_str()] {
        let path = format!("/v2/team/app/manifests/{reference}");
        assert_eq!(registry.get(&path).await.bytes().await.unwrap(), before);
    }
    let again = registry.json(&view).await["manifest"].clone();
    assert_eq!(again, properties, "as it was");
    let nothing = registry.json("/acr/v1/_deleted/_catalog").await;
    assert_eq!(nothing, json!({"repositories": null}));
    assert_eq!(deleted(&registry, "manifests").await, Value::Null);
}

#[tokio::test]
async fn a_tag_that_is_there_is_overwritten_by_force_only() {
    let registry = soft().await;
    let one = registry.push_image("team/app", "v1", "one").await;
    registry.delete("/acr/v1/team/app/_tags/v1").await;
    // The manifest is there still: the tag alone was deleted.
    assert_eq!(deleted(&registry, "manifests").await, Value::Null);
    assert_eq!(status(&registry, one.as_str()).await, StatusCode::OK);
    let two = registry.push_image("team/app", "v1", "two").await;

    let refused = restore(&registry, &one, "", &json!({"tag": "v1"})).await;
    assert_eq!(refused.status(), StatusCode::CONFLICT);
    assert_eq!(code(refused).await, "CONFLICT");
    let digest_of = |tag: Value| tag["tag"]["digest"].clone();
    let tag = registry.json("/acr/v1/team/app/_tags/v1").await;
    assert_eq!(digest_of(tag), json!(two));
    let forced = restore(&registry, &one, "?force=True", &json!({"tag": "v1"})).await;
    assert_eq!(forced.status(), StatusCode::NO_CONTENT);
    let tag = registry.json("/acr/v1/team/app/_tags/v1").await;
    assert_eq!(digest_of(tag), json!(one));
    assert_eq!(deleted(&registry, "tags").await, Value::Null);

    // A locked tag not even so.
    registry.delete("/acr/v1/team/app/_tags/v1").await;
    registry.push_image("team/app", "v1", "two").await;
    let lock = json!({"writeEnabled": false});
    registry.patch("/acr/v1/team/app/_tags/v1", lock).await;
    let locked = restore(&registry, &one, "?force=true", &json!({"tag": "v1"})).await;
    assert_eq!(locked.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_tag_lost_by_several_manifests_is_listed_for_each() {
    let registry = soft().await;
    let mut digests = Vec::new();
    // In the order of deletion, which is not that of digests.
    for content in ["one", "two", "three", "four"] {
        let digest = registry.push_image("team/app", "v1", content).await;
        let path = format!("/v2/team/app/manifests/{digest}");
        assert_eq!(registry.delete(&path).await, StatusCode::ACCEPTED);
        digests.push(json!(digest));
    }
    registry.push_image("team/app", "v0", "five").await;
    registry.delete("/acr/v1/team/app/_tags/v0").await;
    let tags = deleted(&registry, "tags").await;
    let of = |tags: &Value, key: &str| -> Vec<Value> {
        let tags = tags.as_array().unwrap().iter();
        tags.map(|tag| tag[key].clone()).collect()
    };
    assert_eq!(of(&tags, "tag"), ["v0", "v1", "v1", "v1", "v1"]);
    assert_eq!(of(&tags, "digest")[1..], digests);

    // In pages, by the links.
    for what in ["tags", "manifests"] {
        let mut seen = Vec::new();
        let mut next = Some(format!("/acr/v1/_deleted/team%2Fapp/_{what}?n=2"));
        while let Some(path) = next {
            let page = registry.get(&path).await;
            let has_next = page.headers().contains_key("link");
            next = has_next.then(|| {
                let link = header(&page, "link");
                let path = format!("</acr/v1/_deleted/team%2Fapp/_{what}?last=");
                assert!(link.starts_with(&path), "{link}");
                link[1..link.find('>').unwrap()].to_owned()
            });
            let page: Value = page.json().await.unwrap();
            seen.extend(page[what].as_array().unwrap().clone());
        }
        assert_eq!(json!(seen), deleted(&registry, what).await, "{what}");
    }
}

#[tokio::test]
async fn a_deleted_repository_comes_back_piece_by_piece() {
    let registry = soft().await;
    let one = registry.push_image("team/app", "v1", "one").await;
    let two = registry.push_image("team/app", "v2", "two").await;
    registry.push_image("zoo", "v1", "one").await;
    registry.delete("/acr/v1/zoo").await;
    assert_eq!(
        registry.delete("/acr/v1/team/app").await,
        StatusCode::ACCEPTED
    );
    let first = registry.get("/acr/v1/_deleted/_catalog?n=1").await;
    let link = r#"</acr/v1/_deleted/_catalog?last=team%2Fapp&n=1&orderby=>; rel="next""#;
    assert_eq!(header(&first, "link"), link);
    let manifests = deleted(&registry, "manifests").await;
    assert_eq!(manifests.as_array().unwrap().len(), 2);

    // Without a tag it comes back untagged.
    let restored = restore(&registry, &one, "", &json!({"tag": null})).await;
    assert_eq!(restored.status(), StatusCode::NO_CONTENT);
    assert_eq!(status(&registry, one.as_str()).await, StatusCode::OK);
    assert_eq!(status(&registry, "v1").await, StatusCode::NOT_FOUND);
    assert_eq!(status(&registry, two.as_str()).await, StatusCode::NOT_FOUND);
    // Its blobs have been there all the time.
    let blob = format!("/v2/team/app/blobs/{}", Digest::of(b"two"));
    let head = registry.admin(Method::HEAD, &blob).send().await.unwrap();
    assert_eq!(head.status(), StatusCode::OK);

    // What is pushed again is no longer deleted.
    registry.push_image("team/app", "v9", "two").await;
    assert_eq!(deleted(&registry, "manifests").await, Value::Null);
    let nothing = Digest::of(b"nothing");
    let missing = restore(&registry, &nothing, "", &json!({"tag": "v1"})).await;
    assert_eq!(code(missing).await, "MANIFEST_UNKNOWN");
    for body in [json!([]), json!({"tag": ".invalid"}), json!({"tag": 1})] {
        let refused = restore(&registry, &two, "", &body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
    }
    let never = registry.get("/acr/v1/_deleted/never/_tags").await;
    assert_eq!(code(never).await, "NAME_UNKNOWN");
}

#[tokio::test]
async fn it_is_kept_for_seven_days_unless_said_otherwise() {
    let registry = soft().await;
    let digest = registry.push_image("team/app", "v1", "one").await;
    let path = format!("/v2/team/app/manifests/{digest}");
    registry.delete(&path).await;
    registry.emulator.advance_clock(6 * DAY);
    assert_ne!(deleted(&registry, "tags").await, Value::Null);
    registry.emulator.advance_clock(DAY);
    let catalog = registry.json("/acr/v1/_deleted/_catalog").await;
    assert_eq!(catalog["repositories"], Value::Null);
    let gone = restore(&registry, &digest, "", &json!({"tag": "v1"})).await;
    assert_eq!(code(gone).await, "MANIFEST_UNKNOWN");

    let registry = Registry::with(Emulator::builder().soft_delete(true).soft_delete_days(1)).await;
    registry.push_image("team/app", "v1", "one").await;
    registry.delete("/acr/v1/team/app").await;
    let mut settings = registry.emulator.settings();
    settings.soft_delete_days = 0;
    assert!(registry.emulator.set_settings(settings).is_err());
    // Turned off, it keeps what was deleted before.
    settings.soft_delete_days = 1;
    settings.soft_delete = false;
    registry.emulator.set_settings(settings).unwrap();
    registry.push_image("team/app", "v2", "two").await;
    registry.delete("/acr/v1/team/app").await;
    let manifests = deleted(&registry, "manifests").await;
    assert_eq!(manifests.as_array().unwrap().len(), 1);
    registry.emulator.advance_clock(DAY);
    let catalog = registry.json("/acr/v1/_deleted/_catalog").await;
    assert_eq!(catalog["repositories"], Value::Null);
}

#[tokio::test]
async fn it_outlives_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let open = || {
        let builder = Emulator::builder().soft_delete(true);
        Registry::with(builder.data_dir(directory.path()))
    };
    let registry = open().await;
    let one = registry.push_image("team/app", "v1", "one").await;
    let two = registry.push_image("team/app", "v1", "two").await;
    let three = registry.push_image("team/app", "v1", "three").await;
    registry.delete("/acr/v1/team/app").await;
    restore(&registry, &two, "", &json!({"tag": "v2"})).await;
    let (manifests, tags) = (
        deleted(&registry, "manifests").await,
        deleted(&registry, "tags").await,
    );
    registry.emulator.shutdown().await;

    let registry = open().await;
    assert_eq!(deleted(&registry, "manifests").await, manifests);
    assert_eq!(deleted(&registry, "tags").await, tags);
    assert_eq!(status(&registry, "v2").await, StatusCode::OK);
    let restored = restore(&registry, &three, "", &json!({"tag": "v1"})).await;
    assert_eq!(restored.status(), StatusCode::NO_CONTENT);
    registry.emulator.advance_clock(7 * DAY);
    assert_eq!(deleted(&registry, "manifests").await, Value::Null);
    registry.emulator.shutdown().await;

    let registry = open().await;
    assert_eq!(deleted(&registry, "manifests").await, Value::Null);
    assert_eq!(status(&registry, "v1").await, StatusCode::OK);
    assert_eq!(status(&registry, one.as_str()).await, StatusCode::NOT_FOUND);
}

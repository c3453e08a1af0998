//! Manifests and referrers.

use acr_core::Digest;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OCI_INDEX, OCI_MANIFEST, Registry, code, header};

#[tokio::test]
async fn bytes_come_back_exactly() {
    let registry = Registry::start().await;
    let config = registry.push_blob("app", b"{}").await;
    let body = format!(
        "{{\n  \"config\" : {{\"digest\":\"{config}\",\"size\":2,\"mediaType\":\"application/x\"}},\"layers\":[]}}\n\n"
    );
    let digest = Digest::of(body.as_bytes());
    let put = registry
        .put_manifest("app", "v1", OCI_MANIFEST, body.clone())
        .await;
    assert_eq!(put.status(), StatusCode::CREATED);
    assert_eq!(
        header(&put, "location"),
        format!("/v2/app/manifests/{digest}")
    );
    assert_eq!(header(&put, "docker-content-digest"), digest.as_str());
    for reference in ["v1", digest.as_str(), &digest.as_str().replace(':', "%3A")] {
        let path = format!("/v2/app/manifests/{reference}");
        let head = registry.admin(Method::HEAD, &path).send().await.unwrap();
        assert_eq!(header(&head, "content-length"), body.len().to_string());
        let get = registry.get(&path).await;
        assert_eq!(header(&get, "content-type"), OCI_MANIFEST);
        assert_eq!(header(&get, "etag"), format!("\"{digest}\""));
        assert_eq!(get.text().await.unwrap(), body);
    }
}

#[tokio::test]
async fn what_is_refused() {
    let registry = Registry::start().await;
    let config = registry.push_blob("app", b"{}").await;
    let descriptor = json!({"mediaType": "application/x", "digest": config, "size": 2});
    let valid = json!({"schemaVersion": 2, "config": descriptor, "layers": []});
    let put = |reference: String, media_type: &'static str, body: String| {
        let registry = &registry;
        async move {
            let put = registry
                .put_manifest("app", &reference, media_type, body)
                .await;
            assert_eq!(
                put.status(),
                StatusCode::BAD_REQUEST,
                "{reference} {media_type}"
            );
            put.text().await.unwrap()
        }
    };
    let tag = || "v1".to_owned();
    let invalid = "{\"errors\":[{\"code\":\"MANIFEST_INVALID\",\"message\":\"manifest invalid\",\"detail\":{\"Reason\":{}}}]}\n";
    let mut other_type = valid.clone();
    other_type["mediaType"] = json!(OCI_INDEX);
    assert_eq!(
        put(tag(), OCI_MANIFEST, other_type.to_string()).await,
        invalid
    );
    assert_eq!(put(tag(), OCI_INDEX, valid.to_string()).await, invalid);
    assert_eq!(put(tag(), "text/plain", valid.to_string()).await, invalid);
    assert_eq!(put(tag(), OCI_MANIFEST, "{".to_owned()).await, invalid);
    let large = format!("{valid}{}", " ".repeat(4 << 20));
    assert!(
        put(tag(), OCI_MANIFEST, large)
            .await
            .contains("MANIFEST_INVALID")
    );

    let other = Digest::of(b"other").to_string();
    let mismatch = put(other, OCI_MANIFEST, valid.to_string()).await;
    assert!(mismatch.contains("DIGEST_INVALID"), "{mismatch}");

    let absent = [Digest::of(b"a"), Digest::of(b"b")];
    let mut incomplete = valid.clone();
    incomplete["layers"] = json!([{"digest": absent[0]}, {"digest": absent[1]}]);
    let unknown: Value =
        serde_json::from_str(&put(tag(), OCI_MANIFEST, incomplete.to_string()).await).unwrap();
    assert_eq!(unknown["errors"][1]["code"], "MANIFEST_BLOB_UNKNOWN");
    assert_eq!(unknown["errors"][1]["detail"], json!(absent[1]));
    let index = json!({"schemaVersion": 2, "manifests": [{"digest": absent[0], "size": 1}]});
    let unknown = put(tag(), OCI_INDEX, index.to_string()).await;
    assert!(unknown.contains("MANIFEST_BLOB_UNKNOWN"));

    // Nothing of that made the repository.
    let list = registry.get("/v2/app/tags/list").await;
    assert_eq!(code(list).await, "NAME_UNKNOWN");
}

#[tokio::test]
async fn missing_manifests() {
    let registry = Registry::start().await;
    let by_tag = registry.get("/v2/app/manifests/v1").await;
    assert_eq!(by_tag.status(), StatusCode::NOT_FOUND);
    let text = by_tag.text().await.unwrap();
    assert_eq!(
        text,
        "{\"errors\":[{\"code\":\"MANIFEST_UNKNOWN\",\"message\":\"manifest tagged by \\\"v1\\\" is not found\",\"detail\":{\"Tag\":\"v1\"}}]}\n"
    );
    let digest = Digest::of(b"none");
    let by_digest: Value = registry
        .get(&format!("/v2/app/manifests/{digest}"))
        .await
        .json()
        .await
        .unwrap();
    assert_eq!(by_digest["errors"][0]["detail"]["Revision"], json!(digest));
    let properties = registry
        .get(&format!("/acr/v1/app/_manifests/{digest}"))
        .await;
    assert_eq!(code(properties).await, "MANIFEST_UNKNOWN");
}

#[tokio::test]
async fn deletion() {
    let registry = Registry::start().await;
    let one = registry.push_image("app", "v1", "one").await;
    let two = registry.push_image("app", "v2", "two").await;
    let by_tag = registry
        .admin(Method::DELETE, "/v2/app/manifests/v1")
        .send()
        .await
        .unwrap();
    assert_eq!(by_tag.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(code(by_tag).await, "UNSUPPORTED");

    // A tag goes alone, a manifest with its tags, a repository with its last manifest.
    let tag = registry
        .admin(Method::DELETE, "/acr/v1/app/_tags/v1")
        .send()
        .await
        .unwrap();
    assert_eq!(tag.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&tag, "x-ms-int-docker-content-digest"), one.as_str());
    header(&tag, "x-ms-request-id");
    assert_eq!(
        registry.delete("/acr/v1/app/_tags/v1").await,
        StatusCode::NOT_FOUND
    );
    let one = format!("/v2/app/manifests/{one}");
    assert_eq!(registry.get(&one).await.status(), StatusCode::OK);
    assert_eq!(registry.delete(&one).await, StatusCode::ACCEPTED);
    assert_eq!(registry.delete(&one).await, StatusCode::NOT_FOUND);
    let tags = registry.json("/v2/app/tags/list").await;
    assert_eq!(tags, json!({"name": "app", "tags": ["v2"]}));
    let two = format!("/v2/app/manifests/{two}");
    assert_eq!(registry.delete(&two).await, StatusCode::ACCEPTED);
    let gone = registry.get("/v2/app/tags/list").await;
    assert_eq!(code(gone).await, "NAME_UNKNOWN");
    // Its blobs stay.
    let layer = format!("/v2/app/blobs/{}", Digest::of(b"one"));
    assert_eq!(registry.delete(&layer).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn referrers_are_newest_first() {
    let registry = Registry::start().await;
    let subject = Digest::of(b"not here");
    let config = registry.push_blob("app", b"{}").await;
    let mut digests = Vec::new();
    for (number, kind) in [(0, "a"), (1, "b"), (2, "a")] {
        let mut body = json!({
            "schemaVersion": 2,
            "config": {"mediaType": "application/a", "digest": config, "size": 2},
            "layers": [],
            "subject": {"mediaType": OCI_MANIFEST, "digest": subject, "size": 1},
        });
        if kind == "b" {
            body["artifactType"] = json!("application/b");
        }
        if number == 2 {
            body["annotations"] = json!({"number": "2"});
        }
        let body = body.to_string();
        let digest = Digest::of(body.as_bytes());
        let put = registry
            .put_manifest("app", digest.as_str(), OCI_MANIFEST, body)
            .await;
        assert_eq!(header(&put, "oci-subject"), subject.as_str());
        digests.push(digest.to_string());
    }
    let path = format!("/v2/app/referrers/{subject}");
    let all = registry.get(&path).await;
    assert_eq!(header(&all, "content-type"), OCI_INDEX);
    assert!(!all.headers().contains_key("oci-filters-applied"));
    let text = all.text().await.unwrap();
    let newest = format!(
        "{{\"schemaVersion\":2,\"mediaType\":\"{OCI_INDEX}\",\"manifests\":[{{\"mediaType\":\"{OCI_MANIFEST}\",\"digest\":\"{}\",\"size\":",
        digests[2]
    );
    assert!(text.starts_with(&newest), "{text}");
    assert!(text.contains("\"annotations\":{\"number\":\"2\"},\"artifactType\":\"application/a\""));

    let filtered = registry
        .get(&format!("{path}?artifactType=application%2Fb"))
        .await;
    assert_eq!(header(&filtered, "oci-filters-applied"), "artifactType");
    let filtered: Value = filtered.json().await.unwrap();
    assert_eq!(filtered["manifests"].as_array().unwrap().len(), 1);
    assert_eq!(filtered["manifests"][0]["digest"], json!(digests[1]));

    // In pages of one, by the links.
    let mut seen = Vec::new();
    let mut next = format!("{path}?n=1");
    loop {
        let page = registry.get(&next).await;
        let link = page
            .headers()
            .get("link")
            .map(|link| link.to_str().unwrap().to_owned());
        let page: Value = page.json().await.unwrap();
        seen.push(page["manifests"][0]["digest"].as_str().unwrap().to_owned());
        match link {
            Some(link) => next = link[1..link.find('>').unwrap()].to_owned(),
            None => break,
        }
    }
    digests.reverse();
    assert_eq!(seen, digests);

    // Also after one that was deleted meanwhile.
    let second = registry
        .delete(&format!("/v2/app/manifests/{}", digests[1]))
        .await;
    assert_eq!(second, StatusCode::ACCEPTED);
    let rest = registry
        .json(&format!("{path}?n=1&last={}", digests[1]))
        .await;
    assert_eq!(rest["manifests"][0]["digest"], json!(digests[2]));

    let nothing = Digest::of(b"nothing");
    let empty = registry
        .json(&format!("/v2/never/referrers/{nothing}"))
        .await;
    assert_eq!(empty["manifests"], json!([]));
}

//! Catalog, tags and manifests: properties and pages.

use acr_core::Digest;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OCI_INDEX, Registry, code, header};

/// Follows the links from a page, and gives what `key` holds on each.
async fn pages(registry: &Registry, first: &str, key: &str) -> Vec<Value> {
    let mut pages = Vec::new();
    let mut next = first.to_owned();
    loop {
        let page = registry.get(&next).await;
        assert_eq!(page.status(), StatusCode::OK);
        let link = page
            .headers()
            .get("link")
            .map(|link| link.to_str().unwrap().to_owned());
        let page: Value = page.json().await.unwrap();
        pages.push(page[key].clone());
        let Some(link) = link else { return pages };
        assert!(
            link.ends_with(r#">; rel="next""#) && link.contains("&orderby="),
            "{link}"
        );
        next = link[1..link.find('>').unwrap()].to_owned();
    }
}

#[tokio::test]
async fn the_catalog_in_pages() {
    let registry = Registry::start().await;
    for name in ["library/busybox", "alpine", "library/hello-world", "zoo"] {
        registry.push_image(name, "latest", name).await;
    }
    for base in ["/acr/v1/_catalog", "/v2/_catalog"] {
        let first = format!("{base}?n=2&api-version=2021-07-01");
        assert_eq!(
            pages(&registry, &first, "repositories").await,
            [
                json!(["alpine", "library/busybox"]),
                json!(["library/hello-world", "zoo"])
            ]
        );
    }
    let page = registry.get("/acr/v1/_catalog?n=2").await;
    assert_eq!(
        header(&page, "link"),
        r#"</acr/v1/_catalog?last=library%2Fbusybox&n=2&orderby=>; rel="next""#
    );
    let after = registry.json("/acr/v1/_catalog?last=alpine").await;
    assert_eq!(after["repositories"][0], "library/busybox");
    assert_eq!(
        registry.json("/acr/v1/_catalog?n=0").await,
        json!({"repositories": null})
    );
}

#[tokio::test]
async fn tags_by_name_by_time_and_by_digest() {
    let registry = Registry::start().await;
    let mut digests = Vec::new();
    for tag in ["c", "a", "b"] {
        digests.push(registry.push_image("lib/app", tag, tag).await);
    }
    let names = |page: &Value| -> String {
        let tags = page.as_array().unwrap().iter();
        tags.map(|tag| tag["name"].as_str().unwrap()).collect()
    };
    for (query, expected) in [
        ("", "abc"),
        ("?orderby=timeasc", "cab"),
        ("?orderby=timedesc", "bac"),
        ("?last=a", "bc"),
    ] {
        let list = registry
            .json(&format!("/acr/v1/lib%2Fapp/_tags{query}"))
            .await;
        assert_eq!(names(&list["tags"]), expected, "{query}");
    }
    let by_time = pages(
        &registry,
        "/acr/v1/lib%2Fapp/_tags?n=1&orderby=timedesc",
        "tags",
    )
    .await;
    let by_time: String = by_time.iter().map(names).collect();
    assert_eq!(by_time, "bac");
    let of_digest = format!("/acr/v1/lib/app/_tags?digest={}", digests[0]);
    assert_eq!(names(&registry.json(&of_digest).await["tags"]), "c");
    let page = registry.get("/v2/lib/app/tags/list?n=1").await;
    assert_eq!(
        header(&page, "link"),
        r#"</v2/lib/app/tags/list?last=a&n=1&orderby=>; rel="next""#
    );

    // A tag that was deleted while listing is still a place to go on from.
    assert_eq!(
        registry.delete("/acr/v1/lib/app/_tags/a").await,
        StatusCode::ACCEPTED
    );
    let rest = registry
        .json("/acr/v1/lib/app/_tags?orderby=timedesc&last=a")
        .await;
    assert_eq!(names(&rest["tags"]), "c");
}

#[tokio::test]
async fn properties_have_the_keys_of_the_service() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "layer").await;
    let service = registry
        .emulator
        .endpoint()
        .strip_prefix("http://")
        .unwrap();
    let all_true =
        r#"{"deleteEnabled":true,"writeEnabled":true,"readEnabled":true,"listEnabled":true}"#;
    let text = |path: String| {
        let registry = &registry;
        async move { registry.get(&path).await.text().await.unwrap() }
    };
    let blank_times = |text: &str| {
        let mut parts = text.split("Time\":\"");
        let mut out = parts.next().unwrap().to_owned();
        for part in parts {
            let (time, rest) = part.split_once('"').unwrap();
            assert!(time.ends_with('Z'), "{time}");
            out.push_str("Time\":\"\"");
            out.push_str(rest);
        }
        out
    };
    assert_eq!(
        blank_times(&text("/acr/v1/app".to_owned()).await),
        format!(
            "{{\"registry\":\"{service}\",\"imageName\":\"app\",\"createdTime\":\"\",\"lastUpdateTime\":\"\",\"manifestCount\":1,\"tagCount\":1,\"changeableAttributes\":{all_true}}}\n"
        )
    );
    assert_eq!(
        blank_times(&text("/acr/v1/app/_tags/v1".to_owned()).await),
        format!(
            "{{\"registry\":\"{service}\",\"imageName\":\"app\",\"tag\":{{\"name\":\"v1\",\"digest\":\"{digest}\",\"createdTime\":\"\",\"lastUpdateTime\":\"\",\"signed\":false,\"changeableAttributes\":{all_true}}}}}\n"
        )
    );
    assert_eq!(
        blank_times(&text(format!("/acr/v1/app/_manifests/{digest}")).await),
        format!(
            "{{\"registry\":\"{service}\",\"imageName\":\"app\",\"manifest\":{{\"digest\":\"{digest}\",\"imageSize\":44,\"createdTime\":\"\",\"lastUpdateTime\":\"\",\"architecture\":\"ppc64le\",\"os\":\"linux\",\"mediaType\":\"application/vnd.oci.image.manifest.v1+json\",\"tags\":[\"v1\"],\"changeableAttributes\":{all_true}}}}}\n"
        )
    );
}

#[tokio::test]
async fn references_show_in_the_single_view_of_an_index() {
    let registry = Registry::start().await;
    let child = registry.push_image("app", "v1", "layer").await;
    let platform = json!({"architecture": "arm64", "os": "linux"});
    let index = json!({
        "schemaVersion": 2,
        "manifests": [{"digest": child, "size": 1, "platform": platform}],
    })
    .to_string();
    let digest = Digest::of(index.as_bytes());
    let put = registry
        .put_manifest("app", "multi", OCI_INDEX, index)
        .await;
    assert_eq!(put.status(), StatusCode::CREATED);
    let one = registry
        .json(&format!("/acr/v1/app/_manifests/{digest}"))
        .await;
    let reference = json!({"digest": child, "architecture": "arm64", "os": "linux"});
    assert_eq!(one["manifest"]["references"], json!([reference]));
    assert!(one["manifest"].get("architecture").is_none());
    let pages = pages(&registry, "/acr/v1/app/_manifests?n=1", "manifests").await;
    assert_eq!(pages.len(), 2);
    for page in pages {
        assert!(page[0].get("references").is_none());
    }
}

#[tokio::test]
async fn deleting_a_repository_names_what_went() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "layer").await;
    let delete = registry.admin(Method::DELETE, "/acr/v1/app");
    let response = delete.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    header(&response, "x-ms-request-id");
    assert_eq!(
        response.text().await.unwrap(),
        format!("{{\"manifestsDeleted\":[\"{digest}\"],\"tagsDeleted\":[\"v1\"]}}\n")
    );
    let again = registry.admin(Method::DELETE, "/acr/v1/app");
    let body: Value = again.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["errors"][0]["detail"], json!({"name": "app"}));
    for path in ["/acr/v1/app", "/acr/v1/app/_tags", "/acr/v1/app/_manifests"] {
        assert_eq!(code(registry.get(path).await).await, "NAME_UNKNOWN");
    }
}

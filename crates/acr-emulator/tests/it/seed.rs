//! Content that nobody pushed.

use acr_core::Digest;
use acr_emulator::{Emulator, Seed, SeedError};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::support::{OCI_INDEX, OCI_MANIFEST, Registry, header};

const A: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const B: &str = "sha256:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb";
const DOCKER_LIST: &str = "application/vnd.docker.distribution.manifest.list.v2+json";

async fn post(registry: &Registry, seed: &Value) -> (StatusCode, String) {
    let url = format!("{}/seed", registry.emulator.management());
    let post = registry.http.post(url).body(seed.to_string());
    let answer = post.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

fn seed(json: Value) -> Seed {
    serde_json::from_value(json).unwrap()
}

#[tokio::test]
async fn teleport_is_changed_where_there_is_any() {
    let registry = Registry::start().await;
    let (status, answer) = post(
        &registry,
        &json!({"repositories": {
            "fast": {"changeableAttributes": {"teleportEnabled": false}}, "slow": {},
        }}),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    let body = json!({"teleportEnabled": true, "writeEnabled": false});
    for (path, enabled) in [
        ("/acr/v1/fast", Value::Bool(true)),
        ("/acr/v1/slow", Value::Null),
    ] {
        let patched = registry.patch(path, body.clone()).await;
        assert_eq!(patched, registry.json(path).await);
        let attributes = &patched["changeableAttributes"];
        assert_eq!(attributes["teleportEnabled"], enabled, "{path}");
        assert_eq!(attributes["writeEnabled"], false, "{path}");
    }
    let kept = registry.patch("/acr/v1/fast", json!({})).await;
    assert_eq!(kept["changeableAttributes"]["teleportEnabled"], true);
}

#[tokio::test]
async fn what_the_service_has_shown_can_be_held() {
    let registry = Registry::start().await;
    let (status, answer) = post(
        &registry,
        &json!({"repositories": {"library/hello-world": {
            "createdTime": "2021-03-07T02:03:10.5343706Z",
            "lastUpdateTime": "2021-04-01T00:00:00Z",
            "changeableAttributes": {"deleteEnabled": false, "teleportEnabled": false},
            "manifests": [{
                "digest": A, "size": 528, "mediaType": DOCKER_LIST, "imageSize": 5325,
                "configMediaType": "application/vnd.docker.container.image.v1+json",
                "architecture": "amd64", "os": "linux", "quarantineState": "Passed",
                "references": [{"digest": B, "architecture": "arm64", "os": "windows"}],
                "createdTime": "2021-03-07T02:03:10.5343706Z", "tags": ["latest"],
                "changeableAttributes": {"writeEnabled": false},
            }],
            "tags": {"v1": {
                "digest": A, "createdTime": "2021-03-08T00:00:00Z",
                "changeableAttributes": {"readEnabled": false}, "signed": true,
            }},
        }}}),
    )
    .await;
    assert_eq!(status, StatusCode::OK, "{answer}");
    assert_eq!(
        serde_json::from_str::<Value>(&answer).unwrap(),
        json!({"repositories": 1, "blobs": 0, "manifests": 1, "tags": 2})
    );

    let repository = registry.json("/acr/v1/library/hello-world").await;
    assert_eq!(repository["createdTime"], "2021-03-07T02:03:10.5343706Z");
    assert_eq!(repository["lastUpdateTime"], "2021-04-01T00:00:00Z");
    assert_eq!(
        (&repository["manifestCount"], &repository["tagCount"]),
        (&json!(1), &json!(2))
    );
    let attributes = &repository["changeableAttributes"];
    assert_eq!(attributes["teleportEnabled"], false);
    assert_eq!(attributes["deleteEnabled"], false);

    let path = "/acr/v1/library/hello-world/_manifests";
    let text = registry.get(path).await.text().await.unwrap();
    let expected = format!(
        r#"[{{"digest":"{A}","imageSize":5325,"createdTime":"2021-03-07T02:03:10.5343706Z","lastUpdateTime":"2021-03-07T02:03:10.5343706Z","architecture":"amd64","os":"linux","mediaType":"{DOCKER_LIST}","configMediaType":"application/vnd.docker.container.image.v1+json","tags":["latest","v1"],"changeableAttributes":{{"deleteEnabled":true,"writeEnabled":false,"readEnabled":true,"listEnabled":true,"quarantineState":"Passed"}}}}]"#
    );
    assert!(text.contains(&expected), "{text}");
    let one = &registry.json(&format!("{path}/{A}")).await["manifest"];
    assert!(one["changeableAttributes"].get("quarantineState").is_none());
    assert_eq!(
        one["references"],
        json!([{"digest": B, "architecture": "arm64", "os": "windows"}])
    );
    let tag = &registry.json("/acr/v1/library/hello-world/_tags/v1").await["tag"];
    assert_eq!(tag["signed"], true);
    assert_eq!(tag["lastUpdateTime"], "2021-03-08T00:00:00Z");
    assert_eq!(tag["changeableAttributes"]["readEnabled"], false);

    let bytes = registry
        .get("/v2/library/hello-world/manifests/latest")
        .await;
    assert_eq!(header(&bytes, "docker-content-digest"), A);
    assert_eq!(header(&bytes, "content-type"), DOCKER_LIST);
    assert_eq!(bytes.text().await.unwrap(), " ".repeat(528));
}

#[tokio::test]
async fn what_is_not_said_is_read_from_the_content() {
    let registry = Registry::start().await;
    let config = r#"{"architecture":"s390x","os":"linux"}"#;
    let layer = b"layer";
    let manifest = json!({
        "schemaVersion": 2, "mediaType": OCI_MANIFEST,
        "config": {
            "mediaType": "application/vnd.oci.image.config.v1+json",
            "digest": Digest::of(config.as_bytes()), "size": config.len(),
        },
        "layers": [{"mediaType": "application/x", "digest": Digest::of(layer), "size": 5}],
        "subject": {"mediaType": OCI_MANIFEST, "digest": B, "size": 3},
    })
    .to_string();
    let digest = Digest::of(manifest.as_bytes());
    registry
        .emulator
        .seed(seed(json!({"repositories": {"app": {
            "blobs": [{"text": config}, {"content": "bGF5ZXI=", "digest": Digest::of(layer)}],
            "manifests": [{"content": manifest, "mediaType": OCI_MANIFEST, "tags": ["v1"]}],
        }}})))
        .unwrap();
    let one = &registry
        .json(&format!("/acr/v1/app/_manifests/{digest}"))
        .await["manifest"];
    assert_eq!(one["architecture"], "s390x");
    assert_eq!(one["imageSize"], config.len() + 5);
    let referrers = registry.json(&format!("/v2/app/referrers/{B}")).await;
    assert_eq!(referrers["manifests"][0]["digest"], digest.as_str());
    let blob = registry
        .get(&format!("/v2/app/blobs/{}", Digest::of(layer)))
        .await;
    let bytes = registry
        .http
        .get(header(&blob, "location"))
        .send()
        .await
        .unwrap();
    assert_eq!(bytes.text().await.unwrap(), "layer");
    // A later push goes after what was seeded, and replaces nothing.
    registry.push_image("app", "v2", "other").await;
    let tags = registry.json("/acr/v1/app/_tags?orderby=timedesc").await;
    assert_eq!(tags["tags"][0]["name"], "v2");
    assert_eq!(tags["tags"][1]["name"], "v1");
}

#[tokio::test]
async fn a_blob_of_known_size_is_zeros() {
    let directory = tempfile::tempdir().unwrap();
    let size = 3_000_000_000_u64;
    let blob = json!({"repositories": {"app": {"blobs": [{"digest": A, "size": size}]}}});
    for run in 0..2 {
        let builder = Emulator::builder().data_dir(directory.path());
        let registry = Registry::with(builder).await;
        if run == 0 {
            registry.emulator.seed(seed(blob.clone())).unwrap();
        }
        let path = format!("/v2/app/blobs/{A}");
        let head = registry.admin(Method::HEAD, &path).send().await.unwrap();
        assert_eq!(header(&head, "content-length"), size.to_string());
        let redirect = registry.get(&path).await;
        let get = registry.http.get(header(&redirect, "location"));
        let get = get.header("range", "bytes=2999000000-");
        let part = get.send().await.unwrap();
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(
            header(&part, "content-range"),
            "bytes 2999000000-2999999999/3000000000"
        );
        let bytes = part.bytes().await.unwrap();
        assert!(bytes.len() == 1_000_000 && bytes.iter().all(|byte| *byte == 0));
        // A repository of blobs alone is not listed.
        assert_eq!(
            registry.json("/v2/_catalog").await["repositories"],
            Value::Null
        );
    }
}

#[tokio::test]
async fn all_or_nothing_and_the_place_is_named() {
    let registry = Registry::start().await;
    let good = json!({"manifests": [{"digest": A, "mediaType": OCI_INDEX, "tags": ["v1"]}]});
    for (bad, named) in [
        (
            json!({"blobs": [{"text": "x"}, {"digest": A}]}),
            "blob sha256:aaaa",
        ),
        (
            json!({"blobs": [{"text": "x", "digest": A}]}),
            "has the digest sha256:2d71",
        ),
        (
            json!({"blobs": [{"text": "x", "size": 2}]}),
            "blob 1: the content is of 1 bytes",
        ),
        (json!({"blobs": [{"text": "x", "content": "eA=="}]}), "both"),
        (json!({"blobs": [{"content": "?"}]}), "blob 1"),
        (
            json!({"manifests": [{"mediaType": OCI_INDEX}]}),
            "manifest 1: there is neither",
        ),
        (json!({"manifests": [{"digest": A}]}), "no `mediaType`"),
        (
            json!({"manifests": [{"digest": "sha256:x", "mediaType": OCI_INDEX}]}),
            "manifest sha256:x",
        ),
        (
            json!({"manifests": [{"digest": A, "mediaType": OCI_INDEX, "size": 5_000_000}]}),
            "4 MiB",
        ),
        (
            json!({"manifests": [{"digest": A, "mediaType": OCI_INDEX, "tags": ["?"]}]}),
            "tag `?`",
        ),
        (
            json!({"tags": {"v1": {"digest": A}}}),
            "tag `v1`: sha256:aaaa",
        ),
        (json!({"tags": {"?": {"digest": A}}}), "tag `?`"),
        (
            json!({"createdTime": "yesterday"}),
            "the repository itself: `yesterday`",
        ),
        (
            json!({"tags": {"v1": {"digest": A, "changeableAttributes": {"teleportEnabled": true}}}}),
            "teleportEnabled",
        ),
        (json!({"surprise": 1}), "surprise"),
    ] {
        let body = json!({"repositories": {"a-good-one": good, "bad": bad}});
        let (status, text) = post(&registry, &body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{text}");
        assert!(text.contains(named), "{text}");
        if !bad["surprise"].is_number() {
            let error = registry.emulator.seed(seed(body)).unwrap_err();
            assert!(matches!(&error, SeedError::Invalid { repository, .. } if repository == "bad"));
        }
        assert_eq!(
            registry.json("/v2/_catalog").await["repositories"],
            Value::Null
        );
    }
    let (status, text) = post(&registry, &json!({"repositories": {"Bad": {}}})).await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(text.contains("repository `Bad`"), "{text}");

    let (status, text) = post(&registry, &json!({"repositories": {"app": good}})).await;
    assert_eq!(status, StatusCode::OK, "{text}");
    // More of the same: the manifest is found in what was there.
    let more = json!({"repositories": {"app": {"tags": {"v2": {"digest": A}}}}});
    assert_eq!(post(&registry, &more).await.0, StatusCode::OK);
    let names = registry.json("/v2/app/tags/list").await;
    assert_eq!(names["tags"], json!(["v1", "v2"]));
}

#[tokio::test]
async fn a_repository_without_manifests_stays_when_it_is_changed() {
    let registry = Registry::start().await;
    let empty = seed(json!({"repositories": {"empty": {}}}));
    registry.emulator.seed(empty).unwrap();
    let lock = json!({"writeEnabled": false});
    registry.patch("/acr/v1/empty", lock).await;
    let repository = registry.json("/acr/v1/empty").await;
    assert_eq!(repository["changeableAttributes"]["writeEnabled"], false);
    assert_eq!(repository["manifestCount"], 0);
}

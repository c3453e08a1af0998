//! Routes, blobs, the storage host, and the management API.

use std::{sync::Arc, time::Duration};

use acr_core::Digest;
use acr_emulator::Emulator;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::support::{Registry, code, header};

#[tokio::test]
async fn what_fits_no_route_is_text_without_a_challenge() {
    let registry = Registry::start().await;
    for path in [
        "/v2/Upper/manifests/latest",
        "/v2/app/manifests/.INVALID",
        "/v2/app/manifests/sha256:totallywrong",
        "/acr/v1/app/_manifests/latest",
        "/nothing",
    ] {
        let response = registry.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(
            header(&response, "content-type"),
            "text/plain; charset=utf-8"
        );
        assert!(
            !response
                .headers()
                .contains_key("access-control-expose-headers")
        );
        assert_eq!(response.text().await.unwrap(), "404 page not found\n");
    }
    let post = registry.request(Method::POST, "/v2/app/manifests/latest");
    let response = post.send().await.unwrap();
    assert_eq!(response.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(header(&response, "allow"), "DELETE, GET, HEAD, PUT");
}

#[tokio::test]
async fn answers_carry_the_headers_of_the_service() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"bytes").await;
    let path = format!("/v2/app/blobs/{digest}");
    let head = registry
        .admin(Method::HEAD, &path)
        .header("x-ms-client-request-id", "mine")
        .send()
        .await
        .unwrap();
    assert_eq!(head.status(), StatusCode::OK);
    let count = |name| head.headers().get_all(name).iter().count();
    assert_eq!(count("strict-transport-security"), 2);
    assert_eq!(count("access-control-expose-headers"), 4);
    assert_eq!(
        header(&head, "docker-distribution-api-version"),
        "registry/2.0"
    );
    assert_eq!(header(&head, "x-content-type-options"), "nosniff");
    assert_eq!(header(&head, "x-ms-client-request-id"), "mine");
    assert_eq!(header(&head, "content-length"), "5");
    assert_eq!(header(&head, "content-type"), "application/octet-stream");
    assert_eq!(header(&head, "docker-content-digest"), digest.as_str());
    assert_eq!(header(&head, "connection"), "keep-alive");

    // Lists have no request id of their own, the token endpoints hardly anything.
    let list = registry.get("/acr/v1/_catalog").await;
    assert!(!list.headers().contains_key("x-ms-request-id"));
    let token = registry.get("/oauth2/token").await;
    let security = token.headers().get_all("strict-transport-security").iter();
    assert_eq!(security.count(), 1);
    assert_eq!(header(&token, "transfer-encoding"), "chunked");
    assert!(
        !token
            .headers()
            .contains_key("docker-distribution-api-version")
    );
}

#[tokio::test]
async fn token_answers_and_deletes_tell_how_many_calls_are_left() {
    const CALLS_LEFT: &str = "x-ms-ratelimit-remaining-calls-per-second";
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"bytes").await;
    let path = format!("/v2/app/blobs/{digest}");
    let delete = || registry.admin(Method::DELETE, &path).send();
    let gone = delete().await.unwrap();
    assert_eq!(gone.status(), StatusCode::ACCEPTED);
    assert_eq!(header(&gone, CALLS_LEFT), "8.000000");
    let missed = delete().await.unwrap();
    assert_eq!(missed.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&missed, CALLS_LEFT), "8.000000");
    let token = registry.get("/oauth2/token").await;
    assert_eq!(header(&token, CALLS_LEFT), "166.65");

    let refused = registry
        .request(Method::DELETE, &path)
        .send()
        .await
        .unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let read = registry.get("/acr/v1/_catalog").await;
    for response in [refused, read] {
        assert!(!response.headers().contains_key(CALLS_LEFT));
    }
}

#[tokio::test]
async fn blobs_come_from_the_storage_host() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"0123456789").await;
    let path = format!("/v2/app/blobs/{digest}");
    let redirect = registry.get(&path).await;
    assert_eq!(redirect.status(), StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(header(&redirect, "docker-content-digest"), digest.as_str());
    assert!(!redirect.headers().contains_key("x-ms-request-id"));
    let location = header(&redirect, "location").to_owned();
    assert!(location.starts_with("http://localhost:"), "{location}");
    assert!(location.contains("//docker/registry/v2/blobs/sha256/"));

    let get = || registry.http.get(&location);
    let whole = get().send().await.unwrap();
    assert_eq!(whole.status(), StatusCode::OK);
    assert!(!whole.headers().contains_key("docker-content-digest"));
    assert_eq!(header(&whole, "x-ms-blob-committed-block-count"), "1");
    let created = header(&whole, "x-ms-creation-time");
    assert_eq!(created, header(&whole, "last-modified"));
    assert_eq!(whole.bytes().await.unwrap(), "0123456789");
    let part = get().header("range", "bytes=4-100").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(header(&part, "content-range"), "bytes 4-9/10");
    assert_eq!(part.bytes().await.unwrap(), "456789");
    let beyond = get().header("range", "bytes=10-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(header(&beyond, "content-range"), "bytes */10");
    assert!(
        beyond
            .text()
            .await
            .unwrap()
            .contains("<Code>InvalidRange</Code>")
    );

    // It takes no registry token, no other signature, and the URL for twenty minutes only.
    let authorized = get().bearer_auth("token").send().await.unwrap();
    assert_eq!(authorized.status(), StatusCode::BAD_REQUEST);
    assert!(
        authorized
            .text()
            .await
            .unwrap()
            .contains("InvalidAuthenticationInfo")
    );
    let forged = location.replace("sig=", "sig=A");
    let forged = registry.http.get(forged).send().await.unwrap();
    assert_eq!(forged.status(), StatusCode::FORBIDDEN);
    registry
        .emulator
        .advance_clock(Duration::from_secs(20 * 60));
    assert_eq!(get().send().await.unwrap().status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn the_storage_host_has_the_other_name() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("app", b"x").await;
    let by_name = registry
        .emulator
        .endpoint()
        .replace("127.0.0.1", "localhost");
    let login = registry.emulator.login();
    let response = registry
        .http
        .get(format!("{by_name}/v2/app/blobs/{digest}"))
        .basic_auth(login.username, Some(login.password.expose()))
        .send()
        .await
        .unwrap();
    let location = header(&response, "location");
    assert!(location.starts_with("http://127.0.0.1:"), "{location}");
    let challenge = registry
        .http
        .get(format!("{by_name}/v2/"))
        .send()
        .await
        .unwrap();
    let realm = format!(r#"realm="{by_name}/oauth2/token""#);
    assert!(header(&challenge, "www-authenticate").contains(&realm));
}

#[tokio::test]
async fn a_repository_sees_only_its_own_blobs() {
    let registry = Registry::start().await;
    let digest = registry.push_blob("one", b"shared").await;
    let in_other = format!("/v2/two/blobs/{digest}");
    let missing = registry.get(&in_other).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert_eq!(header(&missing, "cache-control"), "no-cache");
    assert_eq!(code(missing).await, "BLOB_UNKNOWN");

    let mount = format!("/v2/two/blobs/uploads/?mount={digest}&from=one");
    let mounted = registry.admin(Method::POST, &mount).send().await.unwrap();
    assert_eq!(mounted.status(), StatusCode::CREATED);
    assert_eq!(header(&mounted, "location"), in_other);
    assert!(!mounted.headers().contains_key("docker-upload-uuid"));

    // The bytes go when the last repository has forgotten them.
    assert_eq!(
        registry.delete(&format!("/v2/one/blobs/{digest}")).await,
        StatusCode::ACCEPTED
    );
    let redirect = registry.get(&in_other).await;
    let location = header(&redirect, "location").to_owned();
    let bytes = || async { registry.http.get(&location).send().await.unwrap().status() };
    assert_eq!(bytes().await, StatusCode::OK);
    assert_eq!(registry.delete(&in_other).await, StatusCode::ACCEPTED);
    assert_eq!(registry.delete(&in_other).await, StatusCode::NOT_FOUND);
    assert_eq!(bytes().await, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_mount_that_misses_is_an_upload() {
    let registry = Registry::start().await;
    let digest = Digest::of(b"nowhere");
    for query in [
        format!("mount={digest}&from=one"),
        format!("mount={digest}"),
        "mount=nonsense&from=one".to_owned(),
    ] {
        let path = format!("/v2/two/blobs/uploads/?{query}");
        let response = registry.admin(Method::POST, &path).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::ACCEPTED, "{query}");
        header(&response, "docker-upload-uuid");
    }
}

#[tokio::test]
async fn management() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "layer").await;
    let management = registry.emulator.management();
    let get = |path: &str| registry.http.get(format!("{management}{path}")).send();
    let health: Value = get("/health").await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "ok");
    let dump: Value = get("/dump").await.unwrap().json().await.unwrap();
    let app = &dump["repositories"]["app"];
    assert_eq!(app["tags"]["v1"]["digest"], json!(digest));
    assert_eq!(app["manifests"][digest.as_str()]["tags"], json!(["v1"]));
    let reset = registry.http.post(format!("{management}/reset"));
    assert_eq!(reset.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let catalog = registry.json("/acr/v1/_catalog").await;
    assert_eq!(catalog, json!({ "repositories": null }));
    registry.push_image("app", "v1", "layer").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sixty_four_clients_at_once() {
    let data = tempfile::tempdir().unwrap();
    let builder = Emulator::builder().data_dir(data.path());
    let registry = Arc::new(Registry::with(builder).await);
    let mut clients = JoinSet::new();
    for number in 0..64_u32 {
        let registry = Arc::clone(&registry);
        clients.spawn(async move {
            let bytes = number.to_be_bytes().repeat(100_000);
            let digest = registry.push_blob("app", &bytes).await;
            let blob = registry.get(&format!("/v2/app/blobs/{digest}")).await;
            let download = registry.http.get(header(&blob, "location"));
            let got = download.send().await.unwrap().bytes().await.unwrap();
            assert!(got == bytes, "{number}");
        });
    }
    while let Some(client) = clients.join_next().await {
        client.unwrap();
    }
}

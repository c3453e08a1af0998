//! What real clients and conformance suites have stumbled over in other registries.
//!
//! Some of it is tested where it belongs: 416 and a truthful status after a chunk out of order, and
//! the last chunk in a PUT's body, in `uploads`; ranges past the end of a blob in `content`; `last`
//! in `listings`; wrong digests of blobs in `uploads`, of manifests in `manifests`.

use acr_core::Digest;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{OCI_MANIFEST, Registry, claims, header};

/// A value of the challenge, found without the help of any parser of ours.
fn parameter<'a>(challenge: &'a str, name: &str) -> &'a str {
    let start = format!("{name}=\"");
    let rest = challenge.split(&start).nth(1);
    let rest = rest.unwrap_or_else(|| panic!("no {name} in {challenge}"));
    &rest[..rest.find('"').unwrap()]
}

/// Sends a request as a client does that keeps no token: without one first, and once more with the
/// token that the challenge leads to. `request` makes it anew, with its body.
async fn with_challenge(registry: &Registry, request: impl Fn() -> RequestBuilder) -> Response {
    let first = request().send().await.unwrap();
    if first.status() != StatusCode::UNAUTHORIZED {
        return first;
    }
    let challenge = header(&first, "www-authenticate");
    let mut query = vec![("service", parameter(challenge, "service"))];
    if challenge.contains("scope=") {
        query.push(("scope", parameter(challenge, "scope")));
    }
    let login = registry.emulator.login();
    let token = registry
        .http
        .get(parameter(challenge, "realm"))
        .query(&query)
        .basic_auth(login.username, Some(login.password.expose()))
        .send()
        .await
        .unwrap();
    assert_eq!(token.status(), StatusCode::OK);
    let token: Value = token.json().await.unwrap();
    let token = token["access_token"].as_str().unwrap();
    request().bearer_auth(token).send().await.unwrap()
}

/// What a GET gives in the end, after the redirect of a blob.
async fn bytes(registry: &Registry, path: &str) -> Vec<u8> {
    let get = || registry.request(Method::GET, path);
    let mut response = with_challenge(registry, get).await;
    if response.status() == StatusCode::TEMPORARY_REDIRECT {
        let location = header(&response, "location");
        response = registry.http.get(location).send().await.unwrap();
    }
    assert_eq!(response.status(), StatusCode::OK, "{path}");
    response.bytes().await.unwrap().into()
}

fn manifest(config: &Digest, padding: usize) -> String {
    json!({
        "schemaVersion": 2,
        "config": {"mediaType": "application/x", "digest": config, "size": 2},
        "layers": [],
        "annotations": {"padding": " ".repeat(padding)},
    })
    .to_string()
}

#[tokio::test]
async fn a_client_that_keeps_no_token_pushes_and_pulls() {
    let registry = Registry::start().await;
    let send = |method: Method, path: String, body: &'static [u8]| {
        let registry = &registry;
        async move {
            let request = || registry.request(method.clone(), &path).body(body);
            with_challenge(registry, request).await
        }
    };
    let start = send(Method::POST, "/v2/app/blobs/uploads/".to_owned(), b"").await;
    assert_eq!(start.status(), StatusCode::ACCEPTED);
    let at = header(&start, "location").to_owned();
    let patch = send(Method::PATCH, at, b"half and ").await;
    assert_eq!(patch.status(), StatusCode::ACCEPTED);
    let digest = Digest::of(b"half and half");
    let at = format!("{}&digest={digest}", header(&patch, "location"));
    let put = send(Method::PUT, at, b"half").await;
    assert_eq!(put.status(), StatusCode::CREATED);
    let blob = format!("/v2/app/blobs/{digest}");
    assert_eq!(bytes(&registry, &blob).await, b"half and half");
    let delete = send(Method::DELETE, blob, b"").await;
    assert_eq!(delete.status(), StatusCode::ACCEPTED);
    // Each of those was asked twice, and no more.
    let calls = registry.emulator.requests();
    let asked = |name| calls.iter().filter(|c| c.operation == Some(name)).count();
    for name in ["start_upload", "upload_chunk", "complete_upload", "token"] {
        let expected = if name == "token" { 5 } else { 2 };
        assert_eq!(asked(name), expected, "{name}");
    }
}

#[tokio::test]
async fn a_first_request_without_token_and_body_is_challenged_and_takes_nothing() {
    let registry = Registry::start().await;
    let start = registry.admin(Method::POST, "/v2/app/blobs/uploads/");
    let start = start.send().await.unwrap();
    let at = header(&start, "location").to_owned();
    let complete = format!("{at}&digest={}", Digest::of(b"content"));
    let config = registry.push_blob("app", b"{}").await;
    let body = manifest(&config, 0);
    let tag = "/v2/app/manifests/v1".to_owned();
    for (method, path) in [
        (Method::PATCH, &at),
        (Method::PUT, &complete),
        (Method::PUT, &tag),
    ] {
        let probe = registry.request(method.clone(), path).send().await.unwrap();
        assert_eq!(probe.status(), StatusCode::UNAUTHORIZED, "{method} {path}");
    }
    // Then the same with its body, in the session that nothing has touched.
    let put = registry.admin(Method::PUT, &complete).body("content");
    assert_eq!(put.send().await.unwrap().status(), StatusCode::CREATED);
    let put = registry.put_manifest("app", "v1", OCI_MANIFEST, body.clone());
    assert_eq!(put.await.status(), StatusCode::CREATED);
    assert_eq!(bytes(&registry, &tag).await, body.as_bytes());
}

#[tokio::test]
async fn the_challenge_is_one_that_every_parser_reads() {
    let registry = Registry::start().await;
    for path in ["/v2/app/tags/list", "/acr/v1/_catalog"] {
        let get = registry.request(Method::GET, path).send().await.unwrap();
        let challenge = header(&get, "www-authenticate");
        assert!(!challenge.contains(", "), "{challenge}");
        assert!(!parameter(challenge, "service").is_empty());
        assert!(!parameter(challenge, "scope").is_empty());
        let realm = format!("{}/oauth2/token", registry.emulator.endpoint());
        assert_eq!(parameter(challenge, "realm"), realm);
    }
}

#[tokio::test]
async fn a_refresh_token_is_a_jwt_in_any_base64() {
    let registry = Registry::start().await;
    let form = [
        ("grant_type", "access_token"),
        ("service", "any"),
        ("access_token", "entra"),
    ];
    let answer = registry.post_form("/oauth2/exchange", &form).await;
    let answer: Value = answer.json().await.unwrap();
    let token = answer["refresh_token"].as_str().unwrap();
    assert_eq!(token.split('.').count(), 3);
    let payload = token.split('.').nth(1).unwrap();
    assert!(!payload.contains(['-', '_']), "{payload}");
    assert!(claims(token)["exp"].is_i64());
}

#[tokio::test]
async fn every_location_is_relative_and_gives_the_exact_bytes() {
    let registry = Registry::start().await;
    let send = |method: Method, path: String, body: &'static str| {
        let request = registry.admin(method, &path).body(body);
        async move { request.send().await.unwrap() }
    };
    let digest = Digest::of(b"blob");
    let uploads = "/v2/team/app/blobs/uploads/";
    let single = send(Method::POST, format!("{uploads}?digest={digest}"), "blob").await;
    let mount = format!("/v2/other/blobs/uploads/?mount={digest}&from=team/app");
    let mounted = send(Method::POST, mount, "").await;
    let start = send(Method::POST, uploads.to_owned(), "").await;
    let at = header(&start, "location").to_owned();
    assert!(at.starts_with("/v2/"), "{at}");
    let complete = send(Method::PUT, format!("{at}&digest={digest}"), "blob").await;
    for put in [single, mounted, complete] {
        assert_eq!(put.status(), StatusCode::CREATED);
        let location = header(&put, "location");
        assert!(location.starts_with("/v2/"), "{location}");
        assert_eq!(bytes(&registry, location).await, b"blob");
    }

    let config = registry.push_blob("team/app", b"{}").await;
    let body = manifest(&config, 0);
    let digest = Digest::of(body.as_bytes());
    for reference in ["v1", digest.as_str()] {
        let put = registry
            .put_manifest("team/app", reference, OCI_MANIFEST, body.clone())
            .await;
        let location = header(&put, "location");
        assert_eq!(location, format!("/v2/team/app/manifests/{digest}"));
        assert_eq!(bytes(&registry, location).await, body.as_bytes());
    }
}

#[tokio::test]
async fn a_manifest_of_nearly_4_mib_comes_back() {
    let registry = Registry::start().await;
    let config = registry.push_blob("app", b"{}").await;
    let body = manifest(&config, 3_900_000);
    let put = registry
        .put_manifest("app", "v1", OCI_MANIFEST, body.clone())
        .await;
    assert_eq!(put.status(), StatusCode::CREATED);
    assert!(bytes(&registry, "/v2/app/manifests/v1").await == body.as_bytes());
}

#[tokio::test]
async fn a_delete_is_seen_at_once() {
    let registry = Registry::start().await;
    let one = registry.push_image("app", "v1", "one").await;
    let two = registry.push_image("app", "v2", "two").await;
    registry.delete("/acr/v1/app/_tags/v1").await;
    let tags = registry.json("/v2/app/tags/list").await;
    assert_eq!(tags["tags"], json!(["v2"]));
    let path = format!("/v2/app/manifests/{one}");
    registry.delete(&path).await;
    assert_eq!(registry.get(&path).await.status(), StatusCode::NOT_FOUND);
    let manifests = registry.json("/acr/v1/app/_manifests").await;
    assert_eq!(manifests["manifests"][0]["digest"], json!(two));
    let blob = format!("/v2/app/blobs/{}", Digest::of(b"two"));
    registry.delete(&blob).await;
    assert_eq!(registry.get(&blob).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_empty_body_may_be_announced_where_there_is_none() {
    let registry = Registry::start().await;
    let digest = registry.push_image("app", "v1", "one").await;
    let blob = format!("/v2/app/blobs/{}", Digest::of(b"one"));
    for path in [
        "/v2/",
        "/v2/app/manifests/v1",
        &format!("/acr/v1/app/_manifests/{digest}"),
        &blob,
    ] {
        let get = registry.admin(Method::GET, path);
        let get = get.header("content-length", "0").send().await.unwrap();
        let success = get.status().is_success();
        assert!(success || get.status().is_redirection(), "{path}");
    }
    let head = registry.admin(Method::HEAD, &blob);
    let head = head.header("content-length", "0").send().await.unwrap();
    assert_eq!(header(&head, "content-length"), "3");
}

#[tokio::test]
async fn the_query_of_a_session_may_come_back_in_another_order() {
    let registry = Registry::start().await;
    let start = registry.admin(Method::POST, "/v2/app/blobs/uploads/");
    let start = start.send().await.unwrap();
    let turned = |location: &str, digest: &str| {
        let (path, query) = location.split_once('?').unwrap();
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.push(digest);
        pairs.retain(|pair| !pair.is_empty());
        pairs.reverse();
        format!("{path}?{}", pairs.join("&"))
    };
    let at = turned(header(&start, "location"), "");
    let patch = registry.admin(Method::PATCH, &at).body("content");
    let patch = patch.send().await.unwrap();
    assert_eq!(patch.status(), StatusCode::ACCEPTED);
    // One client has the digest first.
    let digest = Digest::of(b"content");
    let encoded = format!("digest={}", digest.as_str().replace(':', "%3A"));
    let at = turned(header(&patch, "location"), &encoded);
    assert!(at.contains("?digest="), "{at}");
    let put = registry.admin(Method::PUT, &at).send().await.unwrap();
    assert_eq!(put.status(), StatusCode::CREATED);
}

#[tokio::test]
async fn several_scopes_come_as_one_value_or_as_several() {
    let registry = Registry::start().await;
    let login = registry.emulator.login();
    let (one, other) = ("repository:app:pull", "repository:base:pull,push");
    let both = format!("{one} {other}");
    for scopes in [
        vec![("scope", one), ("scope", other)],
        vec![("scope", &*both)],
    ] {
        let get = registry
            .request(Method::GET, "/oauth2/token")
            .query(&scopes)
            .basic_auth(&login.username, Some(login.password.expose()));
        let mut form = vec![
            ("grant_type", "password"),
            ("username", &*login.username),
            ("password", login.password.expose()),
        ];
        form.extend(&scopes);
        let post = registry.post_form("/oauth2/token", &form).await;
        for answer in [get.send().await.unwrap(), post] {
            let answer: Value = answer.json().await.unwrap();
            let claims = claims(answer["access_token"].as_str().unwrap());
            let names: Vec<_> = claims["access"]
                .as_array()
                .unwrap()
                .iter()
                .map(|access| access["name"].as_str().unwrap())
                .collect();
            assert_eq!(names, ["app", "base"]);
        }
    }
}

//! Manifests, blobs, referrers and the Docker forms of the lists.

use crate::recorder::{Recorder, error, json, read, status, told};

const DIGEST: &str = "sha256:aea8d2b1e4b1a4d4a8ad0c34e9c6dd4f4d6ddbd3f1f5a3b3c1e6e1c4f0e5d6c7";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const MANIFEST: &str = "{\n  \"schemaVersion\": 2,\r\n  \"layers\": []  }";

#[tokio::test]
async fn registry_is_there() {
    let registry = Recorder::answering([json(200, "{}")]).await;
    let client = registry.client();
    let outcome = client.check_docker_v2_support().await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn registry_wants_a_token() {
    let answer = json(
        401,
        r#"{"errors":[{"code":"UNAUTHORIZED","message":"authentication required, visit https://aka.ms/acr/authorization for more information.","detail":null}]}"#,
    )
    .header(
        "www-authenticate",
        r#"Bearer realm="https://reg.azurecr.io/oauth2/token",service="reg.azurecr.io""#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.check_docker_v2_support().await;
    registry.keep_as("challenge", &told(outcome).await);
}

#[tokio::test]
async fn catalog() {
    let answer = json(200, r#"{"repositories":["app"]}"#).header(
        "link",
        r#"</v2/_catalog?last=app&n=1&orderby=>; rel="next""#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .list_catalog_v2(Some("a/b c"), Some(1), Some("timedesc"))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn catalog_without_the_list() {
    let registry = Recorder::answering([json(200, "{}")]).await;
    let client = registry.client();
    let outcome = client.list_catalog_v2(None, None, None).await;
    registry.keep_as("bare", &told(outcome).await);
}

#[tokio::test]
async fn tags() {
    let answer = json(200, r#"{"name":"team/app","tags":["v1"]}"#);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .list_tags_v2("team/app", Some("v0"), Some(1), Some("timeasc"))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifest() {
    let answer = status(200)
        .header("content-type", MANIFEST_TYPE)
        .header("docker-content-digest", DIGEST)
        .header("etag", &format!("\"{DIGEST}\""))
        .body(MANIFEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .get_manifest(
            "team/app",
            DIGEST,
            Some("application/vnd.oci.image.manifest.v1+json, */*"),
        )
        .await;
    registry.keep(&told(read(outcome).await).await);
}

#[tokio::test]
async fn manifest_of_an_unknown_tag() {
    let answer = json(
        404,
        r#"{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest tagged by \"v1\" is not found","detail":{"Tag":"v1"}}]}"#,
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.get_manifest("app", "v1", None).await;
    registry.keep_as("unknown", &told(read(outcome).await).await);
}

#[tokio::test]
async fn manifest_is_there() {
    let answer = status(200)
        .header("content-type", MANIFEST_TYPE)
        .header("docker-content-digest", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .head_manifest("team/app", "v1", Some(MANIFEST_TYPE))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifest_put() {
    let answer = status(201)
        .header("location", &format!("/v2/team/app/manifests/{DIGEST}"))
        .header("docker-content-digest", DIGEST)
        .header("oci-subject", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .create_manifest("team/app", "v1", MANIFEST_TYPE, MANIFEST)
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifest_deleted() {
    let registry = Recorder::answering([status(202)]).await;
    let client = registry.client();
    let outcome = client.delete_manifest("team/app", DIGEST).await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn manifest_not_deleted_by_tag() {
    let answer = error(
        405,
        "UNSUPPORTED",
        "A manifest can only be deleted by digest.",
    );
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.delete_manifest("app", "v1").await;
    registry.keep_as("by_tag", &told(outcome).await);
}

#[tokio::test]
async fn referrers() {
    let answer = status(200)
        .header("content-type", "application/vnd.oci.image.index.v1+json")
        .header("oci-filters-applied", "artifactType")
        .body(r#"{"schemaVersion":2,"manifests":[]}"#);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .list_referrers("team/app", DIGEST, Some("application/vnd.cncf.notary+json"))
        .await;
    registry.keep(&told(read(outcome).await).await);
}

#[tokio::test]
async fn referrers_of_every_type() {
    let registry = Recorder::answering([json(200, "{}")]).await;
    let client = registry.client();
    let outcome = client.list_referrers("app", DIGEST, None).await;
    registry.keep_as("bare", &told(read(outcome).await).await);
}

#[tokio::test]
async fn part_of_a_blob() {
    let answer = status(206)
        .header("content-type", "application/octet-stream")
        .header("content-range", "bytes 2-4/9")
        .body("cde");
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client.get_blob("team/app", DIGEST, Some("bytes=2-4")).await;
    registry.keep(&told(read(outcome).await).await);
}

/// Where the blob really is: the caller follows, without the token.
#[tokio::test]
async fn blob_elsewhere() {
    let answer = status(307)
        .header(
            "location",
            "https://storage.example//docker/data?sig=SIGNED",
        )
        .header("docker-content-digest", DIGEST)
        .header("content-type", "text/html; charset=utf-8")
        .body("<a href=\"https://storage.example\">Temporary Redirect</a>.\n\n");
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let Err(acr_rest::Error::UnexpectedResponse(answer)) =
        client.get_blob("app", DIGEST, None).await
    else {
        panic!("a redirect is no success");
    };
    assert_eq!(registry.count(), 1, "nothing is followed");
    let location = answer.headers()["location"].to_str().unwrap();
    registry.keep_as(
        "redirect",
        &format!("{}\nlocation: {location}", answer.status().as_u16()),
    );
}

#[tokio::test]
async fn blob_is_there() {
    let answer = status(200)
        .header("content-type", "application/octet-stream")
        .header("docker-content-digest", DIGEST);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let outcome = client
        .check_blob_exists("team/app", DIGEST, Some("bytes=0-1"))
        .await;
    registry.keep(&told(outcome).await);
}

#[tokio::test]
async fn blob_deleted() {
    let registry = Recorder::answering([status(202)]).await;
    let client = registry.client();
    let outcome = client.delete_blob("team/app", DIGEST).await;
    registry.keep(&told(outcome).await);
}

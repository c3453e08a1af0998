//! Exchanges as the service has them, each of which matches.

use serde_json::{Value, json};

use super::{Outcome, Via, digest, exchange, replayed};

const JSON: &str = "application/json; charset=utf-8";
const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";

fn flags() -> Value {
    json!({"deleteEnabled": true, "writeEnabled": false, "readEnabled": true, "listEnabled": true})
}

fn tag(name: &str) -> Value {
    json!({"name": name, "digest": digest('a'), "createdTime": "2021-05-01T12:00:00.1234567Z",
        "lastUpdateTime": "2021-05-02T12:00:00Z", "signed": false, "changeableAttributes": flags()})
}

fn manifest() -> Value {
    json!({"digest": digest('a'), "imageSize": 528, "createdTime": "2021-05-01T12:00:00.1234567Z",
        "lastUpdateTime": "2021-05-02T12:00:00.5Z", "architecture": "amd64", "os": "linux",
        "mediaType": DOCKER, "tags": ["v1", "v2"], "changeableAttributes": flags(),
        "references": [{"digest": digest('b'), "architecture": "arm64", "os": "linux"}]})
}

fn wrapped(key: &str, value: Value) -> Value {
    let mut wrapped = json!({"registry": "registry.azurecr.io", "imageName": "app"});
    wrapped[key] = value;
    wrapped
}

fn answer(body: Value) -> Value {
    let headers = json!({"content-type": [JSON], "x-ms-correlation-request-id": ["id-1"]});
    let mut answer = json!({"resp_headers": headers});
    answer["resp_body"] = body;
    answer
}

fn with_link(body: Value, link: &str) -> Value {
    let mut answer = answer(body);
    answer["resp_headers"]["link"] = json!([format!("<{link}>; rel=\"next\"")]);
    answer
}

fn refused(status: u16, body: Value) -> Value {
    let mut answer = answer(body);
    answer["status"] = status.into();
    answer
}

/// One of each kind that is JSON.
pub(super) fn all() -> Vec<Value> {
    let repository = json!({"registry": "registry.azurecr.io", "imageName": "app",
        "createdTime": "2021-05-01T12:00:00.1234567Z", "lastUpdateTime": "2021-05-02T12:00:00Z",
        "manifestCount": 3, "tagCount": 2, "changeableAttributes": flags()});
    let denied = json!({"errors": [{"code": "UNAUTHORIZED", "message": "authentication required",
        "detail": [{"Type": "repository", "Name": "app", "Action": "metadata_read"}]}]});
    let mut challenged = refused(401, denied);
    challenged["resp_headers"]["www-authenticate"] = json!([
        "Bearer realm=\"https://registry.azurecr.io/oauth2/token\",service=\"registry.azurecr.io\",scope=\"repository:app:metadata_read\""
    ]);
    let unknown =
        json!({"errors": [{"code": "NAME_UNKNOWN", "message": "repository \"app\" is not found"}]});
    let mut update = answer(wrapped("tag", tag("v1")));
    update["req_headers"] = json!({"content-type": ["application/json"]});
    update["req_body"] = "{\"writeEnabled\":false}".into();
    vec![
        exchange(
            "GET",
            "/acr/v1/_catalog?n=2",
            with_link(
                json!({"repositories": ["a", "b/c"]}),
                "/acr/v1/_catalog?last=b%2Fc&n=2&orderby=",
            ),
        ),
        exchange("GET", "/acr/v1/app", answer(repository)),
        exchange(
            "GET",
            "/acr/v1/app/_tags",
            answer(wrapped("tags", json!([tag("v1"), tag("v2")]))),
        ),
        exchange(
            "GET",
            "/acr/v1/app/_tags/v1",
            answer(wrapped("tag", tag("v1"))),
        ),
        exchange("PATCH", "/acr/v1/app/_tags/v1", update),
        exchange(
            "GET",
            "/acr/v1/app/_manifests",
            answer(wrapped("manifests", json!([manifest()]))),
        ),
        exchange(
            "GET",
            &format!("/acr/v1/app/_manifests/{}", digest('a')),
            answer(wrapped("manifest", manifest())),
        ),
        exchange(
            "DELETE",
            "/acr/v1/app",
            refused(
                202,
                json!({"manifestsDeleted": [digest('a')], "tagsDeleted": ["v1"]}),
            ),
        ),
        exchange("GET", "/acr/v1/app/_tags", challenged),
        exchange("GET", "/acr/v1/app/_manifests", refused(404, unknown)),
        exchange(
            "GET",
            &format!("/acr/v1/app/_streaming/{}", digest('a')),
            answer(json!({"id": "op-1", "status": "Running"})),
        ),
        exchange(
            "GET",
            "/acr/v1/app/_operations/op-1",
            answer(json!({"name": "Conversion", "resource": "app@x",
            "status": "Succeeded", "startTime": "2024-05-01T12:00:00Z", "progress": "100%", "details": "done"})),
        ),
    ]
}

#[tokio::test]
async fn all_of_them_match() {
    for exchange in all() {
        let outcome = replayed(std::slice::from_ref(&exchange)).await.remove(0);
        let Outcome::Covered { via, differing, .. } = outcome else {
            panic!("{outcome}: {exchange}");
        };
        assert_eq!(via, Via::Client, "{exchange}");
        assert_eq!(differing, [], "{exchange}");
    }
}

#[tokio::test]
async fn the_next_page_is_asked_for_as_the_page_before_says() {
    let link = "/acr/v1/_catalog?last=b&n=1&orderby=&more=1";
    let first = exchange(
        "GET",
        "/acr/v1/_catalog?n=1",
        with_link(json!({"repositories": ["b"]}), link),
    );
    let path = "/acr/v1/_catalog?last=b&n=1&orderby=&more=1&api-version=2021-07-01";
    let second = exchange("GET", path, answer(json!({"repositories": ["c"]})));
    for outcome in replayed(&[first, second]).await {
        let Outcome::Covered { differing, .. } = outcome else {
            panic!("{outcome}");
        };
        assert_eq!(differing, []);
    }
}

#[tokio::test]
async fn tokens_are_asked_for_by_the_engine() {
    let form = |body: &str, answer: Value| {
        json!({"req_headers": {"content-type": ["application/x-www-form-urlencoded"]}, "req_body": body,
            "resp_headers": {"content-type": [JSON]}, "resp_body": answer})
    };
    let exchanges = [
        exchange(
            "POST",
            "/oauth2/exchange",
            form(
                "grant_type=access_token&service=registry.azurecr.io&access_token=REDACTED",
                json!({"refresh_token": "REDACTED"}),
            ),
        ),
        exchange(
            "POST",
            "/oauth2/token",
            form(
                "grant_type=refresh_token&service=registry.azurecr.io&scope=repository%3Aapp%3Apush%2Cpull&refresh_token=REDACTED",
                json!({"access_token": "REDACTED"}),
            ),
        ),
        exchange(
            "GET",
            "/oauth2/token?service=registry.azurecr.io&scope=repository%3Aapp%3Apull",
            answer(json!({"access_token": "REDACTED"})),
        ),
    ];
    for exchange in exchanges {
        let outcome = replayed(std::slice::from_ref(&exchange)).await.remove(0);
        let Outcome::Covered { via, differing, .. } = outcome else {
            panic!("{outcome}: {exchange}");
        };
        assert_eq!((via, differing), (Via::Auth, Vec::new()), "{exchange}");
    }
}

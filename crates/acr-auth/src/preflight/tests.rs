mod described;
mod recorded;

use super::*;

fn of(method: &Method, path: &str) -> String {
    let url = format!("https://reg.azurecr.io{path}").parse().unwrap();
    scopes(method, &url).to_string()
}

#[test]
fn as_the_service_demands() {
    let digest = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    for (method, path, scope) in [
        (Method::GET, "/v2/", ""),
        (Method::GET, "/acr/v1/_catalog?n=1", "registry:catalog:*"),
        (Method::GET, "/v2/_catalog", "registry:catalog:*"),
        (
            Method::POST,
            "/acr/v1/_metadata/_query",
            "registry:catalog:*",
        ),
        (
            Method::GET,
            "/acr/v1/_deleted/_catalog",
            "registry:deleted_catalog:*",
        ),
        (
            Method::GET,
            "/acr/v1/_deleted/a%2Fb/_tags",
            "repository:a/b:deleted_read",
        ),
        (
            Method::POST,
            "/acr/v1/_deleted/a/_manifests/sha256:x",
            "repository:a:deleted_read,deleted_restore",
        ),
        (Method::GET, "/acr/v1/a%2Fb", "repository:a/b:metadata_read"),
        (
            Method::PATCH,
            "/acr/v1/a/b/_tags/v1",
            "repository:a/b:metadata_write",
        ),
        (
            Method::GET,
            "/acr/v1/a/_manifests",
            "repository:a:metadata_read",
        ),
        (Method::DELETE, "/acr/v1/a", "repository:a:delete"),
        (Method::DELETE, "/acr/v1/a/_tags/t", "repository:a:delete"),
        (Method::GET, "/acr/v1/a/_streaming", "repository:a:pull"),
        (
            Method::POST,
            "/acr/v1/a/_operations/1:cancel",
            "repository:a:pull,push",
        ),
        (Method::HEAD, "/v2/a/manifests/v1", "repository:a:pull"),
        (
            Method::PUT,
            "/v2/a%2Fb/manifests/v1",
            "repository:a/b:pull,push",
        ),
        (
            Method::DELETE,
            "/v2/a/blobs/sha256%3Aab",
            "repository:a:delete",
        ),
        (Method::GET, "/v2/a/tags/list", "repository:a:metadata_read"),
        (
            Method::GET,
            "/v2/a/referrers/sha256:ab",
            "repository:a:pull",
        ),
        (
            Method::POST,
            "/v2/a/blobs/uploads/",
            "repository:a:pull,push",
        ),
        (
            Method::GET,
            "/v2/a/blobs/uploads/1?_state=x",
            "repository:a:pull",
        ),
        (
            Method::DELETE,
            "/v2/a/blobs/uploads/1",
            "repository:a:delete",
        ),
        (
            Method::GET,
            "/v2/manifests/blobs/manifests/v1",
            "repository:manifests/blobs:pull",
        ),
        (Method::GET, "/v2/a/manifests/blobs", "repository:a:pull"),
        (Method::GET, "/oauth2/token", ""),
    ] {
        assert_eq!(of(&method, path), scope, "{method} {path}");
    }
    let mount = format!("/v2/to/blobs/uploads/?from=a%2Fb&mount={digest}");
    assert_eq!(
        of(&Method::POST, &mount),
        "repository:a/b:pull repository:to:pull,push"
    );
}

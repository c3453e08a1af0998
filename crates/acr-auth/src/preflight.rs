//! What a request needs, said before it is sent, so that the usual case costs no 401.

use acr_core::{Action, RepositoryName, Scope, ScopeSet};
use http::Method;
use percent_encoding::percent_decode_str;
use reqwest::Url;

/// The scopes that the service demands for this request; none where nothing is known of it.
///
/// | request | scope |
/// |---|---|
/// | lists of repositories, metadata query | `registry:catalog:*` |
/// | list of deleted repositories | `registry:deleted_catalog:*` |
/// | deleted manifests and tags: GET, POST | `deleted_read`, `deleted_restore` |
/// | `/acr/v1`: GET, PATCH, DELETE | `metadata_read`, `metadata_write`, `delete` |
/// | artifact streaming: GET, POST | `pull`, `pull,push` |
/// | `/v2` tags/list | `metadata_read` |
/// | `/v2`: GET and HEAD, DELETE, else | `pull`, `delete`, `pull,push` |
/// | mount | `pull,push` here and `pull` where the blob comes from |
pub(crate) fn scopes(method: &Method, url: &Url) -> ScopeSet {
    let path = percent_decode_str(url.path()).decode_utf8_lossy();
    if let Some(rest) = path.strip_prefix("/acr/v1/") {
        metadata(method, rest).into_iter().collect()
    } else if let Some(rest) = path.strip_prefix("/v2/") {
        content(method, rest, url)
    } else {
        ScopeSet::default()
    }
}

fn metadata(method: &Method, rest: &str) -> Option<Scope> {
    if let Some(deleted) = rest.strip_prefix("_deleted/") {
        return match deleted {
            "_catalog" => Some(Scope::deleted_catalog()),
            _ => on(
                before(deleted, &["_manifests", "_tags"]),
                [by(method, Action::DeletedRead, Action::DeletedRestore)],
            ),
        };
    }
    if matches!(rest, "_catalog" | "_metadata/_query") {
        return Some(Scope::catalog());
    }
    let streaming = before(rest, &["_streaming", "_operations"]);
    if streaming != rest {
        return on(streaming, actions_of_content(method));
    }
    let action = match *method {
        Method::DELETE => Action::Delete,
        Method::PATCH => Action::MetadataWrite,
        _ => Action::MetadataRead,
    };
    on(before(rest, &["_manifests", "_tags"]), [action])
}

fn content(method: &Method, rest: &str, url: &Url) -> ScopeSet {
    if rest == "_catalog" {
        return Scope::catalog().into();
    }
    if let Some(name) = rest.strip_suffix("/tags/list") {
        return on(name, [Action::MetadataRead]).into_iter().collect();
    }
    // What follows the word is a tag or digest, and a tag may be one of the words.
    let words = ["/manifests/", "/blobs/", "/referrers/"];
    let name = words
        .iter()
        .filter_map(|word| rest.rfind(word))
        .max()
        .map_or(rest, |at| &rest[..at]);
    let actions = match *method {
        Method::DELETE => vec![Action::Delete],
        _ => actions_of_content(method),
    };
    // A mount reads elsewhere too.
    let from = url
        .query_pairs()
        .find(|(key, _)| key == "from" && rest.ends_with("/blobs/uploads/"));
    let source = from.and_then(|(_, from)| on(&from, [Action::Pull]));
    on(name, actions).into_iter().chain(source).collect()
}

fn actions_of_content(method: &Method) -> Vec<Action> {
    match *method {
        Method::GET | Method::HEAD => vec![Action::Pull],
        _ => vec![Action::Pull, Action::Push],
    }
}

fn by(method: &Method, read: Action, write: Action) -> Action {
    if *method == Method::GET { read } else { write }
}

fn on(name: &str, actions: impl IntoIterator<Item = Action>) -> Option<Scope> {
    let name: RepositoryName = name.parse().ok()?;
    Some(Scope::repository(&name, actions))
}

/// What stands before the last of these words, when it stands there as a part of the path: a
/// repository's name may hold the same words.
fn before<'a>(path: &'a str, words: &[&str]) -> &'a str {
    let cuts = words.iter().filter_map(|word| {
        let inside = path.rfind(&format!("/{word}/"));
        let at_end = path
            .strip_suffix(word)
            .and_then(|head| head.strip_suffix('/'))
            .map(str::len);
        inside.max(at_end)
    });
    cuts.max().map_or(path, |at| &path[..at])
}

#[cfg(test)]
mod tests {
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
                "repository:a:deleted_restore",
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
}

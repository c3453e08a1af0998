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
/// | deleted manifests and tags: GET, POST | `deleted_read`, `deleted_read,deleted_restore` |
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
                actions_of_deleted(method),
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

fn actions_of_deleted(method: &Method) -> Vec<Action> {
    match *method {
        Method::GET => vec![Action::DeletedRead],
        _ => vec![Action::DeletedRead, Action::DeletedRestore],
    }
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
mod tests;

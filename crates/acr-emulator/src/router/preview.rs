//! The paths that the service has for az alone: soft delete, artifact streaming and the metadata
//! query.

use http::Method;

use super::{Operation, RouteMiss, SettingVerb, digest, read_only, repository};

/// What follows an operation's id where it is to be cancelled.
const CANCEL: &str = ":cancel";

/// Below `/acr/v1/_deleted/`.
pub(super) fn deleted(method: &Method, rest: &[&str]) -> Result<Operation, RouteMiss> {
    match rest {
        ["_catalog"] => read_only(method, Operation::ListDeletedRepositories),
        [name @ .., "_manifests"] => {
            read_only(method, Operation::ListDeletedManifests(repository(name)?))
        }
        [name @ .., "_tags"] => read_only(method, Operation::ListDeletedTags(repository(name)?)),
        [name @ .., "_manifests", of] => {
            let (name, digest) = (repository(name)?, digest(of)?);
            post_only(method, Operation::RestoreDeleted(name, digest))
        }
        _ => Err(RouteMiss::NotFound),
    }
}

/// `_metadata/_query`, of the registry or below a repository.
pub(super) fn query(method: &Method, name: &[&str]) -> Result<Operation, RouteMiss> {
    let name = match name {
        [] => None,
        name => Some(repository(name)?),
    };
    post_only(method, Operation::QueryMetadata(name))
}

/// `{name}/_streaming`.
pub(super) fn streaming(method: &Method, name: &[&str]) -> Result<Operation, RouteMiss> {
    let name = repository(name)?;
    Ok(Operation::Streaming(setting_verb(method)?, name))
}

/// `{name}/_streaming/{digest}`.
pub(super) fn artifact_streaming(
    method: &Method,
    name: &[&str],
    of: &str,
) -> Result<Operation, RouteMiss> {
    let (name, digest) = (repository(name)?, digest(of)?);
    let verb = setting_verb(method)?;
    Ok(Operation::ArtifactStreaming(verb, name, digest))
}

/// `{name}/_operations/{id}` and the same with `:cancel`.
pub(super) fn operation(method: &Method, name: &[&str], id: &str) -> Result<Operation, RouteMiss> {
    let name = repository(name)?;
    let (id, cancel) = match id.strip_suffix(CANCEL) {
        Some(id) => (id, true),
        None => (id, false),
    };
    let known = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    if id.is_empty() || !id.bytes().all(known) {
        return Err(RouteMiss::NotFound);
    }
    let id = id.to_owned();
    if cancel {
        post_only(method, Operation::Cancel(name, id))
    } else {
        read_only(method, Operation::Progress(name, id))
    }
}

fn setting_verb(method: &Method) -> Result<SettingVerb, RouteMiss> {
    match method.as_str() {
        "GET" => Ok(SettingVerb::Get),
        "POST" => Ok(SettingVerb::Set),
        _ => Err(RouteMiss::MethodNotAllowed("GET, POST")),
    }
}

fn post_only(method: &Method, operation: Operation) -> Result<Operation, RouteMiss> {
    match method.as_str() {
        "POST" => Ok(operation),
        _ => Err(RouteMiss::MethodNotAllowed("POST")),
    }
}

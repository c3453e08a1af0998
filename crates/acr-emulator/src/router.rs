//! From a method and a raw path to a typed operation.
//!
//! Pure, and the only place that knows the shape of the registry's paths. A path is decoded once,
//! so `library%2Fhello` and `library/hello` are the same name, and read from its end: a name may
//! hold any word but those that begin with an underscore.

mod operation;
mod preview;

use acr_core::{Digest, Reference, RepositoryName};
use http::Method;
use percent_encoding::percent_decode_str;

pub use operation::OPERATIONS;
pub(crate) use operation::{
    ContentVerb, DOWNLOAD_BLOB, Operation, PropertyVerb, SettingVerb, Surface, UploadVerb,
    WITHOUT_REPOSITORY,
};

/// Why a request is no operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum RouteMiss {
    /// The path fits no route.
    NotFound,
    /// The path fits a route that has no such method; these it has.
    MethodNotAllowed(&'static str),
    /// A digest of the right shape that names no known algorithm or has the wrong length.
    BadDigest,
    /// The path lacks its last slash.
    AddSlash,
}

/// Finds the operation of a request.
///
/// # Errors
/// [`RouteMiss`] when there is none.
pub(crate) fn route(method: &Method, raw_path: &str) -> Result<Operation, RouteMiss> {
    let path = percent_decode_str(raw_path)
        .decode_utf8()
        .map_err(|_| RouteMiss::NotFound)?;
    if let Some(rest) = path.strip_prefix("/v2/") {
        return docker(method, rest);
    }
    if let Some(rest) = path.strip_prefix("/acr/v1/") {
        return acr(method, rest);
    }
    match (&*path, method.as_str()) {
        ("/v2", _) => Err(RouteMiss::AddSlash),
        // The service answers a GET here as if there were nothing.
        ("/oauth2/exchange", "POST") => Ok(Operation::Exchange),
        ("/oauth2/token", "GET") => Ok(Operation::TokenByGet),
        ("/oauth2/token", "POST") => Ok(Operation::TokenByPost),
        ("/oauth2/token", _) => Err(RouteMiss::MethodNotAllowed("GET, POST")),
        _ => Err(RouteMiss::NotFound),
    }
}

fn docker(method: &Method, rest: &str) -> Result<Operation, RouteMiss> {
    let segments: Vec<&str> = rest.split('/').collect();
    match segments.as_slice() {
        [""] => read_only(method, Operation::Ping),
        ["_catalog"] => read_only(method, Operation::ListRepositories(Surface::Docker)),
        [name @ .., "tags", "list"] => {
            read_only(method, Operation::ListTagNames(repository(name)?))
        }
        [name @ .., "referrers", of] => {
            let (name, digest) = (repository(name)?, digest(of)?);
            read_only(method, Operation::ListReferrers(name, digest))
        }
        [name @ .., "manifests", reference] => manifest(method, repository(name)?, reference),
        [name @ .., "blobs", "uploads", ""] => {
            let name = repository(name)?;
            match method.as_str() {
                "POST" => Ok(Operation::StartUpload(name)),
                _ => Err(RouteMiss::MethodNotAllowed("POST")),
            }
        }
        [name @ .., "blobs", "uploads", uuid] => upload(method, repository(name)?, uuid),
        [name @ .., "blobs", "uploads"] => {
            repository(name)?;
            Err(RouteMiss::AddSlash)
        }
        [name @ .., "blobs", of] => blob(method, repository(name)?, digest(of)?),
        _ => Err(RouteMiss::NotFound),
    }
}

fn acr(method: &Method, rest: &str) -> Result<Operation, RouteMiss> {
    let segments: Vec<&str> = rest.split('/').collect();
    match segments.as_slice() {
        ["_catalog"] => read_only(method, Operation::ListRepositories(Surface::Acr)),
        ["_deleted", rest @ ..] => preview::deleted(method, rest),
        [name @ .., "_metadata", "_query"] => preview::query(method, name),
        [name @ .., "_streaming"] => preview::streaming(method, name),
        [name @ .., "_streaming", of] => preview::artifact_streaming(method, name, of),
        [name @ .., "_operations", id] => preview::operation(method, name, id),
        [name @ .., "_tags"] => read_only(method, Operation::ListTags(repository(name)?)),
        [name @ .., "_manifests"] => read_only(method, Operation::ListManifests(repository(name)?)),
        [name @ .., "_tags", tag] => {
            let name = repository(name)?;
            let tag = tag.parse().map_err(|_| RouteMiss::NotFound)?;
            Ok(Operation::Tag(property_verb(method)?, name, tag))
        }
        [name @ .., "_manifests", of] => {
            let (name, digest) = (repository(name)?, digest(of)?);
            match property_verb(method) {
                Ok(verb) if verb != PropertyVerb::Delete => {
                    Ok(Operation::ManifestProperties(verb, name, digest))
                }
                _ => Err(RouteMiss::MethodNotAllowed("GET, PATCH")),
            }
        }
        name => {
            let name = repository(name)?;
            Ok(Operation::Repository(property_verb(method)?, name))
        }
    }
}

fn manifest(
    method: &Method,
    name: RepositoryName,
    reference: &str,
) -> Result<Operation, RouteMiss> {
    let reference = if reference.contains(':') {
        Reference::Digest(digest(reference)?)
    } else {
        Reference::Tag(reference.parse().map_err(|_| RouteMiss::NotFound)?)
    };
    let verb = match method.as_str() {
        "GET" => ContentVerb::Read { head: false },
        "HEAD" => ContentVerb::Read { head: true },
        "PUT" => ContentVerb::Put,
        "DELETE" => ContentVerb::Delete,
        _ => return Err(RouteMiss::MethodNotAllowed("DELETE, GET, HEAD, PUT")),
    };
    Ok(Operation::Manifest(verb, name, reference))
}

fn blob(method: &Method, name: RepositoryName, digest: Digest) -> Result<Operation, RouteMiss> {
    let verb = match method.as_str() {
        "GET" => ContentVerb::Read { head: false },
        "HEAD" => ContentVerb::Read { head: true },
        "DELETE" => ContentVerb::Delete,
        _ => return Err(RouteMiss::MethodNotAllowed("DELETE, GET, HEAD")),
    };
    Ok(Operation::Blob(verb, name, digest))
}

fn upload(method: &Method, name: RepositoryName, uuid: &str) -> Result<Operation, RouteMiss> {
    let known = |b: u8| b.is_ascii_alphanumeric() || b"-_.=".contains(&b);
    if !uuid.bytes().all(known) {
        return Err(RouteMiss::NotFound);
    }
    let verb = match method.as_str() {
        "GET" | "HEAD" => UploadVerb::Status,
        "PATCH" => UploadVerb::Append,
        "PUT" => UploadVerb::Complete,
        "DELETE" => UploadVerb::Cancel,
        _ => {
            return Err(RouteMiss::MethodNotAllowed("DELETE, GET, HEAD, PATCH, PUT"));
        }
    };
    Ok(Operation::Upload(verb, name, uuid.to_owned()))
}

fn property_verb(method: &Method) -> Result<PropertyVerb, RouteMiss> {
    match method.as_str() {
        "GET" => Ok(PropertyVerb::Get),
        "PATCH" => Ok(PropertyVerb::Update),
        "DELETE" => Ok(PropertyVerb::Delete),
        _ => Err(RouteMiss::MethodNotAllowed("DELETE, GET, PATCH")),
    }
}

fn read_only(method: &Method, operation: Operation) -> Result<Operation, RouteMiss> {
    match method.as_str() {
        "GET" | "HEAD" => Ok(operation),
        _ => Err(RouteMiss::MethodNotAllowed("GET, HEAD")),
    }
}

fn repository(segments: &[&str]) -> Result<RepositoryName, RouteMiss> {
    segments.join("/").parse().map_err(|_| RouteMiss::NotFound)
}

/// A digest, or [`RouteMiss::BadDigest`] for what only looks like one: some algorithm, a colon and
/// at least 32 hexadecimal digits.
fn digest(text: &str) -> Result<Digest, RouteMiss> {
    text.parse().map_err(|_| {
        let looks_right = text.split_once(':').is_some_and(|(algorithm, hex)| {
            let word = |b: u8| b.is_ascii_alphanumeric() || b"-_+.".contains(&b);
            algorithm.starts_with(|c: char| c.is_ascii_alphabetic())
                && algorithm.bytes().all(word)
                && hex.len() >= 32
                && hex.bytes().all(|b| b.is_ascii_hexdigit())
        });
        if looks_right {
            RouteMiss::BadDigest
        } else {
            RouteMiss::NotFound
        }
    })
}

#[cfg(test)]
mod tests;

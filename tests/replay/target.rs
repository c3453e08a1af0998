//! What a recorded request is about, read from its method and path.

use percent_encoding::percent_decode_str;

use crate::exchange::Exchange;

/// The thing that a request is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    Ping,
    Exchange,
    Token,
    Catalog,
    Repository(String),
    Tags(String),
    Tag(String, String),
    Manifests(String),
    ManifestProperties(String, String),
    /// `/v2/…/manifests/{tag or digest}`.
    Manifest(String, String),
    Blob(String, String),
    /// Where uploads are started.
    Uploads(String),
    Upload(String, String),
    TagNames(String),
    Referrers(String, String),
    Streaming(String),
    StreamingOf(String, String),
    Operation(String, String),
    Metadata,
    /// What was deleted and is kept: of a repository, or the list of such.
    Deleted(Option<String>),
    /// No path of a registry's, or one that is not known here.
    Other,
}

impl Target {
    /// Reads the path of a request.
    pub(crate) fn of(exchange: &Exchange) -> Self {
        let path = exchange.path_and_query();
        let path = path.split('?').next().unwrap_or(path);
        let path = percent_decode_str(path).decode_utf8_lossy();
        if let Some(rest) = path.strip_prefix("/v2/") {
            return docker(rest);
        }
        if let Some(rest) = path.strip_prefix("/acr/v1/") {
            return acr(rest);
        }
        match &*path {
            "/oauth2/exchange" => Self::Exchange,
            "/oauth2/token" => Self::Token,
            _ => Self::Other,
        }
    }

    /// The repository.
    pub(crate) fn repository(&self) -> Option<&str> {
        match self {
            Self::Repository(name)
            | Self::Tags(name)
            | Self::Tag(name, _)
            | Self::Manifests(name)
            | Self::ManifestProperties(name, _)
            | Self::Manifest(name, _)
            | Self::Blob(name, _)
            | Self::Uploads(name)
            | Self::Upload(name, _)
            | Self::TagNames(name)
            | Self::Referrers(name, _)
            | Self::Streaming(name)
            | Self::StreamingOf(name, _)
            | Self::Operation(name, _)
            | Self::Deleted(Some(name)) => Some(name),
            _ => None,
        }
    }
}

fn docker(rest: &str) -> Target {
    let segments: Vec<&str> = rest.split('/').collect();
    let own = |segment: &&str| (*segment).to_owned();
    match segments.as_slice() {
        [""] => Target::Ping,
        ["_catalog"] => Target::Catalog,
        [name @ .., "tags", "list"] => Target::TagNames(name.join("/")),
        [name @ .., "referrers", of] => Target::Referrers(name.join("/"), own(of)),
        [name @ .., "manifests", of] => Target::Manifest(name.join("/"), own(of)),
        [name @ .., "blobs", "uploads", ""] => Target::Uploads(name.join("/")),
        [name @ .., "blobs", "uploads", id] => Target::Upload(name.join("/"), own(id)),
        [name @ .., "blobs", of] => Target::Blob(name.join("/"), own(of)),
        _ => Target::Other,
    }
}

fn acr(rest: &str) -> Target {
    let segments: Vec<&str> = rest.split('/').collect();
    let own = |segment: &&str| (*segment).to_owned();
    match segments.as_slice() {
        ["_catalog"] => Target::Catalog,
        ["_deleted", "_catalog"] => Target::Deleted(None),
        ["_deleted", name @ .., "_tags" | "_manifests"]
        | ["_deleted", name @ .., "_manifests", _] => Target::Deleted(Some(name.join("/"))),
        ["_metadata", "_query"] => Target::Metadata,
        [name @ .., "_tags"] => Target::Tags(name.join("/")),
        [name @ .., "_tags", tag] => Target::Tag(name.join("/"), own(tag)),
        [name @ .., "_manifests"] => Target::Manifests(name.join("/")),
        [name @ .., "_manifests", of] => Target::ManifestProperties(name.join("/"), own(of)),
        [name @ .., "_streaming"] => Target::Streaming(name.join("/")),
        [name @ .., "_streaming", of] => Target::StreamingOf(name.join("/"), own(of)),
        [name @ .., "_operations", id] => Target::Operation(name.join("/"), own(id)),
        name => Target::Repository(name.join("/")),
    }
}

/// The value of a parameter of the URL's query, decoded.
pub(crate) fn parameter(exchange: &Exchange, name: &str) -> Option<String> {
    let (_, query) = exchange.path_and_query().split_once('?')?;
    field(query, name)
}

/// The value of a field of a form or query, decoded.
pub(crate) fn field(form: &str, name: &str) -> Option<String> {
    form.split('&').find_map(|pair| {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value = value.replace('+', " ");
        (key == name).then(|| percent_decode_str(&value).decode_utf8_lossy().into_owned())
    })
}

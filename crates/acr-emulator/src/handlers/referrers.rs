//! Referrers: what was put about a manifest.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType, RepositoryName};
use http::{StatusCode, header};
use serde::Serialize;

use super::Answer;
use crate::{
    call::Call,
    headers,
    links::{self, ListPath},
    reply,
};

/// The length of a page that nobody asked a length for, and the longest.
const PAGE: (usize, usize) = (100, 1000);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Index<'a> {
    schema_version: u8,
    media_type: &'static str,
    manifests: Vec<Descriptor<'a>>,
}

/// The service's order of keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor<'a> {
    media_type: &'a str,
    digest: &'a str,
    size: u64,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    annotations: &'a BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    artifact_type: Option<&'a str>,
}

/// GET `/v2/{name}/referrers/{digest}`: always an index, newest first. The subject need not exist.
pub(crate) fn list(call: &Call, name: &RepositoryName, subject: &Digest) -> Answer {
    let wanted = call
        .query
        .get("artifactType")
        .filter(|kind| !kind.is_empty());
    let last = call.query.get("last");
    let n = call.query.get("n").and_then(|n| n.parse().ok());
    let n = n.filter(|n| *n > 0).unwrap_or(PAGE.0).min(PAGE.1);

    call.app.store.read(|state| {
        let repository = state.repository(name).into_iter();
        let found = repository.flat_map(|r| r.referrers(subject, wanted, last));
        let found = found.filter(|(_, manifest)| call.sees(manifest.created));
        // One more than a page tells whether there is another.
        let page: Vec<_> = found.take(n + 1).collect();
        let manifests = page.iter().take(n).map(|(digest, manifest)| Descriptor {
            media_type: &manifest.media_type,
            digest,
            size: manifest.content.size(),
            annotations: &manifest.summary.annotations,
            artifact_type: manifest.summary.artifact_type.as_deref(),
        });
        let index = Index {
            schema_version: 2,
            media_type: MediaType::OCI_INDEX.as_str(),
            manifests: manifests.collect(),
        };
        let mut response = reply::json(StatusCode::OK, &index);
        headers::set(&mut response, header::CONTENT_TYPE, index.media_type);
        if wanted.is_some() {
            headers::set(&mut response, headers::OCI_FILTERS_APPLIED, "artifactType");
        }
        if let (true, Some(last)) = (page.len() > n, index.manifests.last()) {
            let path = ListPath::Referrers(name, subject);
            let filter = wanted.map(|kind| ("artifactType", kind));
            let link = links::next(&path, last.digest, n, "", filter);
            headers::set(&mut response, header::LINK, &link);
        }
        Ok(response)
    })
}

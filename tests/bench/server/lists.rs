//! Lists of tags and manifests: the last part of the repository's name says how many there are.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use bytes::Bytes;
use http::{HeaderValue, header::LINK};
use serde_json::{Value, json};

use super::{Answer, json, parameter};

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Tags,
    Manifests,
}

impl Kind {
    pub(super) fn of(list: &str) -> Option<Self> {
        match list {
            "_tags" => Some(Self::Tags),
            "_manifests" => Some(Self::Manifests),
            _ => None,
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Tags => "_tags",
            Self::Manifests => "_manifests",
        }
    }

    fn name(self, number: u64) -> String {
        match self {
            Self::Tags => format!("tag-{number:09}"),
            Self::Manifests => format!("sha256:{number:064x}"),
        }
    }

    fn number(self, name: &str) -> Option<u64> {
        match self {
            Self::Tags => name.strip_prefix("tag-")?.parse().ok(),
            Self::Manifests => u64::from_str_radix(name.strip_prefix("sha256:")?, 16).ok(),
        }
    }
}

/// What names a page: repository, kind, first item, length.
type Key = (String, Kind, u64, u64);

/// Pages, kept once they are made, so that making them is no part of what is measured.
#[derive(Default)]
pub(super) struct Lists(Mutex<HashMap<Key, Bytes>>);

impl Lists {
    pub(super) fn page(&self, repository: &str, kind: Kind, query: &str) -> Answer {
        let items = repository
            .rsplit('/')
            .next()
            .and_then(|last| last.parse().ok());
        let items: u64 = items.unwrap_or(0);
        let length = parameter(query, "n").and_then(|n| n.parse().ok());
        let length = length.unwrap_or(100_u64).clamp(1, 1000);
        let last = parameter(query, "last").and_then(|last| kind.number(&last));
        let start = last.map_or(0, |last| last.saturating_add(1));
        let end = items.min(start.saturating_add(length));
        let mut answer = json(self.body((repository.to_owned(), kind, start, end)));
        if end < items {
            let (name, path) = (repository.replace('/', "%2F"), kind.path());
            let last = kind.name(end - 1).replace(':', "%3A");
            let link =
                format!(r#"</acr/v1/{name}/{path}?last={last}&n={length}&orderby=>; rel="next""#);
            if let Ok(link) = HeaderValue::from_str(&link) {
                answer.headers_mut().insert(LINK, link);
            }
        }
        answer
    }

    fn body(&self, key: Key) -> Bytes {
        let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let page = pages
            .entry(key)
            .or_insert_with_key(|(repository, kind, start, end)| {
                let items: Vec<_> = (*start..*end).map(|number| item(*kind, number)).collect();
                let page = match kind {
                    Kind::Tags => {
                        json!({"registry": "bench", "imageName": repository, "tags": items})
                    }
                    Kind::Manifests => {
                        json!({"registry": "bench", "imageName": repository, "manifests": items})
                    }
                };
                Bytes::from(page.to_string() + "\n")
            });
        page.clone()
    }
}

fn item(kind: Kind, number: u64) -> Value {
    let time = "2023-03-07T02:03:10.5343706Z";
    let attributes = json!({
        "deleteEnabled": true, "writeEnabled": true, "readEnabled": true, "listEnabled": true,
    });
    let digest = Kind::Manifests.name(number);
    match kind {
        Kind::Tags => json!({
            "name": kind.name(number), "digest": digest, "createdTime": time,
            "lastUpdateTime": time, "signed": false, "changeableAttributes": attributes,
        }),
        Kind::Manifests => json!({
            "digest": digest, "imageSize": 1024, "createdTime": time, "lastUpdateTime": time,
            "architecture": "amd64", "os": "linux",
            "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "configMediaType": "application/vnd.oci.image.config.v1+json",
            "tags": [Kind::Tags.name(number)], "changeableAttributes": attributes,
        }),
    }
}

//! What was put about a manifest: signatures, lists of components, results of scans.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType, RepositoryName};
use http::HeaderMap;
use serde::Deserialize;

use crate::{
    Descriptor, Error, Pager, Result,
    call::Context,
    convert::Converted,
    descriptor::null_is_missing,
    list,
    pager::{Answer, Filter, Query},
    shared::answered,
};

/// A manifest that names another one as its subject, as the list of that one's referrers shows it
/// (OCI distribution specification 1.1, "Listing Referrers").
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Referrer {
    /// The media type of its manifest.
    pub media_type: MediaType,
    /// The digest of its manifest.
    pub digest: Digest,
    /// The size of its manifest in bytes.
    pub size: u64,
    /// What kind of artifact it is, as it was pushed; of one that does not say so, the type of its
    /// configuration.
    #[serde(default)]
    pub artifact_type: Option<String>,
    /// The notes on its manifest.
    #[serde(default, deserialize_with = "null_is_missing")]
    pub annotations: BTreeMap<String, String>,
}

impl Referrer {
    /// A referrer with nothing beside the required, for tests.
    #[must_use]
    pub fn new(media_type: MediaType, digest: Digest, size: u64) -> Self {
        Self {
            media_type,
            digest,
            size,
            artifact_type: None,
            annotations: BTreeMap::new(),
        }
    }

    /// What an index, or a manifest about this one, names it by.
    #[must_use]
    pub fn descriptor(&self) -> Descriptor {
        Descriptor::new(self.media_type.clone(), self.digest.clone(), self.size)
    }
}

/// The filter by kind of artifact.
const ARTIFACT_TYPE: &str = "artifactType";

impl Pager<Referrer> {
    /// Only those of this kind. Where the registry does not choose them itself, they are chosen here.
    pub fn artifact_type(mut self, artifact_type: impl Into<String>) -> Self {
        self.query().filter = Some(Filter {
            name: ARTIFACT_TYPE,
            value: artifact_type.into(),
        });
        self
    }
}

/// One page of referrers: an index.
pub(super) async fn page(
    call: Context,
    query: Query,
    name: RepositoryName,
) -> Result<Answer<Referrer>> {
    let subject = query.path.rsplit('/').next().unwrap_or_default();
    let wanted = query.filter(ARTIFACT_TYPE);
    let answer = call
        .rest
        .list_referrers(name.as_str(), subject, wanted)
        .await;
    let answer = answered(&call.attempt, answer).await?;
    let next = list::next(&call.attempt, answer.headers())?;
    let filtered = was_filtered(answer.headers());
    let bytes = acr_rest::collect(answer.into_inner()).await;
    let bytes = bytes.map_err(|failure| Error::of_failure(&call.attempt, failure))?;
    let index: Index = serde_json::from_slice(&bytes)
        .map_err(|error| Error::unexpected(&call.attempt, error.to_string()))?;
    let read = |it| serde_json::from_value(it).map_err(|error| error.to_string());
    let mut items: Vec<Converted<Referrer>> = index.manifests.into_iter().map(read).collect();
    if let (Some(wanted), false) = (wanted, filtered) {
        let is_wanted = |it: &Referrer| it.artifact_type.as_deref() == Some(wanted);
        items.retain(|it| it.as_ref().map_or(true, is_wanted));
    }
    Ok(Answer {
        items,
        next,
        query: None,
    })
}

#[derive(Deserialize)]
struct Index {
    #[serde(default, deserialize_with = "null_is_missing")]
    manifests: Vec<serde_json::Value>,
}

/// Whether the registry says that it has chosen by kind (`OCI-Filters-Applied`).
fn was_filtered(headers: &HeaderMap) -> bool {
    let applied = headers.get_all("oci-filters-applied").into_iter();
    let mut applied = applied.filter_map(|value| value.to_str().ok());
    applied.any(|value| value.split(',').any(|name| name.trim() == ARTIFACT_TYPE))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn the_registry_says_what_it_has_chosen_by() {
        for (value, expected) in [
            ("artifactType", true),
            ("other, artifactType", true),
            ("other", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert("oci-filters-applied", HeaderValue::from_static(value));
            assert_eq!(was_filtered(&headers), expected, "{value}");
        }
        assert!(!was_filtered(&HeaderMap::new()));
    }

    #[test]
    fn an_index_without_manifests() {
        for text in ["{}", r#"{"manifests":null}"#, r#"{"manifests":[]}"#] {
            let index: Index = serde_json::from_str(text).unwrap();
            assert!(index.manifests.is_empty(), "{text}");
        }
    }
}

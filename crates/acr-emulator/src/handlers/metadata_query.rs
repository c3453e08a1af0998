//! The search over the metadata of all manifests.

use acr_core::RepositoryName;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::StatusCode;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::{
    call::Call,
    errors::ApiError,
    headers,
    kql::{Field, Filter, Record},
    reply,
    store::Manifest,
};

/// The longest body: a query of some KiB and a token.
const MAX_BODY: usize = 64 * 1024;
/// How many records an answer has.
const PAGE: usize = 100;
/// The registry's allowance for this call, which stands in every answer.
const CALLS_LEFT: &str = "9.000000";

#[derive(Deserialize)]
struct Body {
    query: String,
    #[serde(default, rename = "$skipToken")]
    skip_token: Option<String>,
    /// Where az puts the token.
    #[serde(default)]
    options: Option<Options>,
}

#[derive(Deserialize)]
struct Options {
    #[serde(default, rename = "$skipToken")]
    skip_token: Option<String>,
}

impl Body {
    fn skip_token(&self) -> Option<&str> {
        let of_options = self.options.as_ref().and_then(|o| o.skip_token.as_deref());
        let token = self.skip_token.as_deref().or(of_options);
        token.filter(|token| !token.is_empty())
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Found<'a> {
    count: usize,
    region: &'static str,
    #[serde(rename = "$skipToken")]
    skip_token: String,
    data: Vec<Row<'a>>,
}

/// The service's order of keys.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    size: u64,
    image_size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<&'a str>,
    media_type: &'a str,
    created_at: String,
    repository: &'a str,
    digest: &'a str,
    annotation_index_properties: AnnotationIndex,
}

#[derive(Serialize)]
struct AnnotationIndex {
    state: &'static str,
    count: usize,
}

/// A manifest among all of the registry. Records come in this order.
#[derive(Clone, Copy, Debug)]
struct Entry<'a> {
    repository: &'a str,
    digest: &'a str,
    manifest: &'a Manifest,
}

/// Where a page ended; opaque to clients.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
struct Position(Timestamp, String, String);

/// POST `/acr/v1/_metadata/_query`, and the same below a repository.
pub(crate) async fn search(call: &Call, within: Option<&RepositoryName>) -> Answer {
    let body = call.read_body(MAX_BODY).await?;
    let body: Body = serde_json::from_slice(&body).map_err(|_| ApiError::invalid_body())?;
    let filter = Filter::parse(&body.query).map_err(ApiError::query_invalid)?;
    let after = match body.skip_token() {
        Some(token) => {
            let position = Position::parse(token);
            Some(position.ok_or_else(|| ApiError::query_invalid("the token is none of mine"))?)
        }
        None => None,
    };
    call.app.store.read(|state| {
        let repositories = state.repositories.iter();
        let repositories =
            repositories.filter(|(name, _)| within.is_none_or(|within| within.as_str() == *name));
        let entries = repositories.flat_map(|(name, repository)| {
            repository.manifests.iter().map(|(digest, manifest)| Entry {
                repository: name,
                digest,
                manifest,
            })
        });
        let mut found: Vec<_> = entries
            .filter(|entry| filter.finds(entry))
            .filter(|entry| after.as_ref().is_none_or(|after| entry.position() > *after))
            .collect();
        found.sort_by_cached_key(Entry::position);
        let more = found.len() > PAGE;
        found.truncate(PAGE);
        let last = found.last().filter(|_| more);
        let answer = Found {
            count: found.len(),
            region: "local",
            skip_token: last.map(|last| last.position().token()).unwrap_or_default(),
            data: found.iter().map(Entry::row).collect(),
        };
        let mut response = reply::json(StatusCode::OK, &answer);
        headers::set(&mut response, headers::REMAINING_CALLS, CALLS_LEFT);
        Ok(response)
    })
}

impl<'a> Entry<'a> {
    fn position(&self) -> Position {
        let (repository, digest) = (self.repository.to_owned(), self.digest.to_owned());
        Position(self.manifest.created, repository, digest)
    }

    fn row(&self) -> Row<'a> {
        let summary = &self.manifest.summary;
        Row {
            size: self.manifest.content.size(),
            image_size: summary.image_size,
            architecture: summary.architecture.as_deref(),
            os: summary.os.as_deref(),
            media_type: &self.manifest.media_type,
            created_at: self.manifest.created.to_string(),
            repository: self.repository,
            digest: self.digest,
            annotation_index_properties: AnnotationIndex {
                state: "none",
                count: 0,
            },
        }
    }
}

impl Record for Entry<'_> {
    fn number(&self, field: Field) -> i64 {
        let number = match field {
            Field::ImageSize => self.manifest.summary.image_size,
            _ => self.manifest.content.size(),
        };
        i64::try_from(number).unwrap_or(i64::MAX)
    }

    fn time(&self, _: Field) -> Timestamp {
        self.manifest.created
    }

    fn text(&self, field: Field) -> &str {
        let summary = &self.manifest.summary;
        let text = match field {
            Field::Architecture => summary.architecture.as_deref(),
            Field::Os => summary.os.as_deref(),
            Field::ArtifactType => summary.artifact_type.as_deref(),
            Field::Subject => summary.subject.as_ref().map(acr_core::Digest::as_str),
            Field::MediaType => Some(self.manifest.media_type.as_str()),
            Field::Repository => Some(self.repository),
            Field::Digest => Some(self.digest),
            Field::Size | Field::ImageSize | Field::CreatedAt => None,
        };
        text.unwrap_or_default()
    }
}

impl Position {
    fn parse(token: &str) -> Option<Self> {
        let json = URL_SAFE_NO_PAD.decode(token).ok()?;
        serde_json::from_slice(&json).ok()
    }

    fn token(&self) -> String {
        // A time and two strings always serialise.
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }
}

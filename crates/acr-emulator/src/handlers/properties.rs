//! Attributes: how they are sent, and what a lock forbids.

use acr_core::RepositoryName;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};

use crate::{
    call::Call,
    errors::ApiError,
    reply,
    store::{Attributes, Repository},
};

/// The longest body of a PATCH: four booleans need a hundredth of it.
const MAX_PATCH: usize = 64 * 1024;

/// Any subset of the four attributes.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct AttributesPatch {
    delete_enabled: Option<bool>,
    write_enabled: Option<bool>,
    read_enabled: Option<bool>,
    list_enabled: Option<bool>,
}

impl AttributesPatch {
    /// The attributes with those changed that were sent.
    pub(crate) fn on(self, before: Attributes) -> Attributes {
        Attributes {
            delete_enabled: self.delete_enabled.unwrap_or(before.delete_enabled),
            write_enabled: self.write_enabled.unwrap_or(before.write_enabled),
            read_enabled: self.read_enabled.unwrap_or(before.read_enabled),
            list_enabled: self.list_enabled.unwrap_or(before.list_enabled),
        }
    }
}

/// Reads the body of a PATCH; none changes nothing.
pub(crate) async fn read_patch<T: Default + DeserializeOwned>(call: &Call) -> Result<T, ApiError> {
    let body = call.read_body(MAX_PATCH).await?;
    if body.is_empty() {
        return Ok(T::default());
    }
    // By way of an object: read at once, an array of four booleans would do as well.
    serde_json::from_slice::<Map<String, Value>>(&body)
        .and_then(|object| serde_json::from_value(Value::Object(object)))
        .map_err(|_| ApiError::invalid_body())
}

/// The two keys that begin every answer about tags and manifests.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct InRepository<'a, T> {
    registry: &'a str,
    image_name: &'a str,
    #[serde(flatten)]
    content: T,
}

/// An answer about tags or manifests.
pub(crate) fn in_repository(
    call: &Call,
    name: &RepositoryName,
    content: impl Serialize,
) -> Response {
    let answer = InRepository {
        registry: &call.app.settings.service,
        image_name: name.as_str(),
        content,
    };
    reply::json(StatusCode::OK, &answer)
}

/// # Errors
/// 405 when this is false.
pub(crate) fn allowed(is: bool) -> Result<(), ApiError> {
    if is { Ok(()) } else { Err(ApiError::locked()) }
}

/// Whether a manifest may be deleted. Its tags go with it, so their locks hold it too; and a
/// repository that may not be written keeps all it has.
pub(crate) fn manifest_deletable(repository: &Repository, digest: &str) -> bool {
    let Some(manifest) = repository.manifests.get(digest) else {
        return true;
    };
    let tags = manifest.tags.names();
    repository.attributes.write_enabled
        && manifest.attributes.deletable()
        && tags
            .filter_map(|tag| repository.tags.get(tag))
            .all(|entry| entry.attributes.deletable())
}

//! Artifact streaming: whether images are converted, and how far that is.

use acr_core::{Digest, RepositoryName};
use axum::response::Response;
use http::{StatusCode, header};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Answer;
use crate::{
    call::Call,
    conversions::{Operation, Status},
    errors::ApiError,
    headers,
    manifest::Summary,
    reply,
    store::{Event, State},
};

/// The longest body: three short values.
const MAX_BODY: usize = 64 * 1024;

/// The only conversion that there is.
const FORMAT: &str = "overlaybd";
const VERSION: &str = "v1";

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SettingBody {
    convert_pushed_images: bool,
    #[serde(flatten)]
    conversion: ConversionBody,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConversionBody {
    conversion_format: Option<String>,
    conversion_version: Option<String>,
}

impl ConversionBody {
    fn check(&self) -> Result<(), ApiError> {
        let is = |value: &Option<String>, known| value.as_ref().is_none_or(|value| value == known);
        if is(&self.conversion_format, FORMAT) && is(&self.conversion_version, VERSION) {
            Ok(())
        } else {
            Err(ApiError::invalid_body())
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Setting<'a> {
    convert_pushed_images: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    conversion_version: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<Status>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<&'a str>,
}

impl Setting<'_> {
    /// Format and version show where something was ever set.
    fn new(convert: Option<bool>) -> Self {
        Self {
            convert_pushed_images: convert.unwrap_or_default(),
            conversion_format: convert.map(|_| FORMAT),
            conversion_version: convert.map(|_| VERSION),
            status: None,
            id: None,
        }
    }
}

#[derive(Serialize)]
struct Conversion<'a> {
    id: &'a str,
    status: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Progress {
    name: String,
    resource: String,
    status: Status,
    start_time: String,
    progress: &'static str,
    details: String,
}

/// GET `/acr/v1/{name}/_streaming`.
pub(crate) fn setting(call: &Call, name: &RepositoryName) -> Answer {
    let convert = call.app.store.read(|state| converts_pushed(state, name))?;
    let setting = Setting::new(convert);
    Ok(reply::json(StatusCode::OK, &setting))
}

/// POST `/acr/v1/{name}/_streaming`.
pub(crate) async fn set(call: &Call, name: &RepositoryName) -> Answer {
    let body: SettingBody = read(call).await?;
    body.conversion.check()?;
    let app = &call.app;
    let convert = body.convert_pushed_images;
    let changed = app.store.commit(|state| {
        converts_pushed(state, name)?;
        let event = Event::ConversionSet {
            repository: name.clone(),
            convert,
        };
        Ok::<_, ApiError>((vec![event], ()))
    });
    changed.await?;
    let operation = app.conversions.changed(name, &app.clock);
    let setting = Setting {
        status: Some(operation.status),
        id: Some(&operation.id),
        ..Setting::new(Some(convert))
    };
    let response = reply::json(StatusCode::ACCEPTED, &setting);
    Ok(located(call, response, &operation))
}

/// GET `/acr/v1/{name}/_streaming/{digest}`.
pub(crate) fn conversion(call: &Call, name: &RepositoryName, image: &Digest) -> Answer {
    let operation = call.app.conversions.last(name, image);
    let operation = operation.ok_or_else(ApiError::operation_unknown)?;
    let conversion = Conversion {
        id: &operation.id,
        status: operation.status.as_str(),
    };
    let response = reply::json(StatusCode::OK, &conversion);
    Ok(located(call, response, &operation))
}

/// POST `/acr/v1/{name}/_streaming/{digest}`.
pub(crate) async fn start(call: &Call, name: &RepositoryName, image: &Digest) -> Answer {
    let body: ConversionBody = read(call).await?;
    body.check()?;
    let app = &call.app;
    app.store.read(|state| {
        let repository = state.repository(name);
        let manifest = repository.and_then(|repository| repository.manifest(image));
        manifest
            .map(drop)
            .ok_or_else(ApiError::manifest_properties_unknown)
    })?;
    let (operation, fresh) = app.conversions.start(name, image, &app.clock);
    let running = operation.status.as_str();
    let conversion = Conversion {
        id: &operation.id,
        status: if fresh { "NotStarted" } else { running },
    };
    let response = reply::json(StatusCode::ACCEPTED, &conversion);
    Ok(located(call, response, &operation))
}

/// GET `/acr/v1/{name}/_operations/{id}`.
pub(crate) fn operation(call: &Call, name: &RepositoryName, id: &str) -> Answer {
    let operation = call.app.conversions.operation(name, id);
    let operation = operation.ok_or_else(ApiError::operation_unknown)?;
    Ok(progress(&operation, ""))
}

/// POST `/acr/v1/{name}/_operations/{id}:cancel`.
pub(crate) fn cancel(call: &Call, name: &RepositoryName, id: &str) -> Answer {
    let operation = call.app.conversions.cancel(name, id);
    let operation = operation.ok_or_else(ApiError::operation_unknown)?;
    Ok(progress(&operation, "Cancel: "))
}

/// Starts the conversion of an image that was pushed, where its repository is set to that.
pub(crate) fn pushed(call: &Call, name: &RepositoryName, digest: &Digest, summary: &Summary) {
    let app = &call.app;
    let convert = app.store.read(|state| converts_pushed(state, name));
    if summary.is_image() && matches!(convert, Ok(Some(true))) {
        app.conversions.start(name, digest, &app.clock);
    }
}

async fn read<T: serde::de::DeserializeOwned>(call: &Call) -> Result<T, ApiError> {
    let body = call.read_body(MAX_BODY).await?;
    serde_json::from_slice(&body).map_err(|_| ApiError::invalid_body())
}

/// The setting of a repository, if it was ever set.
fn converts_pushed(state: &State, name: &RepositoryName) -> Result<Option<bool>, ApiError> {
    let repository = state.repository(name);
    let repository = repository.ok_or_else(|| ApiError::repository_unknown(name))?;
    Ok(repository.converts_pushed)
}

/// Says where the operation can be asked about: these URLs alone are absolute.
fn located(call: &Call, mut response: Response, operation: &Operation) -> Response {
    let url = format!(
        "{}/acr/v1/{}/_operations/{}",
        call.origin(),
        operation.repository,
        operation.id
    );
    headers::set(&mut response, header::LOCATION, &url);
    headers::set(&mut response, headers::OPERATION_LOCATION, &url);
    headers::set(&mut response, headers::OPERATION_ID, &operation.id);
    response
}

fn progress(operation: &Operation, prefix: &str) -> Response {
    let repository = &operation.repository;
    let (name, resource) = match &operation.image {
        Some(image) => (
            "ArtifactStreamingConversion",
            format!("{repository}@{image}"),
        ),
        None => ("ArtifactStreamingUpdate", repository.to_string()),
    };
    let (progress, verb) = match operation.status {
        Status::Running | Status::Canceled => ("0%", "started"),
        Status::Failed => ("0%", "failed"),
        Status::Succeeded => ("100%", "succeeded"),
    };
    let whole_seconds = Timestamp::from_second(operation.started.as_second());
    let progress = Progress {
        name: format!("{prefix}{name}"),
        details: format!("Conversion {verb} for resource {resource}"),
        resource,
        status: operation.status,
        start_time: whole_seconds.unwrap_or(operation.started).to_string(),
        progress,
    };
    reply::json(StatusCode::OK, &progress)
}

//! What the operations do.

pub(crate) mod blobs;
pub(crate) mod deleted;
pub(crate) mod listing;
pub(crate) mod manifest_properties;
pub(crate) mod manifests;
pub(crate) mod metadata_query;
pub(crate) mod oauth2;
pub(crate) mod properties;
pub(crate) mod referrers;
pub(crate) mod repositories;
pub(crate) mod storage_host;
pub(crate) mod streaming;
pub(crate) mod tags;
pub(crate) mod upload_state;
pub(crate) mod uploads;

use axum::response::Response;
use http::StatusCode;

use crate::{
    call::Call,
    errors::ApiError,
    reply,
    router::{ContentVerb, Operation, PropertyVerb, SettingVerb, UploadVerb},
};

/// The outcome of an operation.
pub(crate) type Answer = Result<Response, ApiError>;

/// Does what a call asks for; it is allowed to.
pub(crate) async fn dispatch(operation: Operation, call: &Call) -> Answer {
    use {ContentVerb as Content, PropertyVerb as Property};
    match operation {
        Operation::Ping => Ok(ping()),
        Operation::ListRepositories(surface) => Ok(repositories::list(call, surface)),
        Operation::ListTagNames(name) => tags::list_names(call, &name),
        Operation::ListReferrers(name, digest) => referrers::list(call, &name, &digest),
        Operation::Manifest(Content::Read { .. }, name, reference) => {
            manifests::get(call, &name, &reference)
        }
        Operation::Manifest(Content::Put, name, reference) => {
            manifests::put(call, &name, reference).await
        }
        Operation::Manifest(Content::Delete, name, reference) => {
            manifests::delete(call, &name, &reference).await
        }
        Operation::Blob(Content::Read { head: true }, name, digest) => {
            blobs::head(call, &name, &digest)
        }
        Operation::Blob(Content::Read { head: false } | Content::Put, name, digest) => {
            blobs::redirect(call, &name, &digest)
        }
        Operation::Blob(Content::Delete, name, digest) => blobs::delete(call, &name, &digest).await,
        Operation::StartUpload(name) => uploads::start(call, name).await,
        Operation::Upload(verb, name, uuid) => {
            let session = uploads::resume(call, &name, &uuid).await?;
            match verb {
                UploadVerb::Status => Ok(uploads::status(call, &session)),
                UploadVerb::Append => uploads::append(call, session).await,
                UploadVerb::Complete => uploads::complete(call, session).await,
                UploadVerb::Cancel => uploads::cancel(call, session).await,
            }
        }
        Operation::Repository(Property::Get, name) => repositories::get(call, &name),
        Operation::Repository(Property::Update, name) => repositories::update(call, &name).await,
        Operation::Repository(Property::Delete, name) => repositories::delete(call, &name).await,
        Operation::ListTags(name) => tags::list(call, &name),
        Operation::Tag(Property::Get, name, tag) => tags::get(call, &name, &tag),
        Operation::Tag(Property::Update, name, tag) => tags::update(call, &name, &tag).await,
        Operation::Tag(Property::Delete, name, tag) => tags::delete(call, &name, &tag).await,
        Operation::ListManifests(name) => manifest_properties::list(call, &name),
        Operation::ManifestProperties(Property::Update, name, digest) => {
            manifest_properties::update(call, &name, &digest).await
        }
        Operation::ManifestProperties(_, name, digest) => {
            manifest_properties::get(call, &name, &digest)
        }
        Operation::Streaming(SettingVerb::Get, name) => streaming::setting(call, &name),
        Operation::Streaming(SettingVerb::Set, name) => streaming::set(call, &name).await,
        Operation::ArtifactStreaming(SettingVerb::Get, name, digest) => {
            streaming::conversion(call, &name, &digest)
        }
        Operation::ArtifactStreaming(SettingVerb::Set, name, digest) => {
            streaming::start(call, &name, &digest).await
        }
        Operation::Progress(name, id) => streaming::operation(call, &name, &id),
        Operation::Cancel(name, id) => streaming::cancel(call, &name, &id),
        Operation::QueryMetadata(within) => metadata_query::search(call, within.as_ref()).await,
        Operation::ListDeletedRepositories => deleted::list_repositories(call),
        Operation::ListDeletedManifests(name) => deleted::list_manifests(call, &name),
        Operation::ListDeletedTags(name) => deleted::list_tags(call, &name),
        Operation::RestoreDeleted(name, digest) => deleted::restore(call, &name, &digest).await,
        Operation::Exchange => oauth2::exchange(call).await,
        Operation::TokenByPost => oauth2::token_by_post(call).await,
        Operation::TokenByGet => oauth2::token_by_get(call),
    }
}

fn ping() -> Response {
    #[derive(serde::Serialize)]
    struct Nothing {}
    reply::json(StatusCode::OK, &Nothing {})
}

//! Repositories: the catalog, properties, deletion.

use acr_core::RepositoryName;
use axum::response::Response;
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Answer,
    listing::Listing,
    properties::{AttributesPatch, allowed, manifest_deletable, read_patch},
};
use crate::{
    call::Call,
    errors::ApiError,
    links::ListPath,
    reply,
    router::Surface,
    store::{Attributes, Event, Repository, Subject},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    registry: &'a str,
    image_name: &'a str,
    created_time: String,
    last_update_time: String,
    manifest_count: usize,
    tag_count: usize,
    changeable_attributes: RepositoryAttributes,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RepositoryAttributes {
    #[serde(flatten)]
    common: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    teleport_enabled: Option<bool>,
}

/// What can be changed of a repository.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct RepositoryPatch {
    #[serde(flatten)]
    attributes: AttributesPatch,
    teleport_enabled: Option<bool>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Deleted {
    manifests_deleted: Vec<String>,
    tags_deleted: Vec<String>,
}

/// GET `/acr/v1/_catalog` and `/v2/_catalog`.
pub(crate) fn list(call: &Call, surface: Surface) -> Response {
    #[derive(Serialize)]
    struct Catalog<'a> {
        repositories: Option<Vec<&'a str>>,
    }
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let shown = |repository: &&Repository| repository.attributes.list_enabled;
        let page = listing.page(&state.repositories, |_, repository| {
            Some(repository).filter(shown)
        });
        let repositories = page.names();
        let mut response = reply::json(StatusCode::OK, &Catalog { repositories });
        let path = match surface {
            Surface::Docker => ListPath::DockerCatalog,
            Surface::Acr => ListPath::AcrCatalog,
        };
        listing.link(&mut response, &path, &page, None);
        response
    })
}

/// GET `/acr/v1/{name}`.
pub(crate) fn get(call: &Call, name: &RepositoryName) -> Answer {
    call.app.store.read(|state| {
        let repository = state
            .repository(name)
            .ok_or_else(|| ApiError::repository_unknown(name))?;
        let attributes = RepositoryAttributes {
            common: repository.attributes,
            teleport_enabled: repository.teleport,
        };
        Ok(properties(call, name, repository, attributes))
    })
}

/// PATCH `/acr/v1/{name}`.
pub(crate) async fn update(call: &Call, name: &RepositoryName) -> Answer {
    let patch: RepositoryPatch = read_patch(call).await?;
    let changed = call.app.store.commit(|state| {
        let repository = state
            .repository(name)
            .ok_or_else(|| ApiError::repository_unknown(name))?;
        let attributes = RepositoryAttributes {
            common: patch.attributes.on(repository.attributes),
            // Only a registry with that feature has the attribute at all.
            teleport_enabled: repository
                .teleport
                .map(|before| patch.teleport_enabled.unwrap_or(before)),
        };
        let mut events = vec![Event::AttributesSet {
            repository: name.clone(),
            subject: Subject::Repository,
            attributes: attributes.common,
        }];
        events.extend(
            attributes
                .teleport_enabled
                .map(|enabled| Event::TeleportSet {
                    repository: name.clone(),
                    enabled,
                }),
        );
        let response = properties(call, name, repository, attributes);
        Ok((events, response))
    });
    changed.await
}

/// DELETE `/acr/v1/{name}`.
pub(crate) async fn delete(call: &Call, name: &RepositoryName) -> Answer {
    let changed = call.app.store.commit(|state| {
        let repository = state
            .repository(name)
            .ok_or_else(|| ApiError::repository_to_delete_unknown(name))?;
        let mut manifests = repository.manifests.names();
        allowed(repository.attributes.deletable())?;
        allowed(manifests.all(|digest| manifest_deletable(repository, digest)))?;
        let deleted = Deleted {
            manifests_deleted: repository.manifests.names().map(str::to_owned).collect(),
            tags_deleted: repository.tags.names().map(str::to_owned).collect(),
        };
        let event = Event::RepositoryDeleted {
            repository: name.clone(),
            at: call.app.clock.now(),
            keep: call.app.modes().soft_delete,
        };
        let response = reply::json(StatusCode::ACCEPTED, &deleted);
        Ok((vec![event], response))
    });
    changed.await
}

fn properties(
    call: &Call,
    name: &RepositoryName,
    repository: &Repository,
    attributes: RepositoryAttributes,
) -> Response {
    let properties = Properties {
        registry: &call.app.settings.service,
        image_name: name.as_str(),
        created_time: repository.created.to_string(),
        last_update_time: repository.updated.to_string(),
        manifest_count: repository.manifests.len(),
        tag_count: repository.tags.len(),
        changeable_attributes: attributes,
    };
    reply::json(StatusCode::OK, &properties)
}

//! Manifests as `/acr/v1` shows them.

use acr_core::{Digest, RepositoryName};
use axum::response::Response;
use serde::{Deserialize, Serialize};

use super::{
    Answer,
    listing::Listing,
    properties::{AttributesPatch, allowed, in_repository, read_patch},
};
use crate::{
    auth::Role,
    call::Call,
    errors::ApiError,
    links::ListPath,
    manifest::Child,
    store::{Attributes, Event, Manifest, PASSED, QUARANTINED, State, Subject},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    digest: &'a str,
    image_size: u64,
    created_time: String,
    last_update_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<&'a str>,
    media_type: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    config_media_type: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tags: Vec<&'a str>,
    changeable_attributes: ManifestAttributes<'a>,
    /// Only where one manifest is asked for.
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    references: &'a [Child],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestAttributes<'a> {
    #[serde(flatten)]
    common: Attributes,
    /// Only in listings, unless the registry has a quarantine.
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine_state: Option<&'a str>,
}

impl<'a> ManifestAttributes<'a> {
    /// Those of a manifest that alone is asked for.
    fn in_view(call: &Call, common: Attributes, quarantine: Option<&'a str>) -> Self {
        Self {
            common,
            quarantine_state: quarantine.filter(|_| call.app.modes().quarantine),
        }
    }
}

/// What can be changed of a manifest.
#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct ManifestPatch {
    #[serde(flatten)]
    attributes: AttributesPatch,
    quarantine_state: Option<QuarantineState>,
}

#[derive(Clone, Copy, Deserialize)]
enum QuarantineState {
    Quarantined,
    Passed,
    Failed,
}

impl QuarantineState {
    fn as_str(self) -> &'static str {
        match self {
            Self::Quarantined => QUARANTINED,
            Self::Passed => PASSED,
            Self::Failed => "Failed",
        }
    }
}

impl<'a> Properties<'a> {
    fn new(digest: &'a str, manifest: &'a Manifest) -> Self {
        let summary = &manifest.summary;
        Self {
            digest,
            image_size: summary.image_size,
            created_time: manifest.created.to_string(),
            last_update_time: manifest.updated.to_string(),
            architecture: summary.architecture.as_deref(),
            os: summary.os.as_deref(),
            media_type: &manifest.media_type,
            tags: manifest.tags.names().collect(),
            config_media_type: summary.config_media_type.as_deref(),
            changeable_attributes: ManifestAttributes {
                common: manifest.attributes,
                quarantine_state: manifest.quarantine.as_deref(),
            },
            references: &[],
        }
    }
}

/// GET `/acr/v1/{name}/_manifests`.
pub(crate) fn list(call: &Call, name: &RepositoryName) -> Answer {
    #[derive(Serialize)]
    struct Manifests<'a> {
        manifests: Option<Vec<Properties<'a>>>,
    }
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let repository = state
            .repository(name)
            .ok_or_else(|| ApiError::repository_unknown(name))?;
        let shown =
            |manifest: &&Manifest| manifest.attributes.list_enabled && call.sees(manifest.created);
        let page = listing.page(&repository.manifests, |_, manifest| {
            Some(manifest).filter(shown)
        });
        let items = page.items.iter();
        let manifests: Vec<_> = items
            .map(|(digest, manifest)| Properties::new(digest, manifest))
            .collect();
        let manifests = (!manifests.is_empty()).then_some(manifests);
        let mut response = in_repository(call, name, Manifests { manifests });
        listing.link(&mut response, &ListPath::Manifests(name), &page, None);
        Ok(response)
    })
}

/// GET `/acr/v1/{name}/_manifests/{digest}`.
pub(crate) fn get(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    call.app.store.read(|state| {
        let manifest = find(state, name, digest)?;
        let seen = call.sees(manifest.created).then_some(manifest);
        let manifest = seen.ok_or_else(ApiError::manifest_properties_unknown)?;
        let quarantine = manifest.quarantine.as_deref();
        let attributes = ManifestAttributes::in_view(call, manifest.attributes, quarantine);
        Ok(one(call, name, digest, manifest, attributes))
    })
}

/// PATCH `/acr/v1/{name}/_manifests/{digest}`.
pub(crate) async fn update(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let patch: ManifestPatch = read_patch(call).await?;
    let changed = call.app.store.commit(|state| {
        let manifest = find(state, name, digest)?;
        let attributes = patch.attributes.on(manifest.attributes);
        let mut events = vec![Event::AttributesSet {
            repository: name.clone(),
            subject: Subject::Manifest(digest.clone()),
            attributes,
        }];
        let mut quarantine = manifest.quarantine.as_deref();
        if let Some(state) = patch.quarantine_state {
            allowed(call.role().is_some_and(Role::may_end_quarantine))?;
            quarantine = Some(state.as_str());
            events.push(Event::QuarantineSet {
                repository: name.clone(),
                digest: digest.clone(),
                state: state.as_str().to_owned(),
            });
        }
        let attributes = ManifestAttributes::in_view(call, attributes, quarantine);
        let response = one(call, name, digest, manifest, attributes);
        Ok((events, response))
    });
    changed.await
}

fn find<'a>(
    state: &'a State,
    name: &RepositoryName,
    digest: &Digest,
) -> Result<&'a Manifest, ApiError> {
    state
        .repository(name)
        .and_then(|repository| repository.manifest(digest))
        .ok_or_else(ApiError::manifest_properties_unknown)
}

fn one(
    call: &Call,
    name: &RepositoryName,
    digest: &Digest,
    manifest: &Manifest,
    attributes: ManifestAttributes<'_>,
) -> Response {
    #[derive(Serialize)]
    struct One<'a> {
        manifest: Properties<'a>,
    }
    let mut properties = Properties::new(digest.as_str(), manifest);
    properties.changeable_attributes = attributes;
    properties.references = &manifest.summary.references;
    let manifest = properties;
    in_repository(call, name, One { manifest })
}

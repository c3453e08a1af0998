//! What was deleted and can be restored.

use acr_core::{Digest, RepositoryName, Tag};
use http::StatusCode;
use serde::{Deserialize, Serialize};

use super::{
    Answer,
    listing::Listing,
    properties::{allowed, in_repository},
};
use crate::{
    call::Call,
    errors::ApiError,
    links::ListPath,
    reply,
    store::{DeletedManifest, DeletedRepository, DeletedTag, Event, State},
};

/// The longest body: a tag has at most 128 characters.
const MAX_BODY: usize = 64 * 1024;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ManifestProperties<'a> {
    digest: &'a str,
    image_size: u64,
    created_time: String,
    last_update_time: String,
    deleted_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    architecture: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    os: Option<&'a str>,
    media_type: &'a str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    tags: &'a [String],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TagProperties<'a> {
    tag: &'a str,
    digest: &'a str,
    deleted_at: String,
}

#[derive(Deserialize)]
struct RestoreBody {
    tag: Option<Tag>,
}

/// GET `/acr/v1/_deleted/_catalog`.
pub(crate) fn list_repositories(call: &Call) -> Answer {
    #[derive(Serialize)]
    struct Catalog<'a> {
        repositories: Option<Vec<&'a str>>,
    }
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let page = listing.page(&state.deleted, |_, repository| Some(repository));
        let repositories = page.names();
        let mut response = reply::json(StatusCode::OK, &Catalog { repositories });
        listing.link(&mut response, &ListPath::DeletedCatalog, &page, None);
        Ok(response)
    })
}

/// GET `/acr/v1/_deleted/{name}/_manifests`.
pub(crate) fn list_manifests(call: &Call, name: &RepositoryName) -> Answer {
    #[derive(Serialize)]
    struct Manifests<'a> {
        manifests: Option<Vec<ManifestProperties<'a>>>,
    }
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let none = DeletedRepository::default();
        let repository = find(state, name)?.unwrap_or(&none);
        let page = listing.page(&repository.manifests, |_, kept| Some(kept));
        let items = page.items.iter();
        let manifests: Vec<_> = items
            .map(|(digest, kept)| ManifestProperties::new(digest, kept))
            .collect();
        let manifests = (!manifests.is_empty()).then_some(manifests);
        let mut response = in_repository(call, name, Manifests { manifests });
        listing.link(
            &mut response,
            &ListPath::DeletedManifests(name),
            &page,
            None,
        );
        Ok(response)
    })
}

/// GET `/acr/v1/_deleted/{name}/_tags`.
pub(crate) fn list_tags(call: &Call, name: &RepositoryName) -> Answer {
    #[derive(Serialize)]
    struct Tags<'a> {
        tags: Option<Vec<TagProperties<'a>>>,
    }
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let none = DeletedRepository::default();
        let repository = find(state, name)?.unwrap_or(&none);
        let page = listing.page(&repository.tags, |_, kept| Some(kept));
        let items = page.items.iter();
        let tags: Vec<_> = items.map(|(_, kept)| TagProperties::new(kept)).collect();
        let tags = (!tags.is_empty()).then_some(tags);
        let mut response = in_repository(call, name, Tags { tags });
        listing.link(&mut response, &ListPath::DeletedTags(name), &page, None);
        Ok(response)
    })
}

/// POST `/acr/v1/_deleted/{name}/_manifests/{digest}`: the manifest is back, as it was, and has the
/// tag. One that is there already only gets the tag back.
pub(crate) async fn restore(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let body = call.read_body(MAX_BODY).await?;
    let body: RestoreBody = serde_json::from_slice(&body).map_err(|_| ApiError::invalid_body())?;
    let force = call.query.get("force");
    let force = force.is_some_and(|force| force.eq_ignore_ascii_case("true"));
    let restored = call.app.store.commit(|state| {
        let live = state.repository(name);
        let deleted = state.deleted.get(name.as_str());
        let kept = deleted.is_some_and(|deleted| deleted.manifests.get(digest.as_str()).is_some());
        if !kept && live.is_none_or(|live| live.manifest(digest).is_none()) {
            return Err(ApiError::manifest_to_delete_unknown(digest));
        }
        let taken = body.tag.as_ref().and_then(|tag| live?.tag_entry(tag));
        allowed(live.is_none_or(|live| live.attributes.write_enabled))?;
        if let Some(entry) = taken.filter(|entry| entry.digest != *digest) {
            if !force {
                return Err(ApiError::tag_exists());
            }
            allowed(entry.attributes.write_enabled)?;
        }
        let event = Event::Restored {
            repository: name.clone(),
            digest: digest.clone(),
            tag: body.tag,
            at: state.put_time(call.app.clock.now()),
        };
        Ok((vec![event], reply::empty(StatusCode::NO_CONTENT)))
    });
    restored.await
}

/// What was deleted of a repository, nothing perhaps.
fn find<'a>(
    state: &'a State,
    name: &RepositoryName,
) -> Result<Option<&'a DeletedRepository>, ApiError> {
    let deleted = state.deleted.get(name.as_str());
    if deleted.is_none() && state.repository(name).is_none() {
        return Err(ApiError::repository_unknown(name));
    }
    Ok(deleted)
}

impl<'a> ManifestProperties<'a> {
    fn new(digest: &'a str, kept: &'a DeletedManifest) -> Self {
        let (manifest, summary) = (&kept.manifest, &kept.manifest.summary);
        Self {
            digest,
            image_size: summary.image_size,
            created_time: manifest.created.to_string(),
            last_update_time: manifest.updated.to_string(),
            deleted_at: kept.at.to_string(),
            architecture: summary.architecture.as_deref(),
            os: summary.os.as_deref(),
            media_type: &manifest.media_type,
            tags: &kept.tags,
        }
    }
}

impl<'a> TagProperties<'a> {
    fn new(kept: &'a DeletedTag) -> Self {
        Self {
            tag: kept.tag.as_str(),
            digest: kept.digest.as_str(),
            deleted_at: kept.at.to_string(),
        }
    }
}

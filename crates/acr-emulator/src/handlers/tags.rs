//! Tags: names, properties, deletion.

use acr_core::{RepositoryName, Tag};
use axum::response::Response;
use http::StatusCode;
use serde::Serialize;

use super::{
    Answer,
    listing::{Listing, Page},
    properties::{AttributesPatch, allowed, in_repository, read_patch},
};
use crate::{
    call::Call,
    errors::ApiError,
    headers,
    links::ListPath,
    reply,
    store::{Attributes, Event, Repository, Subject, TagEntry},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Properties<'a> {
    name: &'a str,
    digest: &'a str,
    created_time: String,
    last_update_time: String,
    signed: bool,
    changeable_attributes: Attributes,
}

impl<'a> Properties<'a> {
    fn new(name: &'a str, entry: &'a TagEntry) -> Self {
        Self {
            name,
            digest: entry.digest.as_str(),
            created_time: entry.created.to_string(),
            last_update_time: entry.updated.to_string(),
            signed: entry.signed,
            changeable_attributes: entry.attributes,
        }
    }
}

/// GET `/v2/{name}/tags/list`.
pub(crate) fn list_names(call: &Call, name: &RepositoryName) -> Answer {
    #[derive(Serialize)]
    struct Names<'a> {
        name: &'a str,
        tags: Option<Vec<&'a str>>,
    }
    listed(call, name, None, &ListPath::TagNames(name), |page| {
        let names = Names {
            name: name.as_str(),
            tags: page.names(),
        };
        reply::json(StatusCode::OK, &names)
    })
}

/// GET `/acr/v1/{name}/_tags`.
pub(crate) fn list(call: &Call, name: &RepositoryName) -> Answer {
    #[derive(Serialize)]
    struct Tags<'a> {
        tags: Option<Vec<Properties<'a>>>,
    }
    let digest = call.query.get("digest").filter(|digest| !digest.is_empty());
    listed(call, name, digest, &ListPath::Tags(name), |page| {
        let items = page.items.iter();
        let tags: Vec<_> = items
            .map(|(name, entry)| Properties::new(name, entry))
            .collect();
        let tags = (!tags.is_empty()).then_some(tags);
        in_repository(call, name, Tags { tags })
    })
}

fn listed(
    call: &Call,
    name: &RepositoryName,
    digest: Option<&str>,
    path: &ListPath<'_>,
    answer: impl FnOnce(&Page<'_, TagEntry>) -> Response,
) -> Answer {
    let listing = Listing::of(&call.query);
    call.app.store.read(|state| {
        let repository = state
            .repository(name)
            .ok_or_else(|| ApiError::repository_unknown(name))?;
        let shown = |entry: &&TagEntry| entry.attributes.list_enabled && call.sees(entry.updated);
        let page = match digest {
            None => listing.page(&repository.tags, |_, entry| Some(entry).filter(shown)),
            Some(digest) => match repository.manifests.get(digest) {
                Some(manifest) => listing.page(&manifest.tags, |tag, _| {
                    repository.tags.get(tag).filter(shown)
                }),
                None => Page::default(),
            },
        };
        let mut response = answer(&page);
        let filter = digest.map(|digest| ("digest", digest));
        listing.link(&mut response, path, &page, filter);
        Ok(response)
    })
}

/// GET `/acr/v1/{name}/_tags/{tag}`.
pub(crate) fn get(call: &Call, name: &RepositoryName, tag: &Tag) -> Answer {
    call.app.store.read(|state| {
        let (_, entry) = find(state.repository(name), tag)?;
        let seen = call.sees(entry.updated);
        let entry = seen.then_some(entry).ok_or_else(ApiError::tag_unknown)?;
        Ok(one(call, name, tag, entry))
    })
}

/// PATCH `/acr/v1/{name}/_tags/{tag}`.
pub(crate) async fn update(call: &Call, name: &RepositoryName, tag: &Tag) -> Answer {
    let patch: AttributesPatch = read_patch(call).await?;
    let changed = call.app.store.commit(|state| {
        let (_, entry) = find(state.repository(name), tag)?;
        let mut entry = entry.clone();
        entry.attributes = patch.on(entry.attributes);
        let event = Event::AttributesSet {
            repository: name.clone(),
            subject: Subject::Tag(tag.clone()),
            attributes: entry.attributes,
        };
        Ok((vec![event], one(call, name, tag, &entry)))
    });
    changed.await
}

/// DELETE `/acr/v1/{name}/_tags/{tag}`: the manifest stays.
pub(crate) async fn delete(call: &Call, name: &RepositoryName, tag: &Tag) -> Answer {
    let changed = call.app.store.commit(|state| {
        let (repository, entry) = find(state.repository(name), tag)?;
        allowed(repository.attributes.write_enabled && entry.attributes.deletable())?;
        let mut response = reply::empty(StatusCode::ACCEPTED);
        let digest = entry.digest.as_str();
        headers::set(&mut response, headers::DELETED_DIGEST, digest);
        let event = Event::TagDeleted {
            repository: name.clone(),
            tag: tag.clone(),
            at: call.app.clock.now(),
            keep: call.app.modes().soft_delete,
        };
        Ok((vec![event], response))
    });
    changed.await
}

fn find<'a>(
    repository: Option<&'a Repository>,
    tag: &Tag,
) -> Result<(&'a Repository, &'a TagEntry), ApiError> {
    let repository = repository.ok_or_else(ApiError::tag_unknown)?;
    let entry = repository.tag_entry(tag);
    Ok((repository, entry.ok_or_else(ApiError::tag_unknown)?))
}

fn one(call: &Call, name: &RepositoryName, tag: &Tag, entry: &TagEntry) -> Response {
    #[derive(Serialize)]
    struct One<'a> {
        tag: Properties<'a>,
    }
    let tag = Properties::new(tag.as_str(), entry);
    in_repository(call, name, One { tag })
}

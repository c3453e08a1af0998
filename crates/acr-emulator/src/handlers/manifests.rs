//! Manifests as `/v2` knows them: exact bytes.

use acr_core::{Digest, DigestVerifier, Reference, RepositoryName, Tag};
use axum::{body::Body, response::Response};
use http::{StatusCode, header};

use super::{
    Answer,
    properties::{allowed, manifest_deletable},
    streaming,
};
use crate::{
    auth::Role,
    call::Call,
    errors::ApiError,
    headers,
    manifest::{self, Inspection, MAX_CONFIG},
    reply,
    store::{Content, Event, Manifest, QUARANTINED, Repository, State},
};

/// GET and HEAD. What `Accept` says is not looked at: nothing is ever converted.
pub(crate) fn get(call: &Call, name: &RepositoryName, reference: &Reference) -> Answer {
    call.app.store.read(|state| {
        let (digest, manifest) = find(call, state, name, reference, !sees_held(call))?;
        let mut response = Response::new(Body::from(manifest.content.bytes()));
        let etag = format!("\"{digest}\"");
        if call
            .header(header::IF_NONE_MATCH)
            .is_some_and(|known| known.contains(&etag))
        {
            response = reply::empty(StatusCode::NOT_MODIFIED);
        }
        headers::set(&mut response, header::CONTENT_TYPE, &manifest.media_type);
        headers::set(&mut response, headers::CONTENT_DIGEST, digest.as_str());
        headers::set(&mut response, header::ETAG, &etag);
        Ok(response)
    })
}

/// Whether the caller gets what is held in quarantine, as everybody does where there is none.
fn sees_held(call: &Call) -> bool {
    let allowed = call.role().is_some_and(Role::may_pull_quarantined);
    allowed || !call.app.modes().quarantine
}

/// The manifest of a reference. One in quarantine is not behind its tag unless it is to be shown,
/// and its digest is refused.
fn find<'a>(
    call: &Call,
    state: &'a State,
    name: &RepositoryName,
    reference: &Reference,
    hides_held: bool,
) -> Result<(Digest, &'a Manifest), ApiError> {
    let repository = state.repository(name);
    let readable = repository.is_none_or(|repository| repository.attributes.read_enabled);
    let digest = match reference {
        Reference::Digest(digest) => digest.clone(),
        Reference::Tag(tag) => {
            let entry = repository.and_then(|repository| repository.tag_entry(tag));
            let entry = entry.filter(|entry| call.sees(entry.updated));
            let entry = entry.ok_or_else(|| ApiError::manifest_tagged_unknown(tag.as_str()))?;
            allowed(entry.attributes.read_enabled)?;
            entry.digest.clone()
        }
    };
    let manifest = repository.and_then(|repository| repository.manifest(&digest));
    let manifest = manifest.filter(|manifest| call.sees(manifest.created));
    let manifest = manifest.ok_or_else(|| ApiError::manifest_revision_unknown(name, &digest))?;
    if hides_held && manifest.is_held() {
        return Err(match reference {
            Reference::Tag(tag) => ApiError::manifest_tagged_unknown(tag.as_str()),
            Reference::Digest(_) => ApiError::locked(),
        });
    }
    allowed(readable && manifest.attributes.read_enabled)?;
    Ok((digest, manifest))
}

/// PUT.
pub(crate) async fn put(call: &Call, name: &RepositoryName, reference: Reference) -> Answer {
    let media_type = media_type(call);
    // Looked at before the body is taken: so the client gets to see the answer.
    let announced = call.content_length();
    if announced.is_some_and(|length| length > manifest::MAX_BYTES as u64) {
        return Err(ApiError::manifest_too_large());
    }
    let bytes = axum::body::to_bytes(call.take_body(), manifest::MAX_BYTES)
        .await
        .map_err(|_| ApiError::manifest_too_large())?;
    let digest = digest_of(&bytes, &reference)?;
    let mut inspection = manifest::inspect(&media_type, &bytes)
        .map_err(|manifest::Invalid| ApiError::manifest_invalid())?;
    let content = String::from_utf8(bytes.into()).map_err(|_| ApiError::manifest_invalid())?;
    read_platform(call, name, &mut inspection).await;

    let tag = match reference {
        Reference::Tag(tag) => Some(tag),
        _ => None,
    };
    let summary = inspection.summary.clone();
    let put = call.app.store.commit(|state| {
        if let Some(repository) = state.repository(name) {
            allowed(writable(repository, &digest, tag.as_ref().map(Tag::as_str)))?;
        }
        let missing = missing(call, state, name, &inspection);
        if !missing.is_empty() {
            return Err(ApiError::manifest_blobs_unknown(&missing));
        }
        let at = state.put_time(call.app.clock.now());
        let mut manifest =
            Manifest::new(Content::Text(content), media_type, inspection.summary, at);
        if call.app.modes().quarantine {
            manifest.quarantine = Some(QUARANTINED.to_owned());
        }
        let event = Event::ManifestPut {
            repository: name.clone(),
            tag,
            digest: digest.clone(),
            manifest: Box::new(manifest),
        };
        Ok((vec![event], ()))
    });
    put.await?;

    streaming::pushed(call, name, &digest, &summary);
    let mut response = reply::empty(StatusCode::CREATED);
    let location = format!("/v2/{name}/manifests/{digest}");
    headers::set(&mut response, header::LOCATION, &location);
    headers::set(&mut response, headers::CONTENT_DIGEST, digest.as_str());
    if let Some(subject) = &summary.subject {
        headers::set(&mut response, headers::OCI_SUBJECT, subject.as_str());
    }
    Ok(response)
}

/// The media type that was sent, without parameters.
fn media_type(call: &Call) -> String {
    let sent = call.header(header::CONTENT_TYPE).unwrap_or_default();
    let bare = sent.split(';').next().unwrap_or_default();
    bare.trim().to_owned()
}

/// The digest of a manifest, which must be the one it is put under.
fn digest_of(bytes: &[u8], reference: &Reference) -> Result<Digest, ApiError> {
    let Reference::Digest(digest) = reference else {
        return Ok(Digest::of(bytes));
    };
    let mut verifier = DigestVerifier::expecting(digest.clone(), None);
    verifier.update(bytes);
    match verifier.verify() {
        Ok(_) => Ok(digest.clone()),
        Err(_) => Err(ApiError::digest_invalid(None)),
    }
}

/// An image's platform stands in its configuration.
async fn read_platform(call: &Call, name: &RepositoryName, inspection: &mut Inspection) {
    let Some(config) = &inspection.image_config else {
        return;
    };
    let store = &call.app.store;
    let blob = store.read(|state| state.blob(name, config));
    if blob.is_some_and(|blob| blob.size <= MAX_CONFIG)
        && let Ok(bytes) = tokio::fs::read(store.blobs.path(config)).await
    {
        let (architecture, os) = manifest::platform(&bytes);
        inspection.summary.architecture = architecture;
        inspection.summary.os = os;
    }
}

fn writable(repository: &Repository, digest: &Digest, tag: Option<&str>) -> bool {
    let manifest = repository.manifest(digest);
    let entry = tag.and_then(|tag| repository.tags.get(tag));
    repository.attributes.write_enabled
        && manifest.is_none_or(|manifest| manifest.attributes.write_enabled)
        && entry.is_none_or(|entry| entry.attributes.write_enabled)
}

/// What a manifest names and its repository does not have. A subject need not be there.
fn missing(
    call: &Call,
    state: &State,
    name: &RepositoryName,
    inspection: &Inspection,
) -> Vec<Digest> {
    let repository = state.repository(name);
    let has_blob = |digest: &Digest| {
        let blob = state.blob(name, digest);
        blob.is_some_and(|blob| call.sees(blob.at))
    };
    let known = |digest: &Digest| {
        let manifest = repository.and_then(|repository| repository.manifest(digest));
        has_blob(digest) || manifest.is_some_and(|manifest| call.sees(manifest.created))
    };
    let blobs = inspection.blobs.iter();
    let is_missing = |digest: &&Digest| !has_blob(digest);
    let children = inspection
        .summary
        .references
        .iter()
        .map(|child| &child.digest);
    blobs
        .filter(is_missing)
        .chain(children.filter(|digest| !known(digest)))
        .cloned()
        .collect()
}

/// DELETE, by digest only; the tags go with the manifest.
pub(crate) async fn delete(call: &Call, name: &RepositoryName, reference: &Reference) -> Answer {
    let Some(digest) = reference.digest() else {
        return Err(ApiError::delete_by_tag());
    };
    call.app
        .store
        .commit(|state| {
            let repository = state.repository(name);
            let repository = repository.filter(|r| r.manifest(digest).is_some());
            let repository =
                repository.ok_or_else(|| ApiError::manifest_to_delete_unknown(digest))?;
            allowed(manifest_deletable(repository, digest.as_str()))?;
            let event = Event::ManifestDeleted {
                repository: name.clone(),
                digest: digest.clone(),
                at: call.app.clock.now(),
                keep: call.app.modes().soft_delete,
            };
            Ok((vec![event], reply::empty(StatusCode::ACCEPTED)))
        })
        .await
}

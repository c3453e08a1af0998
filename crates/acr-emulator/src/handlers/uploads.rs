//! Uploads: start, mount, status, chunks, completion, cancellation.

mod order;

use std::{io, path::PathBuf, sync::Arc};

use acr_core::{Digest, RepositoryName};
use axum::response::Response;
use http::{StatusCode, header};
use tempfile::TempPath;
use tokio::sync::OwnedMutexGuard;
use uuid::Uuid;

use self::order::{out_of_order, parse_range};
use super::{Answer, properties::allowed, upload_state::UploadState};
use crate::{
    app::App,
    call::Call,
    errors::ApiError,
    headers,
    modes::UploadMode,
    reply,
    sessions::{AppendError, Session},
    store::{Blob, Event},
};

/// An upload that this call has for itself.
pub(crate) struct Held {
    session: OwnedMutexGuard<Session>,
    /// Whether the client's `_state` is behind what the upload holds.
    behind: bool,
}

/// POST: mounts a blob, takes a whole one, or begins an upload.
pub(crate) async fn start(call: &Call, name: RepositoryName) -> Answer {
    writable(call, &name)?;
    if let Some(mounted) = mount(call, &name).await? {
        return Ok(mounted);
    }
    let digest = match call.query.get("digest") {
        Some(text) => Some(parse_digest(text)?),
        None => None,
    };
    let app = &call.app;
    let (uuid, at) = (Uuid::new_v4().to_string(), app.clock.now());
    let mut session = Session::create(&app.store.blobs, name, uuid, at).await?;
    // Until others know of it, the file goes with this call, also when that is broken off.
    let file = TempPath::try_from_path(&session.path)?;
    if let Some(digest) = digest {
        take_body(call, &mut session).await?;
        return finish(call, &mut session, &digest).await;
    }
    let event = Event::UploadStarted {
        repository: session.repository.clone(),
        uuid: session.uuid.clone(),
        at,
    };
    let begun = app.store.commit(|_| Ok::<_, ApiError>((vec![event], ())));
    begun.await?;
    file.keep().map_err(|error| ApiError::from(error.error))?;
    let response = progress(call, &session, StatusCode::ACCEPTED, true);
    app.sessions.add(session);
    Ok(response)
}

/// Mounts the blob that the query names, if the source has it. In every other case an upload
/// begins, as if nothing had been asked.
async fn mount(call: &Call, name: &RepositoryName) -> Result<Option<Response>, ApiError> {
    let Some((digest, from)) = mountable(call) else {
        return Ok(None);
    };
    let mounted = call.app.store.commit(|state| {
        let blob = state.blob(&from, &digest);
        let blob = blob.filter(|blob| call.sees(blob.at));
        let linked = blob.map(|blob| Event::BlobLinked {
            repository: name.clone(),
            digest: digest.clone(),
            blob: Blob {
                at: call.app.clock.now(),
                ..blob
            },
        });
        let response = linked.is_some().then(|| created(name, &digest));
        Ok((linked.into_iter().collect(), response))
    });
    mounted.await
}

fn mountable(call: &Call) -> Option<(Digest, RepositoryName)> {
    let digest = call.query.get("mount")?.parse().ok()?;
    let from = call.query.get("from")?.parse().ok()?;
    Some((digest, from))
}

/// Finds the upload that a path and its `_state` name. A state that is behind what the upload
/// holds ends the upload, unless the registry is tolerant: after a break within a chunk nobody can
/// tell which bytes are there.
pub(crate) async fn resume(
    call: &Call,
    name: &RepositoryName,
    uuid: &str,
) -> Result<Held, ApiError> {
    let app = &call.app;
    let text = call.query.get("_state").unwrap_or_default();
    let state = UploadState::read(text, app.keys.uploads())
        .filter(|state| state.name == name.as_str() && state.uuid == uuid)
        .ok_or_else(ApiError::upload_invalid)?;
    let session = app.sessions.find(&app.store, uuid).await?;
    let mut session = session.ok_or_else(ApiError::upload_unknown)?;
    let behind = state.offset < session.offset();
    let tolerated = behind && app.modes().uploads == UploadMode::Tolerant;
    if session.offset() != state.offset && !tolerated {
        end(call, &mut session).await?;
        return Err(ApiError::upload_invalid());
    }
    Ok(Held { session, behind })
}

/// GET: how far the upload has come.
pub(crate) fn status(call: &Call, held: &Held) -> Response {
    progress(call, &held.session, StatusCode::NO_CONTENT, false)
}

/// PATCH: more bytes.
pub(crate) async fn append(call: &Call, held: Held) -> Answer {
    writable(call, &held.session.repository)?;
    if let Some(refusal) = out_of_order(call, &held)? {
        return Ok(refusal);
    }
    let mut session = held.session;
    take_chunk(call, &mut session).await?;
    Ok(progress(call, &session, StatusCode::ACCEPTED, false))
}

/// PUT: the last bytes, if any, and the digest of all. A wrong digest leaves the upload as it is.
pub(crate) async fn complete(call: &Call, held: Held) -> Answer {
    writable(call, &held.session.repository)?;
    let digest = call.query.get("digest");
    let digest = digest.ok_or_else(|| ApiError::digest_invalid(Some("digest missing")))?;
    let digest = parse_digest(digest)?;
    if let Some(refusal) = out_of_order(call, &held)? {
        return Ok(refusal);
    }
    let mut session = held.session;
    let before = session.mark();
    take_chunk(call, &mut session).await?;
    let answer = finish(call, &mut session, &digest).await;
    if answer.is_err() && !session.ended {
        session.rewind(before).await?;
    }
    answer
}

/// DELETE: gives the upload up.
pub(crate) async fn cancel(call: &Call, held: Held) -> Answer {
    let mut session = held.session;
    end(call, &mut session).await?;
    let mut response = reply::empty(StatusCode::NO_CONTENT);
    headers::set(&mut response, headers::UPLOAD_UUID, &session.uuid);
    Ok(response)
}

fn writable(call: &Call, name: &RepositoryName) -> Result<(), ApiError> {
    let writable = call.app.store.read(|state| {
        let repository = state.repository(name);
        repository.is_none_or(|repository| repository.attributes.write_enabled)
    });
    allowed(writable)
}

fn parse_digest(text: &str) -> Result<Digest, ApiError> {
    text.parse()
        .map_err(|_| ApiError::digest_invalid(Some("digest parsing failed")))
}

/// Takes the bytes of a PATCH or PUT. If a `Content-Range` announced another number of them, the
/// upload stays as it was.
async fn take_chunk(call: &Call, session: &mut Session) -> Result<(), ApiError> {
    let before = session.mark();
    take_body(call, session).await?;
    let range = call.header(header::CONTENT_RANGE).and_then(parse_range);
    let received = session.offset() - before.offset();
    if range.is_none_or(|(first, last)| received == last - first + 1) {
        return Ok(());
    }
    session.rewind(before).await?;
    Err(ApiError::size_invalid())
}

async fn take_body(call: &Call, session: &mut Session) -> Result<(), ApiError> {
    match session.append(call.take_body()).await {
        Ok(()) => Ok(()),
        Err(AppendError::Client) => Err(ApiError::invalid_body()),
        // A reset has taken its file away.
        Err(AppendError::Disk(error)) if error.kind() == io::ErrorKind::NotFound => {
            Err(ApiError::upload_unknown())
        }
        Err(AppendError::Disk(error)) => Err(ApiError::internal(&error)),
    }
}

/// Makes the upload a blob of its repository, if its bytes have this digest.
async fn finish(call: &Call, session: &mut Session, digest: &Digest) -> Answer {
    if session.digest(digest.algorithm()).await? != *digest {
        return Err(ApiError::digest_mismatch(digest));
    }
    // Also if what follows fails: the bytes may have their new name already, so nobody can go on.
    call.app.sessions.remove(session);
    let blob = Blob::of_file(session.offset(), call.app.clock.now());
    let linked = Event::BlobLinked {
        repository: session.repository.clone(),
        digest: digest.clone(),
        blob,
    };
    let ended = Event::UploadEnded {
        uuid: session.uuid.clone(),
    };
    let adopting = adopt(
        Arc::clone(&call.app),
        session.path.clone(),
        digest.clone(),
        vec![linked, ended],
    );
    // A task of its own: it comes to its end also when the client does not wait for that.
    tokio::spawn(adopting).await.map_err(io::Error::from)??;
    Ok(created(&session.repository, digest))
}

/// Gives an upload's file its new name, and then makes the blob known.
async fn adopt(
    app: Arc<App>,
    upload: PathBuf,
    digest: Digest,
    events: Vec<Event>,
) -> io::Result<()> {
    let hold = app.store.blobs.hold(&digest);
    let blobs = app.store.blobs.clone();
    let renaming = tokio::task::spawn_blocking(move || blobs.adopt(&upload, &digest));
    renaming.await??;
    let known = app.store.commit(|_| Ok((events, ()))).await;
    drop(hold);
    known
}

async fn end(call: &Call, session: &mut Session) -> Result<(), ApiError> {
    let app = &call.app;
    app.sessions.remove(session);
    if let Err(error) = std::fs::remove_file(&session.path) {
        tracing::warn!(%error, "the bytes of an upload stay until the next start");
    }
    let uuid = session.uuid.clone();
    let ended = Event::UploadEnded { uuid };
    app.store.commit(|_| Ok((vec![ended], ()))).await
}

fn progress(call: &Call, session: &Session, status: StatusCode, first: bool) -> Response {
    let mut response = reply::empty(status);
    let location = UploadState::of(session, first).location(call.app.keys.uploads());
    headers::set(&mut response, header::LOCATION, &location);
    // Of nothing, too, this is `0-0`.
    let last = session.offset().saturating_sub(1);
    headers::set(&mut response, header::RANGE, &format!("0-{last}"));
    headers::set(&mut response, headers::UPLOAD_UUID, &session.uuid);
    response
}

fn created(name: &RepositoryName, digest: &Digest) -> Response {
    let mut response = reply::empty(StatusCode::CREATED);
    let location = format!("/v2/{name}/blobs/{digest}");
    headers::set(&mut response, header::LOCATION, &location);
    headers::set(&mut response, headers::CONTENT_DIGEST, digest.as_str());
    response
}

//! Blobs: the redirect to the storage host, HEAD and DELETE.

use acr_core::{Digest, RepositoryName};
use axum::{body::Body, response::Response};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;

use super::{Answer, properties::allowed};
use crate::{
    call::Call,
    errors::ApiError,
    headers,
    presign::LIFETIME,
    reply,
    store::{Event, State},
};

/// GET: 307 to where the bytes are. The repository's own answer has no bytes.
pub(crate) fn redirect(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    readable(call, name, digest)?;
    let app = &call.app;
    let mut signed = app.clock.now();
    if call.effects.is_presigned_expired() {
        signed = signed.checked_sub(LIFETIME).unwrap_or(Timestamp::MIN);
    }
    let location = app.signer.url(
        call.scheme.as_str(),
        &storage_host(call.host()),
        app.settings.storage_port,
        digest,
        signed,
    );
    let html = format!(
        "<a href=\"{}\">Temporary Redirect</a>.\n\n",
        location.replace('&', "&amp;")
    );
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = StatusCode::TEMPORARY_REDIRECT;
    headers::set(&mut response, header::LOCATION, &location);
    headers::set(&mut response, headers::CONTENT_DIGEST, digest.as_str());
    let html = HeaderValue::from_static("text/html; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, html);
    Ok(response)
}

/// The storage host is another host than the registry, and clients tell hosts apart by name. So
/// the redirect goes to the other one of the two names of the loopback interface. A registry that
/// is reached under any other name has only that one.
fn storage_host(host: &str) -> String {
    match host {
        "127.0.0.1" | "[::1]" => "localhost".to_owned(),
        "localhost" => "127.0.0.1".to_owned(),
        name if name.ends_with(".localhost") => "127.0.0.1".to_owned(),
        other => other.to_owned(),
    }
}

/// HEAD: answered by the registry itself; a `Range` is ignored.
pub(crate) fn head(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let size = readable(call, name, digest)?;
    let mut response = reply::empty(StatusCode::OK);
    headers::set(&mut response, header::CONTENT_LENGTH, &size.to_string());
    headers::set(&mut response, headers::CONTENT_DIGEST, digest.as_str());
    let bytes = HeaderValue::from_static("application/octet-stream");
    response.headers_mut().insert(header::CONTENT_TYPE, bytes);
    Ok(response)
}

/// The size of a blob that may be read.
fn readable(call: &Call, name: &RepositoryName, digest: &Digest) -> Result<u64, ApiError> {
    call.app.store.read(|state| {
        let repository = state.repository(name);
        allowed(repository.is_none_or(|r| r.attributes.read_enabled))?;
        let blob = state.blob(name, digest);
        let blob = blob.filter(|blob| call.sees(blob.at));
        let blob = blob.ok_or_else(|| ApiError::blob_unknown(digest))?;
        Ok(blob.size)
    })
}

/// DELETE: the repository forgets the blob; the bytes go when no repository knows them.
pub(crate) async fn delete(call: &Call, name: &RepositoryName, digest: &Digest) -> Answer {
    let deleted = call.app.store.commit(|state: &State| {
        let repository = state.repository(name);
        allowed(repository.is_none_or(|r| r.attributes.write_enabled))?;
        if state.blob(name, digest).is_none() {
            return Err(ApiError::blob_to_delete_unknown());
        }
        let event = Event::BlobUnlinked {
            repository: name.clone(),
            digest: digest.clone(),
        };
        Ok((vec![event], reply::empty(StatusCode::ACCEPTED)))
    });
    deleted.await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_storage_host_has_the_other_name() {
        for (registry, storage) in [
            ("127.0.0.1", "localhost"),
            ("localhost", "127.0.0.1"),
            ("[::1]", "localhost"),
            ("myregistry.localhost", "127.0.0.1"),
            ("192.0.2.7", "192.0.2.7"),
        ] {
            assert_eq!(storage_host(registry), storage);
        }
    }
}

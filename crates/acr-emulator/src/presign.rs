//! Pre-signed URLs of the storage host.

use acr_core::{Digest, Secret};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::{SignedDuration, Timestamp};
use url::form_urlencoded::byte_serialize;

use crate::{auth::mac, query::Query};

/// How long a URL is good for: 20 minutes.
pub(crate) const LIFETIME: SignedDuration = SignedDuration::from_mins(20);

/// Signs URLs, and checks what comes back.
#[derive(Debug)]
pub(crate) struct Signer {
    key: Secret,
    registry_id: String,
}

/// Why a URL is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UrlFault {
    /// No path of this host.
    NotFound,
    /// The signature is missing, wrong or of another time.
    Forbidden,
}

impl Signer {
    pub(crate) fn new(key: Secret, registry_id: String) -> Self {
        Self { key, registry_id }
    }

    /// A URL under which the bytes of a blob can be had for a while.
    pub(crate) fn url(
        &self,
        scheme: &str,
        host: &str,
        port: u16,
        digest: &Digest,
        now: Timestamp,
    ) -> String {
        let end = now.checked_add(LIFETIME).unwrap_or(Timestamp::MAX);
        let end = end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        let path = self.path(digest);
        let signature = self.signature(&path, &end);
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        format!(
            "{scheme}://{host}:{port}{path}?se={}&sig={}&sp=r&spr=https&sr=b&sv=2018-03-28&regid={}",
            encode(&end),
            encode(&signature),
            self.registry_id
        )
    }

    /// The blob that a signed URL gives access to.
    ///
    /// # Errors
    /// [`UrlFault`] for other paths, other signatures and signatures that have expired.
    pub(crate) fn check(
        &self,
        path: &str,
        query: &Query,
        now: Timestamp,
    ) -> Result<Digest, UrlFault> {
        let mut segments = path.rsplit('/');
        let data = segments.next() == Some("data");
        let hex = segments.next().unwrap_or_default();
        let algorithm = segments.nth(1).unwrap_or_default();
        let digest: Digest = format!("{algorithm}:{hex}")
            .parse()
            .map_err(|_| UrlFault::NotFound)?;
        if !data || path != self.path(&digest) {
            return Err(UrlFault::NotFound);
        }
        let end = query.get("se").unwrap_or_default();
        let signed = query.get("sig") == Some(&self.signature(path, end));
        let alive = end.parse().is_ok_and(|end: Timestamp| now < end);
        (signed && alive)
            .then_some(digest)
            .ok_or(UrlFault::Forbidden)
    }

    /// The double slash is the service's: clients must not tidy it up.
    fn path(&self, digest: &Digest) -> String {
        let hex = digest.hex();
        format!(
            "/{}-emulator00//docker/registry/v2/blobs/{}/{}/{hex}/data",
            self.registry_id,
            digest.algorithm().as_str(),
            &hex[..2]
        )
    }

    fn signature(&self, path: &str, end: &str) -> String {
        STANDARD.encode(mac(
            self.key.expose().as_bytes(),
            &[path.as_bytes(), b"\n", end.as_bytes()],
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_good_for_one_blob_and_twenty_minutes() {
        let signer = Signer::new("key".into(), "0123abc".to_owned());
        let digest = Digest::of(b"blob");
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let url = signer.url("http", "localhost", 5001, &digest, now);
        let (path, query) = url
            .strip_prefix("http://localhost:5001")
            .and_then(|rest| rest.split_once('?'))
            .unwrap();
        assert!(path.contains("//docker/"));
        let query = Query::parse(Some(query));
        let after = |minutes| now + SignedDuration::from_mins(minutes);
        assert_eq!(signer.check(path, &query, after(19)), Ok(digest));
        let expired = signer.check(path, &query, after(20));
        assert_eq!(expired, Err(UrlFault::Forbidden));
        let other = signer.path(&Digest::of(b"other"));
        let stolen = signer.check(&other, &query, now);
        assert_eq!(stolen, Err(UrlFault::Forbidden));
        for path in [
            "/",
            "",
            "/data",
            "/x//docker/registry/v2/blobs/sha256/ab/ab/data",
        ] {
            assert_eq!(signer.check(path, &query, now), Err(UrlFault::NotFound));
        }
    }
}

//! Where the bytes of a blob are, for others to fetch.

use std::fmt;

use acr_core::Secret;
use azure_core::time::OffsetDateTime;
use reqwest::Url;

use crate::convert;

/// The address of a blob at its storage host: whoever has it can download the blob until it
/// expires, after 20 minutes or so. So it is a secret, and does not show in logs.
///
/// It wants a plain GET, with a `Range` if one likes. A request that carries an `Authorization` too
/// is refused by the storage host. Nothing verifies what comes from it: compare its digest.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> acr_client::Result<()> {
/// let location = repo.download_blob(&digest).location().await?;
/// println!("{} until {:?}", location.host(), location.expires_at());
/// hand_over(location.expose());
/// # fn hand_over(_: &str) {}
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BlobLocation {
    url: Secret,
    host: String,
    expires_at: Option<OffsetDateTime>,
}

impl BlobLocation {
    pub(crate) fn new(url: &Url) -> Self {
        // Storage names the end of a signature so (`se`, "signed expiry").
        let expiry = url.query_pairs().find(|(key, _)| key == "se");
        let expiry = expiry.and_then(|(_, text)| text.parse().ok());
        Self {
            url: Secret::from(url.as_str()),
            host: url.host_str().unwrap_or_default().to_owned(),
            expires_at: convert::time(expiry),
        }
    }

    /// The address itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.url.expose()
    }

    /// The storage host.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Until when it holds; `None` where it does not say.
    #[must_use]
    pub fn expires_at(&self) -> Option<OffsetDateTime> {
        self.expires_at
    }
}

impl fmt::Debug for BlobLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BlobLocation")
            .field("host", &self.host)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_of_it() {
        let text = "https://account.blob.core.windows.net/r-1//docker/data?se=2023-03-07T02%3A03%3A10Z&sig=s3cret";
        let location = BlobLocation::new(&text.parse().unwrap());
        assert_eq!(location.expose(), text);
        assert_eq!(location.host(), "account.blob.core.windows.net");
        assert_eq!(
            location.expires_at().unwrap().unix_timestamp(),
            1_678_154_590
        );
        assert!(!format!("{location:?}").contains("s3cret"));
        let odd = BlobLocation::new(&"https://host/?se=tomorrow".parse().unwrap());
        assert_eq!(odd.expires_at(), None);
    }
}

//! The version of the service's API that requests name.

use std::{borrow::Cow, fmt, str::FromStr};

use reqwest::Url;

/// The version of the service's API that is asked for: the query parameter `api-version` of the
/// calls below `/acr/v1` and `/oauth2`. The bindings describe the default.
///
/// A version rides along with a client ([`Client::with_extension`](crate::Client::with_extension))
/// and replaces what the calls say. The link to the next page of a list is followed as the server
/// gave it, which leaves the version out.
///
/// ```
/// use acr_rest::ApiVersion;
///
/// assert_eq!(ApiVersion::default().as_str(), "2021-07-01");
/// assert_eq!("2019-08-15-preview".parse(), Ok(ApiVersion::V2019_08_15_PREVIEW));
/// assert!("latest".parse::<ApiVersion>().is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ApiVersion(Cow<'static, str>);

/// A text that is no version: it is not a date, with or without `-preview`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no version of the API, such as 2021-07-01 or 2019-08-15-preview")]
pub struct ApiVersionError(String);

impl ApiVersion {
    /// What the bindings describe.
    pub const V2021_07_01: Self = Self(Cow::Borrowed("2021-07-01"));

    /// The one before it, which the service answers alike as far as is known.
    pub const V2019_08_15_PREVIEW: Self = Self(Cow::Borrowed("2019-08-15-preview"));

    /// The text of it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Puts it where another one stands.
    pub(crate) fn apply(&self, url: &mut Url) {
        let Some(query) = url.query() else { return };
        if *self == Self::default() || !query.split('&').any(is_version) {
            return;
        }
        let pairs = query.split('&').map(|pair| match is_version(pair) {
            true => format!("api-version={self}"),
            false => pair.to_owned(),
        });
        let query = pairs.collect::<Vec<_>>().join("&");
        url.set_query(Some(&query));
    }
}

fn is_version(pair: &str) -> bool {
    pair.starts_with("api-version=")
}

impl Default for ApiVersion {
    fn default() -> Self {
        Self::V2021_07_01
    }
}

impl FromStr for ApiVersion {
    type Err = ApiVersionError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let date = text.strip_suffix("-preview").unwrap_or(text);
        let is_date = date.len() == 10
            && date.bytes().enumerate().all(|(at, byte)| match at {
                4 | 7 => byte == b'-',
                _ => byte.is_ascii_digit(),
            });
        match is_date {
            true => Ok(Self(Cow::Owned(text.to_owned()))),
            false => Err(ApiVersionError(text.chars().take(32).collect())),
        }
    }
}

impl TryFrom<&str> for ApiVersion {
    type Error = ApiVersionError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for ApiVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_there_is_replaced() {
        let preview = ApiVersion::V2019_08_15_PREVIEW;
        for (before, after) in [
            ("/acr/v1/app", "/acr/v1/app"),
            ("/v2/?n=1", "/v2/?n=1"),
            (
                "/acr/v1/_catalog?api-version=2021-07-01&last=a%2Fb&n=1",
                "/acr/v1/_catalog?api-version=2019-08-15-preview&last=a%2Fb&n=1",
            ),
            (
                "/acr/v1/_catalog?last=api-version%3D1",
                "/acr/v1/_catalog?last=api-version%3D1",
            ),
        ] {
            let mut url: Url = format!("https://reg.azurecr.io{before}").parse().unwrap();
            preview.apply(&mut url);
            assert_eq!(url.as_str(), format!("https://reg.azurecr.io{after}"));
        }
    }

    #[test]
    fn no_version() {
        for text in [
            "",
            "latest",
            "2021-7-1",
            "2021-07-01&x=y",
            "2021-07-01-beta",
            "2021/07/01",
        ] {
            assert!(text.parse::<ApiVersion>().is_err(), "{text}");
        }
    }
}

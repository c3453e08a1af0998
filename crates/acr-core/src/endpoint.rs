//! Where a registry is.

use std::{fmt, str::FromStr};

use url::{Host, Url};

use crate::name::shown;

mod azure;

/// The address of a registry: scheme, host and port, and nothing else.
///
/// Parsed from a bare host (`myregistry.azurecr.io`, which means https) or from a URL. Plain http
/// is taken for loopback hosts only, since a token must never cross a network unencrypted.
///
/// ```
/// use acr_core::RegistryEndpoint;
///
/// let endpoint: RegistryEndpoint = "myregistry.azurecr.io".parse()?;
/// assert_eq!(endpoint.as_str(), "https://myregistry.azurecr.io");
/// assert_eq!(endpoint.authority(), "myregistry.azurecr.io");
/// assert!("http://myregistry.azurecr.io".parse::<RegistryEndpoint>().is_err());
/// # Ok::<(), acr_core::EndpointError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RegistryEndpoint {
    url: Url,
    text: String,
    authority_at: usize,
}

/// Why a text is no address of a registry.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a registry endpoint: {fault}")]
pub struct EndpointError {
    text: String,
    fault: String,
}

impl RegistryEndpoint {
    /// `scheme://host[:port]`, without a slash at the end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `host[:port]`, as it stands in image references. The name of the service in token requests is
    /// [`login_server`](Self::login_server).
    #[must_use]
    pub fn authority(&self) -> &str {
        &self.text[self.authority_at..]
    }

    /// The host alone.
    #[must_use]
    pub fn host(&self) -> &str {
        self.url.host_str().unwrap_or_default()
    }

    /// Whether it is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.url.scheme() == "https"
    }

    /// Whether it is on this machine.
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        is_loopback(&self.url)
    }

    /// Whether this URL has the same scheme, host and port, so that a token for this registry may
    /// go to it.
    #[must_use]
    pub fn is_origin_of(&self, url: &Url) -> bool {
        self.url.origin() == url.origin()
    }

    /// As a URL, with the path `/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl FromStr for RegistryEndpoint {
    type Err = EndpointError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let refuse = |fault: String| EndpointError {
            text: shown(harmless(text)),
            fault,
        };
        let absolute = match text.contains("://") {
            true => text.to_owned(),
            false => format!("https://{text}"),
        };
        let url = Url::parse(&absolute).map_err(|error| refuse(error.to_string()))?;
        if let Some(fault) = fault(&url) {
            return Err(refuse(fault));
        }
        // Without default port, path or user: exactly what `Url` gives, less the slash.
        let text = url.as_str().trim_end_matches('/').to_owned();
        let authority_at = url.scheme().len() + "://".len();
        Ok(Self {
            url,
            text,
            authority_at,
        })
    }
}

/// What an error shows of a text that may hold a password or a key by mistake.
fn harmless(text: &str) -> &str {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    text.rsplit('@').next().unwrap_or_default()
}

fn fault(url: &Url) -> Option<String> {
    if !matches!(url.scheme(), "https" | "http") {
        return Some(format!(
            "the scheme `{}` is neither https nor http",
            shown(url.scheme())
        ));
    }
    if url.host_str().is_none_or(str::is_empty) {
        return Some("there is no host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Some("a user name or password belongs in the credential".to_owned());
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Some(
            "only scheme, host and port belong here; name the repository in the call".to_owned(),
        );
    }
    if url.scheme() == "http" && !is_loopback(url) {
        return Some("plain http is taken for loopback hosts only; use https".to_owned());
    }
    None
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        // Names below `localhost` may be resolved by a server somewhere.
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

impl TryFrom<&str> for RegistryEndpoint {
    type Error = EndpointError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for RegistryEndpoint {
    type Error = EndpointError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<&String> for RegistryEndpoint {
    type Error = EndpointError;

    fn try_from(text: &String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl fmt::Display for RegistryEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for RegistryEndpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(text: &str) -> Result<RegistryEndpoint, EndpointError> {
        text.parse()
    }

    #[test]
    fn taken() {
        for (text, url, authority) in [
            ("reg.azurecr.io", "https://reg.azurecr.io", "reg.azurecr.io"),
            (
                "https://Reg.azurecr.io/",
                "https://reg.azurecr.io",
                "reg.azurecr.io",
            ),
            (
                "https://reg.azurecr.io:443",
                "https://reg.azurecr.io",
                "reg.azurecr.io",
            ),
            ("localhost:5000", "https://localhost:5000", "localhost:5000"),
            (
                "http://127.0.0.1:5000",
                "http://127.0.0.1:5000",
                "127.0.0.1:5000",
            ),
            ("http://[::1]:5000", "http://[::1]:5000", "[::1]:5000"),
        ] {
            let endpoint = parse(text).unwrap();
            assert_eq!(
                (endpoint.as_str(), endpoint.authority()),
                (url, authority),
                "{text}"
            );
        }
    }

    #[test]
    fn refused_with_a_reason() {
        for (text, reason) in [
            (
                "https://reg.azurecr.io/app",
                "name the repository in the call",
            ),
            ("reg.azurecr.io/app", "name the repository in the call"),
            (
                "https://reg.azurecr.io?sig=secret",
                "only scheme, host and port",
            ),
            ("ftp://reg.azurecr.io", "the scheme `ftp`"),
            ("http://reg.azurecr.io", "plain http"),
            ("http://10.0.0.1", "plain http"),
            ("http://myregistry.localhost", "plain http"),
            (
                "https://user:secret@reg.azurecr.io",
                "belongs in the credential",
            ),
            ("", "empty host"),
            ("https://", "empty host"),
            ("a b", "invalid"),
        ] {
            let error = parse(text).unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
            assert!(!error.contains("secret"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_and_what_is_taken_is_stable(text in "\\PC*") {
            if let Ok(endpoint) = parse(&text) {
                prop_assert_eq!(parse(endpoint.as_str()).unwrap(), endpoint);
            }
        }
    }
}

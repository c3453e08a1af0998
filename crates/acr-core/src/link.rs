//! Where the server says that something goes on: the next page of a list, the next request of an
//! upload. Both are followed on the registry's own host only.

use std::fmt;

use url::Url;

use crate::{RegistryEndpoint, limits, name::shown, quoted};

/// A path and query on the registry, as the server gave it, byte for byte.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct ServerPath(String);

/// Why a link of the server is not followed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LinkError {
    /// It leads to another host, port or scheme than the registry's: a token must not go there.
    #[error("the server's link leaves {registry}: it leads to {target}")]
    LeavesRegistry {
        /// The registry that was called.
        registry: String,
        /// The other host.
        target: String,
    },
    /// It is no link at all.
    #[error("the server's link cannot be read: `{0}`")]
    Malformed(String),
}

impl ServerPath {
    /// Checks a `Location` or the target of a `Link` against the registry that sent it.
    ///
    /// # Errors
    /// [`LinkError`] when it leads elsewhere or cannot be read.
    pub fn resolve(endpoint: &RegistryEndpoint, link: &str) -> Result<Self, LinkError> {
        let malformed = || LinkError::Malformed(shown(without_query(link)));
        if link.len() > limits::HEADER_VALUE
            || !link.bytes().all(|b| b.is_ascii_graphic())
            || link.contains('\\')
            || !(link.starts_with('/') || link.contains("://"))
        {
            return Err(malformed());
        }
        let target = endpoint.url().join(link).map_err(|_| malformed())?;
        if !endpoint.is_origin_of(&target)
            || !target.username().is_empty()
            || target.password().is_some()
        {
            return Err(LinkError::LeavesRegistry {
                registry: endpoint.as_str().to_owned(),
                target: shown(&origin(&target)),
            });
        }
        // What the server wrote, not what a URL parser makes of it: an upload's state is signed.
        let text = match link.starts_with('/') && !link.starts_with("//") {
            true => link.split('#').next().unwrap_or(link).to_owned(),
            false => target[url::Position::BeforePath..url::Position::AfterQuery].to_owned(),
        };
        // Resolved once more, that would be another host.
        match text.starts_with("//") {
            true => Err(malformed()),
            false => Ok(Self(text)),
        }
    }

    /// `/path?query`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The value of a query parameter, decoded.
    #[must_use]
    pub fn query(&self, name: &str) -> Option<String> {
        let (_, query) = self.0.split_once('?')?;
        let mut pairs = url::form_urlencoded::parse(query.as_bytes());
        pairs
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.into_owned())
    }

    /// The same, with one more query parameter.
    #[must_use]
    pub fn and_query(&self, name: &str, value: &str) -> Self {
        let joint = if self.0.contains('?') { '&' } else { '?' };
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        Self(format!("{}{joint}{pair}", self.0))
    }

    /// The path without the query.
    #[must_use]
    pub fn path(&self) -> &str {
        without_query(&self.0)
    }
}

/// Shows the path alone: the query of an upload holds its signed state.
impl fmt::Debug for ServerPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.path())
    }
}

fn without_query(link: &str) -> &str {
    link.split(['?', '#']).next().unwrap_or(link)
}

fn origin(url: &Url) -> String {
    match url.host_str() {
        Some(host) => match url.port() {
            Some(port) => format!("{}://{host}:{port}", url.scheme()),
            None => format!("{}://{host}", url.scheme()),
        },
        None => format!("{}:", url.scheme()),
    }
}

/// The target of the `Link` that has `rel="next"` (RFC 8288), from the values of the `Link`
/// headers of one answer. `None` means that this was the last page.
///
/// ```
/// use acr_core::next_link;
///
/// let link = next_link([r#"</v2/_catalog?last=b&n=2>; rel="next""#])?;
/// assert_eq!(link.as_deref(), Some("/v2/_catalog?last=b&n=2"));
/// # Ok::<(), acr_core::LinkError>(())
/// ```
///
/// # Errors
/// [`LinkError::Malformed`] when a value cannot be read, or is longer than
/// [`limits::HEADER_VALUE`]: without it the list would seem to end here.
pub fn next_link<V: AsRef<[u8]>>(
    values: impl IntoIterator<Item = V>,
) -> Result<Option<String>, LinkError> {
    let mut next = None;
    for value in values {
        let value = value.as_ref();
        let most = value.len().min(limits::HEADER_VALUE);
        let found = match str::from_utf8(value) {
            Ok(text) if value.len() == most => next_of_value(text),
            _ => None,
        };
        let malformed = || {
            let text = String::from_utf8_lossy(&value[..most]);
            LinkError::Malformed(shown(without_query(&text)))
        };
        let found = found.ok_or_else(malformed)?;
        next = next.or(found.map(str::to_owned));
    }
    Ok(next)
}

/// The first next link of a value; the outer `None` where it is no list of links.
fn next_of_value(value: &str) -> Option<Option<&str>> {
    let (mut rest, mut next) = (value, None);
    loop {
        rest = rest.trim_start_matches([' ', '\t', ',']);
        if rest.is_empty() {
            return Some(next);
        }
        let (target, behind) = rest.strip_prefix('<')?.split_once('>')?;
        let end = quoted::find(behind, b',').unwrap_or(behind.len());
        let (params, others) = behind.split_at(end);
        let params = params.trim();
        let readable = params.is_empty() || params.starts_with(';');
        if !readable || !quoted::is_closed(params) {
            return None;
        }
        if is_next(params) {
            next = next.or(Some(target));
        }
        rest = others;
    }
}

fn is_next(params: &str) -> bool {
    quoted::split(params, b';')
        .filter_map(|param| param.split_once('='))
        .any(|(key, value)| {
            let relations = value.trim().trim_matches('"');
            key.trim().eq_ignore_ascii_case("rel")
                && relations
                    .split_ascii_whitespace()
                    .any(|relation| relation.eq_ignore_ascii_case("next"))
        })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn endpoint() -> RegistryEndpoint {
        "https://reg.azurecr.io".parse().unwrap()
    }

    fn next(value: &str) -> Option<String> {
        next_link([value]).unwrap()
    }

    #[test]
    fn the_forms_of_the_service() {
        let link = r#"</acr/v1/library%2Fhello-world/_tags?last=latest&n=1&orderby=>; rel="next""#;
        assert_eq!(
            next(link).as_deref(),
            Some("/acr/v1/library%2Fhello-world/_tags?last=latest&n=1&orderby=")
        );
        assert_eq!(
            next(r#"</a?x=1,2>; rel="prev", </b>; title="a,b"; rel=next"#).as_deref(),
            Some("/b")
        );
        assert_eq!(
            next_link([r#"</a>; rel="prev""#, r#"</b>; REL="last next""#]),
            Ok(Some("/b".to_owned()))
        );
        for none in [
            "",
            " , ",
            "</a>",
            "</a>; rel=prev",
            r#"</a>; title="x; rel=next""#,
            r#"</a>; title="\"; rel=next""#,
        ] {
            assert_eq!(next(none), None, "{none}");
        }
    }

    #[test]
    fn a_list_does_not_end_where_its_link_cannot_be_read() {
        let long = format!("</{}>; rel=next", "a".repeat(limits::HEADER_VALUE));
        for bad in [
            &b"<"[..],
            b"/a; rel=next",
            b"<a; rel=next",
            b"</a> rel=next",
            b"</a>; title=\"x; rel=next",
            b"</a>; rel=prev, /b; rel=next",
            b"</\xff>; rel=next",
            long.as_bytes(),
        ] {
            let shown = String::from_utf8_lossy(bad);
            // Whatever stands beside it.
            for values in [
                vec![bad],
                vec![&b"</b>; rel=next"[..], bad],
                vec![bad, &b"</b>; rel=next"[..]],
            ] {
                let error = next_link(values);
                assert!(matches!(error, Err(LinkError::Malformed(_))), "{shown}");
            }
        }
        let error = next_link(["</a?secret=x"]).unwrap_err().to_string();
        assert_eq!(error, "the server's link cannot be read: `</a`");
    }

    #[test]
    fn kept_byte_for_byte() {
        let location =
            "/v2/library/hello-world/blobs/uploads/ab?_nouploadcache=false&_state=x-_%3D";
        assert_eq!(
            ServerPath::resolve(&endpoint(), location).unwrap().as_str(),
            location
        );
        let absolute = format!("https://reg.azurecr.io{location}");
        let path = ServerPath::resolve(&endpoint(), &absolute).unwrap();
        assert_eq!(path.as_str(), location);
        assert_eq!(path.query("_state").as_deref(), Some("x-_="));
        assert!(!format!("{path:?}").contains("_state"));
    }

    #[test]
    fn another_host_is_refused() {
        for link in [
            "https://evil.example/v2/",
            "http://reg.azurecr.io/v2/",
            "https://reg.azurecr.io:8443/v2/",
            "//evil.example/v2/",
            "https://reg.azurecr.io@evil.example/",
            "https://user@reg.azurecr.io/",
            "file:///etc/passwd",
        ] {
            let error = ServerPath::resolve(&endpoint(), link).unwrap_err();
            assert!(
                matches!(error, LinkError::LeavesRegistry { .. }),
                "{link}: {error}"
            );
        }
        for link in [
            "",
            "u1?x=y",
            "?x",
            "/a b",
            "/a\nb",
            "\\\\evil.example/a",
            "/\\evil.example",
            "/ä",
            "https://reg.azurecr.io//evil.example/",
        ] {
            assert!(
                matches!(
                    ServerPath::resolve(&endpoint(), link),
                    Err(LinkError::Malformed(_))
                ),
                "{link}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_panics_or_leaves(text in "\\PC*") {
            let _ = next_link([text.as_str()]);
            if let Ok(path) = ServerPath::resolve(&endpoint(), &text) {
                prop_assert!(path.as_str().starts_with('/') && !path.as_str().starts_with("//"), "{}", path.as_str());
            }
        }

        #[test]
        fn no_near_miss_panics(text in "(<|>|;|,|\"|rel=|next|/a| ){0,30}") {
            let _ = next_link([text.as_str()]);
        }
    }
}

//! The `Link` header of lists.

use acr_core::{Digest, RepositoryName};
use url::form_urlencoded::byte_serialize;

/// A path that lists something, as it stands in the link to its next page. The two families of
/// paths differ: `/acr/v1` encodes a name's slashes, `/v2` does not.
#[derive(Clone, Debug)]
pub(crate) enum ListPath<'a> {
    DockerCatalog,
    AcrCatalog,
    TagNames(&'a RepositoryName),
    Tags(&'a RepositoryName),
    Manifests(&'a RepositoryName),
    Referrers(&'a RepositoryName, &'a Digest),
    DeletedCatalog,
    DeletedManifests(&'a RepositoryName),
    DeletedTags(&'a RepositoryName),
}

impl ListPath<'_> {
    fn text(&self) -> String {
        let encoded = |name: &RepositoryName| name.as_str().replace('/', "%2F");
        match self {
            Self::DockerCatalog => "/v2/_catalog".to_owned(),
            Self::AcrCatalog => "/acr/v1/_catalog".to_owned(),
            Self::TagNames(name) => format!("/v2/{name}/tags/list"),
            Self::Tags(name) => format!("/acr/v1/{}/_tags", encoded(name)),
            Self::Manifests(name) => format!("/acr/v1/{}/_manifests", encoded(name)),
            Self::DeletedCatalog => "/acr/v1/_deleted/_catalog".to_owned(),
            Self::DeletedManifests(name) => {
                format!("/acr/v1/_deleted/{}/_manifests", encoded(name))
            }
            Self::DeletedTags(name) => format!("/acr/v1/_deleted/{}/_tags", encoded(name)),
            Self::Referrers(name, digest) => format!("/v2/{name}/referrers/{digest}"),
        }
    }
}

/// The link to the page after `last`. `extra` is a filter that has to come along.
pub(crate) fn next(
    path: &ListPath<'_>,
    last: &str,
    n: usize,
    orderby: &str,
    extra: Option<(&str, &str)>,
) -> String {
    let path = path.text();
    let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
    let extra = extra
        .map(|(key, value)| format!("{key}={}&", encode(value)))
        .unwrap_or_default();
    format!(
        r#"<{path}?{extra}last={}&n={n}&orderby={}>; rel="next""#,
        encode(last),
        encode(orderby)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_have_the_form_of_the_service() {
        let name: RepositoryName = "library/hello-world".parse().unwrap();
        assert_eq!(
            next(&ListPath::AcrCatalog, "library/busybox", 1, "", None),
            r#"</acr/v1/_catalog?last=library%2Fbusybox&n=1&orderby=>; rel="next""#
        );
        assert_eq!(
            next(&ListPath::Manifests(&name), "sha256:ab", 1, "", None),
            r#"</acr/v1/library%2Fhello-world/_manifests?last=sha256%3Aab&n=1&orderby=>; rel="next""#
        );
        assert_eq!(
            next(&ListPath::TagNames(&name), "test0", 2, "", None),
            r#"</v2/library/hello-world/tags/list?last=test0&n=2&orderby=>; rel="next""#
        );
    }
}

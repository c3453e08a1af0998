use super::{assert_harmless, values};
use crate::{LinkError, RegistryEndpoint, ServerPath, limits, next_link};

/// Each line is the value of a `Link` header; the first is also taken for a `Location`.
///
/// # Panics
/// When [`next_link`] gives what no value holds, or [`ServerPath::resolve`] something that leads
/// away from the registry, changes when it is resolved again, or prints its query.
pub fn link(data: &[u8]) {
    let Ok(endpoint) = "https://reg.azurecr.io".parse() else {
        return;
    };
    let values = values(data);
    match next_link(&values) {
        Ok(Some(link)) => {
            let within = |value: &&[u8]| {
                value.len() <= limits::HEADER_VALUE
                    && String::from_utf8_lossy(value).contains(&link)
            };
            assert!(values.iter().any(within));
            let written = format!(r#"</a,b>; title="\",;", <{link}>; a=b; rel="x next""#);
            if written.len() <= limits::HEADER_VALUE {
                assert_eq!(next_link([written]), Ok(Some(link.clone())));
            }
            resolved(&endpoint, &link);
        }
        Ok(None) => {}
        Err(error) => assert_harmless(&error.to_string(), 150),
    }
    resolved(&endpoint, &String::from_utf8_lossy(values[0]));
}

fn resolved(endpoint: &RegistryEndpoint, link: &str) {
    match ServerPath::resolve(endpoint, link) {
        Ok(path) => {
            let text = path.as_str();
            assert!(text.starts_with('/') && text.bytes().all(|b| b.is_ascii_graphic()));
            assert!(text.len() <= limits::HEADER_VALUE + 1);
            let url = endpoint.url().join(text);
            assert!(url.is_ok_and(|url| endpoint.is_origin_of(&url)), "{text}");
            assert_eq!(ServerPath::resolve(endpoint, text).as_ref(), Ok(&path));
            assert!(!format!("{path:?}").contains('?'));
            let longer = path.and_query("a b", "c&d");
            assert!(path.query("a b").is_some() || longer.query("a b").as_deref() == Some("c&d"));
        }
        Err(LinkError::LeavesRegistry { target, .. }) => assert_harmless(&target, 80),
        Err(LinkError::Malformed(text)) => assert_harmless(&text, 80),
    }
}

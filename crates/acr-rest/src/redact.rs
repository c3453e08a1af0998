//! What may be shown of a URL, and of a text that somebody else wrote.

mod json;
mod text;

pub(crate) use json::json;
pub(crate) use text::text;

/// The query parameters whose values say nothing secret. All others are hidden: an upload's
/// `_state` lets anybody continue it, and the query of a pre-signed address is a key to the blob.
const SHOWN: [&str; 12] = [
    "api-version",
    "artifactType",
    "digest",
    "force",
    "from",
    "last",
    "mount",
    "n",
    "orderby",
    "scope",
    "service",
    "_nouploadcache",
];

/// The URL without user, password and fragment, with the values of unknown query parameters
/// replaced by `***`.
#[must_use]
pub fn url(url: &reqwest::Url) -> String {
    let mut shown = url.clone();
    shown.set_fragment(None);
    let _ = shown.set_password(None);
    let _ = shown.set_username("");
    let Some(query) = url.query() else {
        return shown.to_string();
    };
    shown.set_query(None);
    let pairs: Vec<_> = query.split('&').map(pair).collect();
    format!("{shown}?{}", pairs.join("&"))
}

/// What stands in the place of a secret.
pub(crate) const BLOT: &str = "***";

/// A shorter secret is also a part of words, which would be blotted out with it.
const SHORTEST: usize = 6;

/// The text with `***` in place of these secrets; `None` where there is none of them. A secret
/// shorter than six bytes is let stand. What holds another one goes first.
#[must_use]
pub fn blotted<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let mut blotted: Option<String> = None;
    for secret in secrets {
        let now = blotted.as_deref().unwrap_or(text);
        if secret.len() >= SHORTEST && now.contains(secret) {
            blotted = Some(now.replace(secret, BLOT));
        }
    }
    blotted
}

fn pair(pair: &str) -> String {
    match pair.split_once('=') {
        Some((name, _)) if !SHOWN.contains(&name) => format!("{name}=***"),
        _ => pair.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn only_what_is_known_to_be_harmless_is_shown() {
        let url = "https://u:p@reg.azurecr.io/v2/a/blobs/uploads/1?_nouploadcache=false&_state=SECRET&digest=sha256%3Aab#f";
        assert_eq!(
            super::url(&url.parse().unwrap()),
            "https://reg.azurecr.io/v2/a/blobs/uploads/1?_nouploadcache=false&_state=***&digest=sha256%3Aab"
        );
        let signed = "https://a.blob.core.windows.net/x//data?se=2023&sig=SECRET&sp=r";
        assert!(!super::url(&signed.parse().unwrap()).contains("SECRET"));
    }
}

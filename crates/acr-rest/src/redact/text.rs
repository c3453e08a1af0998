//! Texts that somebody else wrote: header values, and the strings of JSON.

use super::{BLOT, pair};

/// With this every JSON web token begins.
const TOKEN: &str = "eyJ";

/// The text with what could be a key in it blotted out: in addresses the values of unknown query
/// parameters, a user and a password, and JSON web tokens anywhere. `None` where there is nothing to
/// hide.
pub(crate) fn text(text: &str) -> Option<String> {
    if !text.contains(['?', '@']) && !text.contains(TOKEN) {
        return None;
    }
    let is_between = |letter: char| letter.is_whitespace() || r#""'<>`()[]{},;"#.contains(letter);
    let mut shown = String::with_capacity(text.len());
    for word in text.split_inclusive(is_between) {
        let body = word.trim_end_matches(is_between);
        shown.push_str(&of_word(body));
        shown.push_str(&word[body.len()..]);
    }
    (shown != text).then_some(shown)
}

fn of_word(word: &str) -> String {
    let word = without_login(word);
    let shown = match word.split_once('?') {
        Some((before, query)) => {
            let pairs: Vec<_> = query.split('&').map(pair).collect();
            format!("{before}?{}", pairs.join("&"))
        }
        None => word,
    };
    match shown.find(TOKEN) {
        Some(at) => format!("{}{BLOT}", &shown[..at]),
        None => shown,
    }
}

/// An address without the user and password before its host.
fn without_login(word: &str) -> String {
    let Some((scheme, rest)) = word.split_once("://") else {
        return word.to_owned();
    };
    let host_ends = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..host_ends].rfind('@') {
        Some(at) => format!("{scheme}://{}", &rest[at + 1..]),
        None => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_blotted_out_wherever_they_stand() {
        for (told, expected) in [
            (
                "/v2/a/blobs/uploads/1?_nouploadcache=false&_state=SECRET",
                "/v2/a/blobs/uploads/1?_nouploadcache=false&_state=***",
            ),
            (
                r#"</acr/v1/a/_tags?n=2&last=v1&orderby=>; rel="next""#,
                r#"</acr/v1/a/_tags?n=2&last=v1&orderby=>; rel="next""#,
            ),
            (
                r#"</acr/v1/a/_tags?n=2&x=SECRET>; rel="next""#,
                r#"</acr/v1/a/_tags?n=2&x=***>; rel="next""#,
            ),
            (
                "see https://u:SECRET@a.blob.core.windows.net/c/b?sig=SECRET&se=1 (now)",
                "see https://a.blob.core.windows.net/c/b?sig=***&se=*** (now)",
            ),
            (
                "Bearer eyJhbGciOi.SECRET-a_b.SECRET is wrong",
                "Bearer *** is wrong",
            ),
            ("token=eyJhbGciOi.SECRET", "token=***"),
            ("nothing of it", "nothing of it"),
        ] {
            assert_eq!(text(told).as_deref().unwrap_or(told), expected);
        }
    }
}

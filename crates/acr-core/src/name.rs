//! Names of repositories and tags.

use std::str::FromStr;

use crate::limits;

/// The name of a repository, such as `library/hello-world`.
///
/// Components of lower-case letters and digits, joined inside by `.`, `_`, `__` or dashes, and
/// separated by `/`; at most 256 characters in all (OCI distribution specification, "Pulling
/// manifests"). The service has no route for any other name and answers with a bare 404, so it is
/// refused here instead.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepositoryName(String);

/// A tag, such as `v1` or `latest`: a letter, digit or `_`, then at most 127 letters, digits, `.`,
/// `_` or `-` (OCI distribution specification).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Tag(String);

/// Why a text is no name of a repository or no tag.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NameError {
    /// The repository name breaks the rule; the second text says which.
    #[error("`{0}` is not a repository name: {1}")]
    Repository(String, &'static str),
    /// The tag breaks the rule; the second text says which.
    #[error("`{0}` is not a tag: {1}")]
    Tag(String, &'static str),
}

impl FromStr for RepositoryName {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::checked(text.to_owned())
    }
}

impl RepositoryName {
    fn checked(text: String) -> Result<Self, NameError> {
        match repository_fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => Err(NameError::Repository(shown(&text), fault)),
        }
    }
}

impl FromStr for Tag {
    type Err = NameError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::checked(text.to_owned())
    }
}

impl Tag {
    fn checked(text: String) -> Result<Self, NameError> {
        match tag_fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => Err(NameError::Tag(shown(&text), fault)),
        }
    }
}

fn repository_fault(text: &str) -> Option<&'static str> {
    if text.is_empty() {
        return Some("it is empty");
    }
    if text.len() > limits::REPOSITORY_NAME {
        return Some("it has more than 256 characters");
    }
    if text.bytes().any(|b| b.is_ascii_uppercase()) {
        return Some("upper-case letters are not allowed");
    }
    text.split('/').find_map(component_fault)
}

fn component_fault(component: &str) -> Option<&'static str> {
    let alphanumeric = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = component.as_bytes();
    let (Some(&first), Some(&last)) = (bytes.first(), bytes.last()) else {
        return Some("there is an empty part between two slashes or at an end");
    };
    if !alphanumeric(first) || !alphanumeric(last) {
        return Some("each part between slashes must begin and end with a letter or digit");
    }
    let separators = component.split(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    for separator in separators.filter(|s| !s.is_empty()) {
        if separator.bytes().any(|b| !matches!(b, b'.' | b'_' | b'-')) {
            return Some("only lower-case letters, digits, `.`, `_`, `-` and `/` are allowed");
        }
        let dashes = separator.bytes().all(|b| b == b'-');
        if !dashes && !matches!(separator, "." | "_" | "__") {
            return Some("letters may be joined by one `.`, one or two `_`, or dashes");
        }
    }
    None
}

fn tag_fault(text: &str) -> Option<&'static str> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_';
    match text.as_bytes() {
        [] => Some("it is empty"),
        bytes if bytes.len() > limits::TAG => Some("it has more than 128 characters"),
        [first, ..] if !word(*first) => Some("it must begin with a letter, a digit or `_`"),
        [_, rest @ ..] if rest.iter().any(|&b| !word(b) && b != b'.' && b != b'-') => {
            Some("only letters, digits, `_`, `.` and `-` are allowed")
        }
        _ => None,
    }
}

/// What an error shows of a text from outside.
pub(crate) fn shown(text: &str) -> String {
    on_one_line(text, 80)
}

/// A text from outside on one line, of at most this many characters, without anything that a
/// terminal takes for a command.
pub(crate) fn on_one_line(text: &str, most: usize) -> String {
    let visible = |c: char| {
        if c.is_control() || c.is_whitespace() {
            ' '
        } else {
            c
        }
    };
    let mut characters = text.chars().map(visible);
    let mut line: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// What every checked text of this crate can do besides being parsed.
macro_rules! checked_text {
    ($type:ident) => {
        impl $type {
            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::convert::AsRef<str> for $type {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl ::std::fmt::Debug for $type {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Debug::fmt(&self.0, f)
            }
        }

        impl ::std::convert::TryFrom<&str> for $type {
            type Error = <Self as ::std::str::FromStr>::Err;

            fn try_from(text: &str) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::TryFrom<String> for $type {
            type Error = <Self as ::std::str::FromStr>::Err;

            /// The same text, not a copy of it: a list has a thousand on each page.
            fn try_from(text: String) -> Result<Self, Self::Error> {
                Self::checked(text)
            }
        }

        impl ::std::convert::TryFrom<&String> for $type {
            type Error = <Self as ::std::str::FromStr>::Err;

            fn try_from(text: &String) -> Result<Self, Self::Error> {
                text.parse()
            }
        }

        impl ::std::convert::From<&$type> for $type {
            fn from(value: &$type) -> Self {
                value.clone()
            }
        }

        impl ::std::convert::From<$type> for String {
            fn from(value: $type) -> Self {
                value.0
            }
        }

        impl ::serde::Serialize for $type {
            fn serialize<S: ::serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $type {
            fn deserialize<D: ::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> Result<Self, D::Error> {
                let text = <String as ::serde::Deserialize>::deserialize(deserializer)?;
                Self::checked(text).map_err(::serde::de::Error::custom)
            }
        }
    };
}
pub(crate) use checked_text;

checked_text!(RepositoryName);
checked_text!(Tag);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn repository_names() {
        for good in [
            "a",
            "hello-world",
            "library/hello-world",
            "a/b/c",
            "a__b",
            "a---b",
            "a.b_c-d/0",
        ] {
            assert_eq!(good.parse::<RepositoryName>().unwrap().as_str(), good);
        }
        let long = "a".repeat(257);
        for bad in [
            "",
            "A",
            "Library/x",
            "a//b",
            "/a",
            "a/",
            "-a",
            "a-",
            "a..b",
            "a___b",
            "a._b",
            "a b",
            "é",
            "a:b",
            &long,
        ] {
            assert!(bad.parse::<RepositoryName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn tags() {
        for good in ["v1", "_", "1.0-rc_2", &"t".repeat(128)] {
            assert_eq!(good.parse::<Tag>().unwrap().as_str(), good);
        }
        for bad in ["", ".a", "-a", "a/b", "a:b", "a b", "ä", &"t".repeat(129)] {
            assert!(bad.parse::<Tag>().is_err(), "{bad}");
        }
    }

    #[test]
    fn what_is_shown_is_harmless() {
        assert_eq!(on_one_line("a\u{1b}]0;b\u{7}\nc", 80), "a ]0;b  c");
        assert_eq!(on_one_line("abc", 3), "abc");
        assert_eq!(on_one_line("äbcd", 3), "äbc…");
    }

    #[test]
    fn an_error_says_what_and_why() {
        let error = "Library/App".parse::<RepositoryName>().unwrap_err();
        assert_eq!(
            error.to_string(),
            "`Library/App` is not a repository name: upper-case letters are not allowed"
        );
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<RepositoryName>();
            let _ = text.parse::<Tag>();
        }

        #[test]
        fn what_the_grammar_makes_is_taken(text in "[a-z0-9]{1,8}((\\.|_|__|-{1,3})[a-z0-9]{1,8}){0,3}(/[a-z0-9]{1,8}){0,3}") {
            prop_assert_eq!(text.parse::<RepositoryName>().unwrap().to_string(), text);
        }

        #[test]
        fn what_the_tag_grammar_makes_is_taken(text in "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}") {
            prop_assert_eq!(text.parse::<Tag>().unwrap().to_string(), text);
        }
    }
}

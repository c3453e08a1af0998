//! Where a list goes on, as a text that can be stored.

use std::{fmt, str::FromStr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Error, Result};

/// Where a list goes on: it can be stored, and be resumed by another process. It holds no host and
/// no secret.
///
/// It is a text that means nothing to anybody else, by [`Display`](fmt::Display), [`FromStr`] and
/// serde. Which list it belongs to, with its order and filter, stands in it:
/// [`resume`](crate::Pager::resume) refuses that of another one. It holds as long as the registry
/// still knows the place, which is by the name of the last item that was read.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> Result<(), Box<dyn std::error::Error>> {
/// use acr_client::Continuation;
///
/// let mut pages = repo.list_tags().page_size(50).pages();
/// let page = pages.try_next().await?;
/// if let Some(later) = page.and_then(|page| page.continuation) {
///     std::fs::write("later", later.to_string())?;
/// }
/// // Tomorrow:
/// let later: Continuation = std::fs::read_to_string("later")?.parse()?;
/// let rest = repo.list_tags().resume(&later)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Continuation {
    /// Which list it belongs to, with its order and filter.
    pub(super) list: String,
    pub(super) place: Place,
}

/// Where a page begins, as the server said.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Place {
    /// At this path and query of the registry.
    Path(String),
    /// Behind what this token stands for.
    Token(String),
}

/// What stands in front of the rest: the form may change, and is then another version.
const VERSION: &str = "1.";

/// Bytes of a text that are read: twice what the longest link has, which is a header of 8 KiB, in
/// base64.
const LONGEST: usize = 24 * 1024;

#[derive(Serialize, Deserialize)]
struct Stored<L, P> {
    list: L,
    place: P,
}

impl fmt::Display for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stored = Stored {
            list: &self.list,
            place: &self.place,
        };
        let json = serde_json::to_vec(&stored).map_err(|_| fmt::Error)?;
        write!(f, "{VERSION}{}", URL_SAFE_NO_PAD.encode(json))
    }
}

impl FromStr for Continuation {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        read(text).map_err(|why| Error::invalid("read a continuation", why))
    }
}

/// What is wrong with a text is told without the text: nobody knows what it is.
fn read(text: &str) -> std::result::Result<Continuation, &'static str> {
    let coded = text.strip_prefix(VERSION);
    let coded = coded.ok_or("it is none, or of another version of this crate")?;
    if text.len() > LONGEST {
        return Err("it is longer than any");
    }
    let json = URL_SAFE_NO_PAD.decode(coded).ok();
    let stored = json.and_then(|json| serde_json::from_slice::<Stored<String, Place>>(&json).ok());
    let Stored { list, place } = stored.ok_or("it is damaged")?;
    Ok(Continuation { list, place })
}

impl Serialize for Continuation {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Continuation {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        read(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

/// Which list it belongs to; not the place, which is the server's affair.
impl fmt::Debug for Continuation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Continuation")
            .field("list", &self.list)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn continuation(place: Place) -> Continuation {
        Continuation {
            list: "/acr/v1/app/_tags  =".to_owned(),
            place,
        }
    }

    #[test]
    fn it_goes_round_as_text_and_as_json() {
        for place in [
            Place::Path("/acr/v1/app/_tags?last=v1&n=1&orderby=".to_owned()),
            Place::Token("eyJ0b2tlbiI6MX0".to_owned()),
        ] {
            let continuation = continuation(place);
            let text = continuation.to_string();
            assert!(
                text.is_ascii() && !text.contains(['/', '+', '=', '"']),
                "{text}"
            );
            assert_eq!(text.parse::<Continuation>().unwrap(), continuation);
            let json = serde_json::to_string(&continuation).unwrap();
            assert_eq!(json, format!("\"{text}\""));
            let read: Continuation = serde_json::from_str(&json).unwrap();
            assert_eq!(read, continuation);
        }
    }

    /// One that an earlier version has made is still read.
    #[test]
    fn the_form_stays() {
        let path = Place::Path("/acr/v1/app/_tags?last=v1".to_owned());
        insta::assert_snapshot!(continuation(path), @"1.eyJsaXN0IjoiL2Fjci92MS9hcHAvX3RhZ3MgID0iLCJwbGFjZSI6eyJwYXRoIjoiL2Fjci92MS9hcHAvX3RhZ3M_bGFzdD12MSJ9fQ");
        let token = Place::Token("t".to_owned());
        insta::assert_snapshot!(continuation(token), @"1.eyJsaXN0IjoiL2Fjci92MS9hcHAvX3RhZ3MgID0iLCJwbGFjZSI6eyJ0b2tlbiI6InQifX0");
    }

    #[test]
    fn what_is_none_is_refused_in_words() {
        let long = format!("1.{}", "A".repeat(LONGEST));
        for (text, why) in [
            ("", "it is none, or of another version of this crate"),
            (
                "/acr/v1/_catalog?last=a",
                "it is none, or of another version of this crate",
            ),
            ("2.e30", "it is none, or of another version of this crate"),
            ("1.e30", "it is damaged"),
            ("1.*", "it is damaged"),
            (&long, "it is longer than any"),
        ] {
            let error = text.parse::<Continuation>().unwrap_err();
            assert!(error.is_invalid_input());
            assert_eq!(
                error.to_string(),
                format!("cannot read a continuation: {why}")
            );
            let json = serde_json::Value::from(text);
            let error = serde_json::from_value::<Continuation>(json).unwrap_err();
            assert_eq!(error.to_string(), why);
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(1\\.)?[A-Za-z0-9_\\-]{0,64}|\\PC*") {
            let _ = text.parse::<Continuation>();
        }

        #[test]
        fn every_place_goes_round(list: String, place: String) {
            let place = Place::Token(place);
            let continuation = Continuation { list, place };
            let text = continuation.to_string();
            prop_assume!(text.len() <= LONGEST);
            prop_assert_eq!(text.parse::<Continuation>().unwrap(), continuation);
        }
    }
}

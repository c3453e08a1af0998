//! Why an answer is not what it says it is, without its words.

use serde_json::error::Category;

/// What is kept of the parser's words.
const LONGEST: usize = 200;

/// An answer that is no JSON, or not the JSON that the operation has. It tells where, and what is
/// wrong there, and shows none of the answer's texts: a token could stand in them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} at line {line} column {column}")]
#[non_exhaustive]
pub struct PayloadError {
    what: String,
    /// The line of the answer, from 1 on; 0 where it is not known.
    pub line: usize,
    /// The column, from 1 on; 0 where it is not known.
    pub column: usize,
    /// Whether the answer ends before it is whole.
    pub is_cut: bool,
}

impl PayloadError {
    pub(crate) fn of(error: &serde_json::Error) -> Self {
        let text = error.to_string();
        let place = format!(" at line {} column {}", error.line(), error.column());
        let what = text.strip_suffix(&place).unwrap_or(&text);
        Self {
            what: without_quotes(what),
            line: error.line(),
            column: error.column(),
            is_cut: error.classify() == Category::Eof,
        }
    }
}

/// The text with `…` in place of what stands in double quotes, in which the parser shows strings of
/// the answer, with `\"` for a quote in them.
fn without_quotes(text: &str) -> String {
    let mut shown = String::new();
    let (mut quoted, mut escaped) = (false, false);
    for letter in text.chars() {
        match letter {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => {
                shown.push_str(if quoted { "\"" } else { "\"…" });
                quoted = !quoted;
            }
            _ if quoted => {}
            letter => shown.push(letter),
        }
        if shown.len() > LONGEST {
            shown.push('…');
            break;
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::ManifestAttributes;

    fn told(answer: &str) -> String {
        let error = serde_json::from_str::<ManifestAttributes>(answer).unwrap_err();
        PayloadError::of(&error).to_string()
    }

    #[test]
    fn it_tells_where_and_not_what() {
        for answer in [
            r#"{"registry": "r", "imageName": ["s3cret"]}"#,
            r#"{"manifest": "s3cret"}"#,
            r#"{"manifest": "s3cret \" s3cret"}"#,
            r#""s3cret""#,
            "s3cret",
        ] {
            let told = told(answer);
            assert!(!told.contains("s3cret"), "{told}");
        }
        insta::assert_snapshot!(told(r#"{"manifest": "s3cret"}"#), @r#"invalid type: string "…", expected struct ManifestAttributesBase at line 1 column 21"#);
        insta::assert_snapshot!(told("{"), @"EOF while parsing an object at line 1 column 1");
        insta::assert_snapshot!(told("<html>"), @"expected value at line 1 column 1");
    }

    #[test]
    fn an_answer_that_ends_early_is_told_from_a_wrong_one() {
        let of = |answer| {
            PayloadError::of(&serde_json::from_str::<ManifestAttributes>(answer).unwrap_err())
        };
        assert!(of("{").is_cut);
        assert!(!of("<html>").is_cut);
    }

    #[test]
    fn it_is_short() {
        let long = "x".repeat(10_000);
        assert!(without_quotes(&long).len() <= LONGEST + 4);
        assert_eq!(without_quotes(&format!("a \"{long}\" b")), "a \"…\" b");
    }
}

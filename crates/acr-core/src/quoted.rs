//! Header values that are lists, whose items may hold quoted strings (RFC 9110 §5.6.4): what
//! separates items is part of the text inside quotes.

/// The pieces between these separators, the quoted ones aside. Quotes that are never closed reach to
/// the end.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let end = find(text, separator);
        rest = end.map(|end| &text[end + 1..]);
        Some(end.map_or(text, |end| &text[..end]))
    })
}

/// Where this byte stands first outside of quotes. It must be ASCII.
pub(crate) fn find(text: &str, wanted: u8) -> Option<usize> {
    let mut quotes = Quotes::default();
    text.bytes()
        .position(|byte| !quotes.hold(byte) && byte == wanted)
}

/// Whether every quoted string in it has its end.
pub(crate) fn is_closed(text: &str) -> bool {
    let mut quotes = Quotes::default();
    text.bytes().for_each(|byte| {
        quotes.hold(byte);
    });
    matches!(quotes, Quotes::Outside)
}

#[derive(Default)]
enum Quotes {
    #[default]
    Outside,
    Inside,
    Escaped,
}

impl Quotes {
    /// Takes the next byte; whether it belongs to a quoted string, the quotes themselves too.
    fn hold(&mut self, byte: u8) -> bool {
        let (next, held) = match (&self, byte) {
            (Self::Outside, b'"') => (Self::Inside, true),
            (Self::Outside, _) => (Self::Outside, false),
            (Self::Inside, b'"') => (Self::Outside, true),
            (Self::Inside, b'\\') => (Self::Escaped, true),
            (Self::Inside | Self::Escaped, _) => (Self::Inside, true),
        };
        *self = next;
        held
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn separators_in_quotes_are_text() {
        let pieces = |text| split(text, b',').collect::<Vec<_>>();
        assert_eq!(pieces(r#"a="b,c",d"#), [r#"a="b,c""#, "d"]);
        assert_eq!(pieces(r#""\",",a"#), [r#""\",""#, "a"]);
        assert_eq!(pieces(r#"a,"b,c"#), ["a", r#""b,c"#]);
        assert_eq!(pieces(r"a\,b"), [r"a\", "b"]);
        assert_eq!(pieces(",ä,"), ["", "ä", ""]);
        assert_eq!(pieces(""), [""]);
    }

    #[test]
    fn quotes_have_an_end() {
        for closed in ["", "a", r#""a""#, r#""\"""#, r#"\"""#] {
            assert!(is_closed(closed), "{closed}");
        }
        for open in [r#"""#, r#""a\""#, r#""\"#, r#"\""#] {
            assert!(!is_closed(open), "{open}");
        }
    }
}

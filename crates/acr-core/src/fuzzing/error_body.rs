use super::assert_harmless;
use crate::{ErrorBody, ErrorCode};

/// The body of an error answer.
///
/// # Panics
/// When [`ErrorBody::parse`] keeps more than it should, something that a terminal takes for a command,
/// or nothing of a body that has words.
pub fn error_body(data: &[u8]) {
    let body = ErrorBody::parse(data);
    for error in &body.errors {
        let code = error.code.as_str();
        assert_harmless(code, 80);
        assert_harmless(&error.message, 1000);
        assert!(code.ends_with('…') || ErrorCode::from(code) == error.code);
        assert_ne!(error.detail.as_deref(), Some("null"));
    }
    match &body.text {
        Some(text) => {
            assert!(body.errors.is_empty() && !text.is_empty());
            assert_harmless(text, 300);
        }
        None => assert!(!body.errors.is_empty() || !begins_with_words(data)),
    }
    assert_eq!(body.code(), body.errors.first().map(|error| &error.code));
}

fn begins_with_words(data: &[u8]) -> bool {
    data.first().is_some_and(u8::is_ascii_graphic)
}

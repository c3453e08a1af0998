use serde_json::json;

use super::{ALL, adapt, apply};
use crate::{
    document,
    generate::{self, DESCRIPTION},
};

fn description() -> serde_json::Value {
    document::load(&crate::root().join(DESCRIPTION)).unwrap()
}

#[test]
fn every_fixup_fails_by_name_where_it_has_nothing_to_do() {
    let mut adapted = description();
    adapt(&mut adapted).unwrap();
    for fixup in ALL {
        let error = apply(fixup, &mut adapted).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("fixup {} never applied: remove it", fixup.name)
        );
    }
}

/// The code that comes of all fixups but one; nothing if there comes none.
fn code_without(skipped: Option<&str>) -> Option<String> {
    let mut document = description();
    document::inline(&mut document).unwrap();
    for fixup in ALL.iter().filter(|fixup| Some(fixup.name) != skipped) {
        (fixup.apply)(&mut document).unwrap();
    }
    // The generator panics over some of what it cannot take.
    std::panic::catch_unwind(|| generate::of_adapted(&document).ok()).unwrap_or(None)
}

#[test]
fn each_fixup_is_needed() {
    let whole = code_without(None);
    assert!(whole.is_some());
    for fixup in ALL {
        let same = code_without(Some(fixup.name)) == whole;
        assert!(!same, "nothing is missing without {}", fixup.name);
    }
}

#[test]
fn no_error_is_left() {
    let mut adapted = description();
    adapt(&mut adapted).unwrap();
    for (path, method, operation) in document::operations(&adapted) {
        for (status, _) in operation["responses"].as_object().unwrap() {
            assert!(status.starts_with(['2', '3']), "{method} {path} {status}");
        }
    }
}

fn refused(schema: serde_json::Value) -> String {
    let mut document = description();
    document["components"]["schemas"]["TagList"]["properties"]["extra"] = schema;
    adapt(&mut document).unwrap_err().to_string()
}

#[test]
fn what_would_break_on_an_answer_of_the_service_is_refused() {
    assert!(refused(json!({"type": "string", "enum": ["a"]})).contains("closed enum"));
    assert!(refused(json!({"type": "array", "items": {}})).contains("nullable"));
    assert!(refused(json!({"type": "string", "maxLength": 5})).contains("limits"));
    let secret = json!({"type": "string", "format": "password", "x-acr-unobserved": true});
    assert!(refused(secret).contains("extensions"));
}

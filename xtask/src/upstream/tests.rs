//! The comparison, held against a small pair of descriptions and, where it is at hand, the
//! published one.

mod callers;
mod mutation;
mod scratch;
mod walk;

use std::{collections::BTreeSet, io::Write as _, path::PathBuf};

use serde_json::Value;

use super::{KNOWN, differences, facts, known, openapi, outcome, report};
use crate::{ci::PUBLISHED_SPEC, document, generate::DESCRIPTION};

const PUBLISHED: &str = include_str!("tests/published.json");
const OURS: &str = include_str!("tests/ours.yaml");

/// Microsoft's description, which is not part of this project: where it lies says the environment.
fn real_file() -> Option<PathBuf> {
    let file = std::env::var_os(PUBLISHED_SPEC).map(PathBuf::from);
    if file.is_none() {
        // Not by a macro: those are silenced in tests that pass.
        let _ = std::io::stderr().write_all(
            format!(
                "\n!!! NOT CHECKED AGAINST THE PUBLISHED DESCRIPTION: {PUBLISHED_SPEC} is not set; \
                 others stand in\n"
            )
            .as_bytes(),
        );
    }
    file
}

fn small_pair() -> (Value, Value) {
    (
        document::parse(PUBLISHED).unwrap(),
        document::parse(OURS).unwrap(),
    )
}

fn description() -> Value {
    document::load(&crate::root().join(DESCRIPTION)).unwrap()
}

/// A file of known differences that holds exactly these.
fn known_now(published: &Value, ours: &Value) -> known::Known {
    let upstream = facts::collect(&openapi(published.clone()).unwrap()).unwrap();
    let lines: Vec<String> = differences::between(&upstream, &facts::collect(ours).unwrap())
        .iter()
        .map(ToString::to_string)
        .collect();
    let groups = serde_json::json!([{"reason": "so it is", "differences": lines}]);
    known::parse(&groups.to_string()).unwrap()
}

fn judge(ours: &Value, published: &Value, known: &known::Known) -> known::Outcome {
    outcome(ours, &openapi(published.clone()).unwrap(), known).unwrap()
}

#[test]
fn the_small_pair_differs_by_the_operation_that_only_ours_has() {
    let (published, ours) = small_pair();
    let outcome = judge(&ours, &published, &known::Known::default());
    let subjects: BTreeSet<&str> = outcome
        .unknown
        .iter()
        .map(|difference| difference.place.subject.as_str())
        .collect();
    assert_eq!(
        subjects,
        BTreeSet::from(["GET /v2/{}/tags/list", "schema Names"])
    );
}

#[test]
fn the_report_can_be_pasted() {
    let (published, ours) = small_pair();
    let text = report::text(&judge(&ours, &published, &known::Known::default()));
    let start = text.find("- reason: ").unwrap();
    let end = text[start..].find("\n\n").unwrap() + start;
    let pasted = text[start..end].replacen("- reason: ", "- reason: known now", 1);
    let known = known::parse(&pasted).unwrap();
    assert!(judge(&ours, &published, &known).is_clean(), "{pasted}");
}

#[test]
fn a_known_difference_that_is_gone_is_stale() {
    let (published, mut ours) = small_pair();
    let known = known_now(&published, &ours);
    ours["paths"]
        .as_object_mut()
        .unwrap()
        .remove("/v2/{name}/tags/list");
    let outcome = judge(&ours, &published, &known);
    assert!(outcome.unknown.is_empty());
    assert!(
        outcome
            .stale
            .iter()
            .any(|line| line.starts_with("GET /v2/{}/tags/list | operation"))
    );
    assert!(
        report::text(&outcome).contains("to be removed from openapi/upstream-differences.yaml")
    );
}

#[test]
fn known_differences_need_a_reason_and_stand_once() {
    assert!(known::parse("[{reason: '', differences: [a]}]").is_err());
    assert!(known::parse("[{reason: r, differences: []}]").is_err());
    assert!(known::parse("[{reason: r, differences: [a, a]}]").is_err());
    assert!(known::parse("[{reason: r, difference: [a]}]").is_err());
}

#[test]
fn openapi_3_1_is_read_as_3_0() {
    let (_, ours) = small_pair();
    let mut newer = ours.clone();
    newer["openapi"] = "3.1.0".into();
    let tag = &mut newer["components"]["schemas"]["Tag"]["properties"];
    tag["os"] = serde_json::json!({"anyOf": [
        {"type": "string"}, {"type": "string", "enum": ["linux"]}, {"type": "null"}
    ]});
    // Every operation of a published document is one that it publishes.
    let known = known_now(&ours, &ours);
    assert!(judge(&ours, &newer, &known).is_clean());
}

#[test]
fn the_file_of_known_differences_is_true() {
    let Some(file) = real_file() else { return };
    let known = known::load(&crate::root().join(KNOWN)).unwrap();
    let outcome = judge(&description(), &document::load(&file).unwrap(), &known);
    assert!(outcome.is_clean(), "{}", report::text(&outcome));
}

//! The way of a change: the published description gains an operation, changes one and loses one.

use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::{PUBLISHED, description, judge, known_now, real_file};
use crate::{
    document, generate,
    upstream::{openapi, scaffold},
};

const TAGS: &str = "/acr/v1/{name}/_tags";
const TAG: &str = "/acr/v1/{name}/_tags/{reference}";
const LABELS: &str = "/acr/v1/{name}/_labels";

/// What is published before the change.
fn published() -> Value {
    match real_file() {
        Some(file) => document::load(&file).unwrap(),
        None => document::parse(PUBLISHED).unwrap(),
    }
}

fn changed(mut published: Value) -> Value {
    let prefix = json!({"name": "prefix", "in": "query", "required": false, "type": "string"});
    published["paths"][TAGS]["get"]["parameters"]
        .as_array_mut()
        .unwrap()
        .push(prefix);
    published["paths"][TAG]
        .as_object_mut()
        .unwrap()
        .remove("delete")
        .unwrap();
    published["paths"][LABELS] = json!({"get": {
        "operationId": "ContainerRegistry_GetLabels",
        "parameters": [{"name": "name", "in": "path", "required": true, "type": "string"}],
        "responses": {
            "200": {"description": "The labels.", "schema": {"$ref": "#/definitions/Labels"}},
            "default": {"description": "An error.", "schema": {"$ref": "#/definitions/AcrErrors"}},
        },
    }});
    published["definitions"]["Labels"] = json!({"type": "object", "properties": {
        "labels": {"type": "array", "items": {"$ref": "#/definitions/Label"}},
        "state": {"type": "string", "enum": ["on", "off"]},
    }});
    published["definitions"]["Label"] =
        json!({"type": "object", "properties": {"text": {"type": "string"}}});
    published
}

/// The functions and types whose lines a change of the description removes and adds.
fn declarations(before: &str, after: &str, tag: ChangeTag) -> Vec<String> {
    TextDiff::from_lines(before, after)
        .iter_all_changes()
        .filter(|change| change.tag() == tag)
        .map(|change| change.value().trim().to_owned())
        .filter(|line| line.starts_with("pub async fn") || line.starts_with("pub struct"))
        .collect()
}

/// Lays the draft over the description, as a person who edits it would.
fn merge(target: &mut Value, draft: &Value) {
    match (target, draft) {
        (Value::Object(target), Value::Object(draft)) => {
            for (key, value) in draft {
                merge(target.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (target, draft) if target.is_null() => *target = draft.clone(),
        _ => {}
    }
}

#[test]
fn the_report_names_what_is_new_what_changed_and_what_is_gone() {
    let (ours, before) = (description(), published());
    let known = known_now(&before, &ours);
    assert!(judge(&ours, &before, &known).is_clean());

    let outcome = judge(&ours, &changed(before), &known);
    let lines: Vec<String> = outcome.unknown.iter().map(ToString::to_string).collect();
    for expected in [
        "GET /acr/v1/{}/_labels | operation | upstream: GetLabels | ours: -",
        "GET /acr/v1/{}/_tags | query prefix | upstream: string, optional | ours: -",
        "DELETE /acr/v1/{}/_tags/{} | operation | upstream: - | ours: DeleteTag",
        "schema Label | text | upstream: string, optional | ours: -",
    ] {
        assert!(
            lines.iter().any(|line| line == expected),
            "{expected} in {lines:#?}"
        );
    }
}

#[test]
fn the_draft_of_a_new_operation_generates_a_method() {
    let mut ours = description();
    let before = generate::code(ours.clone()).unwrap();
    let known = known_now(&published(), &ours);
    let after = openapi(changed(published())).unwrap();

    let text = scaffold::text(&ours, &after).unwrap();
    let draft = document::parse(&text).unwrap();
    let paths: Vec<&String> = draft["paths"].as_object().unwrap().keys().collect();
    assert!(paths.contains(&&LABELS.to_owned()), "{paths:?}");
    merge(&mut ours, &draft);

    let code = generate::code(ours.clone()).unwrap();
    let added = declarations(&before, &code, ChangeTag::Insert);
    assert!(
        added
            .iter()
            .any(|line| line.starts_with("pub async fn get_labels<'a>(")),
        "{added:?}"
    );
    assert!(
        added.contains(&"pub struct Labels {".to_owned()),
        "{added:?}"
    );
    assert!(declarations(&before, &code, ChangeTag::Delete).is_empty());

    // What the draft changed to keep to the rules is all that is left to give a reason for.
    let left: Vec<String> = judge(&ours, &changed(published()), &known)
        .unknown
        .iter()
        .filter(|difference| difference.place.subject == "GET /acr/v1/{}/_labels")
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        left,
        [
            "GET /acr/v1/{}/_labels | 200 application/json labels | upstream: array, optional | ours: array or null, optional",
            "GET /acr/v1/{}/_labels | 200 application/json state | upstream: string one of on|off, optional | ours: string such as on|off, optional",
        ]
    );
}

#[test]
fn a_changed_and_a_removed_operation_show_in_the_code() {
    let mut ours = description();
    let before = generate::code(ours.clone()).unwrap();

    let prefix = json!({"name": "prefix", "in": "query", "schema": {"type": "string"}});
    ours["paths"][TAGS]["get"]["parameters"]
        .as_array_mut()
        .unwrap()
        .push(prefix);
    let code = generate::code(ours.clone()).unwrap();
    let diff = crate::diff::short(&before, &code);
    assert!(diff.contains("+        prefix: Option<&'a str>,"), "{diff}");

    ours["paths"][TAG]
        .as_object_mut()
        .unwrap()
        .remove("delete")
        .unwrap();
    let after = generate::code(ours.clone()).unwrap();
    assert_eq!(
        declarations(&code, &after, ChangeTag::Delete),
        ["pub async fn delete_tag<'a>("]
    );

    // Its known differences are stale then, and nothing else is.
    let known = known_now(&published(), &description());
    let mut without = ours;
    let parameters = without["paths"][TAGS]["get"]["parameters"]
        .as_array_mut()
        .unwrap();
    parameters.pop();
    let mut published = published();
    published["paths"][TAG]
        .as_object_mut()
        .unwrap()
        .remove("delete")
        .unwrap();
    let outcome = judge(&without, &published, &known);
    assert!(outcome.unknown.is_empty());
    assert!(!outcome.stale.is_empty());
    assert!(
        outcome
            .stale
            .iter()
            .all(|line| line.starts_with("DELETE /acr/v1/{}/_tags/{} | "))
    );
}

//! The way of a change, on a scratch copy of this tree: the published description gains an
//! operation, changes one and loses one; ours follows.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use serde_json::{Value, json};

use super::{
    callers::{self, methods},
    scratch::Scratch,
};
use crate::{
    document,
    generate::{self, OUTPUT},
    upstream::{KNOWN, Output, compare, examine, report, scaffold},
};

const TAGS: &str = "/acr/v1/{name}/_tags";
const TAG: &str = "/acr/v1/{name}/_tags/{reference}";
const LABELS: &str = "/acr/v1/{name}/_labels";

fn parameters<'a>(document: &'a mut Value, path: &str) -> &'a mut Vec<Value> {
    let parameters = &mut document["paths"][path]["get"]["parameters"];
    parameters.as_array_mut().unwrap()
}

fn remove_delete(document: &mut Value) {
    let item = document["paths"][TAG].as_object_mut().unwrap();
    item.remove("delete").unwrap();
}

/// What Microsoft does: a new list, a filter for an old one, and no deleting of tags any more.
fn change(published: &mut Value) {
    let prefix = json!({"name": "prefix", "in": "query", "required": false, "type": "string"});
    parameters(published, TAGS).push(prefix);
    remove_delete(published);
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
}

/// What a person does about it: the draft moved in, the filter added, the operation taken away.
fn follow(ours: &mut Value, draft: &Value) {
    for part in ["paths", "components/schemas"] {
        let pointer = format!("/{part}");
        let new = draft.pointer(&pointer).unwrap().as_object().unwrap();
        let there = ours.pointer_mut(&pointer).unwrap().as_object_mut().unwrap();
        there.extend(new.clone());
    }
    let prefix = json!({"name": "prefix", "in": "query", "schema": {"type": "string"}});
    parameters(ours, TAGS).push(prefix);
    remove_delete(ours);
}

/// Does with the file of known differences what the report says.
fn heed_the_report(scratch: &Scratch) {
    let outcome = examine(scratch.root(), &scratch.published()).unwrap();
    let mut known = scratch.read(KNOWN);
    for line in &outcome.stale {
        let line = format!("    - {}\n", report::quoted(line));
        assert!(known.contains(&line), "{line}");
        known = known.replacen(&line, "", 1);
    }
    let pasted = report::paste(&outcome.unknown);
    known.push_str(&pasted.replacen("- reason: ", "- reason: our rules", 1));
    scratch.write(KNOWN, &known);
}

/// The lines of the report, those of known differences left out.
fn reported(scratch: &Scratch) -> (BTreeSet<String>, BTreeSet<String>) {
    let outcome = examine(scratch.root(), &scratch.published()).unwrap();
    let unknown = outcome.unknown.iter().map(ToString::to_string);
    (unknown.collect(), outcome.stale.into_iter().collect())
}

fn generate(scratch: &Scratch, check: bool) -> Result<(), String> {
    generate::run(scratch.root(), check).map_err(|error| format!("{error:#}"))
}

#[test]
fn from_the_published_change_to_the_callers_that_fail() {
    let scratch = Scratch::new();
    compare(scratch.root(), &scratch.published()).unwrap();
    generate(&scratch, true).unwrap();
    let before = methods(&scratch.generated());

    the_report_shows_the_change(&scratch);
    edit(&scratch);
    what_is_left_needs_a_reason(&scratch);
    heed_the_report(&scratch);
    compare(scratch.root(), &scratch.published()).unwrap();

    let error = generate(&scratch, true).unwrap_err();
    assert!(error.contains(&format!("{OUTPUT} is not what")), "{error}");
    generate(&scratch, false).unwrap();
    generate(&scratch, true).unwrap();
    let after = methods(&scratch.generated());

    // Follow the compiler: these are the files in which it stops.
    let [new, changed, gone] = new_changed_gone(&before, &after);
    let set = |name: &str| BTreeSet::from([name.to_owned()]);
    assert_eq!(
        (&new, &changed, &gone),
        (&set("get_labels"), &set("get_tags"), &set("delete_tag"))
    );
    let fails = |names| callers::files(scratch.root(), names);
    assert!(fails(&new).is_empty(), "nobody calls a new method");
    let callers = ["acr-client/src/list.rs", "acr-client/src/locks/read.rs"];
    assert_eq!(fails(&changed), callers.map(str::to_owned).into());
    assert_eq!(fails(&gone), set("acr-client/src/tag.rs"));
}

fn the_report_shows_the_change(scratch: &Scratch) {
    let mut published = document::load(&scratch.published()).unwrap();
    change(&mut published);
    scratch.publish(&published);
    compare(scratch.root(), &scratch.published()).unwrap_err();
    let (unknown, _) = reported(scratch);
    for line in [
        "GET /acr/v1/{}/_labels | operation | upstream: GetLabels | ours: -",
        "GET /acr/v1/{}/_tags | query prefix | upstream: string, optional | ours: -",
        "DELETE /acr/v1/{}/_tags/{} | operation | upstream: - | ours: DeleteTag",
        "schema Label | text | upstream: string, optional | ours: -",
    ] {
        assert!(unknown.contains(line), "{line} in {unknown:#?}");
    }
}

fn edit(scratch: &Scratch) {
    let file = scratch.root().join("draft.yaml");
    scaffold(scratch.root(), &scratch.published(), &Output::File(&file)).unwrap();
    let draft = document::parse(&fs::read_to_string(file).unwrap()).unwrap();
    let drafted: Vec<&String> = draft["paths"].as_object().unwrap().keys().collect();
    assert_eq!(drafted, [LABELS]);
    let mut ours = scratch.description();
    follow(&mut ours, &draft);
    scratch.describe(&ours);
}

/// What the draft changed to keep to our rules, and what was known of the operation that is gone.
fn what_is_left_needs_a_reason(scratch: &Scratch) {
    let (unknown, stale) = reported(scratch);
    let array = "upstream: array, optional | ours: array or null, optional";
    let state = "upstream: string one of on|off, optional | ours: string such as on|off, optional";
    let expected = [
        format!("GET /acr/v1/{{}}/_labels | 200 application/json labels | {array}"),
        format!("GET /acr/v1/{{}}/_labels | 200 application/json state | {state}"),
        format!("schema Labels | labels | {array}"),
        format!("schema Labels | state | {state}"),
    ];
    assert_eq!(unknown, BTreeSet::from(expected));
    assert!(!stale.is_empty());
    for line in stale {
        assert!(line.starts_with("DELETE /acr/v1/{}/_tags/{} | "), "{line}");
    }
}

type Methods = BTreeMap<String, String>;

fn new_changed_gone(before: &Methods, after: &Methods) -> [BTreeSet<String>; 3] {
    let lacking = |some: &Methods, others: &Methods| {
        let names = some.keys().filter(|name| !others.contains_key(*name));
        names.cloned().collect()
    };
    let is_changed = |name: &&String| after.get(*name).is_some_and(|now| *now != before[*name]);
    let changed = before.keys().filter(is_changed).cloned().collect();
    [lacking(after, before), changed, lacking(before, after)]
}

#[test]
fn what_calls_the_generated_code_stands_in_contributing() {
    let scratch = Scratch::new();
    let all = methods(&scratch.generated()).into_keys().collect();
    let files = callers::files(scratch.root(), &all);
    let told = callers::told(&crate::root(), "a method's arguments, or it is gone");
    for file in &files {
        assert!(callers::is_told(&told, file), "{file} is not in {told:?}");
    }
    for word in told.iter().filter(|word| *word != "acr-client/src") {
        let word = [word.clone()];
        let any = files.iter().any(|file| callers::is_told(&word, file));
        assert!(any, "{word:?} calls none of the generated code");
    }
}

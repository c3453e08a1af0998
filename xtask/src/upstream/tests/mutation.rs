//! Whatever is changed in our description, the comparison sees it.

use serde_json::{Value, json};

use super::{description, known, known_now, real_file, small_pair};
use crate::{
    document::{self, inline},
    upstream::{KNOWN, differences, facts, openapi},
};

/// One change to a description, at a JSON pointer.
#[derive(Debug)]
enum Mutation {
    Removed(String),
    OtherType(String),
    RequiredFlipped(String),
    FieldRequiredFlipped(String, String),
}

fn below(pointer: &str, key: &str) -> String {
    format!("{pointer}/{}", key.replace('~', "~0").replace('/', "~1"))
}

fn entries<'a>(document: &'a Value, pointer: &str) -> Vec<(String, &'a Value)> {
    match document.pointer(pointer) {
        Some(Value::Object(map)) => map.iter().map(|(k, v)| (below(pointer, k), v)).collect(),
        Some(Value::Array(list)) => list
            .iter()
            .enumerate()
            .map(|(i, v)| (format!("{pointer}/{i}"), v))
            .collect(),
        _ => Vec::new(),
    }
}

/// Every mutation of every kind, in every operation and schema.
fn mutations(document: &Value) -> Vec<Mutation> {
    let mut found = Vec::new();
    for (path, method, _) in document::operations(document) {
        let item = below("/paths", path);
        of_operation(document, &below(&item, method), &mut found);
        of_parameters(document, &format!("{item}/parameters"), &mut found);
    }
    of_document(document, &mut found);
    for (schema, _) in entries(document, "/components/schemas") {
        of_keys(document, &schema, &["type", "format"], &mut found);
        found.push(Mutation::Removed(schema.clone()));
        of_fields(document, &schema, &mut found);
    }
    found
}

/// What stands in no operation and no schema: security, and the headers of nearly every answer.
fn of_document(document: &Value, found: &mut Vec<Mutation>) {
    of_lists(document, "", &["security"], found);
    for (scheme, _) in entries(document, "/components/securitySchemes") {
        let keys = ["type", "scheme", "in", "name", "bearerFormat"];
        of_keys(document, &scheme, &keys, found);
        found.push(Mutation::Removed(scheme));
    }
    for (entry, _) in entries(document, "/x-acr-common-headers") {
        of_keys(document, &entry, &["where", "name", "header"], found);
        found.push(Mutation::OtherType(format!("{entry}/header/schema")));
        found.push(Mutation::Removed(entry));
    }
    of_keys(document, "", &["x-acr-common-headers"], found);
}

/// These keys where they are there.
fn of_keys(document: &Value, holder: &str, keys: &[&str], found: &mut Vec<Mutation>) {
    let pointers = keys.iter().map(|key| below(holder, key));
    let there = pointers.filter(|pointer| document.pointer(pointer).is_some());
    found.extend(there.map(Mutation::Removed));
}

/// These lists where they are there, and each of their entries.
fn of_lists(document: &Value, holder: &str, keys: &[&str], found: &mut Vec<Mutation>) {
    of_keys(document, holder, keys, found);
    for key in keys {
        let list = entries(document, &below(holder, key)).into_iter();
        found.extend(list.map(|(entry, _)| Mutation::Removed(entry)));
    }
}

fn of_operation(document: &Value, operation: &str, found: &mut Vec<Mutation>) {
    found.push(Mutation::Removed(operation.to_owned()));
    let lists = ["security", "x-acr-scope", "x-acr-upstream"];
    of_lists(document, operation, &lists, found);
    of_parameters(document, &format!("{operation}/parameters"), found);
    let body = format!("{operation}/requestBody");
    if document.pointer(&body).is_some() {
        found.push(Mutation::RequiredFlipped(body.clone()));
        of_content(document, &body, found);
        found.push(Mutation::Removed(body));
    }
    // Of the errors one for each operation: they are alike, and the time is better spent.
    let mut errors = 0;
    for (response, _) in entries(document, &format!("{operation}/responses")) {
        errors += usize::from(response.rsplit('/').next().unwrap().starts_with('4'));
        if errors > 1 && !response.ends_with("/default") {
            continue;
        }
        for (header, _) in entries(document, &format!("{response}/headers")) {
            of_keys(document, &header, &["x-acr-opaque"], found);
            found.push(Mutation::OtherType(format!("{header}/schema")));
            found.push(Mutation::Removed(header));
        }
        of_content(document, &response, found);
        found.push(Mutation::Removed(response));
    }
}

fn of_parameters(document: &Value, list: &str, found: &mut Vec<Mutation>) {
    for (parameter, _) in entries(document, list) {
        of_keys(document, &parameter, &["x-acr-opaque"], found);
        found.push(Mutation::RequiredFlipped(parameter.clone()));
        found.push(Mutation::OtherType(format!("{parameter}/schema")));
        found.push(Mutation::Removed(parameter));
    }
}

fn of_content(document: &Value, holder: &str, found: &mut Vec<Mutation>) {
    for (media_type, _) in entries(document, &format!("{holder}/content")) {
        of_lists(document, &media_type, &["x-acr-known-media-types"], found);
        found.push(Mutation::OtherType(format!("{media_type}/schema")));
        found.push(Mutation::Removed(media_type));
    }
}

fn of_fields(document: &Value, schema: &str, found: &mut Vec<Mutation>) {
    for (field, _) in entries(document, &format!("{schema}/properties")) {
        let name = field.rsplit('/').next().unwrap().to_owned();
        found.push(Mutation::FieldRequiredFlipped(schema.to_owned(), name));
        found.push(Mutation::OtherType(field.clone()));
        of_keys(
            document,
            &field,
            &["type", "format", "nullable", "readOnly"],
            found,
        );
        of_lists(document, &field, &["x-acr-known-values"], found);
        found.push(Mutation::Removed(field));
    }
    for (part, _) in entries(document, &format!("{schema}/allOf")) {
        of_keys(document, &part, &["type"], found);
        of_fields(document, &part, found);
    }
}

impl Mutation {
    /// The part of the document that holds whatever is changed.
    fn touched(&self) -> String {
        let (Self::Removed(pointer)
        | Self::OtherType(pointer)
        | Self::RequiredFlipped(pointer)
        | Self::FieldRequiredFlipped(pointer, _)) = self;
        if !pointer.starts_with("/paths/") && !pointer.starts_with("/components/") {
            return String::new();
        }
        // A path item, all schemas, or all security schemes.
        pointer.split('/').take(3).collect::<Vec<_>>().join("/")
    }

    fn apply(&self, document: &mut Value) {
        match self {
            Self::Removed(pointer) => remove(document, pointer),
            Self::OtherType(pointer) => {
                let schema = document.pointer_mut(pointer).unwrap();
                let other = if schema["type"] == "boolean" {
                    "string"
                } else {
                    "boolean"
                };
                *schema = json!({"type": other});
            }
            Self::RequiredFlipped(pointer) => {
                let holder = document.pointer_mut(pointer).unwrap();
                holder["required"] = (holder["required"] != true).into();
            }
            Self::FieldRequiredFlipped(pointer, field) => {
                let schema = document
                    .pointer_mut(pointer)
                    .unwrap()
                    .as_object_mut()
                    .unwrap();
                let required = schema.entry("required").or_insert_with(|| json!([]));
                let required = required.as_array_mut().unwrap();
                match required.iter().position(|name| name == field) {
                    Some(index) => drop(required.remove(index)),
                    None => required.push(field.as_str().into()),
                }
            }
        }
    }
}

fn remove(document: &mut Value, pointer: &str) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(map) => drop(
            map.remove(&key.replace("~1", "/").replace("~0", "~"))
                .unwrap(),
        ),
        Value::Array(list) => drop(list.remove(key.parse().unwrap())),
        _ => panic!("nothing at {pointer}"),
    }
}

/// Tries every mutation of ours, each on its own; how many there were.
fn every_mutation_is_seen(mut ours: Value, published: &Value, known: &known::Known) -> usize {
    inline(&mut ours).unwrap();
    let upstream = facts::collect(&openapi(published.clone()).unwrap()).unwrap();
    let is_clean = |ours: &Value| match facts::of_inlined(ours) {
        Ok(ours) => known
            .judge(differences::between(&upstream, &ours))
            .is_clean(),
        // A reference that leads nowhere any more is seen as well.
        Err(_) => false,
    };
    assert!(is_clean(&ours), "clean before anything is changed");
    let mutations = mutations(&ours);
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for share in mutations.chunks(mutations.len().div_ceil(threads)) {
            let (mut ours, is_clean) = (ours.clone(), &is_clean);
            scope.spawn(move || {
                for mutation in share {
                    let touched = mutation.touched();
                    let before = ours.pointer(&touched).unwrap().clone();
                    mutation.apply(&mut ours);
                    assert!(!is_clean(&ours), "not seen: {mutation:?}");
                    *ours.pointer_mut(&touched).unwrap() = before;
                }
            });
        }
    });
    mutations.len()
}

#[test]
fn in_the_small_pair() {
    let (published, ours) = small_pair();
    let known = known_now(&published, &ours);
    let tried = every_mutation_is_seen(ours, &published, &known);
    assert!(tried > 70, "{tried}");
}

/// Where the published description is not at hand, ours stands in as its own.
#[test]
fn in_the_whole_description() {
    let ours = description();
    let (published, known) = match real_file() {
        Some(file) => (
            document::load(&file).unwrap(),
            known::load(&crate::root().join(KNOWN)).unwrap(),
        ),
        None => (ours.clone(), known_now(&ours, &ours)),
    };
    let tried = every_mutation_is_seen(ours, &published, &known);
    assert!(tried > 1000, "{tried}");
}

//! Every operation of the description, against the scopes that stand there.

use std::{collections::BTreeSet, fs, path::Path};

use serde_yaml_ng::Value;

use super::of;

/// What the service asks for is not known: as for any DELETE.
const UNKNOWN: &str = "CancelUpload";

/// A request for each parameter that a path or a scope may hold.
const PARAMETERS: [(&str, &str); 6] = [
    ("{name}", "library%2Fapp"),
    ("{from}", "library%2Fbase"),
    ("{reference}", "v1"),
    (
        "{digest}",
        "sha256%3Ae3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    ),
    ("{id}", "4f2a"),
    (
        "{location}",
        "v2/library/app/blobs/uploads/4f2a?_nouploadcache=false&_state=x",
    ),
];

fn filled(text: &str) -> String {
    PARAMETERS
        .iter()
        .fold(text.to_owned(), |text, (name, value)| {
            text.replace(name, value)
        })
}

#[test]
fn every_operation_needs_what_the_description_says() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../openapi/acr.yaml");
    let document: Value = serde_yaml_ng::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let mut seen = BTreeSet::new();
    for (path, item) in document["paths"].as_mapping().unwrap() {
        let path = path.as_str().unwrap();
        // Tokens are asked for without one.
        if path.starts_with("/oauth2/") {
            continue;
        }
        for (method, operation) in item.as_mapping().unwrap() {
            let Some(id) = operation["operationId"].as_str() else {
                continue;
            };
            seen.insert(id.to_owned());
            let method = method.as_str().unwrap().to_uppercase().parse().unwrap();
            let mut path = filled(path);
            if id == "StartUpload" {
                path.push_str("?from=library%2Fbase&mount=sha256%3Aab");
            }
            let scopes = match operation["x-acr-scope"].as_sequence() {
                Some(scopes) => scopes.iter().map(|s| s.as_str().unwrap()).collect(),
                None => {
                    assert_eq!(id, UNKNOWN, "an operation whose scope nobody wrote down");
                    vec!["repository:{name}:delete"]
                }
            };
            let mut scopes: Vec<_> = scopes
                .iter()
                .map(|scope| filled(scope).replace("%2F", "/"))
                .collect();
            scopes.sort();
            assert_eq!(
                of(&method, &path),
                scopes.join(" "),
                "{id}: {method} {path}"
            );
        }
    }
    assert!(seen.len() > 30 && seen.contains(UNKNOWN), "{seen:?}");
}

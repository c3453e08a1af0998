//! No test has a secret that is not looked for.

use std::{fs, path::Path};

/// Calls whose last argument here is a secret, or whose second one is.
const TAKE_SECRETS: [&str; 6] = [
    "Credential::password(",
    "Credential::refresh_token(",
    "Credential::access_token(",
    "FakeEntra::credential(",
    ".admin(",
    ".token(",
];

/// A secret stands in `secret("…")`, or in a name to which that was given.
#[test]
fn every_secret_is_known() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("integration");
    let mut bare = Vec::new();
    let mut calls = 0;
    for file in sources(&folder) {
        // The names stand here themselves.
        if file.ends_with("secrets/sources.rs") {
            continue;
        }
        let text = fs::read_to_string(&file).unwrap();
        for name in TAKE_SECRETS {
            for (at, _) in text.match_indices(name) {
                calls += 1;
                let arguments = arguments(&text[at + name.len()..]);
                let secret = arguments.get(1).or(arguments.first()).copied();
                if secret.is_some_and(|secret| secret.starts_with('"')) {
                    bare.push(format!(
                        "{}: {name}{}",
                        file.display(),
                        arguments.join(", ")
                    ));
                }
            }
        }
    }
    assert!(calls > 20, "{calls}");
    assert!(bare.is_empty(), "not in `secret(…)`: {bare:#?}");
}

fn sources(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => found.extend(sources(&path)),
            false => found.extend(path.extension().is_some_and(|e| e == "rs").then_some(path)),
        }
    }
    found
}

/// The arguments of a call, from behind its parenthesis on.
fn arguments(text: &str) -> Vec<&str> {
    let (mut depth, mut begin, mut found) = (0, 0, Vec::new());
    for (at, letter) in text.char_indices() {
        match letter {
            '(' | '[' | '{' => depth += 1,
            ')' if depth == 0 => {
                found.push(text[begin..at].trim());
                break;
            }
            ')' | ']' | '}' => depth -= 1,
            ',' if depth == 0 => {
                found.push(text[begin..at].trim());
                begin = at + 1;
            }
            _ => {}
        }
    }
    found
}

#[test]
fn arguments_are_told_apart() {
    assert_eq!(
        arguments(r#""ci", secret("x, y"), map) + ("z")"#),
        [r#""ci""#, r#"secret("x, y")"#, "map"]
    );
    assert_eq!(arguments(")"), [""]);
}

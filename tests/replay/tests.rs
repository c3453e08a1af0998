//! What is recorded of the emulator comes out the same, and nothing that is changed in a recording
//! goes unseen.

mod mutations;
mod random;
mod recorder;
mod refused;
mod state;

use std::fs;

use serde_json::{Value, json};

use crate::{
    compare::{Difference, Kind},
    exchange::{self, Exchange},
    run::{self, Outcome},
};

/// Writes recordings into files of a folder and replays them.
async fn replayed(files: &[(&str, &[Value])]) -> Vec<(Exchange, Outcome)> {
    let folder = tempfile::tempdir().unwrap();
    for (name, exchanges) in files {
        let lines: Vec<_> = exchanges.iter().map(Value::to_string).collect();
        fs::write(folder.path().join(name), lines.join("\n")).unwrap();
    }
    let mut all = Vec::new();
    for group in exchange::load(folder.path()).unwrap() {
        all.extend(run::replay(group).await);
    }
    all
}

/// Everything that differs when these exchanges are replayed.
async fn differing(exchanges: &[Value]) -> Vec<Difference> {
    let outcomes = replayed(&[("test.jsonl", exchanges)]).await;
    let differing = outcomes.into_iter().map(|(_, outcome)| match outcome {
        Outcome::Compared { differing, .. } => differing,
        Outcome::Unsent(_) => Vec::new(),
        Outcome::Failed(difference) => vec![difference],
    });
    differing.flatten().collect()
}

/// An exchange as a recorder would write it that keeps only what the test is about.
fn exchange(at: usize, method: &str, path: &str, answer: &Value) -> Value {
    let mut value = json!({
        "i": at, "method": method, "url": format!("https://registry.azurecr.io{path}"),
        "req_headers": {}, "req_body": null, "resp_headers": {}, "resp_body": null,
    });
    for (key, part) in answer.as_object().unwrap() {
        value[key] = part.clone();
    }
    value
}

/// What differs but for the headers that such a recorder leaves out, and the order of keys, which
/// it sorts.
async fn differing_in_substance(exchanges: &[Value]) -> Vec<Difference> {
    let mut found = differing(exchanges).await;
    found.retain(|difference| match difference.kind {
        Kind::Extra => {
            difference.field == "header link" || !difference.field.starts_with("header ")
        }
        Kind::Order => !difference.field.starts_with("body"),
        _ => true,
    });
    found
}

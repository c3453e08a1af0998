//! Every 401 of the recordings that says what it wants, where they are at hand.

use std::{collections::BTreeMap, env, fs, path::Path};

use acr_core::Challenge;
use serde::Deserialize;

use super::of;

#[derive(Deserialize)]
struct Exchange {
    method: String,
    url: String,
    status: u16,
    resp_headers: Option<BTreeMap<String, Vec<String>>>,
}

impl Exchange {
    /// Path and query: some recorders leave the host out.
    fn target(&self) -> &str {
        match self.url.split_once("://") {
            Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
            None => &self.url,
        }
    }

    /// The scopes of its challenge; an empty text for one without.
    fn wanted(&self) -> Option<String> {
        let values = self.resp_headers.as_ref()?.get("www-authenticate")?;
        let challenges = Challenge::parse_all(values.iter().map(String::as_str));
        challenges
            .into_iter()
            .find_map(|challenge| match challenge {
                Challenge::Bearer { scope, .. } => Some(scope.unwrap_or_default().to_string()),
                _ => None,
            })
    }
}

fn read(folder: &Path, exchanges: &mut Vec<(String, Exchange)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read(&path, exchanges);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "jsonl")
        {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            for line in fs::read_to_string(&path).unwrap().lines() {
                exchanges.push((name.clone(), serde_json::from_str(line).unwrap()));
            }
        }
    }
}

#[test]
fn every_challenge_wants_what_was_guessed() {
    let Some(folder) = env::var_os("ACR_RECORDINGS") else {
        eprintln!("ACR_RECORDINGS is not set: no recording was looked at");
        return;
    };
    let mut exchanges = Vec::new();
    read(Path::new(&folder), &mut exchanges);
    let (mut agree, mut differ) = (0, Vec::new());
    for (file, exchange) in exchanges.iter().filter(|(_, e)| e.status == 401) {
        let Some(wanted) = exchange.wanted() else {
            differ.push(format!("{file}: a 401 without a challenge"));
            continue;
        };
        let guess = of(&exchange.method.parse().unwrap(), exchange.target());
        if guess == wanted {
            agree += 1;
        } else {
            let (method, target) = (&exchange.method, exchange.target());
            differ.push(format!(
                "{file}: {method} {target}: guessed `{guess}`, wanted `{wanted}`"
            ));
        }
    }
    eprintln!(
        "{agree} of {} challenges were guessed",
        agree + differ.len()
    );
    assert!(agree > 0, "no 401 in {}", folder.display());
    assert!(differ.is_empty(), "{differ:#?}");
}

//! Whether each call is seen on the wire: its snapshots, by their names and texts.

use std::{collections::BTreeMap, fs, io, path::Path};

use anyhow::{Context as _, Result};

use super::{
    calls::{Calls, ChainedOption},
    item::{base, paths},
};

/// In the folder of the library.
pub(super) const FOLDER: &str = "tests/calls/snapshots";
/// What a snapshot says of a call that did what it should, and of one that did not.
const SUCCESS: &str = "\n=> Ok";
const FAILURE: &str = "\n=> Err";

/// Calls and options that no snapshot shows, and snapshots of nothing.
pub(super) fn missing(calls: &Calls, folder: &Path) -> Result<Vec<String>> {
    Ok(compare(calls, &read(folder)?))
}

/// The snapshots by name, each as one line of what was called and what became of it.
fn read(folder: &Path) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(found),
        entries => entries.with_context(|| folder.display().to_string())?,
    };
    for entry in entries {
        let path = entry?.path();
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned());
        if let Some(name) = name.as_deref().and_then(|name| name.strip_suffix(".snap")) {
            let text = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
            found.insert(name.to_owned(), text);
        }
    }
    Ok(found)
}

/// The call that a snapshot is of: its name without the case.
fn call_of(snapshot: &str) -> &str {
    snapshot.split('@').next().unwrap_or(snapshot)
}

pub(super) fn compare(calls: &Calls, snapshots: &BTreeMap<String, String>) -> Vec<String> {
    let mut problems = Vec::new();
    for call in calls.calls.keys() {
        let own = || snapshots.iter().filter(|(name, _)| call_of(name) == call);
        for (outcome, what) in [(SUCCESS, "succeeds"), (FAILURE, "fails")] {
            if !own().any(|(_, text)| text.contains(outcome)) {
                problems.push(format!("no snapshot of {call} that {what}"));
            }
        }
    }
    for option in &calls.options {
        if !snapshots
            .iter()
            .any(|(name, text)| shows(calls, option, name, text))
        {
            let ChainedOption { owner, name, about } = option;
            let about: Vec<_> = about.iter().map(String::as_str).collect();
            let about = about.join(", ");
            problems.push(format!(
                "no snapshot shows the option {owner}<{about}>::{name}"
            ));
        }
    }
    for name in snapshots
        .keys()
        .filter(|name| !calls.calls.contains_key(call_of(name)))
    {
        problems.push(format!("the snapshot {name} is of no call"));
    }
    problems
}

/// Whether the option is chained in the snapshot, on a call of the types that it belongs to.
fn shows(calls: &Calls, option: &ChainedOption, name: &str, text: &str) -> bool {
    let call = call_of(name);
    let Some(returns) = calls.calls.get(call) else {
        return false;
    };
    let own = call.split("__").next() == Some(&option.owner);
    let names = |wanted: &String| paths(returns).any(|path| base(path) == wanted);
    text.contains(&format!(".{}(", option.name))
        && (own || names(&option.owner))
        && option.about.iter().all(names)
}

//! The checks of the OCI conformance suite, by a program that knows nothing of ours. It speaks http
//! alone.

use std::{env, path::Path};

use anyhow::{Context as _, Result, bail, ensure};

use super::{
    cases::{Cases, Skip},
    environment::Environment,
    image::digest_of,
    program::Program,
};
use crate::suites::OCI_PROBE;

pub(super) fn run(environment: &Environment, cases: &mut Cases) -> Result<()> {
    let probe = env::var(OCI_PROBE).context(OCI_PROBE)?;
    let digest = digest_of(&std::fs::read(&probe)?);
    let file = Path::new(&probe).file_name().unwrap_or_default();
    // It has no version: its content is what tells one from another.
    cases.client(&file.to_string_lossy(), &digest["sha256:".len()..][..12]);
    let registry = &environment.http;
    let (user, password) = (&registry.username, &registry.password);
    let output = Program::new("python3").output([
        &probe,
        &registry.endpoint,
        user,
        password,
        "--sha512",
        "-v",
    ])?;
    let told = String::from_utf8_lossy(&output.stdout);
    told.lines().for_each(|line| check(line, cases));
    // It says so at its end; one that broke off has not proved the rest.
    ensure!(
        told.lines().any(|line| line.starts_with("TOTAL")),
        "it did not come to its end: {}",
        String::from_utf8_lossy(&output.stderr)
    );
    Ok(())
}

/// What the probe leaves out because of an answer that the service gives too. Any other skip is a
/// failure.
const EXPLAINED: [(&str, &str); 3] = [
    (
        "tag DELETE 405",
        "the service deletes manifests by digest alone, and answers 405 to a tag",
    ),
    (
        "mount answered 202",
        "the service begins an upload where a mount does not say from where",
    ),
    (
        "full blob on Range",
        "the storage host knows no ranges from the end, and gives the whole blob",
    ),
];

/// A line of the probe: how a check came out, its area and name, and why.
fn check(line: &str, cases: &mut Cases) {
    let indented = line
        .strip_prefix("  ")
        .and_then(|line| line.split_once(' '));
    let Some((outcome, name)) = indented else {
        return;
    };
    let name = name.trim();
    match outcome {
        "pass" => cases.case(name, || Ok(())),
        "FAIL" => cases.case(name, || bail!("the probe does not take the answer")),
        "skip" => {
            let explained = EXPLAINED
                .iter()
                .find_map(|(told, why)| Some((name.strip_suffix(told)?.trim_end(), why)));
            match explained {
                Some((name, why)) => cases.case(name, || Err(Skip((*why).to_owned()).into())),
                None => cases.case(name, || bail!("skipped, and nobody knows why")),
            }
        }
        _ => None,
    };
}

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

/// A check that the probe leaves out because of an answer that the service gives too. Any other skip
/// is a failure: a mount that says from where has no excuse.
struct Explained {
    /// The end of the check's name, behind its area.
    check: &'static str,
    told: &'static str,
    why: &'static str,
}

const EXPLAINED: [Explained; 3] = [
    Explained {
        check: ": delete tag",
        told: "tag DELETE 405",
        why: "the service deletes manifests by digest alone, and answers 405 to a tag",
    },
    Explained {
        check: ": mount anonymous",
        told: "mount answered 202",
        why: "the service begins an upload where a mount does not say from where",
    },
    Explained {
        check: ": range -500",
        told: "full blob on Range",
        why: "the storage host knows no ranges from the end, and gives the whole blob",
    },
];

impl Explained {
    /// The check's name and why it is skipped, if a line's end is about this.
    fn of<'a>(&self, line: &'a str) -> Option<(&'a str, &'static str)> {
        let name = line.strip_suffix(self.told)?.trim_end();
        name.ends_with(self.check).then_some((name, self.why))
    }
}

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
        "skip" => match EXPLAINED.iter().find_map(|explained| explained.of(name)) {
            Some((name, why)) => cases.case(name, || Err(Skip(why.to_owned()).into())),
            None => cases.case(name, || bail!("skipped, and nobody knows why")),
        },
        _ => None,
    };
}

#[cfg(test)]
mod tests {
    use super::EXPLAINED;

    /// Which explanation there is for a skip.
    fn explained(line: &str) -> Option<(&str, usize)> {
        let mut all = EXPLAINED.iter().enumerate();
        all.find_map(|(at, explained)| Some((explained.of(line)?.0, at)))
    }

    #[test]
    fn a_skip_is_explained_for_its_check_alone() {
        let told = [
            "data image: delete tag tag DELETE 405",
            "blobs sha256: mount anonymous mount answered 202",
            "blobs sha512: range -500 full blob on Range",
        ];
        let names = [
            "data image: delete tag",
            "blobs sha256: mount anonymous",
            "blobs sha512: range -500",
        ];
        for (at, (line, name)) in told.into_iter().zip(names).enumerate() {
            assert_eq!(explained(line), Some((name, at)));
        }
        for line in [
            "blobs sha256: mount mount answered 202",
            "blobs sha256: mount missing mount answered 202",
            "blobs sha256: range 0-499 full blob on Range",
            "blobs sha256: delete blob DELETE 405",
            "data image: delete tag manifest DELETE 405",
            "data image: delete manifest tag DELETE 405",
        ] {
            assert_eq!(explained(line), None, "{line}");
        }
    }
}

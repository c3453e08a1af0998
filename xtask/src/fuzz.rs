//! `fuzz`: parsers against what a fuzzer makes of their seeds, by cargo-fuzz and libFuzzer.
//!
//! What must hold stands in the crates themselves (`src/fuzzing`); their tests hold it of the seeds.

use std::{fs, io::ErrorKind, path::Path};

use anyhow::{Context as _, Result, bail, ensure};
use clap::Args;

use crate::ci::step::Invocation;

/// cargo-fuzz needs the sanitizers and the coverage of a nightly compiler.
const NIGHTLY: &str = "rustup run nightly";

/// Where inputs are kept that reached something new. It may be deleted.
const CORPUS: &str = "target/fuzz/corpus";

#[derive(Args)]
pub(crate) struct Options {
    /// Only these targets; all of them where none is named.
    targets: Vec<String>,
    /// How long each target is run.
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Say which targets there are, and run nothing.
    #[arg(long)]
    list: bool,
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Target {
    name: String,
    /// The folder of the crate whose parser it is, below that of the workspace.
    of: String,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut targets = all(root)?;
    if options.list {
        for target in targets {
            println!("{:15} {}", target.name, target.of);
        }
        return Ok(());
    }
    for name in &options.targets {
        let known = targets.iter().any(|target| target.name == *name);
        ensure!(
            known,
            "there is no target {name}; see `cargo xtask fuzz --list`"
        );
    }
    targets.retain(|target| options.targets.is_empty() || options.targets.contains(&target.name));
    check_tools(root)?;
    let mut failed = Vec::new();
    for target in &targets {
        let command = target.command(root, options.seconds)?;
        println!("\n=== {}\n$ {command}", target.name);
        let status = command.run(root).with_context(|| command.to_string())?;
        if !status.success() {
            failed.push(format!(
                "{} ({}/fuzz/artifacts/{0})",
                target.name, target.of
            ));
        }
    }
    match failed.is_empty() {
        true => Ok(()),
        false => bail!("failed, with the inputs in: {}", failed.join(", ")),
    }
}

/// The targets of all crates that have a folder `fuzz`.
fn all(root: &Path) -> Result<Vec<Target>> {
    let mut targets = Vec::new();
    for of in fs::read_dir(root.join("crates"))? {
        let of = of?;
        let files = match fs::read_dir(of.path().join("fuzz/fuzz_targets")) {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            files => files?,
        };
        for file in files {
            let path = file?.path();
            let name = path.file_stem().context("a target without a name")?;
            targets.push(Target {
                name: name.to_string_lossy().into_owned(),
                of: format!("crates/{}", of.file_name().to_string_lossy()),
            });
        }
    }
    targets.sort();
    Ok(targets)
}

/// Nothing is installed here: a second toolchain is for its owner to decide.
fn check_tools(root: &Path) -> Result<()> {
    for (tool, install) in [
        (
            "rustc",
            "rustup toolchain install nightly --profile minimal",
        ),
        ("cargo fuzz", "cargo install --locked cargo-fuzz"),
    ] {
        let version = Invocation::new(&format!("{NIGHTLY} {tool} --version"));
        let there = version.run(root).is_ok_and(|status| status.success());
        ensure!(
            there,
            "`{version}` does not run; this installs it: {install}"
        );
    }
    Ok(())
}

impl Target {
    fn command(&self, root: &Path, seconds: u32) -> Result<Invocation> {
        let Self { name, of } = self;
        // The first folder gets what is found, the second is read only.
        let found = root.join(CORPUS).join(name);
        fs::create_dir_all(&found).with_context(|| found.display().to_string())?;
        let below = |path: &str| root.join(path).display().to_string();
        Ok(
            Invocation::new(&format!("{NIGHTLY} cargo fuzz run --fuzz-dir"))
                .argument(below(&format!("{of}/fuzz")))
                .argument("--target-dir")
                .argument(below("target/fuzz"))
                .argument(name)
                .argument(found.display().to_string())
                .argument(below(&format!("{of}/tests/seeds/{name}")))
                .argument("--")
                .argument(format!("-max_total_time={seconds}"))
                // An input that takes long is a finding too: none has more than a few KiB. It goes by the
                // clock on the wall, and a busy machine can stop a process for a second.
                .argument("-timeout=10")
                .argument("-print_final_stats=1"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_seeds_and_a_program() {
        let root = crate::root();
        let targets = all(&root).unwrap();
        assert!(!targets.is_empty());
        for Target { name, of } in targets {
            let seeds = fs::read_dir(root.join(&of).join("tests/seeds").join(&name));
            assert!(seeds.unwrap().next().is_some(), "{name}");
            let manifest = fs::read_to_string(root.join(&of).join("fuzz/Cargo.toml")).unwrap();
            assert!(manifest.contains(&format!("name = \"{name}\"")), "{name}");
        }
    }
}

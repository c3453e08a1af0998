//! The steps, as data.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    process::{Command, Stdio},
};

use anyhow::Result;
use cargo_metadata::{Metadata, Package};

use super::{
    OCI_PROBE, Options, PUBLISHED_SPEC, RECORDINGS,
    step::{Action, Invocation, Step},
};
use crate::deps;

/// Installed where no other is found.
const DENY_VERSION: &str = "0.20.2";
const TOOLS: &str = "target/tools";

pub(super) fn all(root: &Path, options: &Options) -> Result<Vec<Step>> {
    let metadata = deps::metadata(root)?;
    let published = absolute(options.upstream.as_deref())?;
    let probe = absolute(options.oci_probe.as_deref())?;
    let recordings = absolute(options.recordings.as_deref())?;
    Ok(vec![
        run(
            "fmt",
            [
                "cargo fmt --all -- --check",
                // Workspaces of their own.
                "cargo fmt --manifest-path crates/acr-auth/fuzz/Cargo.toml -- --check",
                "cargo fmt --manifest-path crates/acr-core/fuzz/Cargo.toml -- --check",
                "cargo fmt --manifest-path tests/bench/oci-client/Cargo.toml -- --check",
                "cargo fmt --manifest-path tests/interop/oci-client/Cargo.toml -- --check",
                "cargo fmt --manifest-path tests/outside/scratch/Cargo.toml -- --check",
            ],
        ),
        run(
            "clippy",
            ["cargo clippy --workspace --all-targets --all-features -- -D warnings"],
        ),
        run("generate", ["cargo xtask generate --check"]),
        upstream(published.clone()),
        run("deps", ["cargo xtask deps"]),
        Step {
            name: "features",
            action: Action::Run(features(&metadata)),
        },
        Step {
            name: "rustdoc",
            action: Action::Run(vec![rustdoc()]),
        },
        run("public-api", ["cargo xtask public-api --check"]),
        // The programs of the READMEs are run by these tests, against the emulator.
        test(published, recordings.clone()),
        run("outside", ["cargo xtask outside"]),
        interop(probe, recordings.clone(), options.require_all),
        replay(recordings),
        run("quickstart", ["cargo run --example quickstart"]),
        Step {
            name: "package",
            action: Action::Run(package(&metadata)),
        },
        Step {
            name: "deny",
            action: Action::Run(deny(root, options.advisories)),
        },
    ])
}

/// The steps may run in another folder than the one in which the path was given.
fn absolute(file: Option<&Path>) -> Result<Option<String>> {
    let file = file.map(std::path::absolute).transpose()?;
    Ok(file.map(|file| file.display().to_string()))
}

fn run<const N: usize>(name: &'static str, lines: [&str; N]) -> Step {
    Step {
        name,
        action: Action::Run(lines.into_iter().map(Invocation::new).collect()),
    }
}

fn upstream(published: Option<String>) -> Step {
    let action = match published {
        Some(file) => Action::Run(vec![Invocation::new("cargo xtask upstream").argument(file)]),
        None => Action::Skip(
            "no published description was given (--upstream FILE): \
             whether ours still fits it was NOT checked"
                .to_owned(),
        ),
    };
    Step {
        name: "upstream",
        action,
    }
}

fn test(published: Option<String>, recordings: Option<String>) -> Step {
    let mut command = Invocation::new("cargo test --workspace");
    for (variable, path) in [(PUBLISHED_SPEC, published), (RECORDINGS, recordings)] {
        if let Some(path) = path {
            command = command.with(variable, path);
        }
    }
    Step {
        name: "test",
        action: Action::Run(vec![command]),
    }
}

/// Foreign clients and suites. The probe and the recordings are in no package registry: where they
/// are not given, the rest is run without them.
pub(super) fn interop(
    probe: Option<String>,
    recordings: Option<String>,
    require_all: bool,
) -> Step {
    let mut command = Invocation::new("cargo xtask interop");
    if require_all {
        command = command.argument("--require-all");
    }
    for (suite, variable, path) in [
        ("oci-probe", OCI_PROBE, probe),
        ("recordings", RECORDINGS, recordings),
    ] {
        command = match path {
            Some(path) => command.with(variable, path),
            None => command.argument("--without").argument(suite),
        };
    }
    Step {
        name: "interop",
        action: Action::Run(vec![command]),
    }
}

pub(super) fn replay(recordings: Option<String>) -> Step {
    let action = match recordings {
        Some(folder) => {
            let sides = ["cargo xtask replay emulator", "cargo xtask replay client"];
            let command = |side| Invocation::new(side).argument(folder.clone());
            Action::Run(sides.map(command).into())
        }
        None => Action::Skip(
            "no recordings of the service were given (--recordings DIR): \
             the emulator's answers and the client's calls were NOT compared with the service's"
                .to_owned(),
        ),
    };
    Step {
        name: "replay",
        action,
    }
}

fn rustdoc() -> Invocation {
    Invocation::new("cargo doc --workspace --no-deps --all-features")
        .with("RUSTDOCFLAGS", "-D warnings")
}

/// Each package with features: without any, and with each alone. With all of them is what clippy
/// sees, so a feature that brings all others along is left out.
fn features(metadata: &Metadata) -> Vec<Invocation> {
    let members = metadata.workspace_packages();
    let mut commands = Vec::new();
    for package in members
        .into_iter()
        .filter(|package| !package.features.is_empty())
    {
        let bare =
            || Invocation::new("cargo check --no-default-features -p").argument(&*package.name);
        commands.push(bare());
        commands.extend(
            partial_features(package)
                .into_iter()
                .map(|feature| bare().argument("--features").argument(feature)),
        );
    }
    commands
}

pub(super) fn partial_features(package: &Package) -> Vec<&str> {
    let real = |name: &&String| name.as_str() != "default";
    let every: BTreeSet<&str> = package
        .features
        .keys()
        .filter(real)
        .map(String::as_str)
        .collect();
    let alone = every
        .iter()
        .copied()
        .filter(|name| closure(&package.features, name) != every);
    alone.collect()
}

/// A feature and those of the same package that it switches on.
fn closure<'a>(features: &'a BTreeMap<String, Vec<String>>, name: &'a str) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut pending = vec![name];
    while let Some(name) = pending.pop() {
        if let Some((name, implied)) = features.get_key_value(name)
            && seen.insert(name.as_str())
        {
            pending.extend(implied.iter().map(String::as_str));
        }
    }
    seen
}

/// All published packages in one go, so that each is built against the others as packaged, and
/// against nothing that is left of an earlier run.
fn package(metadata: &Metadata) -> Vec<Invocation> {
    let mut clean = Invocation::new("cargo clean --quiet");
    let mut package = Invocation::new("cargo package --workspace --allow-dirty");
    for member in metadata.workspace_packages() {
        let name = member.name.as_str();
        match deps::is_published(member) {
            true => clean = clean.argument("--package").argument(name),
            false => package = package.argument("--exclude").argument(name),
        }
    }
    vec![
        Invocation::new("cargo xtask forget-packages"),
        clean,
        package,
    ]
}

fn deny(root: &Path, advisories: bool) -> Vec<Invocation> {
    let own = format!("{TOOLS}/bin/cargo-deny");
    let mut commands = Vec::new();
    let program = if on_path("cargo-deny") {
        "cargo-deny".to_owned()
    } else {
        if !root.join(&own).exists() {
            // Unoptimised: it is built once and runs for seconds.
            let install =
                format!("cargo install --locked --debug --root {TOOLS} cargo-deny@{DENY_VERSION}");
            commands.push(Invocation::new(&install));
        }
        root.join(own).display().to_string()
    };
    let mut check = Invocation::program(program).argument("check");
    for subject in ["bans", "licenses", "sources"] {
        check = check.argument(subject);
    }
    commands.push(if advisories {
        check.argument("advisories")
    } else {
        check
    });
    commands
}

fn on_path(program: &str) -> bool {
    let mut command = Command::new(program);
    command
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    command.status().is_ok_and(|status| status.success())
}

//! `bench`: our client beside loops without any, and other people's clients. Builds the program that
//! measures, installs what it measures, and starts it.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;

use crate::{ci::step::Invocation, deps, interop::kits};

#[derive(Args)]
pub(crate) struct Options {
    /// Run this case alone; may be given more than once.
    #[arg(long, value_name = "CASE")]
    only: Vec<String>,
    /// How often each client does each case.
    #[arg(long, value_name = "TIMES")]
    runs: Option<u32>,
    /// Small sizes, once, without other people's clients and unoptimised: whether it works at all.
    #[arg(long)]
    smoke: bool,
    /// Leave other people's clients out.
    #[arg(long)]
    no_peers: bool,
    /// Succeed also where a goal is missed.
    #[arg(long)]
    no_goals: bool,
    /// Write every single measurement to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the table to this file, as it stands in the documentation.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
}

pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let target: PathBuf = deps::metadata(root)?.target_directory.into();
    let mut build = Invocation::new("cargo build --quiet --package acr-tests --bin bench");
    let profile = if options.smoke { "debug" } else { "release" };
    if !options.smoke {
        build = build.argument("--release");
    }
    succeed(root, &build)?;
    let name = format!("bench{}", std::env::consts::EXE_SUFFIX);
    let program = target.join(profile).join(name);
    let mut bench = Invocation::program(program.display().to_string()).argument("run");
    for case in &options.only {
        bench = bench.argument("--only").argument(case);
    }
    if let Some(runs) = options.runs {
        bench = bench.argument("--runs").argument(runs.to_string());
    }
    for (flag, given) in [("--smoke", options.smoke), ("--no-goals", options.no_goals)] {
        if given {
            bench = bench.argument(flag);
        }
    }
    for (flag, file) in [("--json", &options.json), ("--markdown", &options.markdown)] {
        if let Some(file) = file {
            let file = std::path::absolute(file)?;
            bench = bench.argument(flag).argument(file.display().to_string());
        }
    }
    if !options.smoke && !options.no_peers {
        bench = peers(root, &target, bench)?;
    }
    succeed(root, &bench)
}

/// Installs other people's clients, and says where those are that could be.
fn peers(root: &Path, target: &Path, mut bench: Invocation) -> Result<Invocation> {
    let (own, suites) = (target.join("bench"), target.join("interop"));
    let at = |folder: &Path, file: &str| folder.join(file).display().to_string();
    let scripts = root.join("tests/bench");
    // The name of the kit, and how its client is started.
    let of_bench = [
        (
            "oci-client",
            vec![at(&own, "oci-client/release/bench-oci-client")],
        ),
        ("go", vec![at(&own, "go/bin/suite")]),
    ];
    let of_suites = [
        (
            "python",
            vec![
                at(&suites, "python/bin/python"),
                at(&scripts, "python/bench.py"),
            ],
        ),
        (
            "javascript",
            vec!["node".to_owned(), at(&scripts, "javascript/bench.mjs")],
        ),
    ];
    for (collection, folder, clients) in [
        (kits::BENCH, &own, of_bench),
        (kits::INTEROP, &suites, of_suites),
    ] {
        let needed = clients.each_ref().map(|(name, _)| (*name).to_owned());
        let missing = kits::install(root, &collection, folder, &needed)?;
        for (name, words) in clients {
            match missing.iter().find(|(kit, _)| kit == name) {
                Some((_, reason)) => println!("!!! NOT MEASURED: {name}: {reason}"),
                None => {
                    bench = bench
                        .argument("--peer")
                        .argument(format!("{name}={}", words.join("\n")));
                }
            }
        }
    }
    Ok(bench.with("BENCH_MODULES", at(&suites, "javascript/package.json")))
}

fn succeed(root: &Path, command: &Invocation) -> Result<()> {
    let status = command.run(root).with_context(|| command.to_string())?;
    ensure!(status.success(), "failed: {command}");
    Ok(())
}

//! Other people's clients against the emulator, one table at the end.
//!
//! `cargo xtask interop` installs what they need and starts this program. Each suite is a program
//! of its own that is told of two fresh emulators by its environment, and tells each case as a line
//! of JSON; README.md here has both.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod child;
mod kits;
mod lines;
mod registries;
mod report;
mod suites;
mod tools;

use std::{collections::BTreeMap, path::PathBuf, process::ExitCode};

use anyhow::{Result, bail};
use clap::Parser;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use child::Outcome;
use kits::Kits;
use report::Report;
use suites::Suite;

#[derive(Parser)]
#[command(about = "Other people's clients against the emulator")]
struct Cli {
    /// Run this suite alone; may be given more than once.
    #[arg(long, value_name = "SUITE")]
    only: Vec<String>,
    /// Leave this suite out, and say so; may be given more than once.
    #[arg(long, value_name = "SUITE")]
    without: Vec<String>,
    /// Say what the suites are and what they need, and run nothing.
    #[arg(long)]
    list: bool,
    /// Print the kits that these suites need, one a line, and run nothing.
    #[arg(long, conflicts_with = "list")]
    needs: bool,
    /// Fail where a suite cannot be run because something is not there.
    #[arg(long)]
    require_all: bool,
    /// The folder that the kits were installed in.
    #[arg(long, value_name = "DIR", default_value = "target/interop")]
    kits: PathBuf,
    /// A kit that could not be installed, and why.
    #[arg(long, value_name = "KIT=REASON")]
    not_installed: Vec<String>,
    /// Be this suite, which is one of our own, instead of running any.
    #[arg(long, value_name = "SUITE", hide = true)]
    play: Option<String>,
}

fn main() -> Result<ExitCode> {
    let cli = Cli::parse();
    if let Some(suite) = &cli.play {
        tools::play(suite)?;
        return Ok(ExitCode::SUCCESS);
    }
    let kits = Kits::new(&cli.kits, &cli.not_installed)?;
    let suites = chosen(&cli.only, &cli.without)?;
    if cli.list {
        suites.iter().for_each(|suite| println!("{suite}"));
        return Ok(ExitCode::SUCCESS);
    }
    if cli.needs {
        suites::kits_of(&suites)
            .iter()
            .for_each(|kit| println!("{kit}"));
        return Ok(ExitCode::SUCCESS);
    }
    let mut report = run(&suites, &kits)?;
    report.leave_out(&cli.without);
    println!("{report}");
    Ok(if report.holds(cli.require_all) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn chosen(only: &[String], without: &[String]) -> Result<Vec<Suite>> {
    let mut suites = suites::all();
    for name in only.iter().chain(without) {
        if !suites.iter().any(|suite| suite.name == name) {
            bail!("there is no suite {name}; see --list");
        }
    }
    suites.retain(|suite| {
        let named = |names: &[String]| names.iter().any(|name| name == suite.name);
        (only.is_empty() || named(only)) && !named(without)
    });
    Ok(suites)
}

/// Two suites at a time: most of them wait for programs to start. The slow ones are the last of the
/// list, and begin first.
fn run(suites: &[Suite], kits: &Kits) -> Result<Report> {
    let one = |(position, suite): (usize, _)| async move {
        let outcome = run_one(suite, kits).await?;
        anyhow::Ok((position, outcome))
    };
    let runs = stream::iter(suites.iter().enumerate().rev());
    let runs = runs
        .map(one)
        .buffer_unordered(2)
        .try_collect::<BTreeMap<_, _>>();
    let outcomes = tokio::runtime::Runtime::new()?.block_on(runs)?;
    let mut report = Report::default();
    for (suite, outcome) in suites.iter().zip(outcomes.into_values()) {
        report.add(suite.name, outcome);
    }
    Ok(report)
}

async fn run_one(suite: &Suite, kits: &Kits) -> Result<Outcome> {
    if let Some(reason) = suite.missing(kits) {
        println!("!!! NOT RUN: {}: {reason}", suite.name);
        return Ok(Outcome::missing(reason));
    }
    let outcome = child::run(suite, kits).await?;
    println!("{}: {outcome}", suite.name);
    Ok(outcome)
}

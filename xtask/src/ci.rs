//! `ci`: everything that has to hold, in the order in which it is cheapest to find out.

pub(crate) mod packaged;
pub(crate) mod step;
mod steps;

use std::{
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, bail};
use clap::Args;
use comfy_table::{Table, presets};

use step::{Action, Step};

/// Tells the tests where the published description lies, as an absolute path.
pub(crate) const PUBLISHED_SPEC: &str = "ACR_PUBLISHED_SPEC";
/// Tells the emulator's tests where the probe of the OCI conformance suite lies.
const OCI_PROBE: &str = "ACR_OCI_PROBE";

#[derive(Args)]
pub(crate) struct Options {
    /// The published description to compare with; without it that step is skipped.
    #[arg(long, value_name = "FILE")]
    upstream: Option<PathBuf>,
    /// Ask the advisory database too, which needs the network.
    #[arg(long, env = "CI_ADVISORIES", value_parser = clap::builder::FalseyValueParser::new())]
    advisories: bool,
    /// The probe of the OCI conformance suite to hold the emulator against; without it that step is
    /// skipped.
    #[arg(long, env = OCI_PROBE, value_name = "FILE")]
    oci_probe: Option<PathBuf>,
    /// Run this step alone.
    #[arg(long, value_name = "STEP", conflicts_with = "list")]
    only: Option<String>,
    /// Say what would be run, and run nothing.
    #[arg(long)]
    list: bool,
}

/// What became of a step.
enum Outcome {
    Passed(Duration),
    Failed(Duration),
    Skipped,
    NotReached,
}

/// Runs the steps and stops at the first that fails.
pub(crate) fn run(root: &Path, options: &Options) -> Result<()> {
    let mut steps = steps::all(root, options)?;
    if options.list {
        steps.iter().for_each(|step| println!("{step}"));
        return Ok(());
    }
    if let Some(name) = &options.only {
        steps.retain(|step| step.name == name);
        if steps.is_empty() {
            bail!("there is no step {name}; see `cargo xtask ci --list`");
        }
    }
    let (outcomes, failure) = run_all(root, &steps);
    println!("\n{}", table(&steps, &outcomes));
    failure.map_or(Ok(()), |command| bail!("failed: {command}"))
}

fn run_all(root: &Path, steps: &[Step]) -> (Vec<Outcome>, Option<String>) {
    let mut outcomes = Vec::new();
    let mut failure = None;
    for step in steps {
        if failure.is_some() {
            outcomes.push(Outcome::NotReached);
            continue;
        }
        println!("\n=== {}", step.name);
        let started = Instant::now();
        match run_step(root, step) {
            Ok(true) => outcomes.push(Outcome::Passed(started.elapsed())),
            Ok(false) => outcomes.push(Outcome::Skipped),
            Err(error) => {
                outcomes.push(Outcome::Failed(started.elapsed()));
                failure = Some(format!("{error:#}"));
            }
        }
    }
    (outcomes, failure)
}

/// Runs the commands of a step; `false` if it is skipped.
fn run_step(root: &Path, step: &Step) -> Result<bool> {
    let commands = match &step.action {
        Action::Skip(reason) => {
            println!("!!! SKIPPED: {reason}");
            return Ok(false);
        }
        Action::Run(commands) => commands,
    };
    for command in commands {
        println!("$ {command}");
        let started = Instant::now();
        let status = command.run(root).with_context(|| command.to_string())?;
        println!("  {:.1} s", started.elapsed().as_secs_f64());
        if !status.success() {
            bail!("{command} ({status})");
        }
    }
    Ok(true)
}

fn table(steps: &[Step], outcomes: &[Outcome]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_BORDERS_ONLY_CONDENSED)
        .set_header(["Step", "Result", "Time"]);
    for (step, outcome) in steps.iter().zip(outcomes) {
        let seconds = |time: &Duration| format!("{:.1} s", time.as_secs_f64());
        let (word, time) = match outcome {
            Outcome::Passed(time) => ("passed", seconds(time)),
            Outcome::Failed(time) => ("FAILED", seconds(time)),
            Outcome::Skipped => ("SKIPPED", String::new()),
            Outcome::NotReached => ("not reached", String::new()),
        };
        table.add_row([step.name, word, &time]);
    }
    table
}

#[cfg(test)]
mod tests;

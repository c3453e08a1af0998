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
/// Tells where the probe of the OCI conformance suite lies.
pub(crate) const OCI_PROBE: &str = "ACR_OCI_PROBE";
/// Tells where the recordings of the service lie.
pub(crate) const RECORDINGS: &str = "ACR_RECORDINGS";
/// Says that a tool that tests need, and that is missing, is a failure.
const REQUIRE_TOOLS: &str = "ACR_REQUIRE_TOOLS";

#[derive(Args)]
pub(crate) struct Options {
    /// The published description to compare with; without it that step is skipped.
    #[arg(long, value_name = "FILE")]
    upstream: Option<PathBuf>,
    /// Ask the advisory database too, which needs the network.
    #[arg(long, env = "CI_ADVISORIES", value_parser = clap::builder::FalseyValueParser::new())]
    advisories: bool,
    /// The probe of the OCI conformance suite to hold the emulator against; without it that suite
    /// is left out.
    #[arg(long, env = OCI_PROBE, value_name = "FILE")]
    oci_probe: Option<PathBuf>,
    /// The recordings of the service to replay; without them that step is skipped.
    #[arg(long, value_name = "DIR")]
    recordings: Option<PathBuf>,
    /// Fail where a foreign client cannot be run because something is not there.
    #[arg(long, env = REQUIRE_TOOLS, value_parser = clap::builder::FalseyValueParser::new())]
    require_all: bool,
    /// Run this step alone.
    #[arg(long, value_name = "STEP", conflicts_with = "list")]
    only: Option<String>,
    /// Leave this step out; may be given more than once.
    #[arg(long, value_name = "STEP", conflicts_with = "only")]
    except: Vec<String>,
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
    for name in &options.except {
        let step = steps.iter_mut().find(|step| step.name == name);
        let step = step.with_context(|| unknown(name))?;
        step.action = Action::Skip("left out by --except".to_owned());
    }
    if options.list {
        steps.iter().for_each(|step| println!("{step}"));
        return Ok(());
    }
    if let Some(name) = &options.only {
        steps.retain(|step| step.name == name);
        if steps.is_empty() {
            bail!(unknown(name));
        }
    }
    let (outcomes, failure) = run_all(root, &steps);
    println!("\n{}", table(&steps, &outcomes));
    failure.map_or(Ok(()), |command| bail!("failed: {command}"))
}

fn unknown(step: &str) -> String {
    format!("there is no step {step}; see `cargo xtask ci --list`")
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

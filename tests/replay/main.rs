//! Replays recorded exchanges with the service against the emulator, and compares the answers.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod before;
mod bytes;
mod cases;
mod client;
mod compare;
mod contents;
mod exchange;
mod json;
mod kept;
mod live;
mod order;
mod registry;
mod report;
mod rules;
mod run;
mod sessions;
mod sight;
mod target;
#[cfg(test)]
mod tests;
mod who;

use std::{path::PathBuf, process::ExitCode};

use anyhow::Result;
use clap::Parser;

use crate::{exchange::Exchange, report::Report, run::Outcome};

#[derive(Parser)]
#[command(
    name = "replay",
    about = "Replays recordings of the service against the emulator"
)]
struct Options {
    /// The folder of the recordings.
    #[arg(env = "ACR_RECORDINGS")]
    folder: PathBuf,
    /// Fail if a rule excuses nothing, as it should not where every rule has its reason.
    #[arg(long, env = "ACR_RECORDINGS_ALL_RULES", value_parser = clap::builder::FalseyValueParser::new())]
    all_rules: bool,
    /// Tell each exchange as a case, as the suites of `interop` do.
    #[arg(long, conflicts_with = "verbose")]
    cases: bool,
    /// Show exchanges whole whose name contains this.
    #[arg(long, value_name = "NAME")]
    verbose: Option<String>,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    let options = Options::parse();
    let mut report = Report::default();
    if options.cases {
        println!("{}", cases::client());
    }
    for group in exchange::load(&options.folder)? {
        for (exchange, outcome) in run::replay(group).await {
            let wanted = options.verbose.as_ref();
            if wanted.is_some_and(|name| exchange.name().contains(name.as_str())) {
                show(&exchange, &outcome);
            }
            if options.cases {
                println!("{}", cases::case(&exchange, &outcome));
            }
            report.add(&exchange, &outcome);
        }
    }
    if options.cases {
        if options.all_rules {
            println!("{}", cases::rules(&report.idle()));
        }
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}\n", report.rules());
    if report.differs() {
        println!("{}\n", report.differences());
    }
    let idle = report.idle();
    if !idle.is_empty() {
        println!("rules that excused nothing: {}", idle.join(", "));
    }
    println!("{}", report.summary());
    let failed = report.differs() || options.all_rules && !idle.is_empty();
    Ok(if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

/// Everything that is known of an exchange.
fn show(exchange: &Exchange, outcome: &Outcome) {
    println!("== {}", exchange.name());
    println!("recorded: {exchange:#?}");
    match outcome {
        Outcome::Unsent(why) => println!("unsent: {}", why.reason()),
        Outcome::Failed(difference) => println!("failed: {}", difference.came),
        Outcome::Compared {
            sent,
            answer,
            differing,
            ..
        } => {
            println!(
                "sent: {sent:#?}\nwith: {}",
                String::from_utf8_lossy(&sent.body)
            );
            println!(
                "came: {answer:#?}\nwith: {}",
                String::from_utf8_lossy(&answer.body)
            );
            println!("differing: {differing:#?}");
        }
    }
}

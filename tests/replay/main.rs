//! Replays recorded exchanges with the service: the requests against the emulator, and the calls
//! that they stand for by our client against the recorded answers.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a command line talks"
)]

mod before;
mod bytes;
mod calls;
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
use clap::{Args, Parser, Subcommand};

use crate::{exchange::Exchange, report::Report, run::Outcome};

#[derive(Parser)]
#[command(name = "replay", about = "Replays recordings of the service")]
struct Options {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand)]
enum What {
    /// Send the recorded requests to the emulator, and compare the answers.
    Emulator {
        #[command(flatten)]
        recordings: Recordings,
        /// Tell each exchange as a case, as the suites of `interop` do.
        #[arg(long, conflicts_with = "verbose")]
        cases: bool,
    },
    /// Make the calls that the recorded requests stand for, and compare what is sent and returned.
    Client {
        #[command(flatten)]
        recordings: Recordings,
    },
}

#[derive(Args)]
struct Recordings {
    /// The folder of the recordings.
    #[arg(env = "ACR_RECORDINGS")]
    folder: PathBuf,
    /// Fail if a rule excuses nothing, as it should not where every rule has its reason.
    #[arg(long, env = "ACR_RECORDINGS_ALL_RULES", value_parser = clap::builder::FalseyValueParser::new())]
    all_rules: bool,
    /// Show exchanges whole whose name contains this.
    #[arg(long, value_name = "NAME")]
    verbose: Option<String>,
}

impl Recordings {
    fn shows(&self, exchange: &Exchange) -> bool {
        let wanted = self.verbose.as_ref();
        wanted.is_some_and(|name| exchange.name().contains(name.as_str()))
    }
}

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<ExitCode> {
    let succeeded = match Options::parse().what {
        What::Emulator { recordings, cases } => emulator(&recordings, cases).await?,
        What::Client { recordings } => client(&recordings).await?,
    };
    Ok(match succeeded {
        true => ExitCode::SUCCESS,
        false => ExitCode::FAILURE,
    })
}

/// Whether the emulator answers as recorded.
async fn emulator(options: &Recordings, cases: bool) -> Result<bool> {
    let mut report = Report::default();
    if cases {
        println!("{}", cases::client());
    }
    for group in exchange::load(&options.folder)? {
        for (exchange, outcome) in run::replay(group).await {
            if options.shows(&exchange) {
                show(&exchange, &outcome);
            }
            if cases {
                println!("{}", cases::case(&exchange, &outcome));
            }
            report.add(&exchange, &outcome);
        }
    }
    if cases {
        if options.all_rules {
            println!("{}", cases::rules(&report.idle()));
        }
        return Ok(true);
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
    Ok(!report.differs() && (idle.is_empty() || !options.all_rules))
}

/// Whether the client asks and understands as recorded.
async fn client(options: &Recordings) -> Result<bool> {
    let mut report = calls::report::Report::default();
    for group in exchange::load(&options.folder)? {
        for (exchange, outcome) in calls::replay(group).await {
            if options.shows(&exchange) {
                println!("== {}\nrecorded: {exchange:#?}\n{outcome}", exchange.name());
            }
            report.add(&exchange, &outcome);
        }
    }
    println!("{}\n", report.calls());
    println!("{}\n", report.rules());
    if report.differs() {
        println!("{}\n", report.differences());
    }
    let idle = report.idle();
    if !idle.is_empty() {
        println!("rules that excused nothing: {}", idle.join(", "));
    }
    println!("{}", report.summary());
    Ok(!report.differs() && (idle.is_empty() || !options.all_rules))
}

/// Everything that is known of an exchange with the emulator.
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

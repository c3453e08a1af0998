//! All cases by all clients, on one machine, in turns.

mod goals;
mod machine;
mod plan;
mod report;
mod summary;

use std::{collections::HashMap, path::PathBuf};

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use tokio::process::Command;

use crate::{
    case::own,
    measured::Measured,
    stage::{Scene, Stage},
    work::Case,
};
use plan::{Place, Row};
use summary::Outcome;

#[derive(Args)]
pub(crate) struct Options {
    /// Run this case alone; may be given more than once.
    #[arg(long, value_name = "CASE")]
    only: Vec<String>,
    /// How often each client does each case.
    #[arg(long, value_name = "TIMES", default_value_t = 5)]
    runs: u32,
    /// Small sizes, once, without goals: whether it works at all.
    #[arg(long)]
    smoke: bool,
    /// Succeed also where a goal is missed.
    #[arg(long)]
    no_goals: bool,
    /// Write every single measurement to this file.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// Write the table to this file.
    #[arg(long, value_name = "FILE")]
    markdown: Option<PathBuf>,
    /// A client of somebody else, and the words by which it is started, a line each.
    #[arg(long = "peer", value_name = "NAME=WORDS", value_parser = peer)]
    peers: Vec<(String, Vec<String>)>,
}

fn peer(text: &str) -> Result<(String, Vec<String>), String> {
    let (name, words) = text.split_once('=').ok_or("it has no =")?;
    Ok((name.to_owned(), words.lines().map(str::to_owned).collect()))
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let mut rows = plan::rows();
    for name in &options.only {
        let known = rows.iter().any(|row| row.name == name);
        ensure!(
            known,
            "no case is called {name}: there are {}",
            names(&rows)
        );
    }
    rows.retain(|row| options.only.is_empty() || options.only.iter().any(|name| name == row.name));
    let runs = if options.smoke { 1 } else { options.runs };
    let rows = rows.into_iter();
    let rows: Vec<_> = match options.smoke {
        true => rows.map(Row::small).collect(),
        false => rows.collect(),
    };
    let mut bench = Bench {
        options: &options,
        stages: HashMap::new(),
    };
    let mut outcomes = Vec::new();
    for row in rows {
        eprintln!("{} …", row.title);
        let outcome = bench.row(row, runs).await?;
        println!("{}\n", report::row(&outcome));
        outcomes.push(outcome);
    }
    for (_, stage) in bench.stages {
        stage.end().await?;
    }
    if let Some(file) = &options.json {
        std::fs::write(file, serde_json::to_string_pretty(&outcomes)?)?;
    }
    if let Some(file) = &options.markdown {
        std::fs::write(file, report::markdown(&outcomes, runs)?)?;
    }
    let missed = outcomes
        .iter()
        .flat_map(Outcome::missed)
        .collect::<Vec<_>>();
    ensure!(
        missed.is_empty() || options.no_goals,
        "missed:\n{}",
        missed.join("\n")
    );
    Ok(())
}

fn names(rows: &[Row]) -> String {
    rows.iter()
        .map(|row| row.name)
        .collect::<Vec<_>>()
        .join(", ")
}

struct Bench<'a> {
    options: &'a Options,
    stages: HashMap<Place, Stage>,
}

impl Bench<'_> {
    /// A row: each client once, then each again, so that what else the machine does hits all alike.
    async fn row(&mut self, row: Row, runs: u32) -> Result<Outcome> {
        let contestants = self.contestants(&row);
        let stage = match self.stages.entry(row.place) {
            std::collections::hash_map::Entry::Occupied(entry) => entry.into_mut(),
            std::collections::hash_map::Entry::Vacant(entry) => entry.insert(match row.place {
                Place::Discarding => Stage::discarding().await?,
                Place::Emulator => Stage::emulated().await?,
            }),
        };
        if row.place == Place::Emulator && row.scene.case == Case::Download {
            // What is downloaded has to be there.
            let scene = Scene {
                case: Case::Upload,
                ..row.scene
            };
            stage.play(scene, own("ours", Case::Upload)?).await?;
        }
        let mut measured: Vec<Vec<Measured>> = vec![Vec::new(); contestants.len()];
        for run in 0..runs {
            for (contestant, measured) in contestants.iter().zip(&mut measured) {
                if run > 0 && contestant.once {
                    continue;
                }
                let command = contestant.command()?;
                let result = stage.play(contestant.scene, command).await;
                measured.push(result.with_context(|| contestant.name.clone())?);
            }
        }
        let measured = contestants
            .into_iter()
            .map(|contestant| contestant.name)
            .zip(measured);
        Ok(Outcome::new(&row, measured.collect(), !self.options.smoke))
    }

    /// Who takes part: ours, loops without a client, other people's as far as they are installed.
    fn contestants(&self, row: &Row) -> Vec<Contestant> {
        let mut contestants = vec![Contestant::own(row.ours, row.scene)];
        for client in row.bare {
            contestants.push(Contestant::own(client, row.scene));
        }
        if let Some(itself) = &row.itself {
            contestants.push(Contestant {
                name: itself.name.to_owned(),
                once: itself.once,
                ..Contestant::own(itself.client, itself.scene)
            });
        }
        for (peer, _) in row.peers {
            let installed = self.options.peers.iter().find(|(name, _)| name == peer);
            if let Some((name, words)) = installed {
                contestants.push(Contestant {
                    name: name.clone(),
                    scene: row.scene,
                    start: Start::Other(words.clone()),
                    once: false,
                });
            }
        }
        contestants
    }
}

struct Contestant {
    name: String,
    scene: Scene,
    start: Start,
    once: bool,
}

enum Start {
    /// This program, as this client.
    Own(&'static str),
    /// Another, by these words.
    Other(Vec<String>),
}

impl Contestant {
    fn own(client: &'static str, scene: Scene) -> Self {
        Self {
            name: client.to_owned(),
            scene,
            start: Start::Own(client),
            once: false,
        }
    }

    fn command(&self) -> Result<Command> {
        match &self.start {
            Start::Own(client) => own(client, self.scene.case),
            Start::Other(words) => {
                let (program, words) = words.split_first().context("no program")?;
                let mut command = Command::new(program);
                command.args(words);
                Ok(command)
            }
        }
    }
}

//! The README at the root: what it tells one to run is run, and it leaves no example out.

use std::collections::BTreeSet;

use crate::examples::names;

const README: &str = include_str!("../../README.md");
const CI: &str = include_str!("../../xtask/src/ci/steps.rs");

/// The commands of its blocks: those for which a subscription is needed, and the others.
fn commands() -> (Vec<&'static str>, Vec<&'static str>) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let pieces: Vec<_> = README.split("```").collect();
    for (before, block) in pieces.iter().zip(&pieces[1..]).step_by(2) {
        let Some(block) = block.strip_prefix("console\n") else {
            continue;
        };
        let said = before.trim_end().rsplit("\n\n").next().unwrap();
        let lines = block.lines().filter_map(|line| line.strip_prefix("$ "));
        let commands = lines.map(|line| line.split("  #").next().unwrap().trim());
        match said.starts_with("*With a subscription*") {
            true => with.extend(commands),
            false => without.extend(commands),
        }
    }
    (with, without)
}

#[test]
fn what_it_tells_one_to_run_is_run_by_ci() {
    let (with, without) = commands();
    assert_eq!(
        without,
        ["cargo run --example quickstart", "cargo test --workspace"]
    );
    for command in without {
        assert!(
            CI.contains(&format!("\"{command}\"")),
            "{command} is no step"
        );
    }
    assert!(
        with.iter().all(|command| command.starts_with("az ")),
        "{with:?}"
    );
}

#[test]
fn it_shows_each_example() {
    let there = names();
    let links = README.split("](crates/acr-client/examples/").skip(1);
    let shown: BTreeSet<_> = links
        .map(|link| link.split([')', '/', '.']).next().unwrap().to_owned())
        .collect();
    assert_eq!(shown, there);
}

#[test]
fn its_sections_come_in_this_order() {
    let headings: Vec<_> = README
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .collect();
    assert_eq!(
        headings,
        [
            "Install",
            "Prerequisites",
            "Authenticate",
            "Use it",
            "Key concepts",
            "Threads and lifetime",
            "Examples",
            "Troubleshooting and logging",
            "Next steps",
            "Contributing",
            "Elsewhere",
        ]
    );
    let commands = README.find("$ cargo run --example quickstart").unwrap();
    assert!(commands < README.find("## Install").unwrap());
}

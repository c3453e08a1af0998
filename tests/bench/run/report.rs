//! The tables.

use anyhow::Result;
use comfy_table::{Table, presets};

use super::{
    machine,
    summary::{Client, Outcome},
};

/// A row of the plan, as a table of its own with its goals below.
pub(super) fn row(outcome: &Outcome) -> String {
    let mut text = format!(
        "{} ({})\n{}",
        outcome.title,
        outcome.name,
        table(outcome, presets::NOTHING)
    );
    for verdict in &outcome.verdicts {
        text += &format!("\n  {verdict}");
    }
    text
}

fn table(outcome: &Outcome, preset: &str) -> Table {
    let mut table = Table::new();
    table.load_preset(preset);
    table.set_header([
        "client",
        "seconds",
        "least–most",
        "÷ ours",
        "CPU s",
        "peak MiB",
        "requests",
    ]);
    let ours = outcome
        .clients
        .first()
        .map_or(f64::NAN, |ours| ours.seconds);
    for client in &outcome.clients {
        table.add_row([
            client.name.clone(),
            format!("{:.2}", client.seconds),
            spread(client),
            format!("{:.2}", client.seconds / ours),
            format!("{:.2}", client.cpu_seconds),
            format!("{:.0}", client.peak_mib),
            match client.requests {
                0 => "–".to_owned(),
                requests => requests.to_string(),
            },
        ]);
    }
    table
}

fn spread(client: &Client) -> String {
    let seconds = || client.runs.iter().map(|run| run.seconds);
    let (least, most) = (
        seconds().fold(f64::INFINITY, f64::min),
        seconds().fold(0.0, f64::max),
    );
    format!("{least:.2}–{most:.2}")
}

/// Everything, as it stands in the documentation.
pub(super) fn markdown(outcomes: &[Outcome], runs: u32) -> Result<String> {
    let mut text = format!("{}, median of {runs} runs.\n\n", machine::named()?);
    let mut goals = Table::new();
    goals.load_preset(presets::ASCII_MARKDOWN);
    goals.set_header(["case", "goal", "found", "wanted", ""]);
    for outcome in outcomes {
        for verdict in &outcome.verdicts {
            let limit = if verdict.at_least { "≥" } else { "≤" };
            goals.add_row([
                outcome.title.to_owned(),
                verdict.about.clone(),
                format!("{:.2}", verdict.value),
                format!("{limit} {:.2}", verdict.goal),
                if verdict.met { "met" } else { "missed" }.to_owned(),
            ]);
        }
    }
    text += &format!("{goals}\n");
    for outcome in outcomes {
        let table = table(outcome, presets::ASCII_MARKDOWN);
        text += &format!(
            "\n### {} (`{}`)\n\n{table}\n",
            capital(outcome.title),
            outcome.name
        );
    }
    Ok(text)
}

fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters
        .next()
        .into_iter()
        .flat_map(char::to_uppercase)
        .chain(letters)
        .collect()
}

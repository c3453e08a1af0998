//! The outcome of a comparison, for people.

use std::fmt::Write as _;

use comfy_table::{ContentArrangement, Table, presets};

use super::{KNOWN, differences::Difference, known::Outcome};

/// Columns that the table takes; long lists of values are wrapped.
const WIDTH: u16 = 150;

pub(super) fn text(outcome: &Outcome) -> String {
    let mut text = String::new();
    if !outcome.unknown.is_empty() {
        let _ = writeln!(text, "{}\n", table(&outcome.unknown));
        let _ = writeln!(
            text,
            "If they are meant, give the reason in {KNOWN}:\n\n{}",
            paste(&outcome.unknown)
        );
    }
    if !outcome.stale.is_empty() {
        let _ = writeln!(
            text,
            "No difference any more, to be removed from {KNOWN}:\n"
        );
        for line in &outcome.stale {
            let _ = writeln!(text, "    - {}", quoted(line));
        }
        text.push('\n');
    }
    let Outcome {
        known,
        unknown,
        stale,
    } = outcome;
    let _ = writeln!(
        text,
        "{known} known differences, {} unknown, {} stale",
        unknown.len(),
        stale.len()
    );
    text
}

/// One row for each difference; the operation or schema stands in the first of its rows.
fn table(differences: &[Difference]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(presets::ASCII_BORDERS_ONLY_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(["Operation or schema", "What", "Upstream", "Ours"]);
    let mut subject = "";
    for difference in differences {
        let place = &difference.place;
        let shown = if place.subject == subject {
            ""
        } else {
            place.subject.as_str()
        };
        subject = &place.subject;
        let [upstream, ours] = difference.sides();
        table.add_row([shown, &place.part, upstream, ours]);
    }
    table
}

/// A group for the file, whose reason is still to be given.
pub(super) fn paste(differences: &[Difference]) -> String {
    let mut text = String::from("- reason: \n  differences:\n");
    for difference in differences {
        let _ = writeln!(text, "    - {}", quoted(&difference.to_string()));
    }
    text
}

pub(super) fn quoted(line: &str) -> String {
    format!("'{}'", line.replace('\'', "''"))
}

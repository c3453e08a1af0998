//! What is said at the end.

use std::collections::BTreeMap;

use comfy_table::{ContentArrangement, Table};

use crate::{
    compare::Difference,
    exchange::Exchange,
    rules::RULES,
    run::{Outcome, Unsent},
};

/// What all exchanges came to.
#[derive(Default)]
pub(crate) struct Report {
    exchanges: usize,
    matched: usize,
    differing: Vec<(String, Vec<Difference>)>,
    excused: BTreeMap<usize, usize>,
    unsent: BTreeMap<Unsent, usize>,
}

impl Report {
    pub(crate) fn add(&mut self, exchange: &Exchange, outcome: &Outcome) {
        self.exchanges += 1;
        match outcome {
            Outcome::Unsent(why) => *self.unsent.entry(*why).or_default() += 1,
            Outcome::Failed(difference) => self.differ(exchange, vec![difference.clone()]),
            Outcome::Compared {
                differing, excused, ..
            } => {
                for rule in excused {
                    *self.excused.entry(*rule).or_default() += 1;
                }
                if differing.is_empty() {
                    self.matched += 1;
                } else {
                    self.differ(exchange, differing.clone());
                }
            }
        }
    }

    fn differ(&mut self, exchange: &Exchange, differing: Vec<Difference>) {
        let (method, status) = (&exchange.method, exchange.status);
        let name = format!("{} {method} {status}", exchange.name());
        self.differing.push((name, differing));
    }

    /// The rules that excused nothing.
    pub(crate) fn idle(&self) -> Vec<&'static str> {
        let idle = RULES
            .iter()
            .enumerate()
            .filter(|(at, _)| !self.excused.contains_key(at));
        idle.map(|(_, rule)| rule.name).collect()
    }

    pub(crate) fn differs(&self) -> bool {
        !self.differing.is_empty()
    }

    /// The differences, one line each.
    pub(crate) fn differences(&self) -> Table {
        let mut table = table(["exchange", "field", "", "recorded", "came"]);
        for (name, differences) in &self.differing {
            for difference in differences {
                table.add_row(difference_row(name, difference));
            }
        }
        table
    }

    /// The rules, how often each was needed, and why.
    pub(crate) fn rules(&self) -> Table {
        let mut table = table(["rule", "excused", "reason"]);
        for (at, rule) in RULES.iter().enumerate() {
            let count = self.excused.get(&at).copied().unwrap_or_default();
            table.add_row([rule.name, &count.to_string(), rule.reason]);
        }
        table
    }

    /// Everything in a line.
    pub(crate) fn summary(&self) -> String {
        let excused = self
            .excused
            .iter()
            .map(|(at, n)| format!("{} {n}", RULES[*at].name));
        let unsent = self
            .unsent
            .iter()
            .map(|(why, n)| format!("{n} {}", why.reason()));
        format!(
            "{} exchanges: {} matched (excused: {}); {} unsent ({}); {} differing",
            self.exchanges,
            self.matched,
            excused.collect::<Vec<_>>().join(", "),
            self.unsent.values().sum::<usize>(),
            unsent.collect::<Vec<_>>().join(", "),
            self.differing.len(),
        )
    }
}

/// A table without lines, as wide as it comes.
pub(crate) fn table<const N: usize>(header: [&str; N]) -> Table {
    let mut table = Table::new();
    table.set_content_arrangement(ContentArrangement::Disabled);
    table.load_preset(comfy_table::presets::NOTHING);
    table.set_header(header);
    table
}

/// A difference in the exchange of this name, as a row.
pub(crate) fn difference_row(name: &str, difference: &Difference) -> [String; 5] {
    [
        name.to_owned(),
        difference.field.clone(),
        format!("{:?}", difference.kind).to_lowercase(),
        short(&difference.recorded),
        short(&difference.came),
    ]
}

/// A value that fits a line.
fn short(text: &str) -> String {
    let line: String = text.chars().filter(|c| !c.is_control()).collect();
    match line.char_indices().nth(120) {
        Some((at, _)) => format!("{}…", &line[..at]),
        None => line,
    }
}

//! What is said at the end.

use std::collections::BTreeMap;

use comfy_table::Table;

use super::{NotCovered, Outcome, rules::RULES, told::Via};
use crate::{
    compare::Difference,
    exchange::Exchange,
    report::{difference_row, table},
};

/// What all exchanges came to.
#[derive(Default)]
pub(crate) struct Report {
    exchanges: usize,
    matching: usize,
    differing: Vec<(String, Vec<Difference>)>,
    excused: BTreeMap<usize, usize>,
    calls: BTreeMap<(Via, &'static str), usize>,
    not_covered: BTreeMap<NotCovered, usize>,
}

impl Report {
    pub(crate) fn add(&mut self, exchange: &Exchange, outcome: &Outcome) {
        self.exchanges += 1;
        match outcome {
            Outcome::NotCovered(why) => *self.not_covered.entry(*why).or_default() += 1,
            Outcome::Covered {
                via,
                method,
                differing,
                excused,
                ..
            } => {
                *self.calls.entry((*via, method)).or_default() += 1;
                for rule in excused {
                    *self.excused.entry(*rule).or_default() += 1;
                }
                if differing.is_empty() {
                    self.matching += 1;
                } else {
                    let (verb, status) = (&exchange.method, exchange.status);
                    let name = format!("{} {verb} {status}", exchange.name());
                    self.differing.push((name, differing.clone()));
                }
            }
        }
    }

    /// The rules that excused nothing.
    pub(crate) fn idle(&self) -> Vec<&'static str> {
        let all = RULES.iter().enumerate();
        let idle = all.filter(|(at, _)| !self.excused.contains_key(at));
        idle.map(|(_, rule)| rule.name).collect()
    }

    pub(crate) fn differs(&self) -> bool {
        !self.differing.is_empty()
    }

    /// The calls that were made, and how often.
    pub(crate) fn calls(&self) -> Table {
        let mut table = table(["by", "call", "exchanges"]);
        for ((via, method), count) in &self.calls {
            table.add_row([via.name(), method, &count.to_string()]);
        }
        table
    }

    /// The differences, one line each.
    pub(crate) fn differences(&self) -> Table {
        let mut table = table(["exchange", "field", "", "recorded", "ours"]);
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
        let by = |via: Via| -> usize {
            let own = self.calls.iter().filter(|((own, _), _)| *own == via);
            own.map(|(_, count)| count).sum()
        };
        let [client, auth, rest] = [Via::Client, Via::Auth, Via::Rest].map(by);
        let not_covered = self.not_covered.iter();
        let reasons = not_covered.map(|(why, count)| format!("{count} {}", why.reason()));
        let reasons: Vec<_> = reasons.collect();
        format!(
            "{} exchanges: {} covered ({client} by acr-client, {auth} by acr-auth, {rest} by \
             acr-rest), {} matching, {} differing, {} not covered{}",
            self.exchanges,
            client + auth + rest,
            self.matching,
            self.differing.len(),
            self.not_covered.values().sum::<usize>(),
            match reasons.is_empty() {
                true => String::new(),
                false => format!(" ({})", reasons.join(", ")),
            },
        )
    }
}

//! The table, and what stands under it.

use std::fmt;

use comfy_table::{Table, presets};

use crate::{
    child::Outcome,
    lines::{Case, CaseOutcome},
};

/// How all suites came out.
#[derive(Default)]
pub(crate) struct Report {
    suites: Vec<(&'static str, Outcome)>,
    left_out: Vec<String>,
}

/// How many cases came out how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
}

impl Counts {
    pub(crate) fn of(cases: &[Case]) -> Self {
        let mut counts = Self::default();
        for case in cases {
            *match case.outcome {
                CaseOutcome::Passed => &mut counts.passed,
                CaseOutcome::Failed { .. } => &mut counts.failed,
                CaseOutcome::Skipped { .. } => &mut counts.skipped,
            } += 1;
        }
        counts
    }

    pub(crate) fn all(self) -> usize {
        self.passed + self.failed + self.skipped
    }

    fn plus(self, other: Self) -> Self {
        Self {
            passed: self.passed + other.passed,
            failed: self.failed + other.failed,
            skipped: self.skipped + other.skipped,
        }
    }
}

impl Report {
    pub(crate) fn add(&mut self, suite: &'static str, outcome: Outcome) {
        self.suites.push((suite, outcome));
    }

    /// What was not to be run is told all the same.
    pub(crate) fn leave_out(&mut self, suites: &[String]) {
        self.left_out.extend_from_slice(suites);
    }

    /// Whether nothing failed, and everything was run that has to be.
    pub(crate) fn holds(&self, require_all: bool) -> bool {
        let ran = |outcome: &Outcome| outcome.missing.is_none();
        self.total().failed == 0
            && (!require_all || self.suites.iter().all(|(_, outcome)| ran(outcome)))
            && self.suites.iter().any(|(_, outcome)| ran(outcome))
    }

    fn total(&self) -> Counts {
        let counts = self.suites.iter().map(|(_, outcome)| outcome.counts());
        counts.fold(Counts::default(), Counts::plus)
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        table
            .load_preset(presets::ASCII_BORDERS_ONLY_CONDENSED)
            .set_header([
                "Suite", "Client", "Version", "Cases", "Passed", "Failed", "Skipped", "Time",
            ]);
        for (suite, outcome) in &self.suites {
            let counts = outcome.counts();
            let number = |count: usize| count.to_string();
            let (client, version) = match (&outcome.missing, &outcome.client) {
                (Some(_), _) => ("NOT RUN", "-"),
                (None, Some(client)) => (&*client.name, &*client.version),
                (None, None) => ("?", "?"),
            };
            table.add_row([
                suite,
                client,
                version,
                &number(counts.all()),
                &number(counts.passed),
                &number(counts.failed),
                &number(counts.skipped),
                &*format!("{:.1} s", outcome.time.as_secs_f64()),
            ]);
        }
        table
    }

    /// Skips of the same suite for the same reason are one line.
    fn skips(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for (suite, outcome) in &self.suites {
            let mut by_reason: Vec<(&str, Vec<&str>)> = Vec::new();
            for case in &outcome.cases {
                let CaseOutcome::Skipped { reason } = &case.outcome else {
                    continue;
                };
                match by_reason.iter_mut().find(|(known, _)| known == reason) {
                    Some((_, names)) => names.push(&case.name),
                    None => by_reason.push((reason, vec![&case.name])),
                }
            }
            for (reason, names) in by_reason {
                lines.push(format!("skipped: {suite}: {}: {reason}", names.join(", ")));
            }
        }
        lines
    }
}

/// The table, every skip and every failure, and one line of figures.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\n{}", self.table())?;
        for line in self.skips() {
            writeln!(f, "{line}")?;
        }
        for (suite, outcome) in &self.suites {
            if let Some(reason) = &outcome.missing {
                writeln!(f, "!!! NOT RUN: {suite}: {reason}")?;
            }
            for case in &outcome.cases {
                if let CaseOutcome::Failed { reason } = &case.outcome {
                    writeln!(f, "FAILED: {suite}: {}: {reason}", case.name)?;
                }
            }
        }
        for suite in &self.left_out {
            writeln!(f, "!!! NOT RUN: {suite}: left out by --without")?;
        }
        let total = self.total();
        let ran = self.suites.iter().filter(|(_, o)| o.missing.is_none());
        let ran = ran.count();
        let missing = self.suites.len() - ran + self.left_out.len();
        write!(
            f,
            "interop: {ran} suites, {} cases, {} passed, {} failed, {} skipped",
            total.all(),
            total.passed,
            total.failed,
            total.skipped
        )?;
        if missing > 0 {
            write!(f, "; not run: {missing}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;

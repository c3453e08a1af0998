//! What comes of a row's measurements.

use serde::Serialize;

use super::{
    goals::{self, Verdict},
    plan::Row,
};
use crate::measured::Measured;

/// A row that has been run.
#[derive(Serialize)]
pub(super) struct Outcome {
    pub(super) name: &'static str,
    pub(super) title: &'static str,
    pub(super) clients: Vec<Client>,
    pub(super) verdicts: Vec<Verdict>,
}

/// What a client did. Ours comes first.
#[derive(Serialize)]
pub(super) struct Client {
    pub(super) name: String,
    /// The median.
    pub(super) seconds: f64,
    pub(super) cpu_seconds: f64,
    /// The worst.
    pub(super) peak_mib: f64,
    pub(super) requests: u64,
    pub(super) runs: Vec<Measured>,
}

impl Outcome {
    /// Without goals for figures that stand for nothing.
    pub(super) fn new(row: &Row, measured: Vec<(String, Vec<Measured>)>, goals: bool) -> Self {
        let clients: Vec<_> = measured
            .into_iter()
            .map(|(name, runs)| Client::new(name, runs))
            .collect();
        Self {
            name: row.name,
            title: row.title,
            verdicts: match goals {
                true => goals::verdicts(row, &clients),
                false => Vec::new(),
            },
            clients,
        }
    }

    /// The goals that are missed, a line each.
    pub(super) fn missed(&self) -> impl Iterator<Item = String> {
        let missed = self.verdicts.iter().filter(|verdict| !verdict.met);
        missed.map(|verdict| format!("{}: {verdict}", self.title))
    }
}

impl Client {
    pub(super) fn new(name: String, runs: Vec<Measured>) -> Self {
        let of = |value: fn(&Measured) -> f64| median(runs.iter().map(value).collect());
        Self {
            seconds: of(|run| run.seconds),
            cpu_seconds: of(|run| run.cpu_seconds),
            peak_mib: runs.iter().map(|run| run.peak_mib).fold(0.0, f64::max),
            requests: runs.last().map_or(0, |run| run.requests),
            name,
            runs,
        }
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() {
        0 => f64::NAN,
        count if count % 2 == 1 => values[middle],
        _ => f64::midpoint(values[middle - 1], values[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(vec![4.0, 1.0, 2.0, 3.0]), 2.5);
        assert!(median(Vec::new()).is_nan());
    }
}

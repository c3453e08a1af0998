//! Whether ours is fast and small enough.

use std::fmt;

use serde::Serialize;

use super::{plan::Row, summary::Client};

/// A goal, and how far it is met.
#[derive(Debug, Serialize)]
pub(super) struct Verdict {
    pub(super) about: String,
    /// What is compared with the goal.
    pub(super) value: f64,
    pub(super) goal: f64,
    /// The goal is a lower limit.
    pub(super) at_least: bool,
    pub(super) met: bool,
}

impl Verdict {
    fn at_most(about: impl Into<String>, value: f64, goal: f64) -> Self {
        Self {
            about: about.into(),
            value,
            goal,
            at_least: false,
            met: value <= goal,
        }
    }

    fn at_least(about: impl Into<String>, value: f64, goal: f64) -> Self {
        Self {
            about: about.into(),
            value,
            goal,
            at_least: true,
            met: value >= goal,
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            about, value, goal, ..
        } = self;
        let limit = if self.at_least { "≥" } else { "≤" };
        let met = if self.met { "met" } else { "MISSED" };
        write!(f, "{about}: {value:.2} ({limit} {goal:.2}) {met}")
    }
}

/// All goals of a row, ours being the first of the clients.
pub(super) fn verdicts(row: &Row, clients: &[Client]) -> Vec<Verdict> {
    let Some((ours, others)) = clients.split_first() else {
        return Vec::new();
    };
    let mut verdicts = Vec::new();
    let bare = fastest(row, others);
    if let (Some(bare), Some(bound)) = (bare, row.bound) {
        let about = format!("time ÷ {}", bare.name);
        verdicts.push(Verdict::at_most(about, ours.seconds / bare.seconds, bound));
    }
    // Where a loop without a client is itself no faster than a peer, no client can be: of a peer no
    // more is asked than the bound leaves possible.
    let wanted = |peer: f64, goal: f64| match (bare, row.bound) {
        (Some(bare), Some(bound)) => goal.min(peer / bare.seconds / bound),
        _ => goal,
    };
    for (name, goal) in row.peers {
        let peer = others.iter().find(|client| client.name == *name);
        if let (Some(peer), Some(goal)) = (peer, goal) {
            let about = format!("{name} ÷ ours");
            let goal = wanted(peer.seconds, *goal);
            verdicts.push(Verdict::at_least(about, peer.seconds / ours.seconds, goal));
        }
    }
    if let (Some(scaled), Some(first)) = (&row.scaled, others.first()) {
        let peer = scaled.of_bare * first.seconds;
        let (about, goal) = (format!("{} ÷ ours", scaled.name), wanted(peer, scaled.goal));
        verdicts.push(Verdict::at_least(about, peer / ours.seconds, goal));
    }
    if let Some(itself) = &row.itself
        && let Some(other) = others.iter().find(|client| client.name == itself.name)
    {
        let about = format!("time ÷ {}", itself.name);
        verdicts.push(Verdict::at_most(
            about,
            ours.seconds / other.seconds,
            itself.bound,
        ));
    }
    if let Some(limit) = row.peak_mib {
        verdicts.push(Verdict::at_most("peak MiB", ours.peak_mib, limit));
    }
    verdicts
}

/// The fastest loop without a client: the one that counts.
fn fastest<'a>(row: &Row, others: &'a [Client]) -> Option<&'a Client> {
    others
        .iter()
        .filter(|client| row.bare.contains(&&*client.name))
        .min_by(|one, other| one.seconds.total_cmp(&other.seconds))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{measured::Measured, run::plan};

    fn client(name: &str, seconds: f64) -> Client {
        let run = Measured {
            seconds,
            cpu_seconds: seconds,
            peak_mib: 20.0,
            requests: 4,
            bytes: 1 << 30,
        };
        Client::new(name.to_owned(), vec![run])
    }

    fn upload(ours: f64, peer: f64) -> Vec<(String, bool)> {
        let rows = plan::rows();
        let row = rows.iter().find(|row| row.name == "upload").unwrap();
        let clients = [
            client("ours", ours),
            client("bare-inline", 1.2),
            client("bare-thread", 1.0),
            client("oci-client", peer),
        ];
        let verdicts = verdicts(row, &clients);
        verdicts
            .into_iter()
            .map(|verdict| (verdict.to_string(), verdict.met))
            .collect()
    }

    #[test]
    fn the_fastest_bare_loop_counts() {
        assert_eq!(
            upload(1.1, 2.0)[0],
            ("time ÷ bare-thread: 1.10 (≤ 1.10) met".to_owned(), true)
        );
        assert_eq!(
            upload(1.2, 2.0)[0],
            ("time ÷ bare-thread: 1.20 (≤ 1.10) MISSED".to_owned(), false)
        );
    }

    #[test]
    fn of_a_peer_no_more_is_asked_than_is_possible() {
        assert_eq!(
            upload(1.1, 2.0)[1],
            ("oci-client ÷ ours: 1.82 (≥ 1.20) met".to_owned(), true)
        );
        // The bare loop itself is but 1.05 times as fast.
        assert_eq!(
            upload(1.09, 1.05)[1],
            ("oci-client ÷ ours: 0.96 (≥ 0.95) met".to_owned(), true)
        );
        assert!(!upload(1.5, 1.05)[1].1);
    }

    #[test]
    fn memory_has_a_limit() {
        let last = upload(1.0, 2.0).pop().unwrap();
        assert_eq!(last, ("peak MiB: 20.00 (≤ 24.00) met".to_owned(), true));
    }
}

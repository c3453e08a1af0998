//! How many requests each way of working costs, beside what other clients send for it.

mod blobs;
mod peers;
mod scenarios;
mod upload;

use std::fmt::Write as _;

use acr_tests::Who;
use peers::{Figure, PEERS};
use scenarios::{Count, SCENARIOS};

/// How a count is shown where there is nothing to count.
const NONE: &str = "–";

#[tokio::test]
async fn no_scenario_costs_more_than_is_known_of_any_other_client() {
    let mut table = heading();
    for scenario in SCENARIOS {
        let mut counts = Vec::new();
        for who in Who::ALL {
            counts.push(match scenario.is_for(who) {
                true => Some(scenario.count(who).await),
                false => None,
            });
        }
        let requests: Vec<_> = counts.iter().map(|c| c.map(|c| c.requests)).collect();
        assert_eq!(requests, scenario.expected, "{}", scenario.name);
        for (peer, figure) in PEERS.iter().zip(&scenario.peers) {
            let ours = Who::ALL.iter().zip(&requests);
            let (_, ours) = ours.clone().find(|(who, _)| **who == peer.who).unwrap();
            let (Some(least), Some(ours)) = (figure.least(), ours) else {
                continue;
            };
            assert!(
                *ours <= least,
                "{}: {} sends {least}",
                scenario.name,
                peer.name
            );
        }
        table += &row(scenario.name, &counts, &scenario.peers);
    }
    insta::assert_snapshot!(table);
    let readme = include_str!("../../crates/acr-auth/README.md");
    assert!(
        readme.contains(&table),
        "the README shows another table:\n{table}"
    );
}

fn heading() -> String {
    let mut heading =
        "| requests on the wire | Entra | (Entra's own) | password | refresh token | anonymous |"
            .to_owned();
    for peer in PEERS {
        let _ = write!(heading, " {} |", peer.name);
    }
    let columns = heading.matches('|').count() - 1;
    format!("{heading}\n|---|{}\n", "--:|".repeat(columns - 1))
}

fn row(name: &str, counts: &[Option<Count>], peers: &[Figure]) -> String {
    let shown = |count: Option<usize>| count.map_or_else(|| NONE.to_owned(), |n| n.to_string());
    let mut row = format!("| {name} |");
    for (who, count) in Who::ALL.iter().zip(counts) {
        let _ = write!(row, " {} |", shown(count.map(|count| count.requests)));
        if *who == Who::Entra {
            let _ = write!(row, " {} |", shown(count.map(|count| count.entra)));
        }
    }
    for figure in peers {
        let _ = write!(row, " {figure} |");
    }
    row + "\n"
}

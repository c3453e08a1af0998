//! Replays one group of exchanges against a registry of its own each.

mod fault;
mod one;

use std::collections::BTreeMap;

use anyhow::Result;

use self::one::Replay;
use crate::{
    before,
    client::{Answer, Sent},
    compare::Difference,
    contents::Contents,
    exchange::{Exchange, Group},
    kept::Kept,
    live::Live,
    order::ordered,
    registry::Registry,
    sessions::Sessions,
    who,
};

/// What became of an exchange.
pub(crate) enum Outcome {
    /// It was sent; these differ, and these rules excuse other differences.
    Compared {
        sent: Box<Sent>,
        answer: Box<Answer>,
        differing: Vec<Difference>,
        excused: Vec<usize>,
    },
    Unsent(Unsent),
    /// It could not be sent, or got no answer at all.
    Failed(Difference),
}

impl Outcome {
    fn failed(error: &anyhow::Error) -> Self {
        Self::Failed(Difference::of_everything(&format!("{error:#}")))
    }
}

/// Why an exchange was not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Unsent {
    NotARegistry,
    BodyNotRecorded,
    RecordedTwice,
}

impl Unsent {
    pub(crate) fn reason(self) -> &'static str {
        match self {
            Self::NotARegistry => "no call to a registry",
            Self::BodyNotRecorded => "its body is not recorded and cannot be made",
            Self::RecordedTwice => "recorded twice",
        }
    }
}

/// Replays a group.
pub(crate) async fn replay(group: Group) -> Vec<(Exchange, Outcome)> {
    let mut done = Vec::new();
    let mut rest = Vec::new();
    let twice = who::recorded_twice(&group.exchanges);
    for (exchange, twice) in group.exchanges.into_iter().zip(twice) {
        let why = match who::is_registry(&exchange) {
            _ if twice => Unsent::RecordedTwice,
            false => Unsent::NotARegistry,
            true => {
                rest.push(exchange);
                continue;
            }
        };
        done.push((exchange, Outcome::Unsent(why)));
    }
    // Each registry has its own state.
    let mut registries: BTreeMap<String, Vec<Exchange>> = BTreeMap::new();
    for (key, exchange) in who::by_registry(rest) {
        registries.entry(key).or_default().push(exchange);
    }
    for (_, exchanges) in registries {
        let exchanges = ordered(exchanges);
        let outcomes = one_registry(&exchanges).await.unwrap_or_else(|error| {
            let failed = exchanges.iter().map(|_| Outcome::failed(&error));
            failed.collect()
        });
        done.extend(exchanges.into_iter().zip(outcomes));
    }
    done
}

async fn one_registry(exchanges: &[Exchange]) -> Result<Vec<Outcome>> {
    let contents = Contents::of(exchanges);
    let all: Vec<&Exchange> = exchanges.iter().collect();
    let seeds = before::seeds(&all, &contents);
    let kind = who::kind(exchanges);
    let mut replay = Replay {
        live: Live::new(who::aliases(exchanges), &kind.service),
        registry: Registry::start(kind).await?,
        sessions: Sessions::default(),
        began: exchanges.iter().filter_map(Exchange::date).min(),
        contents,
    };
    let mut outcomes = Vec::new();
    for (at, exchange) in exchanges.iter().enumerate() {
        if at > 0 && exchanges[at - 1].file != exchange.file {
            replay.registry.next_file();
        }
        let seeded = match seeds.get(&at) {
            Some(seed) => replay.registry.seed(seed).await,
            None => Ok(()),
        };
        let kept = Kept::with(exchanges, exchange);
        let outcome = replay.one(exchange, &all[at + 1..], &kept).await;
        let mut outcome = outcome.unwrap_or_else(|error| Outcome::failed(&error));
        if let (Err(error), Outcome::Compared { differing, .. }) = (seeded, &mut outcome) {
            differing.push(Difference::of_state(&error.to_string()));
        }
        outcomes.push(outcome);
    }
    replay.registry.emulator.shutdown().await;
    Ok(outcomes)
}

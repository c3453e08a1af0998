//! A recorded answer and the one that came, field by field.

mod body;
mod headers;
mod url;

use std::time::SystemTime;

use crate::{client::Answer, exchange::Exchange, kept::Kept, live::Live};

/// How a field differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// It was recorded, and did not come.
    Missing,
    /// It came, and was not recorded.
    Extra,
    /// It has another value.
    Value,
    /// Its parts stand in another order.
    Order,
    /// It has more or fewer parts.
    Length,
}

/// One field that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    /// `status`, `header NAME …` or `body PATH`.
    pub(crate) field: String,
    pub(crate) kind: Kind,
    pub(crate) recorded: String,
    pub(crate) came: String,
}

impl Difference {
    /// What answers show to have been there could not be put there.
    pub(crate) fn of_state(why: &str) -> Self {
        Self::whole("state", "what was there before", why)
    }

    /// There is no answer to compare.
    pub(crate) fn of_everything(why: &str) -> Self {
        Self::whole("answer", "one", why)
    }

    fn whole(field: &str, recorded: &str, came: &str) -> Self {
        Self {
            field: field.to_owned(),
            kind: Kind::Missing,
            recorded: recorded.to_owned(),
            came: came.to_owned(),
        }
    }
}

/// A recorded exchange, what came now, and what recorded names stand for.
#[derive(Clone, Copy)]
pub(crate) struct Pair<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) answer: &'a Answer,
    pub(crate) live: &'a Live,
    /// When the recording began.
    pub(crate) began: Option<SystemTime>,
    pub(crate) kept: &'a Kept,
}

/// Everything that differs.
pub(crate) fn differences(pair: Pair<'_>) -> Vec<Difference> {
    let mut found = Differences::default();
    let (recorded, came) = (pair.exchange.status, pair.answer.status);
    found.value("status", &recorded.to_string(), &came.to_string());
    headers::compare(pair, &mut found);
    body::compare(pair, &mut found);
    found.0
}

/// Differences as they are found.
#[derive(Debug, Default)]
pub(crate) struct Differences(Vec<Difference>);

impl Differences {
    pub(crate) fn into_vec(self) -> Vec<Difference> {
        self.0
    }

    pub(crate) fn add(&mut self, field: &str, kind: Kind, recorded: &str, came: &str) {
        self.0.push(Difference {
            field: field.to_owned(),
            kind,
            recorded: recorded.to_owned(),
            came: came.to_owned(),
        });
    }

    pub(crate) fn value(&mut self, field: &str, recorded: &str, came: &str) {
        if recorded != came {
            self.add(field, Kind::Value, recorded, came);
        }
    }

    /// The names of two lists of named parts: which are there, and in which order.
    fn names(&mut self, field: &str, recorded: &[&str], came: &[&str]) {
        for name in recorded.iter().filter(|name| !came.contains(name)) {
            self.add(&format!("{field}{name}"), Kind::Missing, name, "");
        }
        for name in came.iter().filter(|name| !recorded.contains(name)) {
            self.add(&format!("{field}{name}"), Kind::Extra, "", name);
        }
        let both = |one: &[&str], other: &[&str]| {
            let common = one.iter().filter(|name| other.contains(name));
            common.copied().collect::<Vec<_>>().join(" ")
        };
        let (ours, theirs) = (both(recorded, came), both(came, recorded));
        if ours != theirs {
            self.add(
                field.trim_end_matches(['.', ' ']),
                Kind::Order,
                &ours,
                &theirs,
            );
        }
    }
}

//! What two tables of facts do not share.

use std::{collections::BTreeSet, fmt};

use super::facts::{Facts, Place};

/// One place where the descriptions part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Difference {
    pub(crate) place: Place,
    pub(crate) upstream: Option<String>,
    pub(crate) ours: Option<String>,
}

/// How an absent side is written.
pub(crate) const ABSENT: &str = "-";

impl Difference {
    pub(crate) fn sides(&self) -> [&str; 2] {
        [&self.upstream, &self.ours].map(|side| side.as_deref().unwrap_or(ABSENT))
    }
}

/// The line by which a difference is known.
impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [upstream, ours] = self.sides();
        let Place { subject, part } = &self.place;
        write!(
            f,
            "{subject} | {part} | upstream: {upstream} | ours: {ours}"
        )
    }
}

/// All differences, in the order of their places.
pub(super) fn between(upstream: &Facts, ours: &Facts) -> Vec<Difference> {
    let places: BTreeSet<&Place> = upstream.keys().chain(ours.keys()).collect();
    places
        .into_iter()
        .filter(|place| upstream.get(place) != ours.get(place))
        .map(|place| Difference {
            place: place.clone(),
            upstream: upstream.get(place).cloned(),
            ours: ours.get(place).cloned(),
        })
        .collect()
}

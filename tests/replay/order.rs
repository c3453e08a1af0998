//! The order in which exchanges were made, where a recorder kept another.
//!
//! Some recorders keep the answers of one request together. Then a later answer stands before the
//! change that it shows. An order is looked for in which no answer contradicts what was before it;
//! the recorded one is tried first, so that it is kept wherever it is possible.

use std::{collections::HashMap, time::Duration};

use crate::{
    exchange::Exchange,
    json::Json,
    sight::{Effect, Item, Sight, effects, sights},
};

/// How far the search goes.
const STEPS: usize = 20_000;

/// Clocks of different hosts differ; answers this far apart were given in the order of their dates.
const SLACK: Duration = Duration::from_secs(5);

/// The exchanges in a possible order; in the recorded one if none is.
pub(crate) fn ordered(exchanges: Vec<Exchange>) -> Vec<Exchange> {
    let mut search = Search {
        told: exchanges.iter().map(|e| (sights(e), effects(e))).collect(),
        before: before(&exchanges),
        steps: 0,
    };
    let mut taken = Vec::new();
    let mut left = vec![true; exchanges.len()];
    if !search.go(&mut taken, &mut left, &Belief::default()) {
        return exchanges;
    }
    let mut exchanges: Vec<_> = exchanges.into_iter().map(Some).collect();
    taken
        .into_iter()
        .filter_map(|at| exchanges[at].take())
        .collect()
}

struct Search {
    told: Vec<(Vec<Sight>, Vec<Effect>)>,
    /// For each exchange those that must have been made before it.
    before: Vec<Vec<usize>>,
    steps: usize,
}

impl Search {
    fn go(&mut self, taken: &mut Vec<usize>, left: &mut Vec<bool>, belief: &Belief) -> bool {
        if taken.len() == left.len() {
            return true;
        }
        for next in 0..left.len() {
            if !left[next] || self.before[next].iter().any(|at| left[*at]) {
                continue;
            }
            self.steps += 1;
            if self.steps > STEPS {
                return false;
            }
            let (sights, effects) = &self.told[next];
            let Some(belief) = belief.after(sights, effects) else {
                continue;
            };
            taken.push(next);
            left[next] = false;
            if self.go(taken, left, &belief) {
                return true;
            }
            left[next] = true;
            taken.pop();
        }
        false
    }
}

/// For each exchange those that were answered long before it, or gave the address that it uses.
fn before(exchanges: &[Exchange]) -> Vec<Vec<usize>> {
    let dates: Vec<_> = exchanges.iter().map(Exchange::date).collect();
    let comes_first = |first: usize, second: usize| {
        let earlier = match (dates[first], dates[second]) {
            (Some(one), Some(other)) => one + SLACK < other,
            _ => false,
        };
        let address = exchanges[first]
            .answered("location")
            .filter(|_| first < second);
        let url = exchanges[second].path_and_query();
        earlier || address.is_some_and(|address| url.starts_with(address))
    };
    let all = 0..exchanges.len();
    let of = |second| {
        all.clone()
            .filter(|first| comes_first(*first, second))
            .collect()
    };
    all.clone().map(of).collect()
}

/// What is known to be so at one time.
#[derive(Clone, Default)]
struct Belief {
    here: HashMap<Item, bool>,
    fields: HashMap<(Item, String), Json>,
}

impl Belief {
    /// What is known after an exchange, or nothing if that cannot have come now.
    fn after(&self, sights: &[Sight], effects: &[Effect]) -> Option<Self> {
        let mut belief = self.clone();
        for sight in sights {
            if belief.denies(sight) {
                return None;
            }
            belief.learn(sight);
        }
        for effect in effects {
            match effect {
                Effect::Made(item, fields) | Effect::Set(item, fields) => {
                    belief.here.insert(item.clone(), true);
                    belief.keep(item, fields);
                }
                Effect::Removed(item) => belief.remove(item),
                Effect::Stirred(..) => {}
            }
        }
        Some(belief)
    }

    fn denies(&self, sight: &Sight) -> bool {
        match sight {
            Sight::Here(item, fields) => {
                self.here.get(item) == Some(&false)
                    || fields.iter().any(|(name, value)| {
                        let known = self.fields.get(&(item.clone(), name.clone()));
                        known.is_some_and(|known| known != value)
                    })
            }
            Sight::Gone(item) => self.here.get(item) == Some(&true),
            Sight::Listed(listed) => self
                .here
                .iter()
                .any(|(item, here)| *here && listed.lacks(item) && !self.is_hidden(item)),
        }
    }

    fn is_hidden(&self, item: &Item) -> bool {
        let field = "changeableAttributes.listEnabled".to_owned();
        let listed = self.fields.get(&(item.clone(), field));
        listed.is_some_and(|listed| listed.to_string() == "false")
    }

    fn learn(&mut self, sight: &Sight) {
        match sight {
            Sight::Here(item, fields) => {
                self.here.insert(item.clone(), true);
                self.keep(item, fields);
            }
            Sight::Gone(item) => {
                self.here.insert(item.clone(), false);
            }
            Sight::Listed(_) => {}
        }
    }

    /// Attributes change by what is asked alone; everything else may change on the side.
    fn keep(&mut self, item: &Item, fields: &[(String, Json)]) {
        let attributes = fields
            .iter()
            .filter(|(name, _)| name.starts_with("changeable"));
        for (name, value) in attributes {
            self.fields
                .insert((item.clone(), name.clone()), value.clone());
        }
    }

    fn remove(&mut self, item: &Item) {
        self.here.insert(item.clone(), false);
        let Item::Repository(gone) = item else {
            return;
        };
        for (item, here) in &mut self.here {
            if let Item::Tag(name, _) | Item::Manifest(name, _) = item {
                *here = *here && name != gone;
            }
        }
    }
}

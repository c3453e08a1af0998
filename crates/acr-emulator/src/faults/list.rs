//! The rules that are in force, and which calls they have hit.

use std::{
    fmt, slice,
    sync::{Mutex, MutexGuard, PoisonError},
};

use acr_core::RepositoryName;
use fastrand::Rng;
use serde::Serialize;

use super::{Effects, FaultRule, FaultRuleError};
use crate::router::{DOWNLOAD_BLOB, Operation};

/// The number of an injected rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub struct FaultId(pub(crate) u64);

impl fmt::Display for FaultId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A rule that is in force; see [`Emulator::faults`](crate::Emulator::faults).
#[derive(Clone, Debug, PartialEq, Serialize)]
#[non_exhaustive]
pub struct InjectedFault {
    /// Its number.
    pub id: FaultId,
    /// How many calls it could choose from until now.
    pub seen: u64,
    /// How many of them went wrong.
    pub hits: u64,
    /// The rule, with the seed that was drawn where it needs one and names none.
    #[serde(flatten)]
    pub rule: FaultRule,
}

/// A call that has arrived, before anything is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrival<'a> {
    operation: &'static str,
    repositories: &'a [RepositoryName],
    shows_token: bool,
}

impl<'a> Arrival<'a> {
    /// A call of the registry.
    pub(crate) fn registry(operation: &'a Operation, shows_token: bool) -> Self {
        Self {
            operation: operation.name(),
            repositories: operation.repository().map_or(&[], slice::from_ref),
            shows_token,
        }
    }

    /// A download from the storage host, of a blob that these repositories have.
    pub(crate) fn storage(repositories: &'a [RepositoryName]) -> Self {
        Self {
            operation: DOWNLOAD_BLOB,
            repositories,
            shows_token: false,
        }
    }
}

/// All rules that are in force.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    last: u64,
    active: Vec<Active>,
}

#[derive(Debug)]
struct Active {
    injected: InjectedFault,
    chance: Rng,
}

impl Faults {
    /// Puts a rule in force.
    ///
    /// # Errors
    /// [`FaultRuleError`] for a rule that can never hold.
    pub(crate) fn inject(&self, mut rule: FaultRule) -> Result<FaultId, FaultRuleError> {
        rule.check()?;
        if rule.probability.is_some() && rule.seed.is_none() {
            // Small enough for every JSON reader.
            rule.seed = Some(u64::from(fastrand::u32(..)));
        }
        let mut inner = self.lock();
        inner.last += 1;
        let id = FaultId(inner.last);
        inner.active.push(Active {
            chance: Rng::with_seed(rule.seed.unwrap_or_default()),
            injected: InjectedFault {
                id,
                seen: 0,
                hits: 0,
                rule,
            },
        });
        Ok(id)
    }

    /// The rules in force, in the order in which they came.
    pub(crate) fn all(&self) -> Vec<InjectedFault> {
        let inner = self.lock();
        let injected = inner.active.iter().map(|active| active.injected.clone());
        injected.collect()
    }

    /// Ends a rule; says whether there was one of this number.
    pub(crate) fn remove(&self, id: FaultId) -> bool {
        let mut inner = self.lock();
        let before = inner.active.len();
        inner.active.retain(|active| active.injected.id != id);
        inner.active.len() < before
    }

    /// Ends all rules.
    pub(crate) fn clear(&self) {
        self.lock().active.clear();
    }

    /// Whether some rule depends on the repository.
    pub(crate) fn ask_for_repositories(&self) -> bool {
        let inner = self.lock();
        let mut active = inner.active.iter();
        active.any(|active| active.injected.rule.names_repository())
    }

    /// What goes wrong with a call before it is known whether it is allowed.
    pub(crate) fn of_arrival(&self, call: Arrival<'_>) -> Effects {
        self.strike(call, |rule| {
            let kind = &rule.fault.0;
            kind.is_of_arrival() && (call.shows_token || !kind.is_of_token())
        })
    }

    /// What goes wrong with a call that is allowed.
    pub(crate) fn of_admission(&self, call: Arrival<'_>) -> Effects {
        self.strike(call, |rule| !rule.fault.0.is_of_arrival())
    }

    fn strike(&self, call: Arrival<'_>, now: impl Fn(&FaultRule) -> bool) -> Effects {
        let mut inner = self.lock();
        let active = inner.active.iter_mut();
        let struck = active.filter(|active| {
            let rule = &active.injected.rule;
            now(rule) && rule.covers(call.operation, call.repositories)
        });
        let struck = struck.filter_map(|active| active.strikes().then(|| active.fault()));
        struck.collect()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Active {
    /// Whether the next call is hit.
    fn strikes(&mut self) -> bool {
        let InjectedFault {
            rule, seen, hits, ..
        } = &mut self.injected;
        *seen += 1;
        let strikes = match (rule.nth, rule.every, rule.probability) {
            (Some(nth), ..) => *seen == nth,
            (_, Some(every), _) => *seen % every == 0,
            (.., Some(probability)) => self.chance.f64() < probability,
            _ => true,
        };
        let strikes = strikes && rule.times.is_none_or(|times| *hits < times);
        *hits += u64::from(strikes);
        strikes
    }

    fn fault(&self) -> super::fault::Kind {
        self.injected.rule.fault.0.clone()
    }
}

#[cfg(test)]
mod tests;

//! Which calls go wrong.

use acr_core::RepositoryName;
use serde::{Deserialize, Serialize};

use super::fault::{Fault, Kind, has_repository};
use crate::{OPERATIONS, patterns};

/// The longest pause: an hour.
const MAX_PAUSE: u64 = 60 * 60 * 1000;

/// Which calls go wrong, and how; see [`Emulator::inject`](crate::Emulator::inject).
///
/// Unless told otherwise it is every call to which the fault can happen, again and again.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use acr_emulator::{Emulator, Fault, FaultRule};
///
/// let emulator = Emulator::start().await?;
/// // The second manifest that is read below team/ is throttled,
/// let throttled = Fault::status(429).retry_after(3);
/// let rule = FaultRule::new(throttled).on(["get_manifest"]).in_repository("team/*").nth(2);
/// let id = emulator.inject(rule)?;
/// // and one download of ten, the same ones in each run, breaks off after 1000 bytes.
/// let cut = FaultRule::new(Fault::cut_answer(1000)).on(["download_blob"]);
/// emulator.inject(cut.with_probability(0.1).seed(42))?;
///
/// assert_eq!(emulator.faults()[0].hits, 0);
/// emulator.remove_fault(id);
/// emulator.clear_faults();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[must_use = "nothing goes wrong before it is injected"]
pub struct FaultRule {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operations: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    repository: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) nth: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) every: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) probability: Option<f64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) seed: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) times: Option<u64>,
    pub(super) fault: Fault,
}

impl FaultRule {
    /// Every call to which this fault can happen goes wrong.
    pub fn new(fault: impl Into<Fault>) -> Self {
        Self {
            operations: None,
            repository: None,
            nth: None,
            every: None,
            probability: None,
            seed: None,
            times: None,
            fault: fault.into(),
        }
    }

    /// Only calls of these operations, by the names of [`OPERATIONS`].
    pub fn on<S: Into<String>>(mut self, operations: impl IntoIterator<Item = S>) -> Self {
        self.operations = Some(operations.into_iter().map(Into::into).collect());
        self
    }

    /// Only calls whose path names this repository, or with `prefix/*` one below the prefix. At the
    /// storage host it is downloads of blobs that such a repository has.
    pub fn in_repository(mut self, pattern: impl Into<String>) -> Self {
        self.repository = Some(pattern.into());
        self
    }

    /// Of these calls only the nth; the first is 1.
    pub fn nth(mut self, nth: u64) -> Self {
        self.nth = Some(nth);
        self
    }

    /// Of these calls every nth: with 3, the third, the sixth and so on.
    pub fn every(mut self, every: u64) -> Self {
        self.every = Some(every);
        self
    }

    /// Each of these calls with this probability, above 0 and at most 1.
    pub fn with_probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    /// Makes what a probability decides the same in every run. Unless set a seed is drawn, which
    /// [`Emulator::faults`](crate::Emulator::faults) tells.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = Some(seed);
        self
    }

    /// At most so many calls.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Whether it depends on the repository.
    pub(super) fn names_repository(&self) -> bool {
        self.repository.is_some()
    }

    /// Whether a call is one of those from which the rule chooses.
    pub(super) fn covers(&self, operation: &str, repositories: &[RepositoryName]) -> bool {
        let named = match &self.operations {
            Some(operations) => operations.iter().any(|name| name == operation),
            None => self.fault.0.can_happen_to(operation),
        };
        let fits = |pattern: &String| {
            let mut names = repositories.iter();
            names.any(|name| patterns::fits(pattern, name.as_str()))
        };
        named && self.repository.as_ref().is_none_or(fits)
    }

    /// Refuses what can never happen.
    pub(super) fn check(&self) -> Result<(), FaultRuleError> {
        for name in self.operations.iter().flatten() {
            self.check_operation(name)?;
        }
        if let Some(pattern) = &self.repository
            && !patterns::is_pattern(pattern)
        {
            return Err(FaultRuleError::Repository(pattern.clone()));
        }
        let wrong = |is: bool, reason| if is { Err(reason) } else { Ok(()) };
        let zero = |number: Option<u64>| number == Some(0);
        let chosen = [
            self.nth.is_some(),
            self.every.is_some(),
            self.probability.is_some(),
        ];
        let chosen = chosen.into_iter().filter(|is| *is).count();
        let possible = |p: f64| p > 0.0 && p <= 1.0;
        let no_operation = self.operations.as_ref().is_some_and(Vec::is_empty);
        wrong(no_operation, "the list of operations names none")
            .and(wrong(
                zero(self.nth) || zero(self.every) || zero(self.times),
                "nth, every and times begin with 1",
            ))
            .and(wrong(
                chosen > 1,
                "nth, every and probability exclude each other",
            ))
            .and(wrong(
                self.nth.is_some() && self.times.is_some(),
                "nth is one call: times makes no sense with it",
            ))
            .and(wrong(
                !self.probability.is_none_or(possible),
                "a probability is above 0 and at most 1",
            ))
            .and(wrong(
                self.seed.is_some() && self.probability.is_none(),
                "a seed is for a probability",
            ))
            .and(self.check_fault())
            .map_err(FaultRuleError::Value)
    }

    fn check_operation(&self, name: &str) -> Result<(), FaultRuleError> {
        if !OPERATIONS.contains(&name) {
            return Err(FaultRuleError::UnknownOperation {
                name: name.to_owned(),
            });
        }
        if !self.fault.0.can_happen_to(name) {
            return Err(FaultRuleError::Impossible {
                fault: self.fault.0.name(),
                operation: name.to_owned(),
            });
        }
        if self.repository.is_some() && !has_repository(name) {
            return Err(FaultRuleError::NoRepository(name.to_owned()));
        }
        Ok(())
    }

    fn check_fault(&self) -> Result<(), &'static str> {
        let reason = match &self.fault.0 {
            Kind::Status(fault) if !(400..=599).contains(&fault.status) => {
                "the status of a fault is one of 400 to 599"
            }
            Kind::Delay { milliseconds: 0 } => "a delay is at least a millisecond",
            Kind::Delay { milliseconds } if *milliseconds > MAX_PAUSE => {
                "a delay is at most an hour"
            }
            Kind::Trickle { bytes: 0, .. } | Kind::TrickleRequest { bytes: 0, .. } => {
                "a trickle's pieces have at least a byte"
            }
            Kind::Trickle {
                every_milliseconds, ..
            }
            | Kind::TrickleRequest {
                every_milliseconds, ..
            } if *every_milliseconds > MAX_PAUSE => "a trickle's pauses are at most an hour",
            Kind::WrongLength { by: 0 } => "a length that is wrong by 0 is right",
            Kind::ReplicaLag { milliseconds: 0 } => "a lag is at least a millisecond",
            _ => return Ok(()),
        };
        Err(reason)
    }
}

/// Why a rule can never hold.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultRuleError {
    /// There is no such operation.
    #[error("there is no operation `{name}`; these are: {}", OPERATIONS.join(", "))]
    UnknownOperation {
        /// What was given.
        name: String,
    },
    /// The fault cannot happen to this operation.
    #[error("{fault} cannot happen to {operation}")]
    Impossible {
        /// The fault, as in JSON.
        fault: &'static str,
        /// The operation.
        operation: String,
    },
    /// A repository is asked for and the operation has none.
    #[error("{0} is about no repository")]
    NoRepository(String),
    /// No repository can fit this.
    #[error("`{0}` is no repository: it is a repository's name, or a prefix and `/*`")]
    Repository(String),
    /// A value makes no sense, or not with the others.
    #[error("{0}")]
    Value(&'static str),
}

//! How often and how long a request is tried.

use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};

/// Options that allow no attempt at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("0 attempts are no request at all: 1 sends it once, and never again")]
pub struct NoAttempts;

/// How often and how long a request is tried.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RetryOptions {
    max_attempts: u32,
    initial_delay: Duration,
    max_delay: Duration,
    max_elapsed: Duration,
}

impl Default for RetryOptions {
    /// 4 attempts, waiting 0.8 s, then twice as long each time up to 30 s, for at most 2 minutes.
    fn default() -> Self {
        Self {
            max_attempts: 4,
            initial_delay: Duration::from_millis(800),
            max_delay: Duration::from_secs(30),
            max_elapsed: Duration::from_secs(120),
        }
    }
}

impl RetryOptions {
    /// No second attempt.
    #[must_use]
    pub fn none() -> Self {
        Self::default().max_attempts(1)
    }

    /// How often a request is sent at most, the first time included; not 0, see
    /// [`check`](Self::check).
    #[must_use]
    pub fn max_attempts(self, max_attempts: u32) -> Self {
        Self {
            max_attempts,
            ..self
        }
    }

    /// The wait before the second attempt, without jitter.
    #[must_use]
    pub fn initial_delay(self, initial_delay: Duration) -> Self {
        Self {
            initial_delay,
            ..self
        }
    }

    /// The longest wait between two attempts, without jitter, which at most doubles it.
    #[must_use]
    pub fn max_delay(self, max_delay: Duration) -> Self {
        Self { max_delay, ..self }
    }

    /// No attempt begins later than this after the first one, without the time in which the
    /// [`governor`](crate::governor) held it back. Nor does that hold an attempt back for longer while no
    /// request of its lane is let in. A `Retry-After` beyond it is not waited for.
    #[must_use]
    pub fn max_elapsed(self, max_elapsed: Duration) -> Self {
        Self {
            max_elapsed,
            ..self
        }
    }

    /// Whether they can be: a client that is made with others is an error.
    ///
    /// # Errors
    /// [`NoAttempts`] when no attempt is allowed.
    pub fn check(&self) -> Result<(), NoAttempts> {
        match self.max_attempts {
            0 => Err(NoAttempts),
            _ => Ok(()),
        }
    }

    /// Whether a try may begin after this wait. A server may ask for a wait of any length.
    pub(super) fn allows(&self, elapsed: Duration, wait: Duration) -> bool {
        elapsed
            .checked_add(wait)
            .is_some_and(|begin| begin <= self.max_elapsed)
    }

    /// How long others wait as well, that were not refused: what the server asked for, if that would be
    /// waited for before a next try, or else what comes before the `nth` one. Who never tries again waits
    /// for [`max_delay`](Self::max_delay) at most.
    pub(crate) fn pause(&self, asked: Option<Duration>, nth: Option<usize>) -> Option<Duration> {
        match asked {
            Some(wait) if self.max_attempts <= 1 => Some(wait.min(self.max_delay)),
            Some(wait) if self.allows(Duration::ZERO, wait) => Some(wait),
            _ => nth.and_then(|nth| self.delays().take(nth).last()),
        }
    }

    /// Whether there may be one more after so many.
    pub(super) fn allows_attempt(&self, before: u32) -> bool {
        before < self.max_attempts
    }

    /// So long one is held back while nobody is let in.
    pub(crate) fn longest(&self) -> Duration {
        self.max_elapsed
    }

    /// The waits between the attempts: one less than there are attempts.
    pub(crate) fn delays(&self) -> impl Iterator<Item = Duration> + use<> {
        ExponentialBuilder::new()
            .with_min_delay(self.initial_delay)
            .with_max_delay(self.max_delay)
            .with_max_times(self.max_attempts.saturating_sub(1) as usize)
            .with_jitter()
            .build()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_of_any_length_is_borne() {
        let options = RetryOptions::default();
        assert!(options.allows(Duration::from_secs(1), Duration::from_secs(119)));
        assert!(!options.allows(Duration::from_secs(2), Duration::from_secs(119)));
        assert!(!options.allows(Duration::from_secs(1), Duration::from_secs(u64::MAX)));
    }

    #[test]
    fn the_delays_are_bounded() {
        let delays: Vec<_> = RetryOptions::default()
            .max_attempts(10)
            .max_delay(Duration::from_secs(5))
            .delays()
            .collect();
        assert_eq!(delays.len(), 9);
        assert!(
            delays.iter().all(|delay| *delay <= Duration::from_secs(10)),
            "{delays:?}"
        );
        assert_eq!(RetryOptions::none().delays().count(), 0);
    }

    /// Each wait is the one before it doubled, and up to as much again.
    #[test]
    fn the_delays_grow_with_jitter() {
        let options = RetryOptions::default();
        let all: Vec<Vec<_>> = (0..50).map(|_| options.delays().collect()).collect();
        for delays in &all {
            for (delay, least) in delays.iter().zip([800, 1600, 3200]) {
                let least = Duration::from_millis(least);
                assert!((least..=least * 2).contains(delay), "{delays:?}");
            }
        }
        assert!(all.iter().any(|delays| delays != &all[0]));
    }
}

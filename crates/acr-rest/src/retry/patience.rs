//! How long one goes on with what is no single request: the transfer of a blob.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::RetryOptions;
use crate::Clock;

/// So many bytes further is progress. With less, a server that gives a byte and breaks off could
/// keep a transfer going for ever.
const PROGRESS: u64 = 256 * 1024;

/// How often and how long a transfer is taken up again after it broke. The numbers are those of
/// [`RetryOptions`]: attempts, and the time from the first failure on. Both begin anew when there
/// was progress, so that a blob of any size survives any number of breaks.
///
/// ```
/// use std::sync::Arc;
///
/// use acr_rest::{RetryOptions, SystemClock, retry::Patience};
///
/// let options = RetryOptions::default().max_attempts(2);
/// let mut patience = Patience::new(options, Arc::new(SystemClock));
/// assert!(patience.wait(None).is_some());
/// patience.progressed(1024 * 1024);
/// assert!(patience.wait(None).is_some());
/// assert!(patience.wait(None).is_none());
/// ```
pub struct Patience {
    options: RetryOptions,
    clock: Arc<dyn Clock>,
    delays: Box<dyn Iterator<Item = Duration> + Send + Sync>,
    failing_since: Option<SystemTime>,
    failures: u32,
    restarts: u32,
    /// Until where there was progress; a transfer that begins again from 0 comes by there twice.
    farthest: u64,
}

impl Patience {
    /// With these numbers, by this clock.
    #[must_use]
    pub fn new(options: RetryOptions, clock: Arc<dyn Clock>) -> Self {
        Self {
            delays: Box::new(options.delays()),
            options,
            clock,
            failing_since: None,
            failures: 0,
            restarts: 0,
            farthest: 0,
        }
    }

    /// After a failure: how long to wait before going on, or `None` to give up. What the server
    /// `asked` for (`Retry-After`) replaces the wait, where the time that is allowed bears it.
    pub fn wait(&mut self, asked: Option<Duration>) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        let now = self.clock.now();
        let since = *self.failing_since.get_or_insert(now);
        let elapsed = now.duration_since(since).unwrap_or_default();
        let wait = asked.unwrap_or(self.delays.next()?);
        self.options.allows(elapsed, wait).then_some(wait)
    }

    /// So many bytes of the transfer are safely across, from its start.
    pub fn progressed(&mut self, bytes: u64) {
        if bytes.saturating_sub(self.farthest) < PROGRESS {
            return;
        }
        self.farthest = bytes;
        if self.failing_since.take().is_some() {
            self.failures = 0;
            self.delays = Box::new(self.options.delays());
        }
    }

    /// The transfer is to begin again from 0: whether it may. It may begin as often as a request may be
    /// sent, the first time included. Progress does not count here: each time all of it is sent again.
    #[must_use]
    pub fn restarted(&mut self) -> bool {
        self.restarts = self.restarts.saturating_add(1);
        self.options.allows_attempt(self.restarts)
    }

    /// How often it failed since there was progress.
    #[must_use]
    pub fn failures(&self) -> u32 {
        self.failures
    }
}

impl fmt::Debug for Patience {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Patience")
            .field("options", &self.options)
            .field("failures", &self.failures)
            .field("farthest", &self.farthest)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[derive(Debug)]
    struct Hands(Mutex<SystemTime>);

    impl Hands {
        fn forward(&self, by: Duration) {
            *self.0.lock().unwrap() += by;
        }
    }

    impl Clock for Hands {
        fn now(&self) -> SystemTime {
            *self.0.lock().unwrap()
        }
    }

    fn patience() -> (Patience, Arc<Hands>) {
        let clock = Arc::new(Hands(Mutex::new(SystemTime::UNIX_EPOCH)));
        let options = RetryOptions::default().max_attempts(3);
        (Patience::new(options, clock.clone()), clock)
    }

    const MIB: u64 = 1024 * 1024;

    #[test]
    fn as_many_attempts_as_are_allowed_without_progress() {
        let (mut patience, _) = patience();
        assert!(patience.wait(None).is_some());
        assert!(patience.wait(None).is_some());
        assert_eq!(patience.wait(None), None);
        assert_eq!(patience.failures(), 3);
    }

    #[test]
    fn progress_begins_anew_but_going_over_the_same_bytes_is_none() {
        let (mut patience, _) = patience();
        patience.progressed(10 * MIB);
        assert!(patience.wait(None).is_some());
        patience.progressed(5 * MIB);
        patience.progressed(10 * MIB + 1);
        assert!(patience.wait(None).is_some());
        assert_eq!(patience.wait(None), None);
        patience.progressed(11 * MIB);
        assert_eq!(patience.failures(), 0);
        assert!(patience.wait(None).is_some());
    }

    #[test]
    fn the_time_counts_from_the_first_failure() {
        let (mut patience, clock) = patience();
        clock.forward(Duration::from_secs(100_000));
        let asked = Some(Duration::from_secs(119));
        assert_eq!(patience.wait(asked), asked);
        clock.forward(Duration::from_secs(2));
        assert_eq!(patience.wait(asked), None);
    }

    #[test]
    fn it_begins_as_often_as_a_request_may_be_sent_whatever_the_progress() {
        let (mut patience, _) = patience();
        assert!(patience.restarted());
        patience.progressed(10 * MIB);
        assert!(patience.restarted());
        patience.progressed(20 * MIB);
        assert!(!patience.restarted());
    }

    #[test]
    fn a_year_is_not_waited_for() {
        let (mut patience, _) = patience();
        assert_eq!(patience.wait(Some(Duration::from_secs(u64::MAX))), None);
    }
}

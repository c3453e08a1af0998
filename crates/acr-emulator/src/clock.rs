//! The emulator's time: the system's, plus what a test has put it ahead by.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::{SignedDuration, Timestamp};

/// A clock that can be put forward, so that tokens and pre-signed URLs expire without waiting.
#[derive(Clone, Debug, Default)]
pub(crate) struct Clock {
    ahead_ms: Arc<AtomicI64>,
}

impl Clock {
    /// The present time, in the registry's resolution of 100 nanoseconds.
    pub(crate) fn now(&self) -> Timestamp {
        let ahead = SignedDuration::from_millis(self.ahead_ms.load(Ordering::Relaxed));
        let now = Timestamp::now()
            .checked_add(ahead)
            .unwrap_or(Timestamp::MAX);
        let nanos = now.as_nanosecond();
        Timestamp::from_nanosecond(nanos - nanos.rem_euclid(100)).unwrap_or(now)
    }

    /// The present time in whole seconds since 1970, as tokens count it.
    pub(crate) fn unix(&self) -> i64 {
        self.now().as_second()
    }

    /// How far the clock has been put forward.
    pub(crate) fn ahead(&self) -> Duration {
        let ahead = self.ahead_ms.load(Ordering::Relaxed);
        Duration::from_millis(ahead.unsigned_abs())
    }

    /// Puts the clock forward.
    pub(crate) fn advance(&self, by: Duration) {
        let by = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        let _ = self
            .ahead_ms
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |ahead| {
                Some(ahead.saturating_add(by))
            });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_can_be_put_forward_and_never_overflows() {
        let clock = Clock::default();
        let before = clock.unix();
        clock.advance(Duration::from_secs(3600));
        assert!(clock.unix() - before >= 3600);
        clock.advance(Duration::MAX);
        assert_eq!(clock.now().as_second(), Timestamp::MAX.as_second());
    }

    #[test]
    fn timestamps_drop_trailing_zeros() {
        let at = Timestamp::from_nanosecond(1_678_154_590_534_370_600).unwrap();
        assert_eq!(at.to_string(), "2023-03-07T02:03:10.5343706Z");
        let at = Timestamp::from_nanosecond(1_678_154_590_500_000_000).unwrap();
        assert_eq!(at.to_string(), "2023-03-07T02:03:10.5Z");
    }
}

//! A limit of calls per second: a bucket that the emulator's time fills and each call takes from.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// What the limit makes of a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// There is no limit.
    Unlimited,
    /// It is answered, and so many could be at once.
    Within(f64),
    /// It is one too many; after this long it would not be.
    Exceeded(Duration),
}

impl Verdict {
    /// How many calls are left, as the service tells it. Where there is no limit, what it tells
    /// somebody who has asked for one token in a minute, or deleted one thing in a second.
    pub(crate) fn calls_left(self, of_tokens: bool) -> String {
        match self {
            // At most six digits after the point, and none that says nothing.
            Self::Within(calls) => ((calls * 1e6).round() / 1e6).to_string(),
            Self::Exceeded(_) => "0".to_owned(),
            Self::Unlimited if of_tokens => "166.65".to_owned(),
            Self::Unlimited => "8.000000".to_owned(),
        }
    }
}

/// The bucket. It holds the calls of one second, and at least one.
#[derive(Debug, Default)]
pub(crate) struct Limiter {
    bucket: Mutex<Option<Bucket>>,
}

#[derive(Clone, Copy, Debug)]
struct Bucket {
    rate: f64,
    calls: f64,
    filled: Timestamp,
}

impl Limiter {
    /// Decides on a call at this time. Another rate than before begins with a full bucket.
    pub(crate) fn take(&self, rate: Option<f64>, now: Timestamp) -> Verdict {
        let mut kept = self.bucket.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(rate) = rate else {
            *kept = None;
            return Verdict::Unlimited;
        };
        let most = rate.max(1.0);
        let same = kept.filter(|bucket| bucket.rate == rate);
        let before = same.unwrap_or(Bucket {
            rate,
            calls: most,
            filled: now,
        });
        // The system's clock may have been put back.
        let seconds = now.duration_since(before.filled).as_secs_f64().max(0.0);
        let calls = (before.calls + seconds * rate).min(most);
        let (calls, verdict) = if calls >= 1.0 {
            (calls - 1.0, Verdict::Within(calls - 1.0))
        } else {
            let wait = Duration::try_from_secs_f64((1.0 - calls) / rate);
            (calls, Verdict::Exceeded(wait.unwrap_or(Duration::MAX)))
        };
        *kept = Some(Bucket {
            rate,
            calls,
            filled: now,
        });
        verdict
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;
    use proptest::prelude::*;

    use super::*;

    fn after(milliseconds: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_millis(milliseconds)
    }

    #[test]
    fn a_second_holds_its_calls_and_time_brings_more() {
        let limiter = Limiter::default();
        let take = |at| limiter.take(Some(2.0), after(at));
        assert_eq!(take(0), Verdict::Within(1.0));
        assert_eq!(take(0), Verdict::Within(0.0));
        let half = Duration::from_millis(500);
        assert_eq!(take(0), Verdict::Exceeded(half));
        assert_eq!(take(250), Verdict::Exceeded(half / 2));
        assert_eq!(take(500), Verdict::Within(0.0), "none was taken in vain");
        assert_eq!(
            take(60_000),
            Verdict::Within(1.0),
            "no more than a second's"
        );
        assert_eq!(take(0), Verdict::Within(0.0), "a clock put back");
        assert_eq!(limiter.take(None, after(0)), Verdict::Unlimited);
        assert_eq!(take(0), Verdict::Within(1.0), "begun anew");
    }

    #[test]
    fn less_than_one_call_a_second() {
        let limiter = Limiter::default();
        let take = |at| limiter.take(Some(0.1), after(at));
        assert_eq!(take(0), Verdict::Within(0.0));
        assert!(matches!(take(9_000), Verdict::Exceeded(_)));
        assert!(matches!(take(10_001), Verdict::Within(_)));
    }

    proptest! {
        #[test]
        fn the_rate_is_kept(rate in 0.01_f64..1e6, gaps in proptest::collection::vec(0_i64..500, 0..300)) {
            let limiter = Limiter::default();
            let (mut at, mut answered) = (0, 0.0);
            for gap in gaps {
                at += gap;
                if let Verdict::Within(_) = limiter.take(Some(rate), after(at)) {
                    answered += 1.0;
                }
            }
            prop_assert!(answered <= rate.max(1.0) + rate * at as f64 / 1000.0 + 1e-6);
        }

        #[test]
        fn no_rate_and_no_time_panic(rate: f64, times: Vec<i64>) {
            let limiter = Limiter::default();
            for time in times {
                let at = Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default();
                limiter.take(Some(rate), at);
            }
        }
    }
}

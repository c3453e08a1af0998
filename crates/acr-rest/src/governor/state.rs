//! What is known of a lane. Times are given; nothing here waits.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use super::{
    answer::{Told, Verdict},
    limit::Limit,
};
use crate::RetryOptions;

/// What a server says of the second is old after one.
const SECOND: Duration = Duration::from_secs(1);

/// Longer than this nobody is held back, whatever server and options say; and it can be added to any
/// time.
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// With a limit felt, no place became free for so long: who has them may not be driven.
const STUCK: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct State {
    pub(super) limit: Limit,
    pub(super) in_flight: usize,
    pub(super) waiting: usize,
    pub(super) throttled: u64,
    pub(super) remaining: Option<f64>,
    pause: Option<Instant>,
    spread: Option<Spread>,
    /// When one last began or ended.
    moved: Instant,
    /// When one was last let in.
    let_in: Option<Instant>,
}

/// Those that follow begin one after the other.
#[derive(Clone, Copy, Debug)]
struct Spread {
    gap: Duration,
    next: Instant,
    /// When it is forgotten.
    end: Instant,
}

/// What an answer has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Change {
    pub(super) narrowed: bool,
    pub(super) widened: bool,
    /// How long nobody begins.
    pub(super) pause: Option<Duration>,
}

impl State {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            limit: Limit::default(),
            in_flight: 0,
            waiting: 0,
            throttled: 0,
            remaining: None,
            pause: None,
            spread: None,
            moved: now,
            let_in: None,
        }
    }

    /// Begins one although it should wait.
    pub(super) fn begin_anyway(&mut self, now: Instant) {
        self.in_flight += 1;
        self.moved = now;
    }

    /// Until when one waits that came then, as long as nobody is let in.
    pub(super) fn borne_until(&self, came: Instant, retry: &RetryOptions) -> Instant {
        self.let_in.map_or(came, |let_in| let_in.max(came)) + retry.longest().min(LONGEST)
    }

    /// Begins one, unless it has to wait until then.
    pub(super) fn begin(&mut self, now: Instant) -> Result<(), Instant> {
        if let Some(pause) = self.pause_after(now) {
            return Err(pause);
        }
        if let Some(spread) = &mut self.spread {
            if now >= spread.end {
                self.spread = None;
            } else if now < spread.next {
                return Err(spread.next);
            } else {
                spread.next = now + spread.gap;
            }
        }
        self.begin_anyway(now);
        Ok(())
    }

    /// One is over, whatever came of it.
    pub(super) fn end(&mut self, now: Instant) {
        self.in_flight = self.in_flight.saturating_sub(1);
        self.moved = now;
    }

    /// What one that began in this round was told, while it still counts as under way.
    pub(super) fn told(
        &mut self,
        told: &Told,
        round: u64,
        now: Instant,
        retry: &RetryOptions,
    ) -> Change {
        self.spread_out(told.remaining, now);
        let before = self.limit.width();
        let mut change = Change::default();
        match told.verdict {
            Verdict::Nothing => {}
            Verdict::LetIn => {
                self.let_in = Some(now);
                self.limit.let_in(round);
                change.widened = self.limit.width() != before;
            }
            Verdict::TooMany(asked) => {
                self.throttled = self.throttled.saturating_add(1);
                let in_a_row = self.limit.refused(round, self.in_flight);
                change.narrowed = in_a_row.is_some();
                let pause = retry.pause(asked, in_a_row);
                change.pause = pause.map(|wait| self.hold_back(wait, now));
            }
        }
        change
    }

    /// Nobody begins for so long.
    fn hold_back(&mut self, wait: Duration, now: Instant) -> Duration {
        let wait = wait.min(LONGEST);
        self.pause = self.pause.max(Some(now + wait));
        wait
    }

    /// Fewer calls are left than are wanted: those that follow share the second.
    fn spread_out(&mut self, remaining: Option<f64>, now: Instant) {
        let Some(remaining) = remaining else { return };
        self.remaining = Some(remaining);
        let wanted = self.in_flight.saturating_add(self.waiting);
        self.spread = (remaining < wanted as f64).then(|| {
            let gap = SECOND.div_f64(remaining.max(1.0));
            let next = self
                .spread
                .map_or(now + gap, |spread| spread.next.min(now + gap));
            let end = now + SECOND;
            Spread { gap, next, end }
        });
    }

    /// Until when nobody begins, if that is to come.
    pub(super) fn pause_after(&self, now: Instant) -> Option<Instant> {
        self.pause.filter(|pause| *pause > now)
    }

    /// The same by the clock that the client has.
    pub(super) fn paused_until(&self, now: Instant, clock: SystemTime) -> Option<SystemTime> {
        clock.checked_add(self.pause_after(now)?.duration_since(now))
    }

    /// When one more may begin although there is no place, unless another begins or ends before;
    /// `None` where that may never be.
    pub(super) fn stuck_from(&self, most: usize) -> Option<Instant> {
        let moved = self.pause.map_or(self.moved, |pause| pause.max(self.moved));
        (self.limit.width().is_some() && self.in_flight < most).then(|| moved + STUCK)
    }

    /// Whether one more may begin now; the next one then has to wait as long again.
    pub(super) fn unstick(&mut self, most: usize, now: Instant) -> bool {
        let stuck = self.stuck_from(most).is_some_and(|from| from <= now);
        if stuck {
            self.moved = now;
        }
        stuck
    }
}

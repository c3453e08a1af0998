//! The places of a lane: who waits for one, who has one, how they become fewer and more.

use std::{
    pin::pin,
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, sleep_until, timeout_at},
};

use super::{
    Lane, LaneThrottle,
    answer::Told,
    state::{Change, State},
};
use crate::RetryOptions;

/// How often it is looked whether a lane stands still, where none is expected to.
const LOOK: Duration = Duration::from_secs(10);

pub(super) struct Places {
    lane: Lane,
    /// How many there are without a limit.
    most: usize,
    retry: RetryOptions,
    /// In the order in which they came: nobody passes one who waits.
    free: Semaphore,
    known: Mutex<Known>,
}

struct Known {
    state: State,
    /// How many places there are.
    places: usize,
    /// How many are in use beyond that, and taken away when they become free.
    owed: usize,
}

/// The place of one that is under way, or about to be. Dropped, it is free.
pub(super) struct Place<'a> {
    places: &'a Places,
    /// `None` until it is its turn.
    permit: Option<SemaphorePermit<'a>>,
    /// The round that it began in, once it has begun.
    round: Option<u64>,
}

/// Counts itself as waiting.
struct Waiting<'a>(&'a Places);

impl Places {
    pub(super) fn new(lane: Lane, most: Option<usize>, retry: RetryOptions) -> Self {
        let most = most.unwrap_or(usize::MAX).min(Semaphore::MAX_PERMITS);
        Self {
            lane,
            most,
            retry,
            free: Semaphore::new(most),
            known: Mutex::new(Known {
                state: State::new(Instant::now()),
                places: most,
                owed: 0,
            }),
        }
    }

    /// A place, and how long it was waited for, if it was.
    pub(super) async fn enter(&self) -> (Place<'_>, Option<Duration>) {
        let came = Instant::now();
        let mut place = Place {
            places: self,
            permit: self.free.try_acquire().ok(),
            round: None,
        };
        if place.permit.is_some() && place.begin(came).is_ok() {
            return (place, None);
        }
        let _waiting = Waiting::new(self);
        let mut begun = pin!(self.begun(place));
        let mut until = self.known().state.borne_until(came, &self.retry);
        let place = loop {
            if let Ok(place) = timeout_at(until, begun.as_mut()).await {
                break place;
            }
            match self.beyond(came) {
                Ok(place) => break place,
                Err(later) => until = later,
            }
        };
        let held = came.elapsed();
        tracing::debug!(lane = self.lane.name(), ?held, "the request was held back");
        (place, Some(held))
    }

    /// When it has its place, and its time has come.
    async fn begun<'a>(&'a self, mut place: Place<'a>) -> Place<'a> {
        if place.permit.is_none() {
            place.permit = self.turn().await;
        }
        while let Err(until) = place.begin(Instant::now()) {
            sleep_until(until).await;
        }
        place
    }

    /// A place for one that came then and has waited for too long, since nobody is let in; never more than
    /// the caller allows. Else when to look again.
    fn beyond(&self, came: Instant) -> Result<Place<'_>, Instant> {
        let (mut known, now) = (self.known(), Instant::now());
        let until = known.state.borne_until(came, &self.retry);
        if until > now {
            return Err(until);
        }
        if known.state.in_flight >= self.most {
            return Err(now + LOOK);
        }
        known.state.begin_anyway(now);
        Ok(Place {
            places: self,
            permit: None,
            round: Some(known.state.limit.round()),
        })
    }

    /// Its turn. Where those who have places do not move, there is one more for who waits longest.
    async fn turn(&self) -> Option<SemaphorePermit<'_>> {
        let mut turn = pin!(self.free.acquire());
        loop {
            let look = self.known().state.stuck_from(self.most);
            let look = look.unwrap_or_else(|| Instant::now() + LOOK);
            if let Ok(permit) = timeout_at(look, turn.as_mut()).await {
                // Nobody closes it.
                return permit.ok();
            }
            let mut known = self.known();
            if known.state.unstick(self.most, Instant::now()) {
                known.owed += 1;
                self.free.add_permits(1);
            }
        }
    }

    pub(super) fn snapshot(&self, clock: SystemTime) -> LaneThrottle {
        let known = self.known();
        let state = &known.state;
        LaneThrottle {
            limit: Some(known.places).filter(|places| *places < Semaphore::MAX_PERMITS),
            in_flight: state.in_flight,
            waiting: state.waiting,
            paused_until: state.paused_until(Instant::now(), clock),
            throttled: state.throttled,
            remaining: state.remaining,
        }
    }

    /// Nothing is behind the lock that a panic could leave half done.
    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an answer has changed, outside of the lock.
    fn tell(&self, change: Change, limit: Option<usize>) {
        let (lane, pause) = (self.lane.name(), change.pause);
        match (change.narrowed, change.widened, limit) {
            (true, ..) => {
                tracing::warn!(
                    lane,
                    limit,
                    ?pause,
                    "the registry throttles: fewer requests at once"
                );
            }
            (_, true, Some(limit)) => tracing::debug!(lane, limit, "more requests at once"),
            (_, true, None) => {
                tracing::debug!(lane, "no limit of requests at once is felt any more");
            }
            _ => {}
        }
    }
}

impl Known {
    /// Makes as many places as the limit says. Those in use are taken away when they become free.
    fn fit(&mut self, free: &Semaphore, most: usize) {
        let wanted = self.state.limit.width().unwrap_or(most).min(most);
        if wanted < self.places {
            let fewer = self.places - wanted;
            self.owed += fewer - free.forget_permits(fewer);
        } else {
            let more = wanted - self.places;
            let kept = more.min(self.owed);
            self.owed -= kept;
            free.add_permits(more - kept);
        }
        self.places = wanted;
    }
}

impl Place<'_> {
    /// Begins, unless it has to wait until then.
    fn begin(&mut self, now: Instant) -> Result<(), Instant> {
        let mut known = self.places.known();
        known.state.begin(now)?;
        self.round = Some(known.state.limit.round());
        Ok(())
    }

    /// The end, and what was told.
    pub(super) fn answered(self, told: &Told) {
        let (places, now) = (self.places, Instant::now());
        let Some(round) = self.round else { return };
        let (change, width) = {
            let mut known = places.known();
            let change = known.state.told(told, round, now, &places.retry);
            if change.narrowed || change.widened {
                known.fit(&places.free, places.most);
            }
            (change, known.state.limit.width())
        };
        places.tell(change, width);
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut known = self.places.known();
        if self.round.is_some() {
            known.state.end(Instant::now());
        }
        if let Some(permit) = self.permit.take()
            && known.owed > 0
        {
            known.owed -= 1;
            permit.forget();
        }
    }
}

impl<'a> Waiting<'a> {
    fn new(places: &'a Places) -> Self {
        places.known().state.waiting += 1;
        Self(places)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.known().state.waiting -= 1;
    }
}

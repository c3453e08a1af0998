//! How many requests are under way at once: as many as the registry bears.
//!
//! The service limits the calls of a minute, reads and writes apart, and answers the rest with 429. A
//! [`Retry`](crate::Retry) alone makes each request wait by itself, and all of them come back at once.
//! The governor is what the requests of a client share: they stand in four [lanes](Lane), and
//!
//! - no limit is felt before the first 429, or 503 with `Retry-After`;
//! - then the lane is halved: half of what was under way may be. That is done once for all answers to
//!   what was begun before, since a burst is refused as a whole;
//! - nobody of the lane begins before the time of `Retry-After` is over, or, where the server names
//!   none, the wait of a retry. The same is waited for where it names one beyond
//!   [`RetryOptions::max_elapsed`], which no retry would wait for; and with
//!   [`RetryOptions::none`] at most [`RetryOptions::max_delay`]. Longer than an hour it is never;
//! - who has waited for [`RetryOptions::max_elapsed`], while nobody of the lane was let in, begins all the
//!   same, and gets its own answer;
//! - each answer that is no refusal widens the lane by 1/limit, so by one for each round, until it is
//!   as wide as it was: then no limit is felt any more;
//! - where `x-ms-ratelimit-remaining-calls-per-second` tells of fewer calls than are under way or
//!   waiting, those that follow within a second begin one after the other instead of at once.
//!
//! A request has its place in the lane from before its token is looked for until the head of its answer
//! is there, so one whose body is a stream has it for the whole body. Requests for tokens have a lane
//! of their own, which is why one that waits for a token blocks nobody. Where a limit is felt and for
//! 10 s no place became free, such as when a future is held and not polled, one more begins all the
//! same: a lane slows down, and never stands still.
//!
//! Whoever is dropped gives its place back.

mod answer;
mod lane;
mod limit;
mod options;
mod places;
mod state;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

use http::Extensions;
use reqwest::{Request, Response};
use reqwest_middleware::{Middleware, Next, Result};

pub use lane::{Lane, LaneThrottle, Throttle};
pub use options::{NoPlaces, ThrottleOptions};

use crate::{Clock, RetryOptions, SystemClock};
use answer::Told;
use places::Places;

/// How long a request was held back, in its extensions: not the request's own time.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Held(pub(crate) Duration);

/// The middleware that holds requests back while the registry refuses them: behind
/// [`Retry`](crate::Retry), so that each try is counted, and before what makes tokens. Clones share
/// what they know.
#[derive(Clone)]
pub struct Governor {
    /// `None` when it is switched off.
    lanes: Option<Arc<[Places; Lane::ALL.len()]>>,
    clock: Arc<dyn Clock>,
}

impl Governor {
    /// With these options, by the operating system's clock. Where the server does not say how long to
    /// wait, these options of retries do.
    #[must_use]
    pub fn new(options: ThrottleOptions, retry: RetryOptions) -> Self {
        let places = |lane| Places::new(lane, options.most(lane), retry);
        Self {
            lanes: options.is_on().then(|| Arc::new(Lane::ALL.map(places))),
            clock: Arc::new(SystemClock),
        }
    }

    /// By another clock: the date of a `Retry-After`. The waits themselves are tokio's.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// What is known at this moment.
    #[must_use]
    pub fn throttle(&self) -> Throttle {
        let now = self.clock.now();
        let lane = |lane: Lane| match &self.lanes {
            Some(lanes) => lanes[lane as usize].snapshot(now),
            None => LaneThrottle::default(),
        };
        Throttle {
            reads: lane(Lane::Reads),
            writes: lane(Lane::Writes),
            deletes: lane(Lane::Deletes),
            tokens: lane(Lane::Tokens),
        }
    }
}

#[async_trait::async_trait]
impl Middleware for Governor {
    async fn handle(
        &self,
        request: Request,
        extensions: &mut Extensions,
        next: Next<'_>,
    ) -> Result<Response> {
        let Some(lanes) = &self.lanes else {
            return next.run(request, extensions).await;
        };
        let lane = Lane::of(&request);
        let (place, held) = lanes[lane as usize].enter().await;
        if let Some(held) = held {
            let before = extensions.get::<Held>().copied().unwrap_or_default();
            extensions.insert(Held(before.0.saturating_add(held)));
        }
        let outcome = next.run(request, extensions).await;
        place.answered(&Told::by(&outcome, self.clock.now()));
        outcome
    }
}

impl fmt::Debug for Governor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.lanes {
            Some(_) => f.debug_tuple("Governor").field(&self.throttle()).finish(),
            None => f.write_str("Governor(off)"),
        }
    }
}

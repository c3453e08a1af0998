//! What the governor may be told.

use super::Lane;

/// Options that let nobody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "with 0 requests at once in the lane of {0}, none is ever sent: 1 sends one after the other"
)]
pub struct NoPlaces(&'static str);

/// How many requests may be under way at once, and whether throttling is learned from.
///
/// ```
/// use acr_rest::governor::{Lane, ThrottleOptions};
///
/// let gentle = ThrottleOptions::default().max_in_flight(Lane::Deletes, 4);
/// assert!(gentle.check().is_ok());
/// assert!(ThrottleOptions::default().max_in_flight(Lane::Reads, 0).check().is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ThrottleOptions {
    on: bool,
    most: [Option<usize>; Lane::ALL.len()],
}

impl Default for ThrottleOptions {
    /// As many at once as the caller likes, until the registry refuses some.
    fn default() -> Self {
        Self {
            on: true,
            most: [None; Lane::ALL.len()],
        }
    }
}

impl ThrottleOptions {
    /// Nothing is held back, and nothing is counted: each request is tried again by itself.
    #[must_use]
    pub fn off() -> Self {
        Self {
            on: false,
            ..Self::default()
        }
    }

    /// How many requests of a lane may be under way at once at the most, throttled or not; not 0, see
    /// [`check`](Self::check). One whose body is a stream is under way until all of it is sent.
    #[must_use]
    pub fn max_in_flight(mut self, lane: Lane, most: usize) -> Self {
        self.most[lane as usize] = Some(most);
        self
    }

    /// Whether they can be: a client that is made with others is an error.
    ///
    /// # Errors
    /// [`NoPlaces`] when a lane lets nobody in.
    pub fn check(&self) -> Result<(), NoPlaces> {
        let closed = |lane: &Lane| self.most(*lane) == Some(0);
        match Lane::ALL.into_iter().find(closed) {
            Some(lane) => Err(NoPlaces(lane.name())),
            None => Ok(()),
        }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    pub(super) fn most(&self, lane: Lane) -> Option<usize> {
        self.most[lane as usize]
    }
}

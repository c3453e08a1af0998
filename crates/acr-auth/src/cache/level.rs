//! One level of what is kept: values that end, each made by one flight at a time.
//!
//! A flight is a future that all who wait for it hold together, and the level only weakly. Whoever
//! of them is polled drives it, so that nothing is spawned: it goes on when the one that began it
//! is dropped, and ends with the last. No lock is held while it is polled.

use std::{
    collections::HashMap,
    hash::Hash,
    num::NonZeroUsize,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, SystemTime},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, Shared, WeakShared},
};
use lru::LruCache;

use super::{Keep, is_refusal};
use crate::{Clock, Error};

/// A token is renewed this long before it ends, or half-way through what is left of it when it is
/// received, whichever is later: a request that is under way must not outlive it.
const EARLY: Duration = Duration::from_secs(300);

/// Values that are kept in a level; the one that was not used for longest goes first. A token has
/// 1–2 KiB, so this is about 2 MiB, and 16 MiB of the longest that are taken ([`acr_core::limits::TOKEN`]).
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// What making a value gives: the value, and whether it was made just now.
type Outcome<V> = Result<(V, bool), Error>;

type Flight<V> = Shared<BoxFuture<'static, Outcome<V>>>;

/// Values by key. Clones share them.
#[derive(Clone)]
pub(crate) struct Level<K: Hash + Eq, V>(Arc<Mutex<State<K, V>>>);

struct State<K: Hash + Eq, V> {
    kept: LruCache<K, Kept<V>>,
    flights: HashMap<K, Numbered<V>>,
    begun: u64,
}

struct Kept<V> {
    value: V,
    ends: Option<SystemTime>,
    renew_at: Option<SystemTime>,
}

/// A flight, with a number that tells it from a later one for the same key.
struct Numbered<V> {
    number: u64,
    flight: WeakShared<BoxFuture<'static, Outcome<V>>>,
}

impl<K: Hash + Eq, V> Default for Level<K, V> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(State {
            kept: LruCache::new(MOST),
            flights: HashMap::new(),
            begun: 0,
        })))
    }
}

impl<K: Clone + Hash + Eq + Send + Sync + 'static, V: Keep> Level<K, V> {
    /// The value, made or renewed if need be; and whether it was made just now.
    ///
    /// Who finds a value that still holds, while another renews it, does not wait. One that still
    /// holds serves on when nothing but an obstacle keeps it from being renewed, which is tried
    /// again half-way to the end. What a flight ends with, a failure too, is for all who wait.
    pub(crate) async fn get<F>(
        &self,
        key: &K,
        clock: &Arc<dyn Clock>,
        make: impl FnOnce() -> F,
    ) -> Outcome<V>
    where
        F: Future<Output = Outcome<V>> + Send + 'static,
    {
        let now = clock.now();
        let flight = {
            let mut state = self.lock();
            if let Some(value) = state.usable(key, now) {
                return Ok((value, false));
            }
            match state
                .flights
                .get(key)
                .and_then(|held| held.flight.upgrade())
            {
                Some(flight) => flight,
                None => self.begin(&mut state, key, Arc::clone(clock), make()),
            }
        };
        flight.await
    }

    /// Whether there is a value that still holds.
    pub(crate) fn holds(&self, key: &K, now: SystemTime) -> bool {
        let state = self.lock();
        state.kept.peek(key).is_some_and(|kept| kept.holds(now))
    }

    /// The key of a value that still holds and is such; of several, the one used last.
    pub(crate) fn find(&self, now: SystemTime, is_such: impl Fn(&K, &V) -> bool) -> Option<K> {
        let state = self.lock();
        let mut kept = state.kept.iter();
        kept.find(|(key, kept)| kept.holds(now) && is_such(key, &kept.value))
            .map(|(key, _)| key.clone())
    }

    /// Forgets all values that are such.
    pub(crate) fn forget(&self, is_such: impl Fn(&K, &V) -> bool) {
        let mut state = self.lock();
        let kept = state.kept.iter();
        let stale: Vec<K> = kept
            .filter(|(key, kept)| is_such(key, &kept.value))
            .map(|(key, _)| key.clone())
            .collect();
        let gone: Vec<_> = stale.iter().map(|key| state.kept.pop(key)).collect();
        drop(state);
        drop(gone);
    }

    fn begin(
        &self,
        state: &mut State<K, V>,
        key: &K,
        clock: Arc<dyn Clock>,
        making: impl Future<Output = Outcome<V>> + Send + 'static,
    ) -> Flight<V> {
        state.begun += 1;
        let number = state.begun;
        let entry = Entry {
            level: self.clone(),
            key: key.clone(),
            number,
        };
        let flight = async move {
            // A panic would leave those who wait without an answer.
            let making = AssertUnwindSafe(making).catch_unwind().await;
            let outcome = making.unwrap_or_else(|_| Err(panicked()));
            entry.level.settle(&entry.key, clock.now(), outcome)
        };
        let flight = flight.boxed().shared();
        if let Some(weak) = flight.downgrade() {
            let held = Numbered {
                number,
                flight: weak,
            };
            state.flights.insert(key.clone(), held);
        }
        flight
    }

    /// Keeps what a flight has made, or decides what its failure means.
    fn settle(&self, key: &K, now: SystemTime, outcome: Outcome<V>) -> Outcome<V> {
        let mut state = self.lock();
        // What is replaced is dropped when the lock is not held: it may be somebody else's type.
        let (outcome, gone) = match outcome {
            Ok((value, fresh)) => {
                let kept = Kept::new(value.clone(), now);
                let gone = state.kept.push(key.clone(), kept);
                (Ok((value, fresh)), gone.map(|(_, gone)| gone))
            }
            Err(error) => match state.kept.get_mut(key) {
                Some(kept) if kept.holds(now) && !is_refusal(&error) => {
                    tracing::debug!(%error, "not renewed: what is kept serves on");
                    kept.renew_at = kept.ends.map(|ends| renew_at(now, ends));
                    (Ok((kept.value.clone(), false)), None)
                }
                _ => (Err(error), state.kept.pop(key)),
            },
        };
        drop(state);
        drop(gone);
        outcome
    }
}

impl<K: Hash + Eq, V> Level<K, V> {
    fn lock(&self) -> MutexGuard<'_, State<K, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq, V: Keep> State<K, V> {
    /// What is kept, if it need not be renewed, or if that is under way.
    fn usable(&mut self, key: &K, now: SystemTime) -> Option<V> {
        let renewing = self.flights.contains_key(key);
        let kept = self.kept.get(key)?;
        let due = kept.renew_at.is_some_and(|renew_at| renew_at <= now);
        (kept.holds(now) && (!due || renewing)).then(|| kept.value.clone())
    }
}

impl<V: Keep> Kept<V> {
    fn new(value: V, now: SystemTime) -> Self {
        let ends = value.ends();
        Self {
            value,
            ends,
            renew_at: ends.map(|ends| renew_at(now, ends)),
        }
    }

    fn holds(&self, now: SystemTime) -> bool {
        self.ends.is_none_or(|ends| now < ends)
    }
}

fn renew_at(now: SystemTime, ends: SystemTime) -> SystemTime {
    let left = ends.duration_since(now).unwrap_or_default();
    ends.checked_sub(EARLY.min(left / 2)).unwrap_or(now)
}

fn panicked() -> Error {
    let kind = azure_core::error::ErrorKind::Other;
    Error::Credential(Arc::new(azure_core::Error::with_message(
        kind,
        "what was asked for it panicked",
    )))
}

/// The entry of a flight, which goes with it: when it is over, and when nobody waits any more.
struct Entry<K: Hash + Eq, V> {
    level: Level<K, V>,
    key: K,
    number: u64,
}

impl<K: Hash + Eq, V> Drop for Entry<K, V> {
    fn drop(&mut self) {
        let mut state = self.level.lock();
        let held = state.flights.get(&self.key);
        if held.is_some_and(|held| held.number == self.number) {
            state.flights.remove(&self.key);
        }
    }
}

#[cfg(test)]
mod tests;

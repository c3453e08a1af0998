//! Tokens that are kept, each asked for by one caller at a time.

use std::{
    fmt,
    hash::Hash,
    num::NonZeroUsize,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, SystemTime},
};

use acr_core::ScopeSet;
use lru::LruCache;
use tokio::sync::Mutex as AsyncMutex;

use crate::{AccessToken, Credential, RefreshToken, credential::CredentialId};

/// A token is renewed this long before it ends, or half-way through what is left of it when it is
/// received, whichever is later: a request that is under way must not outlive it.
const EARLY: Duration = Duration::from_secs(300);

/// What several [`Authenticator`](crate::Authenticator)s may share, in memory: the tokens that they
/// made. Each finds its own there: tokens are kept by registry, credential, audience and scopes.
///
/// Shared, one Entra token serves for all registries. Clones share what is kept.
///
/// ```
/// use acr_auth::{Authenticator, Credential, TokenCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (cache, me) = (TokenCache::default(), Credential::password("me", "secret"));
/// for registry in ["one.azurecr.io", "two.azurecr.io"] {
///     let authenticator = Authenticator::builder(&registry.parse()?, me.clone())
///         .cache(cache.clone())
///         .build()?;
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Default)]
pub struct TokenCache {
    levels: Arc<Levels>,
}

#[derive(Default)]
pub(crate) struct Levels {
    pub(crate) given: Level<Holder, Credential>,
    pub(crate) refresh: Level<Holder, RefreshToken>,
    pub(crate) access: Level<(Holder, ScopeSet), AccessToken>,
}

/// Whose tokens: of which registry, made for whom.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Holder {
    /// Scheme, host and port of where tokens come from.
    pub(crate) registry: String,
    pub(crate) credential: CredentialId,
    pub(crate) audience: String,
}

impl TokenCache {
    pub(crate) fn levels(&self) -> &Levels {
        &self.levels
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").finish_non_exhaustive()
    }
}

/// Sets of scopes whose tokens are kept; the one that was not used for longest goes first. A token
/// has 1–2 KiB, so this is about 2 MiB at most.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(1023);

/// A value that can be renewed, by one caller at a time; the others wait for it. A caller that is
/// dropped while it renews leaves the slot as it was, and the next one renews.
#[derive(Debug)]
pub(crate) struct Slot<T>(AsyncMutex<Option<Kept<T>>>);

#[derive(Debug)]
struct Kept<T> {
    value: T,
    renew_at: SystemTime,
    expires_at: SystemTime,
}

impl<T> Default for Slot<T> {
    fn default() -> Self {
        Self(AsyncMutex::new(None))
    }
}

impl<T: Clone> Slot<T> {
    /// The value, renewed if need be; and whether it was. One that still holds serves on when its
    /// renewal fails, which is tried again half-way to the end.
    pub(crate) async fn get<E>(
        &self,
        now: SystemTime,
        renew: impl Future<Output = Result<(T, SystemTime), E>>,
    ) -> Result<(T, bool), E> {
        let mut kept = self.0.lock().await;
        if let Some(kept) = kept.as_ref().filter(|kept| now < kept.renew_at) {
            return Ok((kept.value.clone(), false));
        }
        let (value, expires_at) = match (renew.await, kept.as_mut()) {
            (Ok(renewed), _) => renewed,
            (Err(_), Some(kept)) if now < kept.expires_at => {
                kept.renew_at = renew_at(now, kept.expires_at);
                return Ok((kept.value.clone(), false));
            }
            (Err(error), _) => return Err(error),
        };
        *kept = Some(Kept {
            value: value.clone(),
            renew_at: renew_at(now, expires_at),
            expires_at,
        });
        Ok((value, true))
    }

    /// Forgets the value, if it is still the one that `is_stale` knows.
    pub(crate) async fn forget(&self, is_stale: impl FnOnce(&T) -> bool) {
        let mut kept = self.0.lock().await;
        if kept.as_ref().is_some_and(|kept| is_stale(&kept.value)) {
            *kept = None;
        }
    }
}

fn renew_at(now: SystemTime, expires_at: SystemTime) -> SystemTime {
    let left = expires_at.duration_since(now).unwrap_or_default();
    expires_at.checked_sub(EARLY.min(left / 2)).unwrap_or(now)
}

/// Tokens that are kept, by whom and what they are for; the least used go first.
pub(crate) struct Level<K: Hash + Eq, V>(Mutex<LruCache<K, Arc<Slot<V>>>>);

impl<K: Hash + Eq, V> Default for Level<K, V> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl<K: Hash + Eq + Clone, V> Level<K, V> {
    pub(crate) fn slot(&self, key: &K) -> Arc<Slot<V>> {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.get_or_insert_ref(key, Arc::default))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    const HOUR: Duration = Duration::from_secs(3600);

    fn at(seconds: u64) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
    }

    async fn ask(
        slot: &Slot<u32>,
        now: SystemTime,
        calls: &AtomicU32,
        expires_at: SystemTime,
    ) -> (u32, bool) {
        let renew = async { Ok::<_, ()>((calls.fetch_add(1, Ordering::SeqCst), expires_at)) };
        slot.get(now, renew).await.unwrap()
    }

    #[tokio::test]
    async fn kept_until_shortly_before_its_end() {
        let (slot, calls) = (Slot::default(), AtomicU32::new(0));
        assert_eq!(ask(&slot, at(0), &calls, at(3600)).await, (0, true));
        assert_eq!(ask(&slot, at(3299), &calls, at(0)).await, (0, false));
        assert_eq!(ask(&slot, at(3300), &calls, at(7200)).await, (1, true));
    }

    #[tokio::test]
    async fn a_short_one_is_kept_for_half_its_life() {
        let (slot, calls) = (Slot::default(), AtomicU32::new(0));
        ask(&slot, at(0), &calls, at(60)).await;
        assert_eq!(ask(&slot, at(29), &calls, at(60)).await, (0, false));
        assert_eq!(ask(&slot, at(30), &calls, at(90)).await, (1, true));
    }

    #[tokio::test]
    async fn a_failure_is_not_kept() {
        let slot = Slot::<u32>::default();
        assert_eq!(slot.get(at(0), async { Err("no") }).await, Err("no"));
        assert_eq!(
            slot.get(at(0), async { Ok::<_, ()>((7, at(0) + HOUR)) })
                .await,
            Ok((7, true))
        );
    }

    #[tokio::test]
    async fn one_that_still_holds_serves_on_when_its_renewal_fails() {
        let (slot, calls) = (Slot::default(), AtomicU32::new(0));
        ask(&slot, at(0), &calls, at(3600)).await;
        let fails = || async { Err::<(u32, SystemTime), _>("no") };
        assert_eq!(slot.get(at(3400), fails()).await, Ok((0, false)));
        // Not asked for again before half of what is left has passed.
        assert_eq!(ask(&slot, at(3499), &calls, at(7200)).await, (0, false));
        assert_eq!(slot.get(at(3600), fails()).await, Err("no"));
    }

    #[tokio::test]
    async fn one_renewal_for_many_callers_and_none_lost_with_a_dropped_one() {
        let slot = Arc::new(Slot::<u32>::default());
        let stuck = Arc::clone(&slot);
        let leader = tokio::spawn(async move {
            stuck
                .get(at(0), std::future::pending::<Result<_, ()>>())
                .await
        });
        tokio::task::yield_now().await;
        let calls = Arc::new(AtomicU32::new(0));
        let waiters: Vec<_> = (0..10)
            .map(|_| {
                let (slot, calls) = (Arc::clone(&slot), Arc::clone(&calls));
                tokio::spawn(async move { ask(&slot, at(0), &calls, at(3600)).await.0 })
            })
            .collect();
        leader.abort();
        for waiter in waiters {
            assert_eq!(waiter.await.unwrap(), 0);
        }
        assert_eq!(calls.load(Ordering::SeqCst), 1);
    }

    #[test]
    fn bounded() {
        let tokens = Level::<u32, ()>::default();
        for i in 0..5000 {
            tokens.slot(&i);
        }
        assert_eq!(tokens.0.lock().unwrap().len(), MOST.get());
    }
}

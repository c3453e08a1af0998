//! What the registry asked for where the guess was wrong.

use std::{
    fmt,
    num::NonZeroUsize,
    sync::{Mutex, MutexGuard, PoisonError},
};

use acr_core::ScopeSet;
use lru::LruCache;

/// Guesses whose right answer is remembered; the one that was not used for longest goes first. Each
/// has at most the length of a header, and usually 100 bytes.
const MOST: NonZeroUsize = NonZeroUsize::MIN.saturating_add(255);

/// By the guess, what is to be asked for in its place.
pub(super) struct Learned(Mutex<LruCache<ScopeSet, ScopeSet>>);

impl Default for Learned {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(MOST)))
    }
}

impl Learned {
    /// What is to be asked for: what was learned, or else the guess itself.
    pub(super) fn instead_of(&self, guess: &ScopeSet) -> ScopeSet {
        self.kept().get(guess).unwrap_or(guess).clone()
    }

    /// Remembers what was asked for. Nothing is learned where there was no guess: of requests of
    /// which nothing is known, one says nothing about the next.
    pub(super) fn keep(&self, guess: &ScopeSet, asked: &ScopeSet) {
        if !guess.is_empty() && guess != asked {
            self.kept().put(guess.clone(), asked.clone());
        }
    }

    /// Forgets what led to a refusal.
    pub(super) fn forget(&self, guess: &ScopeSet) {
        self.kept().pop(guess);
    }

    fn kept(&self) -> MutexGuard<'_, LruCache<ScopeSet, ScopeSet>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Learned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Learned").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> ScopeSet {
        text.parse().unwrap()
    }

    #[test]
    fn kept_forgotten_and_bounded() {
        let learned = Learned::default();
        let (guess, asked) = (set("repository:a:pull"), set("repository:a:pull,push"));
        assert_eq!(learned.instead_of(&guess), guess);
        learned.keep(&guess, &asked);
        assert_eq!(learned.instead_of(&guess), asked);
        learned.forget(&guess);
        assert_eq!(learned.instead_of(&guess), guess);
        learned.keep(&guess, &guess);
        learned.keep(&ScopeSet::default(), &asked);
        assert!(learned.kept().is_empty());
        for i in 0..1000 {
            learned.keep(&set(&format!("repository:r{i}:pull")), &asked);
        }
        assert_eq!(learned.kept().len(), MOST.get());
    }
}

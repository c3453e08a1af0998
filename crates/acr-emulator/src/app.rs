//! The registry as one value.

use std::{
    io,
    sync::{Arc, PoisonError, RwLock},
};

use jiff::{SignedDuration, Timestamp};

use crate::{
    auth::{Directory, TokenAuthority},
    clock::Clock,
    conversions::Conversions,
    faults::Faults,
    keys::Keys,
    limiter::Limiter,
    modes::Settings,
    presign::Signer,
    requests::RequestLog,
    sessions::Sessions,
    store::{Event, Store},
};

/// What does not change while the emulator runs.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    /// The registry's name in challenges, tokens and bodies: on Azure, the login server.
    pub(crate) service: String,
    /// Host and port of the registry, for requests that name none.
    pub(crate) authority: String,
    pub(crate) https: bool,
    pub(crate) storage_port: u16,
    /// The certificate that clients must trust, if one was made.
    pub(crate) ca_pem: Option<String>,
}

impl Setup {
    pub(crate) fn scheme(&self) -> &'static str {
        if self.https { "https" } else { "http" }
    }
}

/// The registry.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) settings: Setup,
    modes: RwLock<Settings>,
    pub(crate) clock: Clock,
    pub(crate) keys: Keys,
    pub(crate) directory: Directory,
    pub(crate) tokens: TokenAuthority,
    pub(crate) signer: Signer,
    pub(crate) store: Store,
    pub(crate) sessions: Sessions,
    pub(crate) conversions: Conversions,
    pub(crate) requests: RequestLog,
    pub(crate) faults: Faults,
    pub(crate) limiter: Limiter,
}

impl App {
    pub(crate) fn new(
        settings: Setup,
        modes: Settings,
        directory: Directory,
        keys: Keys,
        store: Store,
    ) -> Self {
        let clock = Clock::default();
        let id = &keys.registry_id;
        Self {
            tokens: TokenAuthority::new(
                keys.tokens.clone(),
                settings.service.clone(),
                id.clone(),
                clock.clone(),
            ),
            signer: Signer::new(keys.storage.clone(), id.clone()),
            settings,
            modes: RwLock::new(modes),
            clock,
            keys,
            directory,
            store,
            sessions: Sessions::default(),
            conversions: Conversions::default(),
            requests: RequestLog::default(),
            faults: Faults::default(),
            limiter: Limiter::default(),
        }
    }

    /// What can be changed while the emulator runs, as it is now.
    pub(crate) fn modes(&self) -> Settings {
        *self.modes.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes what can be changed while the emulator runs.
    ///
    /// # Errors
    /// Those of `change`; then nothing has changed.
    pub(crate) fn change_modes<E>(
        &self,
        change: impl FnOnce(Settings) -> Result<Settings, E>,
    ) -> Result<Settings, E> {
        let mut modes = self.modes.write().unwrap_or_else(PoisonError::into_inner);
        *modes = change(*modes)?;
        Ok(*modes)
    }

    /// Makes every token worthless that was given out until now.
    pub(crate) fn revoke_tokens(&self) -> io::Result<()> {
        let key = self.keys.renew_tokens()?;
        self.tokens.sign_with(key);
        Ok(())
    }

    /// Does what the time that went by has brought: conversions end, and what was deleted is gone
    /// for good. That waits for the disk, and so is done where waiting is allowed.
    pub(crate) async fn catch_up(self: &Arc<Self>) -> io::Result<()> {
        let until = self.deleted_until();
        let expired = self.store.read(|state| state.has_deleted_until(until));
        if !expired && !self.conversions.are_due(&self.clock) {
            return Ok(());
        }
        let app = Arc::clone(self);
        let work = tokio::task::spawn_blocking(move || {
            app.conversions.settle(&app.store, &app.clock)?;
            let event = Event::DeletedExpired { until };
            app.store.commit_blocking(|_| Ok((vec![event], ())))
        });
        work.await.map_err(io::Error::from)?
    }

    /// What was deleted at this time or before is not kept any longer.
    fn deleted_until(&self) -> Timestamp {
        let days = i64::from(self.modes().soft_delete_days);
        let now = self.clock.now();
        now.checked_sub(SignedDuration::from_hours(24 * days))
            .unwrap_or(Timestamp::MIN)
    }

    /// Forgets all content and all uploads.
    pub(crate) fn reset(&self) -> io::Result<()> {
        self.sessions.clear();
        self.conversions.clear();
        self.store.clear()
    }
}

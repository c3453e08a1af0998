//! A running emulator.

use std::{
    fmt,
    fs::File,
    io,
    sync::Arc,
    time::{Duration, SystemTime},
};

use acr_core::Login;
use tempfile::TempDir;

use crate::{
    app::App,
    builder::{EmulatorBuilder, StartError},
    dump::Dump,
    faults::{FaultId, FaultRule, FaultRuleError, InjectedFault},
    modes::{Settings, SettingsError},
    requests::RequestRecord,
    seed::{Seed, SeedError, Seeded, plant},
    server::Servers,
};

/// A registry that runs as long as this value lives.
///
/// Dropping it stops the registry at once; [`Emulator::shutdown`] lets requests under way end.
pub struct Emulator {
    // First, so that nothing is served any more when the directory goes.
    pub(crate) servers: Servers,
    pub(crate) app: Arc<App>,
    pub(crate) endpoint: String,
    pub(crate) management: String,
    pub(crate) _closing: Closing,
    pub(crate) _temporary: Option<TempDir>,
    pub(crate) _lock: Option<File>,
}

/// Lets go of the data directory, which a request that is being broken off may still know.
pub(crate) struct Closing(pub(crate) Arc<App>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.store.close();
    }
}

impl fmt::Debug for Emulator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Emulator")
            .field("endpoint", &self.endpoint)
            .field("management", &self.management)
            .finish_non_exhaustive()
    }
}

impl Emulator {
    /// Starts an emulator with a free port, an admin user, and a temporary directory.
    ///
    /// # Errors
    /// [`StartError`] when there is no port or no directory to be had.
    pub async fn start() -> Result<Self, StartError> {
        Self::builder().start().await
    }

    /// Settings for an emulator other than that of [`Emulator::start`].
    pub fn builder() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    /// The registry's URL, such as `http://127.0.0.1:40221`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The management API's URL.
    #[must_use]
    pub fn management(&self) -> &str {
        &self.management
    }

    /// The admin user's name and password.
    #[must_use]
    pub fn login(&self) -> Login {
        self.app.directory.admin.clone()
    }

    /// The certificate that clients must trust, in PEM, if the emulator made one.
    #[must_use]
    pub fn ca_pem(&self) -> Option<&str> {
        self.app.settings.ca_pem.as_deref()
    }

    /// Puts the registry's clock forward: its tokens and pre-signed URLs grow older by this.
    pub fn advance_clock(&self, by: Duration) {
        self.app.clock.advance(by);
    }

    /// The registry's time.
    #[must_use]
    pub fn now(&self) -> SystemTime {
        self.app.clock.now().into()
    }

    /// What can be changed while the emulator runs, as it is now.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.app.modes()
    }

    /// Changes what can be changed while the emulator runs. It holds for calls that come from now
    /// on.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use acr_emulator::{Emulator, UploadMode};
    ///
    /// let emulator = Emulator::start().await?;
    /// let mut settings = emulator.settings();
    /// settings.uploads = UploadMode::Tolerant;
    /// settings.calls_per_second = Some(10.0);
    /// emulator.set_settings(settings)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SettingsError`] for a value that makes no sense; then nothing has changed.
    pub fn set_settings(&self, settings: Settings) -> Result<(), SettingsError> {
        let changed = self.app.change_modes(|_| settings.checked());
        changed.map(|_| ())
    }

    /// Makes every token worthless that was given out until now: who shows one is told
    /// `invalid_token`.
    ///
    /// # Errors
    /// What the system says when the data directory cannot be written; then all stay good.
    pub fn revoke_tokens(&self) -> io::Result<()> {
        self.app.revoke_tokens()
    }

    /// Lets calls go wrong from now on; see [`FaultRule`].
    ///
    /// All rules are looked at for every call, in the order in which they came, and everything that
    /// is to go wrong does; of two faults of one kind it is that of the earlier rule.
    ///
    /// # Errors
    /// [`FaultRuleError`] for a rule that can never hold.
    pub fn inject(&self, rule: FaultRule) -> Result<FaultId, FaultRuleError> {
        self.app.faults.inject(rule)
    }

    /// The rules in force, oldest first, and how many calls each has hit.
    #[must_use]
    pub fn faults(&self) -> Vec<InjectedFault> {
        self.app.faults.all()
    }

    /// Ends a rule; says whether it was in force.
    pub fn remove_fault(&self, id: FaultId) -> bool {
        self.app.faults.remove(id)
    }

    /// Ends all rules.
    pub fn clear_faults(&self) {
        self.app.faults.clear();
    }

    /// The requests that were answered, oldest first; the last ten thousand of them.
    #[must_use]
    pub fn requests(&self) -> Vec<RequestRecord> {
        self.app.requests.all()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.app.requests.clear();
    }

    /// Adds content that nobody pushed: all of it or, on an error, nothing.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// use acr_emulator::{Emulator, Seed, SeedManifest, SeedRepository};
    ///
    /// let emulator = Emulator::start().await?;
    /// let index = SeedManifest {
    ///     content: Some(r#"{"schemaVersion":2,"manifests":[]}"#.to_owned()),
    ///     media_type: "application/vnd.oci.image.index.v1+json".to_owned(),
    ///     tags: vec!["v1".to_owned()],
    ///     ..SeedManifest::default()
    /// };
    /// let app = SeedRepository { manifests: vec![index], ..SeedRepository::default() };
    /// let seeded = emulator.seed(Seed { repositories: [("app".to_owned(), app)].into() })?;
    /// assert_eq!(seeded.tags, 1);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`SeedError`] for what no registry can hold, and for a disk that fails.
    pub fn seed(&self, seed: Seed) -> Result<Seeded, SeedError> {
        plant(&self.app, seed)
    }

    /// What the registry holds. One with many tags takes its time.
    #[must_use]
    pub fn dump(&self) -> Dump {
        Dump::of(&self.app.store)
    }

    /// Deletes all content. Tokens stay good.
    ///
    /// # Errors
    /// What the system says when blobs cannot be deleted.
    pub fn reset(&self) -> io::Result<()> {
        self.app.reset()
    }

    /// Stops: takes no more requests, and gives those under way five seconds.
    pub async fn shutdown(self) {
        self.servers.shutdown().await;
    }
}

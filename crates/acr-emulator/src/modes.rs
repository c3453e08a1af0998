//! What can be changed while the emulator runs.

use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What can be changed while the emulator runs; see [`Emulator::settings`].
///
/// As JSON, on the management port, the names are `uploads`, `abac` and so on, in camel case.
///
/// [`Emulator::settings`]: crate::Emulator::settings
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[non_exhaustive]
pub struct Settings {
    /// What becomes of an upload whose client has lost count.
    pub uploads: UploadMode,
    /// Whether permissions are given by repository attributes: wildcards in scopes are then
    /// ignored.
    pub abac: bool,
    /// Whether deleted artifacts can be restored.
    pub soft_delete: bool,
    /// For how many days, 1 to 90. Seven unless set.
    pub soft_delete_days: u8,
    /// Whether a pushed image is held back until it has passed.
    pub quarantine: bool,
    /// How many calls a second are answered; those above that get 429. No limit where it is
    /// absent.
    pub calls_per_second: Option<f64>,
    /// Whether the 429 of that limit has a `Retry-After`: what the service does is not known.
    pub retry_after: bool,
}

/// For how many days deleted artifacts can be restored, where nobody said it.
const RETENTION: u8 = 7;
/// The longest that the service lets them be kept.
const MAX_RETENTION: u8 = 90;

impl Default for Settings {
    fn default() -> Self {
        Self {
            uploads: UploadMode::default(),
            abac: false,
            soft_delete: false,
            soft_delete_days: RETENTION,
            quarantine: false,
            calls_per_second: None,
            retry_after: false,
        }
    }
}

impl Settings {
    /// These settings, if a registry can work with them.
    pub(crate) fn checked(self) -> Result<Self, SettingsError> {
        let positive = |calls: f64| calls.is_finite() && calls > 0.0;
        if !(1..=MAX_RETENTION).contains(&self.soft_delete_days) {
            return Err(SettingsError::SoftDeleteDays(self.soft_delete_days));
        }
        match self.calls_per_second {
            Some(calls) if !positive(calls) => Err(SettingsError::CallsPerSecond(calls)),
            _ => Ok(self),
        }
    }
}

/// Settings that no registry can work with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum SettingsError {
    /// A limit of calls that lets none through.
    #[error("{0} calls per second are no limit: it is a number above 0")]
    CallsPerSecond(f64),
    /// A retention that the service does not have.
    #[error("deleted artifacts are kept for 1 to 90 days, not {0}")]
    SoftDeleteDays(u8),
}

/// What becomes of an upload when a client comes back with a `_state` that is behind what the
/// registry holds, as after a connection that broke within a chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum UploadMode {
    /// It is over: 404 `BLOB_UPLOAD_INVALID`, as in docker's registry.
    #[default]
    Strict,
    /// It goes on: the answer tells how much there is.
    Tolerant,
}

impl FromStr for UploadMode {
    type Err = ParseUploadModeError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "strict" => Ok(Self::Strict),
            "tolerant" => Ok(Self::Tolerant),
            _ => Err(ParseUploadModeError(())),
        }
    }
}

/// A text that names no [`UploadMode`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("an upload mode is `strict` or `tolerant`")]
pub struct ParseUploadModeError(());

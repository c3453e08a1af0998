//! Replicas that do not know yet what was just uploaded.

use std::time::Duration;

use acr_core::ErrorCode;
use acr_rest::retry::Patience;

use crate::{Repository, Result};

/// How long to wait before it is put once more: where a blob is said to be unknown, and this client has
/// brought some to the repository lately, another replica may have answered than the one that took them.
pub(super) fn wait<T>(
    repository: &Repository,
    outcome: &Result<T>,
    patience: &mut Patience,
) -> Option<Duration> {
    let error = outcome.as_ref().err()?;
    let unknown = error.code() == Some(&ErrorCode::ManifestBlobUnknown);
    if !unknown || !repository.shared.pipelines.fresh.has(&repository.name) {
        return None;
    }
    let wait = patience.wait(error.retry_after())?;
    let failures = patience.failures();
    tracing::debug!(%repository.name, failures, ?wait, "a blob is not known there yet: the manifest is put again");
    Some(wait)
}

//! Who is told of an upload.

use std::{fmt, sync::Arc};

use crate::{Resumption, SavedUpload, blob::OnProgress};

/// The callbacks of an upload.
#[derive(Clone, Debug, Default)]
pub(crate) struct Told {
    pub(super) on_progress: Option<OnProgress>,
    pub(super) on_checkpoint: Option<Callback<SavedUpload>>,
    pub(super) on_resume: Option<Callback<Resumption>>,
}

#[derive(Clone)]
pub(super) struct Callback<T>(Arc<dyn Fn(T) + Send + Sync>);

impl<T> Callback<T> {
    pub(super) fn new(told: impl Fn(T) + Send + Sync + 'static) -> Self {
        Self(Arc::new(told))
    }

    pub(super) fn tell(&self, what: T) {
        (self.0)(what);
    }
}

impl<T> fmt::Debug for Callback<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Callback")
    }
}

impl Told {
    pub(super) fn progress(&self, bytes: u64) {
        if let Some(on_progress) = &self.on_progress {
            on_progress.tell(bytes);
        }
    }

    pub(super) fn resumed(&self, how: Resumption) {
        tracing::debug!(?how, "the upload goes on");
        if let Some(on_resume) = &self.on_resume {
            on_resume.tell(how);
        }
    }
}

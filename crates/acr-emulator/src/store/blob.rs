//! What is known of a blob beside its bytes.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A blob that a repository knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Blob {
    pub(crate) size: u64,
    /// When it was put or mounted last.
    pub(crate) at: Timestamp,
    /// Seeded by its size alone: there is no file, and what is served are zeros.
    #[serde(default)]
    pub(crate) zeros: bool,
}

impl Blob {
    /// A blob whose bytes are in a file.
    pub(crate) fn of_file(size: u64, at: Timestamp) -> Self {
        let zeros = false;
        Self { size, at, zeros }
    }
}

//! Which headers a recorder kept at all.

use std::collections::BTreeSet;

use crate::{exchange::Exchange, who};

/// What the exchanges of one file have in common.
#[derive(Debug, Default)]
pub(crate) struct Kept {
    /// Whether any request shows its authorization. If none does, each may have had one.
    pub(crate) authorization: bool,
    /// The headers that any answer of the same host shows.
    answered: BTreeSet<String>,
}

impl Kept {
    /// What was kept in the file of this exchange.
    pub(crate) fn with(exchanges: &[Exchange], one: &Exchange) -> Self {
        let mut kept = Self::default();
        for other in exchanges.iter().filter(|other| other.file == one.file) {
            kept.authorization |= other.asked("authorization").is_some();
            if who::is_storage(other) == who::is_storage(one) {
                kept.answered.extend(other.resp_headers.keys().cloned());
            }
        }
        kept
    }

    /// Whether a header of this name was kept anywhere.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.answered.contains(name)
    }
}

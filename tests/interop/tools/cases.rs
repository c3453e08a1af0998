//! How a suite tells its cases.

use std::fmt;

use anyhow::{Context as _, Result};
use serde_json::json;

/// Enough to see what is wrong, in characters.
const LONGEST_REASON: usize = 1500;

/// The cases of a suite, told as they come.
#[derive(Default)]
pub(super) struct Cases {
    prefix: String,
}

/// Why a case cannot be had here, as the tool itself says.
#[derive(Debug)]
pub(super) struct Skip(pub(super) String);

impl fmt::Display for Skip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skip {}

impl Cases {
    pub(super) fn client(&self, client: &str, version: &str) {
        println!("{}", json!({"client": client, "version": version}));
    }

    /// What the names of the next cases begin with.
    pub(super) fn about(&mut self, prefix: &str) {
        prefix.clone_into(&mut self.prefix);
    }

    /// Runs a case. Those that build on it take what it gives by [`needed`].
    pub(super) fn case<T>(&mut self, name: &str, run: impl FnOnce() -> Result<T>) -> Option<T> {
        let name = match self.prefix.as_str() {
            "" => name.to_owned(),
            prefix => format!("{prefix}: {name}"),
        };
        let result = run();
        let line = match &result {
            Ok(_) => json!({"case": name, "outcome": "passed"}),
            Err(error) => {
                let (outcome, reason) = match error.downcast_ref::<Skip>() {
                    Some(skip) => ("skipped", skip.to_string()),
                    None => ("failed", format!("{error:#}")),
                };
                let reason: String = reason.chars().take(LONGEST_REASON).collect();
                json!({"case": name, "outcome": outcome, "reason": reason})
            }
        };
        println!("{line}");
        result.ok()
    }
}

/// What an earlier case gave.
pub(super) fn needed<T>(earlier: &Option<T>) -> Result<&T> {
    earlier.as_ref().context("what it builds on failed")
}

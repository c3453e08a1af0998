//! How the suite tells its cases.

use anyhow::{Result, bail};
use serde_json::json;

pub(crate) fn client(name: &str, version: &str) {
    println!("{}", json!({"client": name, "version": version}));
}

pub(crate) struct Cases {
    about: String,
}

impl Cases {
    pub(crate) fn new(about: &str) -> Self {
        Self {
            about: about.to_owned(),
        }
    }

    pub(crate) async fn case(&mut self, name: &str, test: impl Future<Output = Result<()>>) {
        let case = format!("{}: {name}", self.about);
        let line = match test.await {
            Ok(()) => json!({"case": case, "outcome": "passed"}),
            Err(error) => {
                json!({"case": case, "outcome": "failed", "reason": format!("{error:#}")})
            }
        };
        println!("{line}");
    }
}

/// That something which has to fail did, and why.
pub(crate) fn refused<T>(result: Result<T, impl std::fmt::Display>) -> Result<String> {
    match result {
        Ok(_) => bail!("it was not refused"),
        Err(error) => Ok(error.to_string()),
    }
}

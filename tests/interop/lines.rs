//! What a suite tells, a line of JSON at a time.

use serde::Deserialize;

/// A line of a suite.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Line {
    /// How a case came out.
    Case(Case),
    /// What was tested.
    Client(Client),
}

/// How a case came out.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Told")]
pub(crate) struct Case {
    pub(crate) name: String,
    pub(crate) outcome: CaseOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum CaseOutcome {
    Passed,
    Failed { reason: String },
    Skipped { reason: String },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    case: String,
    outcome: String,
    reason: Option<String>,
}

impl TryFrom<Told> for Case {
    type Error = &'static str;

    fn try_from(told: Told) -> Result<Self, Self::Error> {
        let outcome = match (told.outcome.as_str(), told.reason) {
            ("passed", None) => CaseOutcome::Passed,
            ("failed", Some(reason)) => CaseOutcome::Failed { reason },
            ("skipped", Some(reason)) => CaseOutcome::Skipped { reason },
            _ => return Err("passed, or failed or skipped with a reason"),
        };
        let name = told.case;
        Ok(Self { name, outcome })
    }
}

/// The client that a suite drives.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Client {
    #[serde(rename = "client")]
    pub(crate) name: String,
    pub(crate) version: String,
}

impl Case {
    pub(crate) fn failed(name: impl Into<String>, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self {
            name: name.into(),
            outcome: CaseOutcome::Failed { reason },
        }
    }
}

/// Reads a line. Anything that is not one of ours is told as a fault of the suite: a case that
/// nobody reads would be one that cannot fail.
pub(crate) fn read(line: &str) -> Result<Line, Case> {
    serde_json::from_str(line).map_err(|_| {
        let shown: String = line.chars().take(200).collect();
        Case::failed("(a line of the suite)", format!("cannot be read: {shown}"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cases_and_clients_are_read() {
        let passed = read(r#"{"case":"a","outcome":"passed"}"#).unwrap();
        assert!(matches!(
            passed,
            Line::Case(Case { outcome: CaseOutcome::Passed, ref name }) if name == "a"
        ));
        let failed = read(r#"{"case":"a","outcome":"failed","reason":"b"}"#).unwrap();
        assert_eq!(failed, Line::Case(Case::failed("a", "b")));
        let client = read(r#"{"client":"c","version":"1"}"#).unwrap();
        assert!(matches!(client, Line::Client(Client { ref name, .. }) if name == "c"));
    }

    #[test]
    fn what_is_neither_is_a_failure() {
        for line in [
            "",
            "Traceback",
            r#"{"case":"a"}"#,
            r#"{"case":"a","outcome":"failed"}"#,
            r#"{"case":"a","outcome":"skipped"}"#,
            r#"{"case":"a","outcome":"fine"}"#,
        ] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}

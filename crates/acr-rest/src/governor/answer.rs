//! What an answer tells of the registry's limits.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, StatusCode};
use reqwest::Response;
use reqwest_middleware::Result;

use crate::retry::retry_after;

/// How many calls the service would still take within this second, as it says.
const REMAINING: &str = "x-ms-ratelimit-remaining-calls-per-second";

/// What an outcome tells of the limits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Told {
    pub(super) verdict: Verdict,
    pub(super) remaining: Option<f64>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Verdict {
    /// It was let in.
    LetIn,
    /// It was one too many; and how long the server asks to wait, if it does.
    TooMany(Option<Duration>),
    /// There was no answer, or one that says nothing of it.
    Nothing,
}

impl Told {
    pub(super) fn by(outcome: &Result<Response>, now: SystemTime) -> Self {
        let Ok(answer) = outcome else {
            return Self {
                verdict: Verdict::Nothing,
                remaining: None,
            };
        };
        let asked = || retry_after(answer.headers(), now);
        let verdict = match answer.status() {
            StatusCode::TOO_MANY_REQUESTS => Verdict::TooMany(asked()),
            StatusCode::SERVICE_UNAVAILABLE => match asked() {
                Some(wait) => Verdict::TooMany(Some(wait)),
                None => Verdict::Nothing,
            },
            status if status.is_server_error() => Verdict::Nothing,
            _ => Verdict::LetIn,
        };
        Self {
            verdict,
            remaining: remaining(answer.headers()),
        }
    }
}

/// What is no number of calls counts as nothing.
fn remaining(headers: &HeaderMap) -> Option<f64> {
    let text = headers.get(REMAINING)?.to_str().ok()?;
    let calls: f64 = text.trim().parse().ok()?;
    (calls.is_finite() && calls >= 0.0).then_some(calls)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(status: u16, headers: &[(&'static str, &str)]) -> Told {
        let mut answer = http::Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(*name, *value);
        }
        let answer = answer.body("").unwrap().into();
        Told::by(&Ok(answer), SystemTime::UNIX_EPOCH)
    }

    #[test]
    fn which_answers_are_refusals() {
        let second = Some(Duration::from_secs(1));
        for (status, after, verdict) in [
            (200, None, Verdict::LetIn),
            (307, None, Verdict::LetIn),
            (404, None, Verdict::LetIn),
            (429, None, Verdict::TooMany(None)),
            (429, Some("1"), Verdict::TooMany(second)),
            (429, Some("soon"), Verdict::TooMany(None)),
            (503, Some("1"), Verdict::TooMany(second)),
            (503, None, Verdict::Nothing),
            (500, Some("1"), Verdict::Nothing),
        ] {
            let headers: Vec<_> = after
                .map(|after| ("retry-after", after))
                .into_iter()
                .collect();
            assert_eq!(
                told(status, &headers).verdict,
                verdict,
                "{status} {after:?}"
            );
        }
    }

    #[test]
    fn what_is_left_is_a_number_of_calls_or_nothing() {
        for (value, calls) in [
            ("8.000000", Some(8.0)),
            (" 166.65 ", Some(166.65)),
            ("0", Some(0.0)),
            ("1e300", Some(1e300)),
            ("1e999", None),
            ("NaN", None),
            ("inf", None),
            ("-1", None),
            ("many", None),
            ("", None),
        ] {
            assert_eq!(told(200, &[(REMAINING, value)]).remaining, calls, "{value}");
        }
    }
}

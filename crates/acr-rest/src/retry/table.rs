//! The table, as data.

use std::{error::Error as StdError, fmt};

use http::StatusCode;
use reqwest::Response;

use super::kind::Kind;
use crate::{
    carried::find,
    guard::{Silence, TooLong},
    unreached::Unreached,
};

/// What happened to a request that was no success: a row of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Cause {
    /// No connection could be made: the name is unknown, nobody listens, or it took too long.
    Connection,
    /// There was no agreement on TLS, such as for a certificate that is not trusted.
    Tls,
    /// The connection broke before the answer's headers.
    Broken,
    /// The answer's headers did not come in time.
    Silence,
    /// The answer's body broke off, or stood still for too long.
    Body,
    /// 429.
    Throttled,
    /// 408, 500, 502, 503 and 504.
    Transient,
    /// Any other status that is no success, and what is decided on this side.
    Final,
}

/// The statuses of [`Cause::Transient`].
const TRANSIENT: [StatusCode; 5] = [
    StatusCode::REQUEST_TIMEOUT,
    StatusCode::INTERNAL_SERVER_ERROR,
    StatusCode::BAD_GATEWAY,
    StatusCode::SERVICE_UNAVAILABLE,
    StatusCode::GATEWAY_TIMEOUT,
];

/// For each cause, whether a repeatable request, and whether any other, is sent again. One whose
/// body is a stream never is.
pub const TABLE: [(Cause, bool, bool); 8] = [
    (Cause::Connection, true, true),
    (Cause::Tls, false, false),
    (Cause::Broken, true, false),
    (Cause::Silence, true, false),
    (Cause::Body, true, false),
    (Cause::Throttled, true, true),
    (Cause::Transient, true, false),
    (Cause::Final, false, false),
];

/// Whether the same request could succeed later, so that its caller may try again: what the registry
/// answered with this status.
#[must_use]
pub fn is_retryable_status(status: StatusCode) -> bool {
    Cause::of_status(status).is_some_and(|cause| cause.is_sent_again(Kind::Repeatable))
}

/// Whether the same request could succeed later, so that its caller may try again: where there was
/// no whole answer. Looks at what lies [below](crate::find) this error.
#[must_use]
pub fn is_retryable(error: &(dyn StdError + 'static)) -> bool {
    let cause = match (find::<Silence>(error), find::<reqwest::Error>(error)) {
        (Some(silence), _) => Cause::of_silence(*silence),
        (None, Some(error)) => Cause::of_transport(error),
        (None, None) => Cause::Final,
    };
    cause.is_sent_again(Kind::Repeatable)
}

impl Cause {
    /// `None` for a success.
    pub(crate) fn of(outcome: &reqwest_middleware::Result<Response>) -> Option<Self> {
        match outcome {
            Ok(response) => Self::of_status(response.status()),
            Err(reqwest_middleware::Error::Reqwest(error)) => Some(Self::of_transport(error)),
            Err(reqwest_middleware::Error::Middleware(error)) => {
                // All others are decisions, which a second try would not change.
                let silence = error.downcast_ref::<Silence>().copied();
                Some(silence.map_or(Self::Final, Self::of_silence))
            }
        }
    }

    fn of_status(status: StatusCode) -> Option<Self> {
        match status {
            StatusCode::TOO_MANY_REQUESTS => Some(Self::Throttled),
            status if TRANSIENT.contains(&status) => Some(Self::Transient),
            status if status.is_success() => None,
            _ => Some(Self::Final),
        }
    }

    fn of_silence(silence: Silence) -> Self {
        match silence {
            Silence::Response(_) | Silence::Request(_) => Self::Silence,
            Silence::Body(_) => Self::Body,
        }
    }

    fn of_transport(error: &reqwest::Error) -> Self {
        if error.is_builder() || find::<TooLong>(error).is_some() {
            return Self::Final;
        }
        match find::<Silence>(error) {
            Some(silence) => Self::of_silence(*silence),
            None if is_tls(error) => Self::Tls,
            None if error.is_connect() => Self::Connection,
            None if error.is_body() || error.is_decode() => Self::Body,
            None => Self::Broken,
        }
    }

    /// In one word, for logs that machines read.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Connection => "connection",
            Self::Tls => "tls",
            Self::Broken => "broken",
            Self::Silence => "timeout",
            Self::Body => "body",
            Self::Throttled => "throttled",
            Self::Transient => "transient",
            Self::Final => "other",
        }
    }

    pub(super) fn is_sent_again(self, kind: Kind) -> bool {
        let row = TABLE.iter().find(|(cause, ..)| *cause == self);
        row.is_some_and(|(_, repeatable, other)| match kind {
            Kind::Repeatable => *repeatable,
            Kind::Other => *other,
            Kind::Stream => false,
        })
    }
}

impl fmt::Display for Cause {
    /// As the table names it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Connection => "no connection could be made",
            Self::Tls => "TLS failed",
            Self::Broken => "the connection broke before the answer",
            Self::Silence => "no answer came in time",
            Self::Body => "the answer's body broke off, or stood still",
            Self::Throttled => "429",
            Self::Transient => "408, 500, 502, 503, 504",
            Self::Final => "anything else",
        })
    }
}

/// A certificate that is not trusted, or a server that does not speak TLS, will not be another one
/// in a second.
fn is_tls(error: &reqwest::Error) -> bool {
    error.is_connect() && Unreached::of(error) == Unreached::Tls
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What people read is what is done.
    #[test]
    fn the_documented_table_is_this_one() {
        let documented: Vec<_> = include_str!("../retry.rs")
            .lines()
            .filter_map(|line| line.strip_prefix("//! | "))
            .skip(1)
            .collect();
        let word = |again| if again { "again" } else { "not again" };
        let done: Vec<_> = TABLE
            .iter()
            .map(|(cause, ..)| {
                let kinds = [Kind::Repeatable, Kind::Other, Kind::Stream];
                let [a, b, c] = kinds.map(|kind| word(cause.is_sent_again(kind)));
                format!("{cause} | {a} | {b} | {c} |")
            })
            .collect();
        assert_eq!(documented, done);
    }

    #[test]
    fn every_status_has_its_row() {
        for code in 100..600 {
            let status = StatusCode::from_u16(code).unwrap();
            let expected = match code {
                200..=299 => None,
                429 => Some(Cause::Throttled),
                408 | 500 | 502 | 503 | 504 => Some(Cause::Transient),
                _ => Some(Cause::Final),
            };
            assert_eq!(Cause::of_status(status), expected, "{code}");
            let retryable = matches!(code, 408 | 429 | 500 | 502 | 503 | 504);
            assert_eq!(is_retryable_status(status), retryable, "{code}");
        }
    }
}

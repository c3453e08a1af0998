//! What must be true of two values for a rule to excuse that they differ.

use std::time::{Duration, SystemTime};

use base64::{
    Engine as _,
    engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD},
};
use jiff::{Timestamp, civil::date, tz::TimeZone};

use crate::{
    compare::{Difference, Pair},
    json::Json,
    live::is_id,
    who,
};

/// Nothing more.
pub(super) fn always(_: Pair<'_>, _: &Difference) -> bool {
    true
}

/// Both are dates as HTTP writes them.
pub(super) fn dates(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| httpdate::parse_http_date(value).is_ok())
}

/// Both are ids of the usual form.
pub(super) fn ids(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, is_id)
}

/// The recorded connection ended.
pub(super) fn closed(_: Pair<'_>, difference: &Difference) -> bool {
    (difference.recorded.as_str(), difference.came.as_str()) == ("close", "keep-alive")
}

/// Both are the state of an upload, or one is nothing that tells anything.
pub(super) fn states(pair: Pair<'_>, difference: &Difference) -> bool {
    let state = |value: &str| {
        let value = value.replace("%3D", "=");
        let bytes = URL_SAFE.decode(value).unwrap_or_default();
        let json = bytes.get(32..).and_then(Json::parse)?;
        let keys = json.entries().iter().map(|(key, _)| key.clone());
        Some((
            keys.collect::<Vec<_>>(),
            json.text("Name")?.to_owned(),
            json.number("Offset")?,
        ))
    };
    let came = state(&difference.came);
    came.is_some() && (redacted(pair, difference) || state(&difference.recorded) == came)
}

/// Both are dates, of something that the storage host keeps.
pub(super) fn stored(pair: Pair<'_>, difference: &Difference) -> bool {
    of_storage(pair, difference) && dates(pair, difference)
}

/// Both are times as a query has them.
pub(super) fn times(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| {
        value.replace("%3A", ":").parse::<Timestamp>().is_ok()
    })
}

/// The recorded time is one of the recording itself: the thing was made by one of its requests.
pub(super) fn made_in_the_recording(pair: Pair<'_>, difference: &Difference) -> bool {
    let slack = Duration::from_secs(5);
    let recorded = difference.recorded.parse::<Timestamp>().ok();
    let came = difference.came.parse::<Timestamp>().is_ok();
    match (
        pair.began,
        recorded.map(SystemTime::from),
        pair.exchange.date(),
    ) {
        (Some(began), Some(recorded), Some(answered)) => {
            came && began <= recorded + slack && recorded <= answered + slack
        }
        _ => false,
    }
}

/// Both are hosts.
pub(super) fn hosts(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| {
        value
            .split_once("://")
            .is_some_and(|(_, host)| !host.is_empty())
    })
}

/// Both name a registry to a storage host: its id, a hyphen and something more.
pub(super) fn containers(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| {
        let named = value
            .strip_prefix('/')
            .and_then(|value| value.split_once('-'));
        named.is_some_and(|(id, more)| is_hex(id) && more.len() == 10)
    })
}

/// Both are ids of a registry.
pub(super) fn registry_ids(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, is_hex)
}

/// Both are versions as a storage host makes them.
pub(super) fn etags(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| {
        value.starts_with("\"0x8D") && value.len() == 19
    })
}

/// Both ask for the same actions.
pub(super) fn same_actions(_: Pair<'_>, difference: &Difference) -> bool {
    sorted(&difference.recorded) == sorted(&difference.came)
}

fn sorted(scopes: &str) -> Vec<String> {
    let sorted = scopes.split(' ').map(|scope| {
        let (name, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
        let mut actions: Vec<&str> = actions.split(',').collect();
        actions.sort_unstable();
        format!("{name}:{}", actions.join(","))
    });
    sorted.collect()
}

/// The lines that came, joined by commas, are the one that was recorded.
pub(super) fn joined(_: Pair<'_>, difference: &Difference) -> bool {
    difference.recorded.replace(", ", " | ") == difference.came
}

/// The one line that came was recorded as its words.
pub(super) fn split(_: Pair<'_>, difference: &Difference) -> bool {
    difference.recorded.replace(" | ", " ") == difference.came
}

/// Something that tells nothing was recorded instead of the value.
pub(super) fn redacted(_: Pair<'_>, difference: &Difference) -> bool {
    let recorded = difference.recorded.to_ascii_lowercase();
    let stars = !recorded.is_empty() && recorded.bytes().all(|b| b == b'*');
    stars || recorded.starts_with("redacted") || recorded.starts_with("sanitized")
}

/// What came is a token; what was recorded may be anything that stands for one.
pub(super) fn a_token_came(_: Pair<'_>, difference: &Difference) -> bool {
    let parts: Vec<&str> = difference.came.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return false;
    };
    let is_object = |part: &str| {
        let bytes = URL_SAFE_NO_PAD.decode(part).unwrap_or_default();
        Json::parse(&bytes).is_some_and(|json| !json.entries().is_empty())
    };
    is_object(header) && is_object(claims) && !signature.is_empty()
}

/// Both are numbers.
pub(super) fn numbers(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| value.parse::<f64>().is_ok())
}

/// The recorder kept no body though the length says that there was one.
pub(super) fn dropped(pair: Pair<'_>, difference: &Difference) -> bool {
    let length = pair
        .exchange
        .answered("content-length")
        .and_then(|n| n.parse().ok());
    length == Some(pair.answer.body.len()) && difference.recorded.is_empty()
}

/// The recorder kept this header nowhere, or of this answer not even the date.
pub(super) fn not_kept(pair: Pair<'_>, difference: &Difference) -> bool {
    kept_nowhere(pair, difference) || pair.exchange.answered("date").is_none()
}

/// The recorder kept this header nowhere.
pub(super) fn kept_nowhere(pair: Pair<'_>, difference: &Difference) -> bool {
    !pair
        .kept
        .has(difference.field.trim_start_matches("header "))
}

/// The answer is of a year in which the service did not count calls aloud.
pub(super) fn not_counted(pair: Pair<'_>, difference: &Difference) -> bool {
    let year = |year| SystemTime::from(start_of(year));
    let date = pair.exchange.date();
    date.is_some_and(|date| date < year(2023) || date >= year(2026)) || not_kept(pair, difference)
}

fn start_of(year: i16) -> Timestamp {
    let start = date(year, 1, 1).to_zoned(TimeZone::UTC);
    start.map(|start| start.timestamp()).unwrap_or_default()
}

/// The storage host spoke an older version of its protocol.
pub(super) fn older_storage(pair: Pair<'_>, _: &Difference) -> bool {
    pair.exchange.answered("x-ms-version") == Some("2016-05-31")
}

/// The recorded version is the older one.
pub(super) fn older_version(_: Pair<'_>, difference: &Difference) -> bool {
    difference.recorded == "2016-05-31"
}

/// The answer is the storage host's, whether the recording shows the redirect or not.
pub(super) fn of_storage(pair: Pair<'_>, _: &Difference) -> bool {
    who::is_storage(pair.exchange) || pair.exchange.resp_headers.contains_key("x-ms-blob-type")
}

/// Both are programs that the registry was served by.
pub(super) fn servers(_: Pair<'_>, difference: &Difference) -> bool {
    both(difference, |value| {
        ["openresty", "AzureContainerRegistry"].contains(&value)
    })
}

/// The answer repeats the id of a request that the recorder left out, or took for the same as
/// another: some know a request by its path alone.
pub(super) fn of_another_request(pair: Pair<'_>, _: &Difference) -> bool {
    pair.exchange.asked("x-ms-client-request-id").is_none() || pair.exchange.host().is_none()
}

/// A part of a blob whose whole is nowhere to be seen.
pub(super) fn part_of_an_unknown_blob(pair: Pair<'_>, difference: &Difference) -> bool {
    let length = pair
        .exchange
        .answered("content-length")
        .and_then(|n| n.parse().ok());
    pair.exchange.status == 206
        && length == Some(pair.answer.body.len())
        && difference.came.bytes().all(|b| b == 0)
}

/// A manifest of schema 1.
pub(super) fn schema_1(pair: Pair<'_>, _: &Difference) -> bool {
    pair.exchange
        .answered("content-type")
        .is_some_and(|t| t.ends_with(".v1+prettyjws"))
}

/// A redirect, whose body is as long as the address in it.
pub(super) fn redirect(pair: Pair<'_>, difference: &Difference) -> bool {
    pair.exchange.status == 307 && numbers(pair, difference)
}

fn both(difference: &Difference, is: impl Fn(&str) -> bool) -> bool {
    is(&difference.recorded) && is(&difference.came)
}

fn is_hex(value: &str) -> bool {
    value.len() == 32 && value.bytes().all(|b| b.is_ascii_hexdigit())
}

//! Headers: which there are, how many lines of each, and what they say.

use std::collections::BTreeSet;

use super::{Differences, Kind, Pair, url};
use crate::{
    bytes::{Bytes, Known, bytes},
    json::Json,
};

pub(super) fn compare(pair: Pair<'_>, found: &mut Differences) {
    let recorded = pair.exchange.resp_headers.keys().map(String::as_str);
    let came = pair.answer.headers.iter().map(|(name, _)| name.as_str());
    let names: BTreeSet<&str> = recorded.chain(came).collect();
    for name in names {
        let recorded = pair.exchange.resp_headers.get(name);
        let recorded: Vec<String> = recorded
            .into_iter()
            .flatten()
            .map(|l| pair.live.text(l))
            .collect();
        let lines = pair.answer.headers.iter().filter(|(own, _)| own == name);
        let came: Vec<&str> = lines.map(|(_, value)| value.as_str()).collect();
        let field = format!("header {name}");
        match (recorded.is_empty(), came.is_empty()) {
            (false, true) => found.add(&field, Kind::Missing, &recorded.join(" | "), ""),
            (true, false) => found.add(&field, Kind::Extra, "", &came.join(" | ")),
            _ if recorded.len() != came.len() => {
                found.add(
                    &field,
                    Kind::Length,
                    &recorded.join(" | "),
                    &came.join(" | "),
                );
            }
            _ => {
                for (recorded, came) in recorded.iter().zip(&came) {
                    line(pair, name, (recorded, came), found);
                }
            }
        }
    }
}

fn line(pair: Pair<'_>, name: &str, (recorded, came): (&str, &str), found: &mut Differences) {
    let field = format!("header {name}");
    match name {
        "location" | "operation-location" => url::compare(&field, recorded, came, found),
        "www-authenticate" => challenge(&field, recorded, came, found),
        "link" => link(&field, recorded, came, found),
        "content-length" => length(pair, &field, (recorded, came), found),
        _ => found.value(&field, recorded, came),
    }
}

/// `Bearer name="value",…`.
fn challenge(field: &str, recorded: &str, came: &str, found: &mut Differences) {
    let (ours, theirs) = (parameters(recorded), parameters(came));
    found.names(&format!("{field} "), &names(&ours), &names(&theirs));
    for (name, value) in &ours {
        let Some((_, other)) = theirs.iter().find(|(own, _)| own == name) else {
            continue;
        };
        if name == "realm" {
            url::compare(&format!("{field} realm"), value, other, found);
        } else {
            found.value(&format!("{field} {name}"), value, other);
        }
    }
    let form = |text: &str| {
        let outside = text.split('"').step_by(2);
        outside.collect::<Vec<_>>().join("\"…\"")
    };
    if ours.len() == theirs.len() {
        found.value(&format!("{field} form"), &form(recorded), &form(came));
    }
}

fn names(parameters: &[(String, String)]) -> Vec<&str> {
    parameters.iter().map(|(name, _)| name.as_str()).collect()
}

fn parameters(challenge: &str) -> Vec<(String, String)> {
    let pieces: Vec<&str> = challenge.split('"').collect();
    let pairs = pieces.chunks(2).filter_map(|pair| {
        let [name, value] = pair else {
            return None;
        };
        let name = name.trim_end_matches('=').rsplit([' ', ',']).next()?;
        Some((name.to_owned(), (*value).to_owned()))
    });
    pairs.collect()
}

/// `<URL>; rel="next"`.
fn link(field: &str, recorded: &str, came: &str, found: &mut Differences) {
    let parts = |text: &str| {
        let (url, rest) = text.split_once('>').unwrap_or((text, ""));
        (url.trim_start_matches('<').to_owned(), rest.to_owned())
    };
    let ((our_url, our_rest), (their_url, their_rest)) = (parts(recorded), parts(came));
    url::compare(&format!("{field} url"), &our_url, &their_url, found);
    found.value(&format!("{field} form"), &our_rest, &their_rest);
}

/// The length of the body. Where a value in a body has another length, such as a name that the
/// recorder replaced, the lengths are compared by how far they are from those of the bodies.
fn length(pair: Pair<'_>, field: &str, (recorded, came): (&str, &str), found: &mut Differences) {
    if recorded == came {
        return;
    }
    let over = |length: &str, body: Option<usize>| {
        let length: i64 = length.parse().ok()?;
        Some(length - i64::try_from(body?).ok()?)
    };
    let recorded_body = recorded_body(pair);
    let came_body = Json::parse(&pair.answer.body).map(|json| json.to_string().len());
    let (ours, theirs) = (over(recorded, recorded_body), over(came, came_body));
    if ours.is_none() || ours != theirs {
        found.value(field, recorded, came);
    }
}

/// The length of the recorded body, if it is JSON, without any layout.
fn recorded_body(pair: Pair<'_>) -> Option<usize> {
    let body = pair.exchange.resp_body.as_ref()?;
    let Bytes::Are(bytes) = bytes(Some(body), Known::default()) else {
        return None;
    };
    Some(Json::parse(&bytes)?.to_string().len())
}

//! The request that a call sent, and the recorded one.

use std::collections::BTreeSet;

use percent_encoding::percent_decode_str;

use super::{
    input::{Input, is_recorded},
    player::Asked,
};
use crate::{
    compare::{Differences, Kind},
    json::Json,
    target::Target,
    who,
};

/// What speaks of the connection, the program, or the sender, and not of what is asked for.
const OF_THE_SENDER: [&str; 9] = [
    "accept-encoding",
    "accept-language",
    "authorization",
    "connection",
    "host",
    "traceparent",
    "transfer-encoding",
    "user-agent",
    "x-ms-return-client-request-id",
];

/// Everything in which the request that was sent differs. `names` are those of the registry.
pub(super) fn compare(input: &Input<'_>, asked: &Asked, names: &[String], found: &mut Differences) {
    let exchange = input.exchange;
    found.value("request method", &exchange.method, &asked.method);
    let (recorded_path, recorded_query) = parts(exchange.path_and_query());
    let (path, query) = parts(&asked.target);
    found.value("request path", &decoded(recorded_path), &decoded(path));
    let is_form = matches!(input.target, Target::Exchange | Target::Token);
    pairs("request query", recorded_query, query, names, found);
    headers(input, asked, found);
    authorization(input, asked, found);
    if is_form {
        let recorded = input.body.as_deref().unwrap_or_default();
        let recorded = String::from_utf8_lossy(recorded);
        let came = String::from_utf8_lossy(&asked.body);
        pairs("request form", &recorded, &came, names, found);
    } else {
        body(input, asked, found);
    }
}

fn parts(target: &str) -> (&str, &str) {
    target.split_once('?').unwrap_or((target, ""))
}

fn decoded(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// Names and values of a query or form, in whatever order they stand.
fn pairs(field: &str, recorded: &str, came: &str, names: &[String], found: &mut Differences) {
    let read = |text: &str| -> Vec<(String, String)> {
        let pairs = text.split('&').filter(|pair| !pair.is_empty());
        let mut pairs: Vec<_> = pairs
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                let value = decoded(&value.replace('+', " "));
                (name.to_owned(), canonical(name, value, names))
            })
            .collect();
        pairs.sort();
        pairs
    };
    let (recorded, came) = (read(recorded), read(came));
    let all: BTreeSet<&String> = recorded.iter().chain(&came).map(|(name, _)| name).collect();
    for name in all {
        let of = |pairs: &[(String, String)]| -> Vec<String> {
            let own = pairs.iter().filter(|(own, _)| own == name);
            own.map(|(_, value)| value.clone()).collect()
        };
        let (ours, theirs) = (of(&recorded), of(&came));
        let kind = match (ours.is_empty(), theirs.is_empty()) {
            (true, false) => Kind::Extra,
            (false, true) => Kind::Missing,
            _ if ours != theirs => Kind::Value,
            _ => continue,
        };
        found.add(
            &format!("{field} {name}"),
            kind,
            &ours.join(" | "),
            &theirs.join(" | "),
        );
    }
}

/// The registry has another name in the recording; and actions stand in any order.
fn canonical(name: &str, value: String, names: &[String]) -> String {
    match name {
        "service" if names.contains(&value) => "the registry".to_owned(),
        "scope" => scopes(&value),
        _ => value,
    }
}

/// Scopes and their actions in one order.
pub(super) fn scopes(text: &str) -> String {
    let sorted = text
        .split(' ')
        .filter(|scope| !scope.is_empty())
        .map(|scope| {
            let (name, actions) = scope.rsplit_once(':').unwrap_or((scope, ""));
            let actions: BTreeSet<&str> = actions.split(',').collect();
            let actions: Vec<&str> = actions.into_iter().collect();
            format!("{name}:{}", actions.join(","))
        });
    let sorted: BTreeSet<String> = sorted.collect();
    sorted.into_iter().collect::<Vec<_>>().join(" ")
}

fn headers(input: &Input<'_>, asked: &Asked, found: &mut Differences) {
    let recorded = &input.exchange.req_headers;
    let names = recorded.keys().map(String::as_str);
    let names: BTreeSet<&str> = names
        .chain(asked.headers.iter().map(|(name, _)| name.as_str()))
        .filter(|name| !OF_THE_SENDER.contains(name))
        .collect();
    for name in names {
        let ours = recorded.get(name).map(|lines| lines.join(", "));
        let theirs: Vec<&str> = asked
            .headers
            .iter()
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.as_str())
            .collect();
        let field = format!("request header {name}");
        match (ours, theirs.is_empty()) {
            (Some(ours), true) => found.add(&field, Kind::Missing, &ours, ""),
            (None, false) => found.add(&field, Kind::Extra, "", &theirs.join(", ")),
            (Some(ours), false) => found.value(&field, &spaced(&ours), &spaced(&theirs.join(", "))),
            (None, true) => {}
        }
    }
}

/// A request has a token where the recorded one has, and the storage host is never shown one.
fn authorization(input: &Input<'_>, asked: &Asked, found: &mut Differences) {
    let field = "request header authorization";
    let sent = asked
        .headers
        .iter()
        .any(|(name, _)| name == "authorization");
    match input.exchange.asked("authorization") {
        Some(_) if !sent => found.add(field, Kind::Missing, "a token", ""),
        None if sent && who::is_storage(input.exchange) => {
            found.add(field, Kind::Extra, "", "a token");
        }
        _ => {}
    }
}

/// A list with one space behind each comma.
fn spaced(list: &str) -> String {
    list.split(',')
        .map(str::trim)
        .collect::<Vec<_>>()
        .join(", ")
}

/// JSON as JSON, everything else byte by byte.
fn body(input: &Input<'_>, asked: &Asked, found: &mut Differences) {
    let recorded = input.body.as_deref().unwrap_or_default();
    if recorded == asked.body {
        return;
    }
    let is_json = input.exchange.path_and_query().starts_with("/acr/");
    match (Json::parse(recorded), Json::parse(&asked.body)) {
        (Some(recorded), Some(came)) if is_json => {
            super::fields::compare(
                "request body",
                &recorded.unordered(),
                &came.unordered(),
                found,
            );
        }
        _ if !is_recorded(input.exchange) => {
            let lengths =
                [recorded.len(), asked.body.len()].map(|length| format!("{length} bytes"));
            found.add("request body", Kind::Length, &lengths[0], &lengths[1]);
        }
        _ => found.value(
            "request body",
            &String::from_utf8_lossy(recorded),
            &String::from_utf8_lossy(&asked.body),
        ),
    }
}

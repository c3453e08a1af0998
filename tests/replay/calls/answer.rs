//! What a call returned, and the recorded answer.

use serde_json::{Value, json};

use super::{
    fields,
    player::Seen,
    request::scopes,
    told::{Failed, Made, Returned, Told, Via},
};
use crate::{
    client::Answer,
    compare::{Differences, Kind},
    json::Json,
};

/// Headers of an answer that a call of the client hands on in what it returns.
const HANDED_ON: [&str; 6] = [
    "docker-content-digest",
    "link",
    "location",
    "oci-subject",
    "operation-id",
    "x-ms-int-docker-content-digest",
];

/// Everything in which what was returned differs from what was played.
pub(super) fn compare(played: &Answer, made: &Made, seen: &Seen, found: &mut Differences) {
    let refused = played.status >= 400;
    match &made.told {
        Told::Error(failed) if refused => error(played, failed, found),
        Told::Error(failed) if made.via == Via::Rest && played.status == 307 => {
            found.value("answer status", "307", &text(failed.status));
        }
        Told::Error(failed) => {
            let kind = match failed.is_digest_mismatch {
                true => "answer digest",
                false => "answer",
            };
            found.add(kind, Kind::Value, &played.status.to_string(), &failed.text);
        }
        Told::Value(returned) if refused => {
            let came = match returned.was_missing {
                true => "was not there",
                false => "success",
            };
            let recorded = format!("{} {}", played.status, code(played).unwrap_or_default());
            found.add("answer", Kind::Value, &recorded, came);
            response(played, returned, found);
        }
        Told::Value(returned) => {
            value(played, returned, found);
            response(played, returned, found);
            headers(played, made, returned, seen, found);
        }
    }
}

fn error(played: &Answer, failed: &Failed, found: &mut Differences) {
    found.value(
        "answer status",
        &played.status.to_string(),
        &text(failed.status),
    );
    let recorded: Option<Value> = serde_json::from_slice(&played.body).ok();
    let told = failed.errors.iter().map(|error| {
        let mut entry = json!({"code": error.code.to_string(), "message": error.message});
        if let Some(detail) = &error.detail {
            entry["detail"] = serde_json::from_str(detail).unwrap_or_default();
        }
        entry
    });
    let told = json!({"errors": told.collect::<Vec<_>>()});
    match recorded {
        Some(recorded) => fields::compare("error", &recorded, &told, found),
        None => {
            let body = String::from_utf8_lossy(&played.body);
            let first = body.split_whitespace().collect::<Vec<_>>().join(" ");
            if !failed.text.contains(&first) {
                found.add("error text", Kind::Missing, &first, &failed.text);
            }
        }
    }
    let header = |name: &str| played.header(name).unwrap_or_default();
    for (name, told) in [
        ("x-ms-correlation-request-id", &failed.correlation_id),
        ("x-ms-request-id", &failed.request_id),
    ] {
        // Where there is but one id, it stands for both.
        let recorded = header(name);
        if !recorded.is_empty() {
            let told = told.as_deref().unwrap_or_default();
            found.value(&format!("error header {name}"), recorded, told);
        }
    }
    if let Ok(after) = header("retry-after").parse::<u64>() {
        found.value(
            "error retry-after",
            &after.to_string(),
            &text(failed.retry_after),
        );
    }
    if let Some(wanted) = challenged(header("www-authenticate")) {
        let told = failed.wanted.as_deref().unwrap_or_default();
        found.value("error scope", &scopes(wanted), &scopes(told));
    }
}

/// The scope of a challenge.
fn challenged(challenge: &str) -> Option<&str> {
    let (_, rest) = challenge.split_once("scope=\"")?;
    rest.split('"').next()
}

fn code(played: &Answer) -> Option<String> {
    let json = Json::parse(&played.body)?;
    Some(json.list("errors").first()?.text("code")?.to_owned())
}

fn value(played: &Answer, returned: &Returned, found: &mut Differences) {
    if let Some(content) = &returned.content
        && *content != played.body
    {
        found.add(
            "answer content",
            Kind::Value,
            &String::from_utf8_lossy(&played.body),
            &String::from_utf8_lossy(content),
        );
    }
    let recorded: Option<Value> = serde_json::from_slice(&played.body).ok();
    match (&returned.fields, recorded) {
        (Some(told), Some(recorded)) => {
            fields::compare("answer", &recorded, told, found);
        }
        (Some(told), None) => fields::compare("answer", &json!({}), told, found),
        (None, _) if returned.content.is_some() || played.body.is_empty() => {}
        (None, _) => {
            let body = String::from_utf8_lossy(&played.body);
            found.add("answer body", Kind::Missing, &body, "");
        }
    }
}

/// Status and headers, where the call gives the answer along with the value.
fn response(played: &Answer, returned: &Returned, found: &mut Differences) {
    if let Some(status) = returned.status {
        found.value(
            "answer status",
            &played.status.to_string(),
            &status.to_string(),
        );
    }
    let Some(headers) = &returned.response else {
        return;
    };
    for (name, recorded) in &played.headers {
        let mut lines = headers.get_all(name).iter();
        if !lines.any(|line| line.as_bytes() == recorded.as_bytes()) {
            found.add(
                &format!("answer header {name}"),
                Kind::Missing,
                recorded,
                "",
            );
        }
    }
}

/// What stands in headers and belongs into the value.
fn headers(
    played: &Answer,
    made: &Made,
    returned: &Returned,
    seen: &Seen,
    found: &mut Differences,
) {
    if made.via != Via::Client {
        return;
    }
    for name in HANDED_ON {
        let recorded = played.header(name);
        let told = returned.headers.iter().find(|(own, _)| *own == name);
        let told = told.map(|(_, value)| value.as_str());
        let field = format!("answer {name}");
        match (recorded, told) {
            (Some(recorded), Some("followed")) => {
                // It may lead to the same place again.
                let next = seen.behind.first().or(seen.recorded.get(1));
                let next = next.map(|asked| asked.target.as_str());
                found.value(&field, address(recorded), next.unwrap_or_default());
            }
            (Some(recorded), Some(told)) => found.value(&field, recorded, told),
            (Some(recorded), None) => found.add(&field, Kind::Missing, recorded, ""),
            // A page that nobody named; everything else may have been in the body, too.
            (None, Some(told)) if name == "link" => found.add(&field, Kind::Extra, "", told),
            (None, _) => {}
        }
    }
    for (name, told) in &returned.headers {
        if let Some(recorded) = played.header(name).filter(|_| !HANDED_ON.contains(name)) {
            found.value(&format!("answer {name}"), recorded, told);
        }
    }
}

/// Path and query of a link.
fn address(link: &str) -> &str {
    let link = link.split_once('<').map_or(link, |(_, rest)| rest);
    let link = link.split_once('>').map_or(link, |(link, _)| link);
    match link.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => link,
    }
}

fn text(number: Option<impl ToString>) -> String {
    number.map_or_else(String::new, |number| number.to_string())
}

//! Bodies: JSON key by key and in the order of the keys, everything else byte by byte.

use super::{Differences, Kind, Pair, url};
use crate::{
    bytes::{Bytes, Known, bytes, shortened},
    json::Json,
};

pub(super) fn compare(pair: Pair<'_>, found: &mut Differences) {
    let exchange = pair.exchange;
    if exchange.method == "HEAD" {
        return;
    }
    let came = &pair.answer.body;
    if shortened(exchange.resp_body.as_ref()) {
        let recorded = exchange.resp_body.as_ref().and_then(Json::as_text);
        let recorded = recorded.unwrap_or_default();
        if !fits(recorded, &text(came)) {
            found.value("body", recorded, &text(came));
        }
        return;
    }
    let known = Known {
        length: exchange
            .answered("content-length")
            .and_then(|n| n.parse().ok()),
        digest: None,
        media_type: exchange.answered("content-type"),
    };
    let Bytes::Are(recorded) = bytes(exchange.resp_body.as_ref(), known) else {
        found.add("body", Kind::Extra, "", &text(came));
        return;
    };
    if recorded == *came {
        return;
    }
    let media_type = exchange.answered("content-type").unwrap_or_default();
    let is_json = media_type.contains("json") || media_type.contains("prettyjws");
    match (Json::parse(&recorded), Json::parse(came)) {
        (Some(recorded), Some(came)) if is_json => value(pair, "body", &recorded, &came, found),
        _ if recorded.is_empty() => found.add("body", Kind::Extra, "", &text(came)),
        _ if came.is_empty() => found.add("body", Kind::Missing, &text(&recorded), ""),
        _ if media_type.starts_with("text/html") => html(&recorded, came, found),
        // A recorder may have dropped the end of the last line: the length tells.
        _ => found.value("body", text(&recorded).trim_end(), text(came).trim_end()),
    }
}

/// Whether a shortened text fits a whole one: an ellipsis is any text, and between two of them
/// stands how many bytes there were.
fn fits(shortened: &str, whole: &str) -> bool {
    let pieces: Vec<&str> = shortened.split('\u{2026}').collect();
    if let ["", count, ""] = pieces.as_slice() {
        return *count == format!("{} bytes", whole.len());
    }
    let (Some(first), Some(last)) = (pieces.first(), pieces.last()) else {
        return false;
    };
    let mut rest = whole;
    whole.starts_with(first)
        && whole.ends_with(last)
        && pieces.iter().all(|piece| match rest.find(piece) {
            Some(at) => {
                rest = &rest[at + piece.len()..];
                true
            }
            None => false,
        })
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn value(pair: Pair<'_>, path: &str, recorded: &Json, came: &Json, found: &mut Differences) {
    match (recorded, came) {
        (Json::Object(ours), Json::Object(theirs)) => {
            let own: Vec<&str> = ours.iter().map(|(key, _)| key.as_str()).collect();
            let other: Vec<&str> = theirs.iter().map(|(key, _)| key.as_str()).collect();
            found.names(&format!("{path}."), &own, &other);
            for (key, our) in ours {
                if let Some(their) = came.get(key) {
                    value(pair, &format!("{path}.{key}"), our, their, found);
                }
            }
        }
        (Json::List(ours), Json::List(theirs)) => {
            if ours.len() != theirs.len() {
                let lengths = [ours, theirs].map(|list| format!("{} items", list.len()));
                found.add(path, Kind::Length, &lengths[0], &lengths[1]);
            }
            for (at, (our, their)) in ours.iter().zip(theirs).enumerate() {
                value(pair, &format!("{path}[{at}]"), our, their, found);
            }
        }
        (Json::Text(our), Json::Text(their)) => found.value(path, &pair.live.text(our), their),
        _ => found.value(path, &recorded.to_string(), &came.to_string()),
    }
}

/// The page of a redirect: its text, and the address in it.
fn html(recorded: &[u8], came: &[u8], found: &mut Differences) {
    let split = |bytes: &[u8]| {
        let text = text(bytes).replace("&amp;", "&");
        let mut pieces = text.split('"').map(str::to_owned).collect::<Vec<_>>();
        let address = if pieces.len() == 3 {
            pieces.remove(1)
        } else {
            String::new()
        };
        (address, pieces.join("\"…\""))
    };
    let ((our_url, our_text), (their_url, their_text)) = (split(recorded), split(came));
    found.value("body text", &our_text, &their_text);
    url::compare("body url", &our_url, &their_url, found);
}

//! What a recorded request asks for, in the terms of a call.

use ::bytes::Bytes;
use percent_encoding::percent_decode_str;

use crate::{
    bytes::{Bytes as Found, Known, bytes as readings, shortened},
    contents::Contents,
    exchange::Exchange,
    json::Json,
    sessions::Sessions,
    target::{Target, field, parameter},
};

/// The bytes that stand for lost ones are no more than these.
const MOST: usize = 64 * 1024 * 1024;

/// A recorded request.
pub(crate) struct Input<'a> {
    pub(crate) exchange: &'a Exchange,
    pub(crate) target: Target,
    /// What was sent, or as many bytes where that is not recorded.
    pub(crate) body: Option<Bytes>,
    /// The link of an earlier answer to which the request is the next.
    pub(crate) link: Option<String>,
}

impl<'a> Input<'a> {
    /// Reads the request at this place among the exchanges.
    pub(crate) fn of(
        exchanges: &'a [Exchange],
        at: usize,
        contents: &Contents,
        sessions: &mut Sessions,
    ) -> Self {
        let exchange = &exchanges[at];
        let later: Vec<&Exchange> = exchanges[at + 1..].iter().collect();
        Self {
            exchange,
            target: Target::of(exchange),
            body: body(exchange, &later, contents, sessions).map(Bytes::from),
            link: link(&exchanges[..at], exchange),
        }
    }

    pub(crate) fn method(&self) -> &'a str {
        &self.exchange.method
    }

    /// A parameter of the query.
    pub(crate) fn query(&self, name: &str) -> Option<String> {
        parameter(self.exchange, name)
    }

    /// A parameter of the query that is a number.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.query(name)?.parse().ok()
    }

    /// A field of the form.
    pub(crate) fn form(&self, name: &str) -> Option<String> {
        field(std::str::from_utf8(self.body.as_ref()?).ok()?, name)
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Option<Json> {
        Json::parse(self.body.as_ref()?)
    }

    /// The address of an upload, without the slash in front and the digest that ends it.
    pub(crate) fn location(&self) -> String {
        let target = self.exchange.path_and_query().trim_start_matches('/');
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let rest: Vec<&str> = query
            .split('&')
            .filter(|pair| !pair.is_empty() && !pair.starts_with("digest="))
            .collect();
        match rest.is_empty() {
            true => path.to_owned(),
            false => format!("{path}?{}", rest.join("&")),
        }
    }

    /// Whether it is one of Docker's paths, where the registry's own has the same meaning.
    pub(crate) fn is_docker(&self) -> bool {
        self.exchange.path_and_query().starts_with("/v2/")
    }
}

/// The bytes of the request; `None` where not even their number is known.
fn body(
    exchange: &Exchange,
    later: &[&Exchange],
    contents: &Contents,
    sessions: &mut Sessions,
) -> Option<Vec<u8>> {
    if let Found::Are(bytes) = sessions.body(exchange, later, contents) {
        return Some(bytes);
    }
    let known = Known {
        length: length(exchange),
        digest: None,
        media_type: exchange.asked("content-type"),
    };
    match readings(exchange.req_body.as_ref(), known) {
        Found::Are(bytes) if is_recorded(exchange) => Some(bytes),
        _ => Some(vec![b'.'; length(exchange)?.min(MOST as u64) as usize]),
    }
}

/// Whether the bytes of the request are recorded: nothing that has a length is left out.
pub(crate) fn is_recorded(exchange: &Exchange) -> bool {
    let left_out = exchange.req_body.is_none() && length(exchange).is_some_and(|n| n > 0);
    !left_out && !shortened(exchange.req_body.as_ref())
}

fn length(exchange: &Exchange) -> Option<u64> {
    exchange.asked("content-length")?.parse().ok()
}

/// The link in an earlier answer that leads to this request, whatever version a client put to it;
/// where there is none, the request itself if it has the form of one.
fn link(earlier: &[Exchange], exchange: &Exchange) -> Option<String> {
    let own = exchange.path_and_query();
    let links = earlier.iter().rev().filter_map(|other| {
        let (_, rest) = other.answered("link")?.split_once('<')?;
        Some(rest.split_once('>')?.0.to_owned())
    });
    let mut links = links.filter(|link| comparable(link) == comparable(own));
    let is_next = parameter(exchange, "last").is_some() && parameter(exchange, "orderby").is_some();
    links.next().or_else(|| is_next.then(|| own.to_owned()))
}

/// Path and query without the version, decoded and in one order.
fn comparable(target: &str) -> (String, Vec<String>) {
    let target = match target.split_once("://") {
        Some((_, rest)) => rest.find('/').map_or("/", |at| &rest[at..]),
        None => target,
    };
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let pairs = query
        .split('&')
        .filter(|pair| !pair.starts_with("api-version="));
    let mut pairs: Vec<String> = pairs.map(decoded).collect();
    pairs.sort();
    (decoded(path), pairs)
}

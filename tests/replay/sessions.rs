//! The bytes to send: those recorded, or those that must have been.

use std::collections::HashMap;

use crate::{
    bytes::{Bytes, Known, bytes, shortened},
    contents::Contents,
    exchange::Exchange,
    target::{Target, parameter},
};

/// Uploads under way, by the recorded id.
#[derive(Debug, Default)]
pub(crate) struct Sessions {
    uploads: HashMap<String, Upload>,
}

#[derive(Debug, Default)]
struct Upload {
    received: u64,
    /// Whether bytes of the recorder's were sent in place of lost ones.
    made_up: bool,
}

impl Sessions {
    /// What to send as the body of a request, if it can be known.
    ///
    /// `later` are the exchanges after it: they may tell which blob an upload became.
    pub(crate) fn body(
        &mut self,
        exchange: &Exchange,
        later: &[&Exchange],
        contents: &Contents,
    ) -> Bytes {
        let length = exchange
            .asked("content-length")
            .and_then(|n| n.parse().ok());
        let target = Target::of(exchange);
        let known = Known {
            length,
            digest: None,
            media_type: exchange.asked("content-type"),
        };
        // An answer to a manifest under its digest depends on whether it has that digest.
        let by_digest = match &target {
            Target::Manifest(_, of) if of.contains(':') && exchange.status != 401 => Some(of),
            _ => None,
        };
        if let ("PUT", Some(digest)) = (exchange.method.as_str(), by_digest) {
            let digest = Some(digest.as_str());
            return bytes(exchange.req_body.as_ref(), Known { digest, ..known });
        }
        let recorded = bytes(exchange.req_body.as_ref(), known);
        if exchange.status >= 400 {
            // Refused for something else than its bytes: as many others are refused as well.
            let lost = exchange.req_body.is_none() && length.is_some();
            return match recorded {
                Bytes::Are(bytes) if !lost => Bytes::Are(bytes),
                _ => Bytes::Are(vec![b'.'; length.map_or(0, to_usize)]),
            };
        }
        match (exchange.method.as_str(), target) {
            ("PUT", Target::Manifest(..)) => {
                let digest = exchange.answered("docker-content-digest");
                bytes(exchange.req_body.as_ref(), Known { digest, ..known })
            }
            ("PATCH", Target::Upload(_, id)) => {
                self.chunk(exchange, &id, recorded, later, contents)
            }
            ("PUT" | "POST", Target::Upload(..) | Target::Uploads(_)) => {
                self.last(exchange, recorded, contents)
            }
            _ => recorded,
        }
    }

    /// Says that an upload was open when the recording began, with bytes that nobody knows.
    pub(crate) fn was_open(&mut self, id: &str, received: usize) {
        let upload = self.uploads.entry(id.to_owned()).or_default();
        upload.received = received as u64;
        upload.made_up |= received > 0;
    }

    /// A chunk: as many bytes as the answer counts.
    fn chunk(
        &mut self,
        exchange: &Exchange,
        id: &str,
        recorded: Bytes,
        later: &[&Exchange],
        contents: &Contents,
    ) -> Bytes {
        let upload = self.uploads.entry(id.to_owned()).or_default();
        let start = upload.received;
        let end = received(exchange).unwrap_or(start);
        upload.received = end;
        let length = end.saturating_sub(start);
        if let Bytes::Are(bytes) = &recorded
            && bytes.len() as u64 == length
            && !shortened(exchange.req_body.as_ref())
        {
            return recorded;
        }
        let becomes = later.iter().find(|other| {
            matches!(Target::of(other), Target::Upload(_, other) if other == id)
                && parameter(other, "digest").is_some()
        });
        let digest = becomes.and_then(|other| parameter(other, "digest"));
        let whole = digest.and_then(|digest| contents.get(&digest));
        if let Some(part) = whole.and_then(|w| w.get(to_usize(start)..to_usize(end))) {
            return Bytes::Are(part.to_vec());
        }
        upload.made_up = true;
        Bytes::Are(vec![b'.'; to_usize(length)])
    }

    /// The last bytes of a blob, or all of them.
    fn last(&mut self, exchange: &Exchange, recorded: Bytes, contents: &Contents) -> Bytes {
        let Some(digest) = parameter(exchange, "digest") else {
            return recorded;
        };
        let none = Upload::default();
        let upload = match Target::of(exchange) {
            Target::Upload(_, id) => self.uploads.get(&id).unwrap_or(&none),
            _ => &none,
        };
        let rest = contents
            .get(&digest)
            .and_then(|w| w.get(to_usize(upload.received)..));
        match (rest, recorded) {
            _ if upload.made_up => Bytes::Lost,
            (Some(rest), _) => Bytes::Are(rest.to_vec()),
            (None, Bytes::Are(bytes)) if !bytes.is_empty() || upload.received > 0 => {
                Bytes::Are(bytes)
            }
            _ => Bytes::Lost,
        }
    }
}

/// How many bytes an upload has, by the `Range` of an answer: `0-0` is none after a POST alone.
fn received(exchange: &Exchange) -> Option<u64> {
    let (_, last) = exchange.answered("range")?.split_once('-')?;
    last.parse::<u64>().ok().map(|last| last + 1)
}

fn to_usize(n: u64) -> usize {
    usize::try_from(n)
        .unwrap_or(usize::MAX)
        .min(64 * 1024 * 1024)
}

//! Contents of blobs that a recorder left out but that are known otherwise.

use std::collections::HashMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::{
    bytes::{Bytes, Known, bytes, digest_of},
    exchange::Exchange,
    json::Json,
    sight::{Item, Sight, sights},
    target::{Target, parameter},
};

/// Blobs that test suites push and recorders drop.
const WELL_KNOWN: [&str; 3] = [
    "{}",
    "NHL Peanut Butter on my NHL bagel",
    "NBA Strawberry Jam on my NBA croissant",
];

/// By digest: contents, and sizes where no content is known.
#[derive(Debug, Default)]
pub(crate) struct Contents {
    bytes: HashMap<String, Vec<u8>>,
    sizes: HashMap<String, u64>,
}

impl Contents {
    /// All that exchanges tell of contents: bodies, and what descriptors have in `data`.
    pub(crate) fn of(exchanges: &[Exchange]) -> Self {
        let mut contents = Self::default();
        for text in WELL_KNOWN {
            contents.add(text.as_bytes().to_vec());
        }
        for exchange in exchanges {
            contents.learn(exchange);
        }
        contents
    }

    pub(crate) fn get(&self, digest: &str) -> Option<&[u8]> {
        self.bytes.get(digest).map(Vec::as_slice)
    }

    pub(crate) fn size(&self, digest: &str) -> Option<u64> {
        let known = self.get(digest).map(|bytes| bytes.len() as u64);
        known.or_else(|| self.sizes.get(digest).copied())
    }

    fn add(&mut self, bytes: Vec<u8>) {
        self.bytes.insert(digest_of(&bytes), bytes);
    }

    fn learn(&mut self, exchange: &Exchange) {
        for sight in sights(exchange) {
            let Sight::Here(Item::Blob(_, digest) | Item::Manifest(_, digest), fields) = sight
            else {
                continue;
            };
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("size", Json::Plain(size)) => {
                        self.sizes
                            .extend(size.parse().ok().map(|n| (digest.clone(), n)));
                    }
                    ("content", Json::Text(text)) => {
                        self.bytes
                            .extend(STANDARD.decode(text).ok().map(|b| (digest.clone(), b)));
                    }
                    _ => {}
                }
            }
        }
        self.learn_request(exchange);
    }

    fn learn_request(&mut self, exchange: &Exchange) {
        let digest = match Target::of(exchange) {
            Target::Upload(..) | Target::Uploads(_) => parameter(exchange, "digest"),
            _ => exchange
                .answered("docker-content-digest")
                .map(str::to_owned),
        };
        let known = Known {
            digest: digest.as_deref(),
            media_type: exchange.asked("content-type"),
            length: None,
        };
        if let Bytes::Are(bytes) = bytes(exchange.req_body.as_ref(), known) {
            if let Some(json) = Json::parse(&bytes) {
                self.learn_data(&json);
            }
            self.add(bytes);
        }
    }

    fn learn_data(&mut self, json: &Json) {
        let data = json
            .text("data")
            .and_then(|data| STANDARD.decode(data).ok());
        data.into_iter().for_each(|bytes| self.add(bytes));
        match json {
            Json::List(list) => list.iter().for_each(|item| self.learn_data(item)),
            other => other
                .entries()
                .iter()
                .for_each(|(_, item)| self.learn_data(item)),
        }
    }
}

//! What recorded names, ids, addresses and secrets stand for in the run.

use std::collections::HashMap;

use crate::{client::Answer, exchange::Exchange};

/// From recorded to live.
#[derive(Debug, Default)]
pub(crate) struct Live {
    /// By which the registry is called in the recording, and by which it calls itself.
    names: Vec<(String, String)>,
    ids: HashMap<String, String>,
    locations: HashMap<String, String>,
}

impl Live {
    /// With names of the registry that all stand for `service`.
    pub(crate) fn new(mut aliases: Vec<String>, service: &str) -> Self {
        aliases.retain(|alias| alias != service);
        // The longest first: one may be a part of another.
        aliases.sort_by_key(|alias| std::cmp::Reverse(alias.len()));
        let names = aliases.into_iter().map(|alias| (alias, service.to_owned()));
        Self {
            names: names.collect(),
            ..Self::default()
        }
    }

    /// What a recorded text would be in this run.
    pub(crate) fn text(&self, recorded: &str) -> String {
        let mut text = recorded.to_owned();
        let names = self.names.iter().map(|(from, to)| (from, to));
        for (from, to) in names.chain(&self.ids) {
            if text.contains(from) {
                text = text.replace(from, to);
            }
        }
        text
    }

    /// Where a recorded request goes in this run: the path and query, or a whole URL of another
    /// host's.
    pub(crate) fn address(&self, exchange: &Exchange) -> String {
        let path = exchange.path_and_query();
        let given = [exchange.url.as_str(), path].into_iter().find_map(|url| {
            let fits = self
                .locations
                .iter()
                .filter(|(from, _)| url.starts_with(from.as_str()));
            let (from, to) = fits.max_by_key(|(from, _)| from.len())?;
            Some(format!("{to}{}", &url[from.len()..]))
        });
        given.unwrap_or_else(|| self.text(path))
    }

    /// Whether this run was given an address for a recorded one.
    pub(crate) fn knows(&self, exchange: &Exchange) -> bool {
        let path = exchange.path_and_query();
        let mut known = self.locations.keys();
        known.any(|from| exchange.url.starts_with(from.as_str()) || path.starts_with(from.as_str()))
    }

    /// Remembers the ids that an answer gave for recorded ones, before the two are compared: an id
    /// is another in each run, but it must be the same wherever it stands.
    pub(crate) fn learn_ids(&mut self, exchange: &Exchange, answer: &Answer) {
        for name in ["docker-upload-uuid", "operation-id"] {
            if let (Some(from), Some(to)) = (exchange.answered(name), answer.header(name)) {
                // One stands for one: an id that changes on one side alone is a difference.
                let new = !self.ids.iter().any(|(own, live)| own == from || live == to);
                if new && is_id(from) && is_id(to) {
                    self.same_id(from, to);
                }
            }
        }
    }

    /// Remembers the address that an answer gave for a recorded one.
    pub(crate) fn learn_address(&mut self, exchange: &Exchange, answer: &Answer) {
        if let (Some(from), Some(to)) = (exchange.answered("location"), answer.header("location")) {
            self.same_address(from, to);
        }
    }

    pub(crate) fn same_id(&mut self, recorded: &str, live: &str) {
        self.ids.insert(recorded.to_owned(), live.to_owned());
    }

    pub(crate) fn same_address(&mut self, recorded: &str, live: &str) {
        self.locations.insert(recorded.to_owned(), live.to_owned());
    }
}

/// Whether this has the form of an id: hexadecimal digits in five groups.
pub(crate) fn is_id(text: &str) -> bool {
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    groups == [8, 4, 4, 4, 12] && text.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
}

//! Addresses, part by part.

use super::Differences;

/// Compares two URLs, absolute or not: host, path, the names of the query in their order, and the
/// value of each.
pub(super) fn compare(field: &str, recorded: &str, came: &str, found: &mut Differences) {
    let (recorded, came) = (Parts::of(recorded), Parts::of(came));
    found.value(&format!("{field} host"), recorded.host, came.host);
    let (our_container, our_path) = container(recorded.path);
    let (their_container, their_path) = container(came.path);
    found.value(
        &format!("{field} container"),
        our_container,
        their_container,
    );
    found.value(&format!("{field} path"), our_path, their_path);
    let (ours, theirs) = (recorded.names(), came.names());
    found.names(&format!("{field} query "), &ours, &theirs);
    for (name, value) in &recorded.query {
        if let Some((_, other)) = came.query.iter().find(|(own, _)| own == name) {
            found.value(&format!("{field} query {name}"), value, other);
        }
    }
}

/// The part of a storage host's path that names the registry, and the rest.
fn container(path: &str) -> (&str, &str) {
    let at = path.find("//docker/registry/v2/").unwrap_or_default();
    path.split_at(at)
}

struct Parts<'a> {
    host: &'a str,
    path: &'a str,
    query: Vec<(&'a str, &'a str)>,
}

impl<'a> Parts<'a> {
    fn of(url: &'a str) -> Self {
        let start = url.find("://").map_or(0, |at| at + 3);
        let path = url[start..].find('/').map_or(url.len(), |at| start + at);
        let (host, rest) = if start == 0 {
            ("", url)
        } else {
            url.split_at(path)
        };
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let pairs = query.split('&').filter(|pair| !pair.is_empty());
        Self {
            host,
            path,
            query: pairs
                .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
                .collect(),
        }
    }

    fn names(&self) -> Vec<&'a str> {
        self.query.iter().map(|(name, _)| *name).collect()
    }
}

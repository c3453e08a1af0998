//! Pages of lists: order, start, length, and the link to the next.

use std::{
    collections::BTreeMap,
    ops::Bound::{Excluded, Unbounded},
};

use axum::response::Response;
use http::header;
use jiff::Timestamp;

use crate::{
    headers,
    links::{self, ListPath},
    query::Query,
};

/// The length of a page that nobody asked a length for.
const DEFAULT_PAGE: usize = 100;
/// Longer pages are cut to this, silently.
const MAX_PAGE: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Name,
    OldestFirst,
    NewestFirst,
}

/// What a request asks of a list.
#[derive(Debug)]
pub(crate) struct Listing<'a> {
    n: usize,
    last: Option<&'a str>,
    order: Order,
    orderby: &'a str,
}

/// One page.
#[derive(Debug)]
pub(crate) struct Page<'a, T> {
    pub(crate) items: Vec<(&'a str, &'a T)>,
    more: bool,
}

impl<'a> Listing<'a> {
    pub(crate) fn of(query: &'a Query) -> Self {
        let asked = query.get("n").and_then(|n| n.parse().ok());
        let orderby = query.get("orderby").unwrap_or_default();
        Self {
            n: asked.unwrap_or(DEFAULT_PAGE).min(MAX_PAGE),
            last: query.get("last").filter(|last| !last.is_empty()),
            order: match orderby {
                "timeasc" => Order::OldestFirst,
                "timedesc" => Order::NewestFirst,
                _ => Order::Name,
            },
            orderby,
        }
    }

    /// The page of `items` that was asked for, of those that `shown` lets through.
    ///
    /// In time order a page goes on after the item that `last` names, also when it was deleted
    /// meanwhile: `departed` knows when that one was last updated.
    pub(crate) fn page<'t, T>(
        &self,
        items: &'t BTreeMap<String, T>,
        shown: impl Fn(&T) -> bool,
        updated: impl Fn(&T) -> Timestamp,
        departed: impl Fn(&str) -> Option<Timestamp>,
    ) -> Page<'t, T> {
        let start = match (self.order, self.last) {
            (Order::Name, Some(last)) => Excluded(last),
            _ => Unbounded,
        };
        let named = items
            .range::<str, _>((start, Unbounded))
            .filter(|(_, item)| shown(item))
            .map(|(name, item)| (name.as_str(), item));
        // One more than a page tells whether there is another.
        let mut items: Vec<_> = if self.order == Order::Name {
            named.take(self.n + 1).collect()
        } else {
            let key = |name: &str, at: Timestamp| {
                let nanos = at.as_nanosecond();
                let newest_first = self.order == Order::NewestFirst;
                (if newest_first { -nanos } else { nanos }, name.to_owned())
            };
            let position = self.last.and_then(|last| {
                let at = items.get(last).map(&updated).or_else(|| departed(last));
                at.map(|at| key(last, at))
            });
            let mut keyed: Vec<_> = named
                .map(|(name, item)| (key(name, updated(item)), (name, item)))
                .filter(|(key, _)| position.as_ref().is_none_or(|position| key > position))
                .collect();
            keyed.sort_by(|a, b| a.0.cmp(&b.0));
            let in_order = keyed.into_iter().map(|(_, item)| item);
            in_order.take(self.n + 1).collect()
        };
        // A page of no items has nothing to go on from.
        let more = self.n > 0 && items.len() > self.n;
        items.truncate(self.n);
        Page { items, more }
    }

    /// Adds the link to the next page, where there is one.
    pub(crate) fn link<T>(
        &self,
        response: &mut Response,
        path: &ListPath<'_>,
        page: &Page<'_, T>,
        extra: Option<(&str, &str)>,
    ) {
        if let (true, Some((last, _))) = (page.more, page.items.last()) {
            let link = links::next(path, last, self.n, self.orderby, extra);
            headers::set(response, header::LINK, &link);
        }
    }
}

impl<T> Page<'_, T> {
    /// The names of the items; nothing rather than an empty list, as the service's JSON has it.
    pub(crate) fn names(&self) -> Option<Vec<&str>> {
        let names: Vec<&str> = self.items.iter().map(|(name, _)| *name).collect();
        (!names.is_empty()).then_some(names)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn pages(query: &str, departed: Option<i64>) -> (Vec<String>, bool) {
        let items: BTreeMap<String, i64> = [("a", 5), ("b", 1), ("c", 3), ("d", 3), ("hidden", 2)]
            .map(|(name, second)| (name.to_owned(), second))
            .into();
        let query = Query::parse(Some(query));
        let page = Listing::of(&query).page(
            &items,
            |second| *second != 2,
            |second| at(*second),
            |_| departed.map(at),
        );
        let names = page.items.iter().map(|(name, _)| (*name).to_owned());
        (names.collect(), page.more)
    }

    #[test]
    fn orders_and_starts() {
        let all = |query: &str| pages(query, None).0.join("");
        assert_eq!(all(""), "abcd");
        assert_eq!(all("last=b"), "cd");
        assert_eq!(all("last=bb"), "cd", "the start need not exist");
        assert_eq!(all("orderby=timeasc"), "bcda");
        assert_eq!(all("orderby=timedesc"), "acdb", "ties go by name");
        assert_eq!(all("orderby=timedesc&last=c"), "db");
        assert_eq!(all("orderby=nonsense&last=c"), "d");
        assert_eq!(pages("orderby=timeasc&last=gone", Some(3)).0.join(""), "a");
    }

    #[test]
    fn a_full_last_page_is_the_last() {
        assert_eq!(pages("n=2", None), (vec!["a".into(), "b".into()], true));
        assert_eq!(
            pages("n=2&last=b", None),
            (vec!["c".into(), "d".into()], false)
        );
        assert_eq!(pages("n=0", None), (vec![], false));
        assert_eq!(pages("n=x", None).0.len(), 4);
    }
}

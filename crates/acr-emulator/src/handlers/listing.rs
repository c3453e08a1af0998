//! Pages of lists: order, start, length, and the link to the next.

use axum::response::Response;
use http::header;

use crate::{
    headers,
    links::{self, ListPath},
    query::Query,
    store::{Dated, Indexed},
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

    /// The page that was asked for, of those items that `show` lets through.
    ///
    /// In time order a page goes on after the item that `last` names, also when it was deleted
    /// meanwhile.
    pub(crate) fn page<'t, I: Dated, T>(
        &self,
        items: &'t Indexed<I>,
        show: impl Fn(&'t str, &'t I) -> Option<&'t T>,
    ) -> Page<'t, T> {
        match self.order {
            Order::Name => self.take(items.by_name(self.last), show),
            Order::OldestFirst => self.take(items.oldest_first(self.last), show),
            Order::NewestFirst => self.take(items.newest_first(self.last), show),
        }
    }

    fn take<'t, I: 't, T>(
        &self,
        items: impl Iterator<Item = (&'t str, &'t I)>,
        show: impl Fn(&'t str, &'t I) -> Option<&'t T>,
    ) -> Page<'t, T> {
        let shown = items.filter_map(|(name, item)| Some((name, show(name, item)?)));
        // One more than a page tells whether there is another.
        let mut items: Vec<_> = shown.take(self.n + 1).collect();
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

impl<T> Default for Page<'_, T> {
    fn default() -> Self {
        let (items, more) = (Vec::new(), false);
        Self { items, more }
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
    use jiff::Timestamp;

    use super::*;

    fn pages(query: &str) -> (Vec<String>, bool) {
        let mut items = Indexed::default();
        for (name, second) in [("a", 5), ("b", 1), ("c", 3), ("d", 3), ("hidden", 2)] {
            items.insert(name.into(), Timestamp::from_second(second).unwrap());
        }
        let query = Query::parse(Some(query));
        let show = |name: &str, item| (name != "hidden").then_some(item);
        let page = Listing::of(&query).page(&items, show);
        let names = page.items.iter().map(|(name, _)| (*name).to_owned());
        (names.collect(), page.more)
    }

    #[test]
    fn orders_and_starts() {
        let all = |query: &str| pages(query).0.join("");
        assert_eq!(all(""), "abcd");
        assert_eq!(all("last=b"), "cd");
        assert_eq!(all("last=bb"), "cd", "the start need not exist");
        assert_eq!(all("orderby=timeasc"), "bcda");
        assert_eq!(all("orderby=timedesc"), "acdb", "ties go by name");
        assert_eq!(all("orderby=timedesc&last=c"), "db");
        assert_eq!(all("orderby=nonsense&last=c"), "d");
    }

    #[test]
    fn a_full_last_page_is_the_last() {
        assert_eq!(pages("n=2"), (vec!["a".into(), "b".into()], true));
        assert_eq!(pages("n=2&last=b"), (vec!["c".into(), "d".into()], false));
        assert_eq!(pages("n=0"), (vec![], false));
        assert_eq!(pages("n=x").0.len(), 4);
    }
}

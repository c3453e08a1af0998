//! What a list is asked for, and which pages belong to it.

use std::sync::Arc;

use acr_core::ServerPath;
use acr_rest::Capture;
use futures_util::future::BoxFuture;

use super::{
    OrderBy,
    continuation::{Continuation, Place},
};
use crate::{
    CallOptions, Error, QueryInfo, Result,
    call::{Context, within},
    convert::Converted,
    shared::Shared,
};

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) page_size: Option<i64>,
    pub(crate) start_after: Option<String>,
    pub(crate) order: Option<OrderBy>,
    pub(crate) filter: Option<Filter>,
    /// The path of the list, as it is for this page.
    pub(crate) path: String,
    /// Behind what the list goes on, where the server says so by a token and not by a link.
    pub(crate) token: Option<String>,
}

/// What the items have in common, as a parameter of the query.
#[derive(Clone, Debug)]
pub(crate) struct Filter {
    pub(crate) name: &'static str,
    pub(crate) value: String,
}

impl Query {
    /// The filter's value, where it is this one.
    pub(crate) fn filter(&self, name: &str) -> Option<&str> {
        let filter = self.filter.as_ref().filter(|filter| filter.name == name)?;
        Some(&filter.value)
    }
}

/// What one answer holds of a list.
pub(crate) struct Answer<T> {
    /// The items; of one that cannot be read, what is wrong with it.
    pub(crate) items: Vec<Converted<T>>,
    /// Where the next page is.
    pub(crate) next: Option<Next>,
    /// What is told of a query besides.
    pub(crate) query: Option<QueryInfo>,
}

/// Where the server says that the next page is.
pub(crate) enum Next {
    /// The `Link` of the answer.
    Link(String),
    /// A token in the answer's body.
    Token(String),
}

/// What had to be found out before the list could begin.
pub(crate) enum Found {
    /// The path of the list.
    Path(String),
    /// What it is filtered by.
    Filter(Filter),
}

/// Finds out what the list is of, with the first request or requests.
pub(crate) type LookUp = Arc<dyn Fn(Context) -> BoxFuture<'static, Result<Found>> + Send + Sync>;

type Fetch<T> = Arc<dyn Fn(Context, Query) -> BoxFuture<'static, Result<Answer<T>>> + Send + Sync>;

pub(crate) struct List<T> {
    pub(crate) shared: Arc<Shared>,
    pub(crate) attempt: String,
    /// The path of the list, decoded: links to elsewhere are not followed.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) options: CallOptions,
    pub(crate) fetch: Fetch<T>,
    /// Done once, before the first page.
    pub(crate) look_up: Option<LookUp>,
    /// Whether one can say how many items a page has, and behind which the list begins.
    pub(crate) countable: bool,
}

impl<T> List<T> {
    /// What the list is called in continuations.
    pub(super) fn name(&self) -> String {
        let Query { order, filter, .. } = &self.query;
        let order = order.map_or("", OrderBy::as_str);
        let (filter, value) = filter
            .as_ref()
            .map_or(("", ""), |filter| (filter.name, &filter.value));
        format!("{} {order} {filter}={value}", self.path)
    }

    /// What the registry does not take is refused, not left out. Pages of no items would look like
    /// an empty list.
    pub(super) fn can_be_asked_for(&self) -> Result<()> {
        let why = match &self.query {
            Query {
                page_size: Some(0), ..
            } => "a page has one item at least",
            _ if self.countable => return Ok(()),
            Query {
                page_size: Some(_), ..
            } => "the registry itself says how many items a page of this list has",
            Query {
                start_after: Some(_),
                ..
            } => "this list begins at the beginning; `resume` goes on",
            _ => return Ok(()),
        };
        Err(Error::invalid(&self.attempt, why))
    }

    /// Finds out what has to be known before the first page.
    pub(super) fn look(&self, look_up: &LookUp) -> Result<BoxFuture<'static, Result<Found>>> {
        let call = self.options.context(&self.shared, &self.attempt)?;
        let (limit, attempt) = (self.options.timeout, self.attempt.clone());
        Ok(Box::pin(within(limit, attempt, look_up(call))))
    }

    /// Asks for a page.
    pub(super) fn page(
        &self,
        from: Option<&Place>,
        capture: &Capture,
    ) -> Result<BoxFuture<'static, Result<Answer<T>>>> {
        let mut options = self.options.clone();
        options.capture = Some(capture.clone());
        let mut call = options.context(&self.shared, &self.attempt)?;
        let mut query = self.query.clone();
        query.path.clone_from(&self.path);
        match from {
            None => {}
            Some(Place::Path(path)) => call.rest = call.rest.at(self.path(path)?),
            Some(Place::Token(token)) => query.token = Some(token.clone()),
        }
        Ok((self.fetch)(call, query))
    }

    /// The next page, if the server's link leads there and on.
    pub(super) fn follow(&self, next: Next, from: Option<&Place>) -> Result<Place> {
        let place = match next {
            Next::Token(token) => Place::Token(token),
            Next::Link(link) => {
                let path = self.path(&link)?;
                // Should the server forget what the list is filtered by, the next page would be
                // another list's.
                let filter = self.query.filter.as_ref();
                let path = match filter.filter(|filter| path.query(filter.name).is_none()) {
                    Some(filter) => path.and_query(filter.name, &filter.value),
                    None => path,
                };
                self.accept(&path)
                    .map_err(|why| Error::unexpected(&self.attempt, why))?;
                Place::Path(path.as_str().to_owned())
            }
        };
        if from == Some(&place) {
            return Err(Error::unexpected(
                &self.attempt,
                "the link to the next page leads to the same page again",
            ));
        }
        Ok(place)
    }

    fn path(&self, link: &str) -> Result<ServerPath> {
        ServerPath::resolve(&self.shared.endpoint, link)
            .map_err(|error| Error::new(&self.attempt, crate::ErrorKind::Link(error)))
    }

    pub(super) fn refuse(&self, why: &str) -> Error {
        Error::invalid(
            &self.attempt,
            format!("the continuation does not fit: {why}"),
        )
    }

    /// Whether a continuation is one of this list. Who has stored it may have changed it.
    pub(super) fn belongs(&self, continuation: &Continuation) -> std::result::Result<(), String> {
        // A path tells best what it belongs to.
        if let Place::Path(path) = &continuation.place {
            let path = ServerPath::resolve(&self.shared.endpoint, path);
            self.accept(&path.map_err(|error| error.to_string())?)?;
        }
        match continuation.list == self.name() {
            true => Ok(()),
            false => Err("it belongs to another list, order or filter".to_owned()),
        }
    }

    /// Whether a page belongs to this list.
    fn accept(&self, path: &ServerPath) -> std::result::Result<(), String> {
        let decoded = percent_encoding::percent_decode_str(path.path()).decode_utf8_lossy();
        if decoded != self.path {
            return Err(format!("the link belongs to `{decoded}`"));
        }
        let order = path
            .query("orderby")
            .filter(|order| order != "none")
            .unwrap_or_default();
        if order != self.query.order.map_or("", OrderBy::as_str) {
            let order = match order.as_str() {
                "" => "usual order".to_owned(),
                order => format!("order `{order}`"),
            };
            return Err(format!("the link belongs to the {order}"));
        }
        for (name, what) in [
            ("digest", "the tags of another manifest"),
            ("artifactType", "referrers of another type"),
        ] {
            if path.query(name).as_deref() != self.query.filter(name) {
                return Err(format!("the link belongs to {what}"));
            }
        }
        Ok(())
    }
}

//! Lists: streams of items, by the page where one wants to see the pages.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use acr_core::{RegistryEndpoint, ServerPath};
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture};
use serde::{Deserialize, Serialize};

use crate::{Error, Result};

/// The order of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OrderBy {
    /// What was changed last comes last.
    LastUpdatedAscending,
    /// What was changed last comes first.
    LastUpdatedDescending,
}

impl OrderBy {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::LastUpdatedAscending => "timeasc",
            Self::LastUpdatedDescending => "timedesc",
        }
    }
}

/// A list: a [`Stream`] of items that fetches the next page when it is needed.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// use acr_client::OrderBy;
///
/// let mut tags = repo.list_tags().order(OrderBy::LastUpdatedDescending).page_size(50);
/// while let Some(tag) = tags.try_next().await? {
///     println!("{} {}", tag.name, tag.digest);
/// }
/// let all = repo.list_tags().try_collect().await?;
/// # Ok(())
/// # }
/// ```
///
/// Collect before you delete: the next page begins behind the last item of this one.
#[must_use = "a list fetches nothing before it is read"]
pub struct Pager<T> {
    pages: Pages<T>,
    items: VecDeque<T>,
}

/// The same list, by the page.
#[must_use = "a list fetches nothing before it is read"]
pub struct Pages<T> {
    list: List<T>,
    state: State<T>,
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items; there may be none even though more pages follow.
    pub items: Vec<T>,
    /// Where the list goes on; `None` behind the last page.
    pub continuation: Option<Continuation>,
}

/// Where a list goes on: it can be stored, and be resumed by another process. It holds no host and
/// no secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Continuation(String);

/// What a list is asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Query {
    pub(crate) page_size: Option<i64>,
    pub(crate) start_after: Option<String>,
    pub(crate) order: Option<OrderBy>,
    pub(crate) digest: Option<String>,
}

/// Items of one answer, and the link to the next.
pub(crate) type Answer<T> = (Vec<T>, Option<String>);

type Fetch<T> =
    Arc<dyn Fn(Query, Option<ServerPath>) -> BoxFuture<'static, Result<Answer<T>>> + Send + Sync>;

pub(crate) struct List<T> {
    pub(crate) attempt: String,
    pub(crate) endpoint: RegistryEndpoint,
    /// The path of the list, decoded: links to elsewhere are not followed.
    pub(crate) path: String,
    pub(crate) query: Query,
    pub(crate) fetch: Fetch<T>,
}

enum State<T> {
    Next(Option<ServerPath>),
    Fetching {
        from: Option<ServerPath>,
        answer: BoxFuture<'static, Result<Answer<T>>>,
    },
    Done,
}

impl<T> Pager<T> {
    pub(crate) fn new(list: List<T>) -> Self {
        Self {
            pages: Pages {
                list,
                state: State::Next(None),
            },
            items: VecDeque::new(),
        }
    }

    /// How many items a page has at most. The registry's own number is 100, and it gives no more
    /// than 1,000.
    pub fn page_size(mut self, items: u32) -> Self {
        self.query().page_size = Some(i64::from(items));
        self
    }

    /// Begins behind this name (a digest, for manifests), which need not be there.
    pub fn start_after(mut self, name: impl Into<String>) -> Self {
        self.query().start_after = Some(name.into());
        self
    }

    pub(crate) fn query(&mut self) -> &mut Query {
        &mut self.pages.list.query
    }

    /// Goes on where an earlier list was left.
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the continuation is that
    /// of another list, order or digest; also when those are changed afterwards, with the first page.
    pub fn resume(mut self, continuation: &Continuation) -> Result<Self> {
        let list = &self.pages.list;
        let path = ServerPath::resolve(&list.endpoint, &continuation.0)
            .map_err(|error| list.refuse(&error.to_string()))?;
        list.accept(&path).map_err(|why| list.refuse(&why))?;
        self.pages.state = State::Next(Some(path));
        Ok(self)
    }

    /// The list by the page.
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Whatever fetching the next page ended with; the list is then over.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        self.next().await.transpose()
    }

    /// All items that are left.
    ///
    /// # Errors
    /// Whatever fetching one of the pages ended with.
    pub async fn try_collect(self) -> Result<Vec<T>> {
        TryStreamExt::try_collect(self).await
    }
}

impl<T> Stream for Pager<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            match std::task::ready!(self.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => self.items = page.items.into(),
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> Pages<T> {
    /// The next page; `None` behind the last.
    ///
    /// # Errors
    /// Whatever fetching it ended with; the list is then over.
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>> {
        self.next().await.transpose()
    }

    fn arrived(&mut self, from: Option<&ServerPath>, answer: Result<Answer<T>>) -> Result<Page<T>> {
        let (items, link) = answer?;
        let next = match link {
            None => None,
            Some(link) => Some(self.list.follow(&link, from)?),
        };
        let continuation = next
            .as_ref()
            .map(|path| Continuation(path.as_str().to_owned()));
        self.state = next.map_or(State::Done, |path| State::Next(Some(path)));
        Ok(Page {
            items,
            continuation,
        })
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Next(from) => {
                    let from = from.take();
                    // What was chained behind `resume` may have changed what is listed.
                    if let Some(Err(why)) = from.as_ref().map(|path| self.list.accept(path)) {
                        self.state = State::Done;
                        return Poll::Ready(Some(Err(self.list.refuse(&why))));
                    }
                    let answer = (self.list.fetch)(self.list.query.clone(), from.clone());
                    self.state = State::Fetching { from, answer };
                }
                State::Fetching { from, answer } => {
                    let answer = std::task::ready!(answer.as_mut().poll(cx));
                    let from = from.take();
                    self.state = State::Done;
                    return Poll::Ready(Some(self.arrived(from.as_ref(), answer)));
                }
            }
        }
    }
}

impl<T> List<T> {
    /// The next page, if the server's link leads there and on.
    fn follow(&self, link: &str, from: Option<&ServerPath>) -> Result<ServerPath> {
        let path = ServerPath::resolve(&self.endpoint, link)
            .map_err(|error| Error::new(&self.attempt, crate::ErrorKind::Link(error)))?;
        if from == Some(&path) {
            return Err(Error::unexpected(
                &self.attempt,
                "the link to the next page leads to the same page again",
            ));
        }
        // Should the server forget what the list is filtered by, the next page would be another list's.
        let path = match (&self.query.digest, path.query("digest")) {
            (Some(digest), None) => path.and_query("digest", digest),
            _ => path,
        };
        self.accept(&path)
            .map_err(|why| Error::unexpected(&self.attempt, why))?;
        Ok(path)
    }

    fn refuse(&self, why: &str) -> Error {
        Error::invalid(
            &self.attempt,
            format!("the continuation does not fit: {why}"),
        )
    }

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
            return Err(format!("the link belongs to the order `{order}`"));
        }
        match path.query("digest") == self.query.digest {
            true => Ok(()),
            false => Err("the link belongs to the tags of another manifest".to_owned()),
        }
    }
}

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("path", &self.pages.list.path)
            .finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("path", &self.list.path)
            .finish_non_exhaustive()
    }
}

// Nothing in here is pinned: futures are boxed.
impl<T> Unpin for Pager<T> {}
impl<T> Unpin for Pages<T> {}

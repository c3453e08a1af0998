//! Lists: streams of items, by the page where one wants to see the pages.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    sync::Arc,
    task::{self, Poll},
};

use acr_core::ServerPath;
use acr_rest::Capture;
use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt, future::BoxFuture};
use http::StatusCode;

use crate::{
    CallOptions, Error, QueryInfo, ResponseInfo, Result,
    call::{Context, within},
    convert::Converted,
    options::shared_options,
    shared::Shared,
};

mod continuation;

pub use continuation::Continuation;
use continuation::Place;

/// The order of a list.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// use acr_client::OrderBy;
///
/// let newest = repo.list_tags().order(OrderBy::LastUpdatedDescending).try_next().await?;
/// # Ok(())
/// # }
/// ```
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
///
/// An item that cannot be read, such as one without a digest, is an error in the place of the item,
/// [`ErrorKind::UnexpectedAnswer`](crate::ErrorKind::UnexpectedAnswer), behind the other items of its
/// page. It does not end the list: whoever asks again gets what follows.
#[must_use = "a list fetches nothing before it is read"]
pub struct Pager<T> {
    pages: Pages<T>,
    items: VecDeque<T>,
    /// What could not be read of the page whose items these are.
    unreadable: VecDeque<String>,
}

/// The same list, by the page.
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
/// let mut pages = repo.list_manifests().page_size(500).pages();
/// while let Some(page) = pages.try_next().await? {
///     println!("{} manifests", page.items.len());
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a list fetches nothing before it is read"]
pub struct Pages<T> {
    list: List<T>,
    state: State<T>,
    /// The list that a continuation belongs to from which this one goes on.
    resumed: Option<String>,
}

/// One page of a list.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Page<T> {
    /// The items; there may be none even though more pages follow.
    pub items: Vec<T>,
    /// What is wrong with each item that cannot be read, in words. The items hold all the others.
    pub unreadable: Vec<String>,
    /// Where the list goes on; `None` behind the last page.
    pub continuation: Option<Continuation>,
    /// What the answer said beside the items.
    pub response: ResponseInfo,
    /// What the registry told of a [metadata query](crate::ContainerRegistryClient::query_metadata)
    /// besides; `None` for all other lists.
    pub query: Option<QueryInfo>,
}

impl<T> Page<T> {
    /// A last page with these items, for tests.
    ///
    /// ```
    /// use acr_client::Page;
    ///
    /// let page = Page::new(["v1", "v2"]);
    /// assert_eq!(page.items.len(), 2);
    /// assert!(page.continuation.is_none());
    /// ```
    #[must_use]
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        Self {
            items: items.into_iter().collect(),
            unreadable: Vec::new(),
            continuation: None,
            response: ResponseInfo::new(StatusCode::OK),
            query: None,
        }
    }
}

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

enum State<T> {
    Next(Option<Place>),
    LookingUp {
        from: Option<Place>,
        found: BoxFuture<'static, Result<Found>>,
    },
    Fetching {
        from: Option<Place>,
        capture: Capture,
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
                resumed: None,
            },
            items: VecDeque::new(),
            unreadable: VecDeque::new(),
        }
    }

    /// How many items a page has at most. The registry's own number is 100, and it gives no more
    /// than 1,000. Of referrers and of a metadata query it takes none: there it is an error, and so
    /// is 0 everywhere.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let tags = repo.list_tags().page_size(1000).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn page_size(mut self, items: u32) -> Self {
        self.query().page_size = Some(i64::from(items));
        self
    }

    /// Begins behind this name (a digest, for manifests), which need not be there. Referrers and a
    /// metadata query have no such names: there it is an error.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let rest = registry.list_repositories().start_after("team/m").try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn start_after(mut self, name: impl Into<String>) -> Self {
        self.query().start_after = Some(name.into());
        self
    }

    pub(crate) fn query(&mut self) -> &mut Query {
        &mut self.pages.list.query
    }

    /// Goes on where an earlier list was left, by pages of the same size. What is chained of
    /// [`page_size`](Self::page_size) and [`start_after`](Self::start_after) has no effect then.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// # let stored = "";
    /// use acr_client::Continuation;
    ///
    /// # let Ok(continuation) = serde_json::from_str::<Continuation>(stored) else { return Ok(()) };
    /// let mut rest = repo.list_tags().resume(&continuation)?;
    /// println!("{:?}", rest.try_next().await?);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when the continuation is that
    /// of another list, order or digest; also when those are changed afterwards, with the first page.
    pub fn resume(mut self, continuation: &Continuation) -> Result<Self> {
        let list = &self.pages.list;
        // What is not known yet is compared with the first page.
        if list.look_up.is_none() {
            let fits = list.belongs(continuation);
            fits.map_err(|why| list.refuse(&why))?;
        }
        self.pages.resumed = Some(continuation.list.clone());
        self.pages.state = State::Next(Some(continuation.place.clone()));
        Ok(self)
    }

    /// Finds something out before the first page.
    pub(crate) fn look_up(mut self, look_up: LookUp) -> Self {
        self.pages.list.look_up = Some(look_up);
        self
    }

    /// A list of which the registry alone says how many items a page has, and where it begins.
    pub(crate) fn uncountable(mut self) -> Self {
        self.pages.list.countable = false;
        self
    }

    fn set(mut self, change: impl FnOnce(CallOptions) -> CallOptions) -> Self {
        let options = std::mem::take(&mut self.pages.list.options);
        self.pages.list.options = change(options);
        self
    }

    shared_options!();

    /// The list by the page.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let mut pages = repo.list_tags().page_size(50).pages();
    /// while let Some(page) = pages.try_next().await? {
    ///     println!("{} tags, more: {}", page.items.len(), page.continuation.is_some());
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn pages(self) -> Pages<T> {
        self.pages
    }

    /// The items without async: each page is waited for. See [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub fn iter(self) -> crate::blocking::Items<T> {
        crate::blocking::Items::new(self)
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn attempt(&self) -> &str {
        self.pages.attempt()
    }

    /// The next item; `None` at the end.
    ///
    /// # Errors
    /// Whatever fetching the next page ended with; the list is then over. An item that cannot be
    /// read; the list then goes on.
    pub async fn try_next(&mut self) -> Result<Option<T>> {
        self.next().await.transpose()
    }

    /// All items that are left.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let names = registry.list_repositories().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Whatever fetching one of the pages ended with; the first item that cannot be read.
    pub async fn try_collect(self) -> Result<Vec<T>> {
        TryStreamExt::try_collect(self).await
    }
}

impl<T> Stream for Pager<T> {
    type Item = Result<T>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            if let Some(what) = self.unreadable.pop_front() {
                let error = Error::unexpected(&self.pages.list.attempt, what);
                return Poll::Ready(Some(Err(error)));
            }
            match task::ready!(self.pages.poll_next_unpin(cx)) {
                Some(Ok(page)) => {
                    self.items = page.items.into();
                    self.unreadable = page.unreadable.into();
                }
                Some(Err(error)) => return Poll::Ready(Some(Err(error))),
                None => return Poll::Ready(None),
            }
        }
    }
}

impl<T> Pages<T> {
    /// The pages without async: each is waited for. See [`blocking`](crate::blocking).
    #[cfg(feature = "blocking")]
    pub fn iter(self) -> crate::blocking::Pages<T> {
        crate::blocking::Pages::new(self)
    }

    #[cfg(feature = "blocking")]
    pub(crate) fn attempt(&self) -> &str {
        &self.list.attempt
    }

    /// The next page; `None` behind the last.
    ///
    /// # Errors
    /// Whatever fetching it ended with; the list is then over.
    pub async fn try_next(&mut self) -> Result<Option<Page<T>>> {
        self.next().await.transpose()
    }

    fn begin(&mut self, from: Option<Place>) -> Result<State<T>> {
        // What was chained behind `resume`, or looked up since, may have changed what is listed.
        if let (Some(list), Some(place)) = (&self.resumed, &from) {
            let (list, place) = (list.clone(), place.clone());
            let fits = self.list.belongs(&Continuation { list, place });
            fits.map_err(|why| self.list.refuse(&why))?;
        }
        let capture = Capture::default();
        let answer = self.list.page(from.as_ref(), &capture)?;
        Ok(State::Fetching {
            from,
            capture,
            answer,
        })
    }

    fn arrived(
        &mut self,
        from: Option<&Place>,
        capture: &Capture,
        answer: Result<Answer<T>>,
    ) -> Result<Page<T>> {
        let Answer {
            items: told,
            next,
            query,
        } = answer?;
        let (mut items, mut unreadable) = (Vec::with_capacity(told.len()), Vec::new());
        for item in told {
            match item {
                Ok(item) => items.push(item),
                Err(what) => unreadable.push(what),
            }
        }
        let place = next.map(|next| self.list.follow(next, from)).transpose()?;
        let continuation = place.clone().map(|place| Continuation {
            list: self.list.name(),
            place,
        });
        let response = capture
            .take()
            .ok_or_else(|| Error::unexpected(&self.list.attempt, "nothing was sent"))?;
        self.state = place.map_or(State::Done, |place| State::Next(Some(place)));
        Ok(Page {
            items,
            unreadable,
            continuation,
            response: response.into(),
            query,
        })
    }
}

impl<T> Stream for Pages<T> {
    type Item = Result<Page<T>>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            match &mut self.state {
                State::Done => return Poll::Ready(None),
                State::Next(from) => {
                    let from = from.take();
                    self.state = State::Done;
                    let begun = self.list.can_be_asked_for().and_then(|()| {
                        match self.list.look_up.take() {
                            Some(look_up) => self.list.look(&look_up, from),
                            None => self.begin(from),
                        }
                    });
                    match begun {
                        Ok(state) => self.state = state,
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                }
                State::LookingUp { from, found } => {
                    let found = task::ready!(found.as_mut().poll(cx));
                    let from = from.take();
                    self.state = State::Done;
                    match found {
                        Ok(Found::Path(path)) => self.list.path = path,
                        Ok(Found::Filter(filter)) => self.list.query.filter = Some(filter),
                        Err(error) => return Poll::Ready(Some(Err(error))),
                    }
                    self.state = State::Next(from);
                }
                State::Fetching { answer, .. } => {
                    let answer = task::ready!(answer.as_mut().poll(cx));
                    let state = std::mem::replace(&mut self.state, State::Done);
                    let State::Fetching { from, capture, .. } = state else {
                        return Poll::Ready(None);
                    };
                    return Poll::Ready(Some(self.arrived(from.as_ref(), &capture, answer)));
                }
            }
        }
    }
}

impl<T> List<T> {
    /// What the list is called in continuations.
    fn name(&self) -> String {
        let Query { order, filter, .. } = &self.query;
        let order = order.map_or("", OrderBy::as_str);
        let (filter, value) = filter
            .as_ref()
            .map_or(("", ""), |filter| (filter.name, &filter.value));
        format!("{} {order} {filter}={value}", self.path)
    }

    /// What the registry does not take is refused, not left out. Pages of no items would look like
    /// an empty list.
    fn can_be_asked_for(&self) -> Result<()> {
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
    fn look(&self, look_up: &LookUp, from: Option<Place>) -> Result<State<T>> {
        let call = self.options.context(&self.shared, &self.attempt)?;
        let (limit, attempt) = (self.options.timeout, self.attempt.clone());
        let found = Box::pin(within(limit, attempt, look_up(call)));
        Ok(State::LookingUp { from, found })
    }

    /// Asks for a page.
    fn page(
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
    fn follow(&self, next: Next, from: Option<&Place>) -> Result<Place> {
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

    fn refuse(&self, why: &str) -> Error {
        Error::invalid(
            &self.attempt,
            format!("the continuation does not fit: {why}"),
        )
    }

    /// Whether a continuation is one of this list. Who has stored it may have changed it.
    fn belongs(&self, continuation: &Continuation) -> std::result::Result<(), String> {
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

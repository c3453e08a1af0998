//! A list by the page.

use std::{
    fmt,
    pin::Pin,
    task::{self, Poll},
};

use acr_rest::Capture;
use futures_core::Stream;
use futures_util::{StreamExt, future::BoxFuture};
use http::StatusCode;

use super::{
    continuation::{Continuation, Place},
    list::{Answer, Found, List},
};
use crate::{Error, QueryInfo, ResponseInfo, Result};

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
    pub(super) list: List<T>,
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

impl<T> Pages<T> {
    pub(super) fn new(list: List<T>) -> Self {
        Self {
            list,
            state: State::Next(None),
            resumed: None,
        }
    }

    /// Begins where the continuation says, if it is one of this list.
    pub(super) fn resume(&mut self, continuation: &Continuation) -> Result<()> {
        // What is not known yet is compared with the first page.
        if self.list.look_up.is_none() {
            let fits = self.list.belongs(continuation);
            fits.map_err(|why| self.list.refuse(&why))?;
        }
        self.resumed = Some(continuation.list.clone());
        self.state = State::Next(Some(continuation.place.clone()));
        Ok(())
    }

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
                            Some(look_up) => {
                                let found = self.list.look(&look_up)?;
                                Ok(State::LookingUp { from, found })
                            }
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

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pages")
            .field("path", &self.list.path)
            .finish_non_exhaustive()
    }
}

// Nothing in here is pinned: futures are boxed.
impl<T> Unpin for Pages<T> {}

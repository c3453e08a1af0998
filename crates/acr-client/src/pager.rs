//! Lists: streams of items, by the page where one wants to see the pages.

use std::{
    collections::VecDeque,
    fmt,
    pin::Pin,
    task::{self, Poll},
};

use futures_core::Stream;
use futures_util::{StreamExt, TryStreamExt};

use crate::{CallOptions, Error, Result, options::shared_options};

mod continuation;
mod list;
mod pages;

pub use continuation::Continuation;
pub(crate) use list::{Answer, Filter, Found, List, LookUp, Next, Query};
pub use pages::{Page, Pages};

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

impl<T> Pager<T> {
    pub(crate) fn new(list: List<T>) -> Self {
        Self {
            pages: Pages::new(list),
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
        self.pages.resume(continuation)?;
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

impl<T> fmt::Debug for Pager<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Pager")
            .field("path", &self.pages.list.path)
            .finish_non_exhaustive()
    }
}

// Nothing in here is pinned: futures are boxed.
impl<T> Unpin for Pager<T> {}

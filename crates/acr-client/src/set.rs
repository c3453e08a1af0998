//! Sets of calls: some at once, all or none.

use std::{fmt, pin::pin, time::Duration};

use futures_util::{StreamExt, future::BoxFuture, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use crate::{Call, Error, Result, options::Cancelled};

/// What is tried: for errors.
const ATTEMPT: &str = "make a set of calls";

/// As many connections as servers and their peers bear without being asked.
const AT_ONCE: usize = 8;

/// After a failure the others may take so long to leave nothing behind.
const WIND_UP: Duration = Duration::from_secs(5);

/// Makes these calls, some of them at once, and gives their results in the order of the calls. They are
/// of one type: uploads, downloads to files, deletions.
///
/// The first one that fails ends the set: its error is returned, which tells by
/// [`index`](Error::index) which one it was. Calls that have not begun never do; those under way are
/// dropped, but uploads first cancel their sessions, for 5 s at most. What was done before stays done.
///
/// The calls are taken from the iterator one by one as there is room, so it may be of any length: what is
/// held in memory are the calls under way, and the results. Nothing is spawned: all run in the task that
/// awaits them. Dropping it drops all of them, as each alone.
///
/// To push the layers of an image:
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, config: acr_client::Descriptor) -> acr_client::Result<()> {
/// use acr_client::{Manifest, MediaType, Source};
///
/// let files = [
///     ("base.tar.gz", MediaType::IMAGE_LAYER_GZIP),
///     ("model.safetensors", MediaType::OCTET_STREAM),
/// ];
/// let uploads = files.map(|(path, kind)| repo.upload_blob(Source::file(path)).media_type(kind));
/// let layers = acr_client::all(uploads).concurrency(4).await?;
/// repo.put_manifest(Manifest::image(config, layers)).tag("v1").await?;
/// # Ok(())
/// # }
/// ```
///
/// To pull them into a folder:
///
/// ```no_run
/// # async fn f(repo: acr_client::Repository, folder: std::path::PathBuf) -> Result<(), Box<dyn std::error::Error>> {
/// let image = repo.get_manifest("v1").await?;
/// let downloads = image.as_image()?.layers.into_iter().map(|layer| {
///     let file = folder.join(layer.digest.as_str().replace(':', "-"));
///     repo.download_blob(&layer.digest).size(layer.size).to_file(file)
/// });
/// for downloaded in acr_client::all(downloads).await? {
///     println!("{} bytes of {}", downloaded.size, downloaded.digest);
/// }
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// When it is awaited: that of the first call that failed;
/// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) when none may be under way.
pub fn all<'a, T, K, I>(calls: I) -> All<'a, T>
where
    I: IntoIterator<Item = Call<T, K>>,
    I::IntoIter: Send + 'a,
    T: Send + 'static,
    K: Send + 'static,
{
    let failed = CancellationToken::new();
    let told = failed.clone();
    let calls = calls.into_iter().map(move |call| until(&told, call));
    All {
        calls: Box::new(calls),
        failed,
        concurrency: AT_ONCE,
    }
}

/// A set of calls. Made by [`all`]; nothing is sent before it is awaited.
#[must_use = "nothing is sent before the set is awaited"]
pub struct All<'a, T> {
    calls: Box<dyn Iterator<Item = Outcome<T>> + Send + 'a>,
    failed: CancellationToken,
    concurrency: usize,
}

/// `None` for a call that was dropped since another one failed.
type Outcome<T> = BoxFuture<'static, Option<Result<T>>>;

impl<T> All<'_, T> {
    /// How many calls are under way at once; 8 without it, and not 0.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let mut calls = Vec::new();
    /// for name in ["v1", "v2", "v3"] {
    ///     calls.push(repo.tag(name)?.properties());
    /// }
    /// let properties = acr_client::all(calls).concurrency(2).await?;
    /// println!("{:?}", properties.iter().map(|tag| &tag.digest).collect::<Vec<_>>());
    /// # Ok(())
    /// # }
    /// ```
    pub fn concurrency(self, concurrency: usize) -> Self {
        Self {
            concurrency,
            ..self
        }
    }
}

impl<'a, T: Send + 'a> All<'a, T> {
    async fn made(self) -> Result<Vec<T>> {
        if self.concurrency == 0 {
            let why = "with 0 calls at once none is ever made: 1 makes one after the other";
            return Err(Error::invalid(ATTEMPT, why));
        }
        let mut calls = self.calls.enumerate().fuse();
        let mut under_way = FuturesUnordered::new();
        let mut results = Vec::new();
        loop {
            let room = self.concurrency - under_way.len();
            let next = calls.by_ref().take(room);
            under_way.extend(next.map(|(index, call)| async move { (index, call.await) }));
            match under_way.next().await {
                Some((index, Some(Ok(result)))) => put(&mut results, index, result),
                Some((index, Some(Err(error)))) => {
                    self.failed.cancel();
                    let others = under_way.for_each(|_| std::future::ready(()));
                    if tokio::time::timeout(WIND_UP, others).await.is_err() {
                        tracing::debug!("some calls of the set were not over in time");
                    }
                    return Err(error.at_index(index));
                }
                // Before one has failed none is dropped.
                Some((_, None)) => {}
                None => return Ok(results.into_iter().flatten().collect()),
            }
        }
    }
}

/// The outcome of this call; once another has failed that of what it does to leave nothing behind, if it
/// does something.
fn until<T, K>(failed: &CancellationToken, call: Call<T, K>) -> Outcome<T>
where
    T: Send + 'static,
    K: Send + 'static,
{
    let cancelled = Cancelled::by(failed.clone());
    let work = call.cancelled(cancelled.clone()).into_future();
    Box::pin(async move {
        let mut work = pin!(work);
        match cancelled.token().run_until_cancelled(work.as_mut()).await {
            Some(outcome) => Some(outcome),
            None if cancelled.is_heeded() => Some(work.await),
            None => None,
        }
    })
}

fn put<T>(results: &mut Vec<Option<T>>, index: usize, result: T) {
    if results.len() <= index {
        results.resize_with(index + 1, || None);
    }
    results[index] = Some(result);
}

impl<'a, T: Send + 'a> IntoFuture for All<'a, T> {
    type Output = Result<Vec<T>>;
    type IntoFuture = BoxFuture<'a, Result<Vec<T>>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.made())
    }
}

#[cfg(feature = "blocking")]
impl<'a, T: Send + 'a> All<'a, T> {
    /// Makes the calls and waits for them: without async. See [`blocking`](crate::blocking).
    ///
    /// # Errors
    /// As when it is awaited; [`ErrorKind::AsyncContext`](crate::ErrorKind::AsyncContext) within an
    /// async task, where nothing may wait.
    pub fn wait(self) -> Result<Vec<T>> {
        crate::blocking::wait(ATTEMPT, self.into_future())
    }
}

impl<T> fmt::Debug for All<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("All")
            .field("concurrency", &self.concurrency)
            .finish_non_exhaustive()
    }
}

//! Without async: every call has [`wait`](crate::Call::wait), every list [`iter`](crate::Pager::iter).
//!
//! ```no_run
//! use acr_client::{ContainerRegistryClient, Credential};
//!
//! # fn f(secret: &str) -> acr_client::Result<()> {
//! let registry = ContainerRegistryClient::new("myregistry.azurecr.io", Credential::password("me", secret))?;
//! for name in registry.list_repositories().iter() {
//!     let properties = registry.repository(name?)?.properties().wait()?;
//!     println!("{}: {:?} tags", properties.name, properties.tag_count);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! The calling thread waits. Connections and timers are served by one runtime for the whole process,
//! with one thread, which is made when it is first needed and stays. Any number of threads may wait
//! at once.
//!
//! Within an async task nothing may wait: there it is an error, of
//! [`ErrorKind::AsyncContext`], and nothing is sent. On a thread of
//! `tokio::task::spawn_blocking` one may. A client is best used in one of the two ways only, since
//! connections belong to the runtime on which they were made.

use std::{
    fmt, io,
    ops::Range,
    pin::pin,
    sync::{Arc, Mutex, OnceLock, PoisonError},
    task::{Context, Poll, Wake, Waker},
    thread::{self, Thread},
};

use tokio::{
    io::AsyncReadExt,
    runtime::{Builder, Handle, Runtime},
};

use crate::{BlobReader, Error, ErrorKind, Page, Pager, Result};

static RUNTIME: OnceLock<Runtime> = OnceLock::new();

/// What the future comes to, for which this thread waits.
pub(crate) fn wait<T>(attempt: &str, future: impl Future<Output = Result<T>>) -> Result<T> {
    if is_in_task() {
        return Err(Error::new(attempt, ErrorKind::AsyncContext));
    }
    let runtime = runtime().map_err(|error| Error::new(attempt, ErrorKind::Io(error)))?;
    let _entered = runtime.enter();
    block_on(future)
}

fn runtime() -> io::Result<&'static Runtime> {
    static MAKING: Mutex<()> = Mutex::new(());
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    // Nothing is behind the lock that a panic could leave half done.
    let _making = MAKING.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(runtime) = RUNTIME.get() {
        return Ok(runtime);
    }
    let made = Builder::new_multi_thread()
        .worker_threads(1)
        .thread_name("acr-client")
        .enable_all()
        .build()?;
    Ok(RUNTIME.get_or_init(|| made))
}

/// Drives the future on this thread. Unlike the runtime's own function it panics nowhere.
fn block_on<F: Future>(future: F) -> F::Output {
    struct Unpark(Thread);
    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }
    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut context = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => return output,
            Poll::Pending => thread::park(),
        }
    }
}

/// Whether an async task runs on this thread, which may not wait: others would stand still. A thread
/// of `spawn_blocking` belongs to a runtime too, and may. What tells them apart is that a task's
/// budget comes to an end (`tokio::task::coop`): 256 steps are more than it ever has.
fn is_in_task() -> bool {
    let mut context = Context::from_waker(Waker::noop());
    let mut spends = || {
        let spent = pin!(tokio::task::consume_budget());
        spent.poll(&mut context).is_pending()
    };
    Handle::try_current().is_ok() && (0..=u8::MAX).any(|_| spends())
}

/// The items of a list, one after the other. Made by [`Pager::iter`].
///
/// As with a [`Pager`], an item that cannot be read is an error in its place, and does not end the list.
#[must_use = "a list fetches nothing before it is read"]
pub struct Items<T> {
    pager: Option<Pager<T>>,
}

/// The pages of a list, one after the other. Made by [`Pages::iter`](crate::Pages::iter).
#[must_use = "a list fetches nothing before it is read"]
pub struct Pages<T> {
    pages: Option<crate::Pages<T>>,
}

impl<T> Items<T> {
    pub(crate) fn new(pager: Pager<T>) -> Self {
        Self { pager: Some(pager) }
    }
}

impl<T> Pages<T> {
    pub(crate) fn new(pages: crate::Pages<T>) -> Self {
        Self { pages: Some(pages) }
    }
}

impl<T> Iterator for Items<T> {
    type Item = Result<T>;

    fn next(&mut self) -> Option<Self::Item> {
        let pager = self.pager.as_mut()?;
        let attempt = pager.attempt().to_owned();
        let next = wait(&attempt, pager.try_next()).transpose();
        let over = match &next {
            // Where one may not wait, each further item would be this error again.
            Some(Err(error)) => matches!(error.kind(), ErrorKind::AsyncContext | ErrorKind::Io(_)),
            Some(Ok(_)) => false,
            None => true,
        };
        if over {
            self.pager = None;
        }
        next
    }
}

impl<T> Iterator for Pages<T> {
    type Item = Result<Page<T>>;

    fn next(&mut self) -> Option<Self::Item> {
        let pages = self.pages.as_mut()?;
        let attempt = pages.attempt().to_owned();
        let next = wait(&attempt, pages.try_next()).transpose();
        if !matches!(next, Some(Ok(_))) {
            self.pages = None;
        }
        next
    }
}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Items").field(&self.pager).finish()
    }
}

impl<T> fmt::Debug for Pages<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Pages").field(&self.pages).finish()
    }
}

/// The bytes of a blob, verified as they go by. Made by [`BlobReader::blocking`].
///
/// Its end without an error means that all bytes were right.
///
/// ```no_run
/// # fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> Result<(), Box<dyn std::error::Error>> {
/// let mut layer = repo.download_blob(&digest).reader().wait()?.blocking();
/// let mut file = std::fs::File::create("layer.tar.gz")?;
/// std::io::copy(&mut layer, &mut file)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Reader(BlobReader);

impl Reader {
    pub(crate) fn new(reader: BlobReader) -> Self {
        Self(reader)
    }

    /// How many bytes there will be, as the server says; `None` where it does not.
    #[must_use]
    pub fn size(&self) -> Option<u64> {
        self.0.size()
    }
}

/// A range of a blob, whose bytes nothing verifies. Made by
/// [`UnverifiedReader::blocking`](crate::UnverifiedReader::blocking).
///
/// ```no_run
/// # fn f(repo: acr_client::Repository, digest: acr_client::Digest) -> Result<(), Box<dyn std::error::Error>> {
/// use std::io::Read;
///
/// let mut first = Vec::new();
/// let range = repo.download_blob(&digest).range(..1024);
/// range.reader().wait()?.blocking().read_to_end(&mut first)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct UnverifiedReader(crate::UnverifiedReader);

impl UnverifiedReader {
    pub(crate) fn new(reader: crate::UnverifiedReader) -> Self {
        Self(reader)
    }

    /// Which bytes of the blob these are: fewer than were asked for where the blob ends before.
    #[must_use]
    pub fn range(&self) -> Range<u64> {
        self.0.range()
    }

    /// How many bytes the whole blob has, as the server says; `None` where it does not.
    #[must_use]
    pub fn total(&self) -> Option<u64> {
        self.0.total()
    }
}

impl io::Read for UnverifiedReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = async { Ok(self.0.read(buffer).await) };
        wait("read a range of a blob", read)?
    }
}

impl io::Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = async { Ok(self.0.read(buffer).await) };
        wait("read a blob", read)?
    }
}

//! Breaking a connection on purpose, and not before what was written has gone out.

use std::{
    convert::Infallible,
    future::{pending, poll_fn},
    io::{self, IoSlice},
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use futures_util::task::AtomicWaker;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{
        TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    time::timeout,
};

/// What a client still sends is read for so long after the end of what it gets: a socket that is
/// closed with bytes unread takes those back that are on their way to the client.
const LINGER: Duration = Duration::from_secs(1);

/// The means to break one connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Breaker(Arc<State>);

#[derive(Debug, Default)]
struct State {
    tripped: AtomicBool,
    /// Whether the client is to get everything that was written.
    lingers: AtomicBool,
    /// Whether the client is to see a reset instead of an end.
    resets: AtomicBool,
    /// Something was written since the last flush that came to its end.
    unflushed: AtomicBool,
    connection: AtomicWaker,
}

impl Breaker {
    /// Ends the connection when the client has got what was written so far. Whoever waits for this
    /// goes with it.
    pub(crate) async fn end(&self) -> Infallible {
        self.0.lingers.store(true, Ordering::Release);
        self.cut().await
    }

    /// Resets the connection when what was written so far has been handed to the system. Whoever
    /// waits for this goes with it.
    pub(crate) async fn reset(&self) -> Infallible {
        self.0.resets.store(true, Ordering::Release);
        self.cut().await
    }

    /// Breaks the connection at once, whatever the client is still sending. Whoever waits for this
    /// goes with it.
    pub(crate) async fn cut(&self) -> Infallible {
        self.0.tripped.store(true, Ordering::Release);
        self.0.connection.wake();
        pending().await
    }

    /// The connection's socket, watched for what has gone out, and its end that reads.
    pub(crate) fn watch(&self, socket: TcpStream) -> (Watched, Reader) {
        let (reader, writer) = socket.into_split();
        let reader = Reader(Arc::new(Mutex::new(reader)));
        let watched = Watched {
            reader: reader.clone(),
            writer: Some(writer),
            state: Arc::clone(&self.0),
        };
        (watched, reader)
    }

    /// Serves the connection to its end, which is `None` where it was broken.
    pub(crate) async fn serve<F: Future>(&self, serving: F, reader: Reader) -> Option<F::Output> {
        let end = self.drive(serving).await;
        // With `serving` the half that writes is gone: the client sees an end.
        if end.is_none() && self.0.lingers.load(Ordering::Acquire) {
            let _ = timeout(LINGER, reader.drain()).await;
        }
        if end.is_none() && self.0.resets.load(Ordering::Acquire) {
            reader.reset_on_close();
        }
        end
    }

    async fn drive<F: Future>(&self, serving: F) -> Option<F::Output> {
        let mut serving = pin!(serving);
        poll_fn(|cx| {
            self.0.connection.register(cx.waker());
            // Every poll ends with writing and flushing what there is.
            if let Poll::Ready(end) = serving.as_mut().poll(cx) {
                return Poll::Ready(Some(end));
            }
            let tripped = self.0.tripped.load(Ordering::Acquire);
            if tripped && !self.0.unflushed.load(Ordering::Acquire) {
                return Poll::Ready(None);
            }
            Poll::Pending
        })
        .await
    }
}

/// The half of a socket that reads, also when the connection has been given up.
#[derive(Clone, Debug)]
pub(crate) struct Reader(Arc<Mutex<OwnedReadHalf>>);

impl Reader {
    fn poll_read(&self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let mut reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Pin::new(&mut *reader).poll_read(cx, buffer)
    }

    /// Lets the system send a reset when the socket is closed, instead of what it still holds.
    fn reset_on_close(&self) {
        let reader = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let socket: &TcpStream = (*reader).as_ref();
        if let Err(error) = socket.set_zero_linger() {
            tracing::warn!(%error, "the connection ends instead of being reset");
        }
    }

    /// Reads until the client has closed its end, too.
    async fn drain(&self) {
        let mut bytes = vec![0; 8192];
        while self.read(&mut bytes).await.is_ok_and(|length| length > 0) {}
    }

    async fn read(&self, bytes: &mut [u8]) -> io::Result<usize> {
        let mut buffer = ReadBuf::new(bytes);
        poll_fn(|cx| self.poll_read(cx, &mut buffer)).await?;
        Ok(buffer.filled().len())
    }
}

/// A socket that tells its [`Breaker`] whether everything has gone out.
#[derive(Debug)]
pub(crate) struct Watched {
    reader: Reader,
    /// There as long as this is.
    writer: Option<OwnedWriteHalf>,
    state: Arc<State>,
}

impl Watched {
    fn writer(&mut self) -> io::Result<Pin<&mut OwnedWriteHalf>> {
        let writer = self.writer.as_mut().map(Pin::new);
        writer.ok_or_else(|| io::ErrorKind::NotConnected.into())
    }
}

/// The half that writes says that it is at its end when it goes; where the connection is to be reset
/// nothing may be said before that.
impl Drop for Watched {
    fn drop(&mut self) {
        if let Some(writer) = self.writer.take()
            && self.state.resets.load(Ordering::Acquire)
        {
            writer.forget();
        }
    }
}

impl AsyncRead for Watched {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.reader.poll_read(cx, buffer)
    }
}

impl AsyncWrite for Watched {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.state.unflushed.store(true, Ordering::Release);
        self.writer()?.poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.state.unflushed.store(true, Ordering::Release);
        self.writer()?.poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.writer
            .as_ref()
            .is_some_and(AsyncWrite::is_write_vectored)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.writer()?.poll_flush(cx))?;
        self.state.unflushed.store(false, Ordering::Release);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.writer()?.poll_shutdown(cx)
    }
}

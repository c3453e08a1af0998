//! Requests whose bodies are on their way: nothing limits the time of all of it, but a server that
//! takes nothing more, or that does not answer when it has all, is noticed.

use std::{
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use bytes::Bytes;
use futures_util::future::{Either, select};
use http_body::{Body, Frame, SizeHint};
use reqwest::Request;
use tokio::{
    sync::Notify,
    time::{Instant, sleep_until},
};

use super::{Silence, Timeouts};

/// Bodies up to 64 KiB are not looked at: they fit into what a connection takes at once.
const SHORT: usize = 64 * 1024;

/// A longer one goes out in pieces of 256 KiB, so that one sees it go: at the slowest, one within the
/// time for which silence is borne.
const PIECE: usize = 256 * 1024;

/// What is awaited of a request.
pub(super) struct Sending {
    timeouts: Timeouts,
    /// `None` of a short body: all of it counts as sent at once.
    watched: Option<Arc<Watched>>,
    begun: Instant,
}

struct Watched {
    stands: Mutex<Stands>,
    /// Told when the body has ended, since the time for the answer begins then.
    ended: Notify,
}

/// Whose turn it is.
#[derive(Clone, Copy)]
enum Stands {
    /// The server's, since it was asked.
    Begun,
    /// The server's, since the last piece went out.
    Taken(Instant),
    /// That of the body's source: it has nothing to send at present.
    Source,
    /// The server's: it has all, since then.
    Ended(Instant),
}

/// Begins to watch this request's body.
pub(super) fn watch(request: &mut Request, timeouts: Timeouts) -> Sending {
    let body = request.body_mut();
    let short = |body: &reqwest::Body| body.as_bytes().is_some_and(|bytes| bytes.len() <= SHORT);
    let watched = body.take_if(|body| !short(body)).map(|long| {
        let watched = Arc::new(Watched {
            stands: Mutex::new(Stands::Begun),
            ended: Notify::new(),
        });
        *body = Some(reqwest::Body::wrap(Outgoing {
            body: long,
            rest: Bytes::new(),
            watched: Arc::clone(&watched),
        }));
        watched
    });
    Sending {
        timeouts,
        watched,
        begun: Instant::now(),
    }
}

impl Sending {
    /// The answer, unless there is silence for too long before it.
    pub(super) async fn unless_silent<T>(
        &self,
        answer: impl Future<Output = T>,
    ) -> Result<T, Silence> {
        match select(pin!(answer), pin!(self.silence())).await {
            Either::Left((answer, _)) => Ok(answer),
            Either::Right((silence, _)) => Err(silence),
        }
    }

    /// Returns when there was silence for too long.
    async fn silence(&self) -> Silence {
        let Timeouts { response, idle } = self.timeouts;
        loop {
            let stands = self.watched.as_ref().map(|watched| watched.stands());
            let (since, limit, silence) = match stands {
                None | Some(Stands::Begun) => (self.begun, response, Silence::Response(response)),
                Some(Stands::Taken(at)) => (at, idle, Silence::Request(idle)),
                Some(Stands::Ended(at)) => (at, response, Silence::Response(response)),
                // Looked at again: its turn is over when it has something.
                Some(Stands::Source) => (Instant::now(), idle, Silence::Request(idle)),
            };
            // A limit of centuries is none.
            let until = since.checked_add(limit);
            let over = async {
                match until {
                    Some(until) => sleep_until(until).await,
                    None => std::future::pending().await,
                }
            };
            let ended = async {
                match &self.watched {
                    Some(watched) => watched.ended.notified().await,
                    None => std::future::pending().await,
                }
            };
            let slept = matches!(select(pin!(over), pin!(ended)).await, Either::Left(_));
            let stands_now = self.watched.as_ref().map(|watched| watched.stands());
            if slept && still(stands, stands_now) {
                return silence;
            }
        }
    }
}

/// Whether nothing has moved, and it is the server's turn.
fn still(before: Option<Stands>, now: Option<Stands>) -> bool {
    match (before, now) {
        (None, None) | (Some(Stands::Begun), Some(Stands::Begun)) => true,
        (Some(Stands::Taken(before)), Some(Stands::Taken(now)))
        | (Some(Stands::Ended(before)), Some(Stands::Ended(now))) => before == now,
        _ => false,
    }
}

impl Watched {
    fn stands(&self) -> Stands {
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn set(&self, stands: Stands) {
        *self.stands.lock().unwrap_or_else(PoisonError::into_inner) = stands;
    }

    fn end(&self) {
        if !matches!(self.stands(), Stands::Ended(_)) {
            self.set(Stands::Ended(Instant::now()));
            self.ended.notify_one();
        }
    }
}

/// A body that tells of each piece that goes out.
struct Outgoing {
    body: reqwest::Body,
    /// What of the body's last piece has not gone out.
    rest: Bytes,
    watched: Arc<Watched>,
}

impl Body for Outgoing {
    type Data = Bytes;
    type Error = reqwest::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<reqwest::Result<Frame<Bytes>>>> {
        let this = &mut *self;
        if this.rest.is_empty() {
            match Pin::new(&mut this.body).poll_frame(cx) {
                Poll::Ready(Some(Ok(frame))) => match frame.into_data() {
                    Ok(data) => this.rest = data,
                    Err(trailers) => return Poll::Ready(Some(Ok(trailers))),
                },
                Poll::Ready(other) => {
                    this.watched.end();
                    return Poll::Ready(other);
                }
                Poll::Pending => {
                    this.watched.set(Stands::Source);
                    return Poll::Pending;
                }
            }
        }
        let piece = this.rest.split_to(this.rest.len().min(PIECE));
        this.watched.set(Stands::Taken(Instant::now()));
        if this.is_end_stream() {
            this.watched.end();
        }
        Poll::Ready(Some(Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let (of_body, held) = (self.body.size_hint(), self.rest.len() as u64);
        let mut hint = SizeHint::new();
        if let Some(upper) = of_body.upper() {
            hint.set_upper(upper.saturating_add(held));
        }
        hint.set_lower(of_body.lower().saturating_add(held));
        hint
    }
}

impl Drop for Outgoing {
    /// A body of known length is dropped at its end without being asked whether it has ended.
    fn drop(&mut self) {
        self.watched.end();
    }
}

#[cfg(test)]
mod tests {
    use std::{io, time::Duration};

    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;

    fn timeouts() -> Timeouts {
        Timeouts {
            response: Duration::from_secs(100),
            idle: Duration::from_secs(60),
        }
    }

    fn post(body: impl Into<reqwest::Body>) -> Request {
        let url = "https://reg.azurecr.io/".parse().unwrap();
        let mut request = Request::new(http::Method::POST, url);
        *request.body_mut() = Some(body.into());
        request
    }

    /// The silence that ends a request whose body a server treats so, and when it does.
    async fn silent<F: Future<Output = ()>>(
        body: impl Into<reqwest::Body>,
        server: impl FnOnce(reqwest::Body) -> F,
    ) -> (Option<Silence>, u64) {
        let mut request = post(body);
        let begun = Instant::now();
        let sending = watch(&mut request, timeouts());
        let body = request.body_mut().take().unwrap();
        let outcome = sending.unless_silent(server(body)).await;
        (outcome.err(), begun.elapsed().as_secs())
    }

    async fn never(body: reqwest::Body) {
        let _kept = body;
        std::future::pending::<()>().await;
    }

    async fn wait(seconds: u64) {
        tokio::time::sleep(Duration::from_secs(seconds)).await;
    }

    const RESPONSE: Option<Silence> = Some(Silence::Response(Duration::from_secs(100)));
    const REQUEST: Option<Silence> = Some(Silence::Request(Duration::from_secs(60)));

    #[tokio::test(start_paused = true)]
    async fn a_server_that_says_nothing() {
        assert_eq!(silent("short", never).await, (RESPONSE, 100));
        assert_eq!(silent(vec![7; SHORT + 1], never).await, (RESPONSE, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_takes_nothing_more() {
        let stops = |mut body: reqwest::Body| async move {
            body.frame().await;
            wait(50).await;
            body.frame().await;
            std::future::pending::<()>().await;
        };
        assert_eq!(silent(vec![7; 4 * PIECE], stops).await, (REQUEST, 110));
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_is_slow_is_not_silent() {
        let slow = |mut body: reqwest::Body| async move {
            let mut taken = 0;
            while let Some(frame) = body.frame().await {
                taken += frame.unwrap().into_data().unwrap().len();
                wait(59).await;
            }
            assert_eq!(taken, 40 * PIECE);
            wait(40).await;
        };
        let expected = (None, 40 * 59 + 40);
        assert_eq!(silent(vec![7; 40 * PIECE], slow).await, expected);
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_has_all_and_does_not_answer() {
        let takes = |body: reqwest::Body| async move {
            wait(30).await;
            body.collect().await.unwrap();
            std::future::pending::<()>().await;
        };
        assert_eq!(silent(vec![7; SHORT + 1], takes).await, (RESPONSE, 130));
    }

    /// What is long in coming is not the server's fault.
    #[tokio::test(start_paused = true)]
    async fn a_source_that_is_slow() {
        let pieces = stream::iter(0..3).then(|_| async {
            wait(1000).await;
            Ok::<_, io::Error>(Bytes::from_static(b"piece"))
        });
        let takes = |body: reqwest::Body| async move {
            assert_eq!(body.collect().await.unwrap().to_bytes().len(), 15);
            std::future::pending::<()>().await;
        };
        let body = reqwest::Body::wrap_stream(pieces);
        assert_eq!(silent(body, takes).await, (RESPONSE, 3100));
    }

    /// The server reads `Content-Length` from it.
    #[tokio::test]
    async fn the_length_stays_known() {
        let mut request = post(vec![7; 3 * PIECE + 1]);
        let _sending = watch(&mut request, timeouts());
        let body = request.body_mut().as_mut().unwrap();
        let mut left = 3 * PIECE + 1;
        loop {
            assert_eq!(body.size_hint().exact(), Some(left as u64));
            let Some(frame) = body.frame().await else {
                break;
            };
            let piece = frame.unwrap().into_data().unwrap().len();
            assert!(piece <= PIECE);
            left -= piece;
        }
        assert_eq!(left, 0);
    }
}

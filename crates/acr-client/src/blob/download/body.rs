//! A body that goes on: what breaks off is asked for again, from the byte on that comes next.

use std::{fmt, io, sync::Arc};

use acr_rest::retry::{self, Patience};
use bytes::{Buf, Bytes};
use futures_util::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{StatusCode, header::CONTENT_RANGE};

use crate::{
    Error, Result,
    blob::redirect::{Opened, Opens},
    headers::total_of,
};

/// The bytes of a blob from one on, to its end or to another, whatever breaks meanwhile.
///
/// What breaks off a body – the connection, or a silence that is too long – is what a new request
/// for the rest may mend. Whether an answer of the server is asked for again is decided below, as for
/// every request.
pub(crate) struct Body {
    origin: Arc<dyn Opens>,
    patience: Patience,
    stream: Option<BoxStream<'static, reqwest::Result<Bytes>>>,
    /// Bytes of the stream that are not wanted.
    skip: u64,
    /// The byte that comes next.
    at: u64,
    /// The last byte that is asked for; `None` for all that there are.
    last: Option<u64>,
    /// Behind the last byte, as the server says.
    end: Option<u64>,
    /// Of the whole blob.
    total: Option<u64>,
    /// What becomes of a whole blob where a part was asked for.
    whole: Whole,
}

/// What becomes of a whole blob where a part of it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whole {
    Refused,
    /// Its beginning is left out, and all behind it is taken.
    ToItsEnd,
    /// What is behind the last byte that was asked for is left out too, if it says how long it is.
    ToTheLast,
    /// It is so that one came.
    Cut,
}

impl Body {
    /// Nothing is sent yet.
    pub(crate) fn new(origin: &Arc<dyn Opens>, first: u64, last: Option<u64>) -> Self {
        Self {
            patience: origin.patience(),
            origin: Arc::clone(origin),
            stream: None,
            skip: 0,
            at: first,
            last,
            end: None,
            total: None,
            whole: Whole::Refused,
        }
    }

    /// A server that ignores ranges will do.
    pub(crate) fn or_whole(self) -> Self {
        Self {
            whole: Whole::ToItsEnd,
            ..self
        }
    }

    /// A server that ignores ranges will do if the first byte is that of the blob: the range ends all the
    /// same where it should.
    pub(crate) fn or_beginning(self) -> Self {
        let whole = match self.at {
            0 => Whole::ToTheLast,
            _ => Whole::Refused,
        };
        Self { whole, ..self }
    }

    /// So many bytes the whole blob has.
    pub(crate) fn of(self, total: u64) -> Self {
        Self {
            total: Some(total),
            ..self
        }
    }

    pub(crate) fn at(&self) -> u64 {
        self.at
    }

    /// Behind the last byte that will come; `None` where the server does not say.
    pub(crate) fn end(&self) -> Option<u64> {
        self.end
    }

    /// How many bytes the whole blob has; `None` where the server does not say.
    pub(crate) fn total(&self) -> Option<u64> {
        self.total
    }

    /// Asks for what is to come.
    pub(crate) async fn begin(&mut self) -> Result<()> {
        let range = match (self.at, self.last) {
            (0, None) if self.whole == Whole::ToItsEnd => None,
            (first, None) => Some(format!("bytes={first}-")),
            (first, Some(last)) => Some(format!("bytes={first}-{last}")),
        };
        let answer = self.origin.open(range.as_deref(), &mut self.patience).await;
        let opened = match answer {
            Err(error) if error.status() == Some(StatusCode::RANGE_NOT_SATISFIABLE) => {
                let header = error.headers().and_then(|all| all.get(CONTENT_RANGE));
                self.hold_to(header.and_then(total_of))?;
                return Err(error);
            }
            answer => answer?,
        };
        self.accept(opened, range.is_some())
    }

    /// Compares the answer with what was asked for.
    fn accept(&mut self, opened: Opened, ranged: bool) -> Result<()> {
        let (end, total, skip) = match opened.part {
            Some(_) if !ranged => return Err(self.unexpected("it sends a part of the blob only")),
            Some((first, last, total)) => {
                // A blob may end before the range does, but nowhere else.
                let ends_early = total.is_none_or(|total| last + 1 == total);
                let ends = self.last.map_or(ends_early, |asked| {
                    last == asked || (last < asked && ends_early)
                });
                if first != self.at || !ends {
                    return Err(self.unexpected(format!("it sends the bytes {first}-{last}")));
                }
                (Some(last + 1), total, 0)
            }
            None if ranged && (opened.partial || !self.takes_whole(opened.size)) => {
                return Err(self.unexpected("it does not say which bytes these are"));
            }
            None if matches!(self.whole, Whole::ToTheLast | Whole::Cut) => {
                self.whole = Whole::Cut;
                let behind = self.last.map_or(u64::MAX, |last| last.saturating_add(1));
                (
                    opened.size.map(|size| size.min(behind)),
                    opened.size,
                    self.at,
                )
            }
            None => {
                self.last = None;
                (opened.size, opened.size, self.at)
            }
        };
        self.hold_to(total)?;
        if let (Some(before), Some(now)) = (self.end, end)
            && before != now
        {
            return Err(
                self.unexpected(format!("it ends at {now} now, and did at {before} before"))
            );
        }
        self.end = self.end.or(end);
        self.skip = skip;
        self.stream = Some(opened.body);
        Ok(())
    }

    /// Whoever sent a part before knows ranges.
    fn takes_whole(&self, size: Option<u64>) -> bool {
        match self.whole {
            Whole::Refused => false,
            Whole::ToItsEnd => self.last.is_none() || self.end.is_none(),
            Whole::ToTheLast => size.is_some() && self.end.is_none(),
            Whole::Cut => size.is_some(),
        }
    }

    /// A blob has one size: another is another blob's.
    fn hold_to(&mut self, total: Option<u64>) -> Result<()> {
        match (self.total, total) {
            (Some(before), Some(now)) if before != now => {
                Err(self.unexpected(format!("it has {now} bytes now, and had {before} before")))
            }
            (known, told) => {
                self.total = known.or(told);
                Ok(())
            }
        }
    }

    /// The next piece, which is not empty; `None` at the end. After an error there is none.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>> {
        loop {
            if self.whole == Whole::Cut && self.end == Some(self.at) {
                return Ok(None);
            }
            let Some(stream) = &mut self.stream else {
                self.begin().await?;
                continue;
            };
            let cut = match stream.next().await {
                Some(Ok(piece)) => match self.wanted(piece)? {
                    piece if piece.is_empty() => continue,
                    piece => return Ok(Some(piece)),
                },
                // All that was announced is there.
                _ if self.end == Some(self.at) => return Ok(None),
                None if self.end.is_none() && self.skip == 0 => return Ok(None),
                None => {
                    let left = self.end.map(|end| end.saturating_sub(self.at));
                    let missing = left.map_or("bytes".to_owned(), |left| format!("{left} bytes"));
                    let missing = format!("{missing} are missing at the end");
                    let error = io::Error::new(io::ErrorKind::UnexpectedEof, missing);
                    Cut::new(self.at, Box::new(error), true)
                }
                Some(Err(error)) => {
                    let error = error.without_url();
                    let may_go_on = retry::is_retryable(&error);
                    Cut::new(self.at, Box::new(error), may_go_on)
                }
            };
            self.mend(cut).await?;
        }
    }

    /// Its pieces. It ends with an error, or as announced.
    pub(crate) fn into_stream(self) -> BoxStream<'static, Result<Bytes>> {
        let pieces = stream::try_unfold(self, |mut body| async move {
            Ok(body.next().await?.map(|piece| (piece, body)))
        });
        pieces.boxed()
    }

    /// The part of a piece that is asked for.
    fn wanted(&mut self, mut piece: Bytes) -> Result<Bytes> {
        let skipped = self.skip.min(piece.len() as u64);
        self.skip -= skipped;
        // It is at most as long as the piece.
        piece.advance(usize::try_from(skipped).unwrap_or(piece.len()));
        if let (Whole::Cut, Some(end)) = (self.whole, self.end) {
            let left = usize::try_from(end.saturating_sub(self.at));
            piece.truncate(left.unwrap_or(usize::MAX));
        }
        let behind = self.at.checked_add(piece.len() as u64);
        match (behind, self.end) {
            (Some(behind), end) if end.is_none_or(|end| behind <= end) => self.at = behind,
            _ => return Err(self.unexpected("it sends more bytes than it announced")),
        }
        self.patience.progressed(self.at);
        Ok(piece)
    }

    /// Waits, so that the rest can be asked for; or gives the error, where that is of no use.
    async fn mend(&mut self, mut cut: Cut) -> Result<()> {
        self.stream = None;
        let wait = if cut.may_go_on {
            self.patience.wait(None)
        } else {
            None
        };
        let Some(wait) = wait else {
            cut.failures = self.patience.failures();
            let kind = crate::error::of_transport(Box::new(cut));
            return Err(Error::new(self.origin.attempt(), kind));
        };
        tracing::debug!(at = self.at, ?wait, cause = %cut.source, "the download broke off, and goes on");
        tokio::time::sleep(wait).await;
        Ok(())
    }

    fn unexpected(&self, what: impl Into<String>) -> Error {
        Error::unexpected(self.origin.attempt(), what)
    }
}

/// A body broke off.
#[derive(Debug)]
struct Cut {
    at: u64,
    failures: u32,
    may_go_on: bool,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Cut {
    fn new(at: u64, source: Box<dyn std::error::Error + Send + Sync>, may_go_on: bool) -> Self {
        Self {
            at,
            failures: 1,
            may_go_on,
            source,
        }
    }
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it broke off behind byte {}", self.at)?;
        match self.failures {
            0 | 1 => Ok(()),
            failures => write!(f, ", {failures} times"),
        }
    }
}

impl std::error::Error for Cut {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&*self.source)
    }
}

//! Where the bytes of an upload come from.

use std::{
    fmt,
    io::{self, Read},
    path::PathBuf,
    pin::Pin,
};

use acr_core::{Algorithm, Digest, DigestVerifier};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use crate::{Error, ErrorKind};

/// Where the bytes of an upload come from. Texts and bytes become one by `into()`.
///
/// ```
/// use acr_client::Source;
///
/// let memory = Source::from("some text");
/// let file = Source::file("layer.tar.gz");
/// let reader = Source::reader(std::io::Cursor::new(b"anything that can be read"));
/// # let _ = (memory, file, reader);
/// ```
pub struct Source(Kind);

enum Kind {
    Bytes(Bytes),
    File(PathBuf),
    Reader(Reader),
    Blocking(Box<dyn Read + Send>),
}

type Reader = Pin<Box<dyn AsyncRead + Send>>;

impl Source {
    /// Bytes in memory.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::bytes("{}")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn bytes(bytes: impl Into<Bytes>) -> Self {
        Self(Kind::Bytes(bytes.into()))
    }

    /// A file, opened when the upload begins.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::file("layer.tar.gz")).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(path.into()))
    }

    /// Whatever can be read to its end.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// repo.upload_blob(Source::reader(tokio::io::empty())).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn reader(reader: impl AsyncRead + Send + 'static) -> Self {
        Self(Kind::Reader(Box::pin(reader)))
    }

    /// Whatever can be read to its end by waiting for it, such as a [`std::fs::File`] or the output of
    /// a compressor. It is read on a thread where waiting is allowed, one piece at a time; an upload
    /// that is dropped lets the piece that is being read come to its end there.
    ///
    /// ```
    /// use acr_client::Source;
    ///
    /// let source = Source::blocking(std::io::Cursor::new(vec![7; 1024]));
    /// ```
    pub fn blocking(reader: impl Read + Send + 'static) -> Self {
        Self(Kind::Blocking(Box::new(reader)))
    }

    /// A stream of pieces of any size.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::Source;
    ///
    /// let pieces = ["some ", "bytes"].map(|piece| Ok::<_, std::io::Error>(piece.into()));
    /// repo.upload_blob(Source::stream(futures_util::stream::iter(pieces))).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn stream<S, E>(stream: S) -> Self
    where
        S: Stream<Item = Result<Bytes, E>> + Send + 'static,
        E: Into<Box<dyn std::error::Error + Send + Sync>> + 'static,
    {
        Self::reader(StreamReader::new(stream.map_err(io::Error::other)))
    }

    pub(crate) async fn open(self) -> io::Result<Pieces> {
        Ok(match self.0 {
            Kind::Bytes(bytes) => Pieces::Bytes(bytes),
            Kind::File(path) => Pieces::Reader(Box::pin(open_file(&path).await?)),
            Kind::Reader(reader) => Pieces::Reader(reader),
            Kind::Blocking(reader) => Pieces::Blocking(Some(reader)),
        })
    }

    /// All of it in memory, unless it has more than `limit` bytes.
    pub(crate) async fn collect(self, limit: usize, attempt: &str) -> crate::Result<Bytes> {
        let io = |error| Error::new(attempt, ErrorKind::Io(error));
        if let Kind::Bytes(bytes) = self.0 {
            return Ok(bytes);
        }
        let mut pieces = self.open().await.map_err(io)?;
        let mut bytes = BytesMut::new();
        loop {
            let piece = pieces.next(PIECE).await.map_err(io)?;
            bytes.extend_from_slice(&piece);
            if bytes.len() > limit {
                let limit = limit as u64;
                return Err(Error::new(attempt, ErrorKind::TooLarge { limit }));
            }
            if piece.len() < PIECE {
                return Ok(bytes.freeze());
            }
        }
    }

    /// The digest of what it will give: `None` for what can be read only once. A file is read for it.
    pub(crate) async fn digest(&mut self) -> io::Result<Option<Digest>> {
        let mut pieces = match &self.0 {
            Kind::Bytes(bytes) => return Ok(Some(Digest::of(bytes))),
            Kind::File(path) => Pieces::Reader(Box::pin(open_file(path).await?)),
            _ => return Ok(None),
        };
        let mut verifier = DigestVerifier::new(Algorithm::Sha256);
        loop {
            let piece = pieces.next(PIECE).await?;
            if piece.is_empty() {
                return Ok(Some(verifier.finish()));
            }
            verifier.update(&piece);
        }
    }
}

/// What is read at once where nothing else decides it.
const PIECE: usize = 64 * 1024;

async fn open_file(path: &std::path::Path) -> io::Result<tokio::fs::File> {
    let told =
        |error: io::Error| io::Error::new(error.kind(), format!("{}: {error}", path.display()));
    let file = tokio::fs::File::open(path).await.map_err(told)?;
    match file.metadata().await.map_err(told)?.is_dir() {
        false => Ok(file),
        true => Err(io::Error::new(
            io::ErrorKind::IsADirectory,
            format!("{} is a directory", path.display()),
        )),
    }
}

/// An opened source.
pub(crate) enum Pieces {
    Bytes(Bytes),
    Reader(Reader),
    /// Nobody is there while it is read, and behind an error.
    Blocking(Option<Box<dyn Read + Send>>),
}

impl Pieces {
    /// The next piece: full, whatever the reads return, unless it is the last.
    pub(crate) async fn next(&mut self, size: usize) -> io::Result<Bytes> {
        match self {
            Self::Bytes(bytes) => Ok(bytes.split_to(size.min(bytes.len()))),
            Self::Reader(reader) => {
                let mut piece = BytesMut::with_capacity(size);
                while piece.len() < size {
                    let room = (size - piece.len()) as u64;
                    if reader.as_mut().take(room).read_buf(&mut piece).await? == 0 {
                        break;
                    }
                }
                Ok(piece.freeze())
            }
            Self::Blocking(reader) => {
                let mut taken = reader.take().ok_or_else(|| {
                    io::Error::other("the reader failed before, or was left while it was read")
                })?;
                let read = tokio::task::spawn_blocking(move || {
                    let mut piece = Vec::with_capacity(size);
                    taken.by_ref().take(size as u64).read_to_end(&mut piece)?;
                    Ok::<_, io::Error>((taken, piece))
                });
                // A panic of the reader is an error here, as it is on another thread.
                let (taken, piece) = read.await.unwrap_or_else(|error| Err(error.into()))?;
                *reader = Some(taken);
                Ok(piece.into())
            }
        }
    }
}

impl From<Bytes> for Source {
    fn from(bytes: Bytes) -> Self {
        Self::bytes(bytes)
    }
}

impl From<Vec<u8>> for Source {
    fn from(bytes: Vec<u8>) -> Self {
        Self::bytes(bytes)
    }
}

impl From<String> for Source {
    fn from(text: String) -> Self {
        Self::bytes(text)
    }
}

impl From<&'static str> for Source {
    fn from(text: &'static str) -> Self {
        Self::bytes(text)
    }
}

impl From<&'static [u8]> for Source {
    fn from(bytes: &'static [u8]) -> Self {
        Self::bytes(bytes)
    }
}

impl From<tokio::fs::File> for Source {
    fn from(file: tokio::fs::File) -> Self {
        Self::reader(file)
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Bytes(bytes) => write!(f, "Source({} bytes)", bytes.len()),
            Kind::File(path) => write!(f, "Source({})", path.display()),
            Kind::Reader(_) | Kind::Blocking(_) => f.write_str("Source(reader)"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sizes(source: Source, size: usize) -> Vec<usize> {
        let mut pieces = source.open().await.unwrap();
        let mut sizes = Vec::new();
        loop {
            let piece = pieces.next(size).await.unwrap();
            sizes.push(piece.len());
            if piece.len() < size {
                return sizes;
            }
        }
    }

    #[tokio::test]
    async fn pieces_are_filled_whatever_the_reads_return() {
        let small = || {
            futures_util::stream::iter(
                (0..10).map(|_| Ok::<_, io::Error>(Bytes::from_static(&[7; 3]))),
            )
        };
        assert_eq!(sizes(Source::stream(small()), 8).await, [8, 8, 8, 6]);
        assert_eq!(sizes(Source::stream(small()), 30).await, [30, 0]);
        assert_eq!(sizes(Source::bytes(vec![0; 9]), 4).await, [4, 4, 1]);
        assert_eq!(sizes(Source::bytes(""), 4).await, [0]);
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let error = Source::file("/no/such/file").open().await.err().unwrap();
        assert!(error.to_string().starts_with("/no/such/file: "), "{error}");
    }
}

//! Where the bytes of an upload come from.

use std::{
    fmt,
    fs::File,
    io::{self, Read},
    path::{Path, PathBuf},
    pin::Pin,
};

use acr_core::{Digest, DigestVerifier};
use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio_util::io::StreamReader;

use crate::{Error, ErrorKind, blob::buffers::Buffers};

mod long_file;

pub(crate) use long_file::{LongFile, Reading};

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

    /// Opens it. A file of up to `limit` bytes is read, and hashed where that is wanted, in one go.
    pub(crate) async fn open(self, limit: u64, hashed: bool) -> io::Result<Opened> {
        match self.0 {
            Kind::Bytes(bytes) if hashed && bytes.len() as u64 <= limit => {
                let digest = digest_of(bytes.clone()).await?;
                Ok(Opened::Memory(bytes, Some(digest)))
            }
            Kind::Bytes(bytes) => Ok(Opened::Memory(bytes, None)),
            Kind::File(path) => blocking(move || open_file(path, limit, hashed)).await,
            Kind::Reader(reader) => Ok(Opened::Once(Pieces::Reader(reader))),
            Kind::Blocking(reader) => Ok(Opened::Once(Pieces::Blocking(Some(reader)))),
        }
    }

    /// Whether it can be read again, so that its digest can be made before it is sent.
    pub(crate) fn is_rereadable(&self) -> bool {
        matches!(self.0, Kind::Bytes(_) | Kind::File(_))
    }

    /// All of it in memory, unless it has more than `limit` bytes.
    pub(crate) async fn collect(self, limit: usize, attempt: &str) -> crate::Result<Bytes> {
        let io = |error| Error::new(attempt, ErrorKind::Io(error));
        let limit = limit as u64;
        let mut pieces = match self.open(limit, false).await.map_err(io)? {
            Opened::Memory(bytes, _) => return Ok(bytes),
            Opened::File(_) => return Err(Error::new(attempt, ErrorKind::TooLarge { limit })),
            Opened::Once(pieces) => pieces,
        };
        let (mut bytes, buffers) = (BytesMut::new(), Buffers::of(PIECE));
        loop {
            let piece = pieces.next(&buffers).await.map_err(io)?;
            bytes.extend_from_slice(&piece);
            if bytes.len() as u64 > limit {
                return Err(Error::new(attempt, ErrorKind::TooLarge { limit }));
            }
            if piece.len() < PIECE {
                return Ok(bytes.freeze());
            }
        }
    }
}

/// What is read at once where nothing else decides it.
const PIECE: usize = 64 * 1024;

/// An opened source.
pub(crate) enum Opened {
    /// All of it, and its digest if that was wanted.
    Memory(Bytes, Option<Digest>),
    /// A file that is longer than what one holds in memory.
    File(LongFile),
    /// What can be read only once.
    Once(Pieces),
}

impl Opened {
    /// How much it will give; `None` where that is not known.
    pub(crate) fn size(&self) -> Option<u64> {
        match self {
            Self::Memory(bytes, _) => Some(bytes.len() as u64),
            Self::File(file) => Some(file.size),
            Self::Once(_) => None,
        }
    }
}

fn open_file(path: PathBuf, limit: u64, hashed: bool) -> io::Result<Opened> {
    let told = |error: io::Error| of_path(&path, &error);
    let mut file = File::open(&path).map_err(told)?;
    let metadata = file.metadata().map_err(told)?;
    if metadata.is_dir() {
        let why = format!("{} is a directory", path.display());
        return Err(io::Error::new(io::ErrorKind::IsADirectory, why));
    }
    // A pipe or a device, or a file of the kernel's: how much is in it shows when it is read.
    if !metadata.is_file() || metadata.len() == 0 {
        let mut first = Vec::new();
        if metadata.is_file() {
            let one = file.by_ref().take(1);
            if { one }.read_to_end(&mut first).map_err(told)? == 0 {
                let digest = hashed.then(|| Digest::of(b""));
                return Ok(Opened::Memory(Bytes::new(), digest));
            }
        }
        let all = Read::chain(io::Cursor::new(first), file);
        return Ok(Opened::Once(Pieces::Blocking(Some(Box::new(all)))));
    }
    let file = match metadata.len() {
        size if size > limit => return Ok(Opened::File(LongFile::new(path, file, size))),
        size => {
            let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or_default());
            // One byte more, to see whether it has grown.
            let all = file.by_ref().take(size.saturating_add(1));
            let read = { all }.read_to_end(&mut bytes).map_err(told)?;
            match read as u64 == size {
                true => Bytes::from(bytes),
                false => return Err(long_file::changed(&path, size)),
            }
        }
    };
    let digest = hashed.then(|| Digest::of(&file));
    Ok(Opened::Memory(file, digest))
}

/// An error of this file.
fn of_path(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// The digest of bytes in memory; of many of them where nobody else has to wait.
pub(crate) async fn digest_of(bytes: Bytes) -> io::Result<Digest> {
    const HERE: usize = 512 * 1024;
    match bytes.len() <= HERE {
        true => Ok(Digest::of(&bytes)),
        false => blocking(move || Ok(Digest::of(&bytes))).await,
    }
}

/// Goes on with a hash, where nobody else has to wait.
pub(crate) async fn hashed(
    mut verifier: DigestVerifier,
    bytes: Bytes,
) -> io::Result<DigestVerifier> {
    let hashing = move || {
        verifier.update(&bytes);
        Ok(verifier)
    };
    blocking(hashing).await
}

/// Does what blocks on a thread where that is allowed.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    // A panic of a reader is an error here, as it is on another thread.
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(error.into()))
}

/// What can be read only once.
pub(crate) enum Pieces {
    Reader(Reader),
    /// Nobody is there while it is read, and behind an error.
    Blocking(Option<Box<dyn Read + Send>>),
}

impl Pieces {
    /// The next piece: full, whatever the reads return, unless it is the last.
    pub(crate) async fn next(&mut self, buffers: &Buffers) -> io::Result<Bytes> {
        match self {
            Self::Reader(reader) => {
                let mut buffer = buffers.take();
                while !buffer.room().is_empty() {
                    match reader.read(buffer.room()).await? {
                        0 => break,
                        read => buffer.fill(read),
                    }
                }
                Ok(buffer.into_bytes())
            }
            Self::Blocking(reader) => {
                let mut taken = reader.take().ok_or_else(|| {
                    io::Error::other("the reader failed before, or was left while it was read")
                })?;
                let mut buffer = buffers.take();
                let reading = move || {
                    while !buffer.room().is_empty() {
                        match taken.read(buffer.room()) {
                            Ok(0) => break,
                            Ok(read) => buffer.fill(read),
                            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                            Err(error) => return Err(error),
                        }
                    }
                    Ok((taken, buffer.into_bytes()))
                };
                let (taken, piece) = blocking(reading).await?;
                *reader = Some(taken);
                Ok(piece)
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
        let Opened::Once(mut pieces) = source.open(0, false).await.unwrap() else {
            panic!("it can be read only once");
        };
        let (mut sizes, buffers) = (Vec::new(), Buffers::of(size));
        loop {
            let piece = pieces.next(&buffers).await.unwrap();
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
        assert_eq!(sizes(Source::reader(&[0; 9][..]), 4).await, [4, 4, 1]);
        assert_eq!(sizes(Source::blocking(&[0; 9][..]), 4).await, [4, 4, 1]);
        assert_eq!(sizes(Source::reader(tokio::io::empty()), 4).await, [0]);
    }

    #[tokio::test]
    async fn a_missing_file_is_named() {
        let opened = Source::file("/no/such/file").open(0, false).await;
        let error = opened.err().unwrap();
        assert!(error.to_string().starts_with("/no/such/file: "), "{error}");
    }

    #[tokio::test]
    async fn a_short_file_is_read_and_hashed_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "content").unwrap();
        let opened = Source::file(&path).open(7, true).await.unwrap();
        let Opened::Memory(bytes, digest) = opened else {
            panic!("it has 7 bytes");
        };
        assert_eq!(
            (bytes, digest),
            ("content".into(), Some(Digest::of(b"content")))
        );
        let opened = Source::file(&path).open(6, true).await.unwrap();
        let Opened::File(file) = opened else {
            panic!("it has 7 bytes");
        };
        assert_eq!(file.digest().await.unwrap(), Digest::of(b"content"));
    }

    #[tokio::test]
    async fn a_part_of_a_long_file_is_read_and_a_file_that_changes_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        let content: Vec<u8> = (0..1_000_000_u32).map(|n| n as u8).collect();
        std::fs::write(&path, &content).unwrap();
        let Opened::File(file) = Source::file(&path).open(0, false).await.unwrap() else {
            panic!("nothing is short");
        };
        let mut part = file.read(999..900_001);
        let mut read = Vec::new();
        while let Some(piece) = part.next().await {
            read.extend_from_slice(&piece.unwrap());
        }
        assert_eq!(read, content[999..900_001]);

        for other in [&content[..500_000], &[&content[..], b"more"].concat()] {
            std::fs::write(&path, other).unwrap();
            let mut part = file.read(0..1_000_000);
            let error = loop {
                if let Err(error) = part.next().await.unwrap() {
                    break error;
                }
            };
            assert!(error.to_string().contains("changed its length"), "{error}");
            assert!(part.next().await.is_none());
        }
    }
}

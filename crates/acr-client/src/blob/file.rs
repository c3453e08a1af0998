//! Files that are whole, or not there.

use std::{
    io,
    path::{Path, PathBuf},
};

use futures_util::StreamExt;
use tokio::io::{AsyncWrite, AsyncWriteExt};

use crate::{BlobStream, Downloaded, Error, ErrorKind, Result};

/// Writes the bytes under another name, and gives the file its own when all are right and on disk.
pub(crate) async fn store(stream: &mut BlobStream, path: &Path) -> Result<Downloaded> {
    let attempt = stream.attempt().to_owned();
    let failed = |error: io::Error| {
        let told = io::Error::new(error.kind(), format!("{}: {error}", path.display()));
        Error::new(&attempt, ErrorKind::Io(told))
    };
    let (part, file) = blocking(part_file(path.to_owned())).await.map_err(failed)?;
    let mut file = tokio::fs::File::from_std(file);
    let done = copy(stream, &mut file).await?;
    file.sync_all().await.map_err(failed)?;
    let target = path.to_owned();
    blocking(move || part.persist(&target).map_err(|error| error.error))
        .await
        .map_err(failed)?;
    Ok(done)
}

/// A file beside the target, readable by whom the process's umask lets, like any new file.
fn part_file(
    target: PathBuf,
) -> impl FnOnce() -> io::Result<(tempfile::NamedTempFile, std::fs::File)> {
    move || {
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        let mut builder = tempfile::Builder::new();
        builder.prefix(".").suffix(".part");
        #[cfg(unix)]
        let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
        #[cfg(unix)]
        builder.permissions(permissions);
        let part = builder.tempfile_in(folder)?;
        let file = part.reopen()?;
        Ok((part, file))
    }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    tokio::task::spawn_blocking(work)
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

/// Writes all bytes and ends the writer.
pub(crate) async fn copy(
    stream: &mut BlobStream,
    writer: &mut (impl AsyncWrite + Unpin),
) -> Result<Downloaded> {
    let mut size = 0;
    while let Some(piece) = stream.next().await {
        let piece = piece?;
        size += piece.len() as u64;
        writer
            .write_all(&piece)
            .await
            .map_err(|error| Error::new(stream.attempt(), ErrorKind::Io(error)))?;
    }
    writer
        .shutdown()
        .await
        .map_err(|error| Error::new(stream.attempt(), ErrorKind::Io(error)))?;
    Ok(Downloaded {
        digest: stream.digest().clone(),
        size,
    })
}

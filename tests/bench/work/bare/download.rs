//! GET, and whatever it redirects to.

use anyhow::{Result, ensure};
use futures_util::TryStreamExt as _;
use tokio::io::AsyncWriteExt as _;

use super::{Loops, hash::Hash};

pub(super) async fn discarded(loops: &Loops<'_>) -> Result<()> {
    let digest = loops.job.digest()?.to_string();
    let mut hash = Hash::new(loops.client);
    let mut pieces = loops.blob(&digest).await?.bytes_stream();
    while let Some(piece) = pieces.try_next().await? {
        hash.update(&piece).await?;
    }
    right(hash, &digest)
}

pub(super) async fn to_file(loops: &Loops<'_>) -> Result<()> {
    let digest = loops.job.digest()?.to_string();
    let mut hash = Hash::new(loops.client);
    let part = loops.job.file()?.with_extension("part");
    let mut file = tokio::fs::File::create(&part).await?;
    let mut pieces = loops.blob(&digest).await?.bytes_stream();
    while let Some(piece) = pieces.try_next().await? {
        hash.update(&piece).await?;
        file.write_all(&piece).await?;
    }
    right(hash, &digest)?;
    file.flush().await?;
    file.sync_all().await?;
    tokio::fs::rename(&part, loops.job.file()?).await?;
    Ok(())
}

impl Loops<'_> {
    pub(super) async fn blob(&self, digest: &str) -> Result<reqwest::Response> {
        let request = self.http.get(self.url(&format!("blobs/{digest}")));
        Ok(request.send().await?.error_for_status()?)
    }
}

fn right(hash: Hash, digest: &str) -> Result<()> {
    let hashed = hash.finish()?;
    ensure!(
        hashed.is_none_or(|hashed| hashed == digest),
        "other bytes came"
    );
    Ok(())
}

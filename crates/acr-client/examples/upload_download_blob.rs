//! A blob from a file and back, and the other ways for its bytes.
//!
//! ```console
//! $ cargo run --example upload_download_blob
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use acr_client::{Repository, Source};
use anyhow::Result;
use tokio::io::AsyncReadExt;

#[tokio::main]
async fn main() -> Result<()> {
    demo::Demo::start()
        .await?
        .in_new_repository(up_and_down)
        .await
}

async fn up_and_down(data: Repository) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (from, to) = (folder.path().join("from"), folder.path().join("to"));
    std::fs::write(&from, "weights of a model, say")?;

    let blob = data.upload_blob(Source::file(&from)).await?;
    println!("uploaded   {}  {} bytes", blob.digest, blob.size);

    // Into a file: whole and verified, or not there.
    let done = data.download_blob(&blob.digest).to_file(&to).await?;
    println!("downloaded {}  {} bytes", done.digest, done.size);

    // Into memory, with a limit, or to be read piece by piece.
    let bytes = data.download_blob(&blob.digest).bytes(1024).await?;
    let mut text = String::new();
    let mut reader = data.download_blob(&blob.digest).reader().await?;
    reader.read_to_string(&mut text).await?;
    println!(
        "the same: {}",
        bytes == text && std::fs::read(&to)? == bytes
    );

    // The registry keeps blobs that no manifest names for a while only.
    println!("{:?}", data.delete_blob(&blob.digest).await?);
    Ok(())
}

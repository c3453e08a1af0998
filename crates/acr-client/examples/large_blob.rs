//! A large blob: an upload that another process goes on with, a download in several parts at once,
//! and a set of files.
//!
//! ```console
//! $ cargo run --example large_blob
//! ```
#![expect(clippy::print_stdout, reason = "an example shows what it does")]

#[path = "demo/registry.rs"]
mod demo;

use std::{fs, path::Path};

use acr_client::{Descriptor, Repository, SavedUpload, Source};
use anyhow::Result;

const MIB: usize = 1024 * 1024;

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
    let bytes: Vec<u8> = (0..9 * MIB).map(|at| (at % 251) as u8).collect();
    fs::write(&from, &bytes)?;

    // Half of it, in steps of one's own. `.on_checkpoint(…)` of `upload_blob` gives the same.
    let upload = data.start_upload().await?;
    upload.send_chunk(bytes[..4 * MIB].to_vec()).await?;
    let saved = folder.path().join("upload.json");
    fs::write(&saved, serde_json::to_vec(&upload.save()?)?)?;
    drop(upload);

    // Tomorrow, in another process.
    let blob = go_on(&data, &from, &saved).await?;
    println!("uploaded   {}  {} bytes", blob.digest, blob.size);

    // Each part over a connection of its own, where the server speaks HTTP/1.1; `http1_only()` of the
    // client's builder sees to that. If it breaks off, the same call goes on with it later.
    let download = data.download_blob(&blob.digest).size(blob.size);
    let done = download.to_file(&to).concurrency(4).part_size(MIB as u64);
    println!("downloaded {}", done.await?.digest);
    println!("the same: {}", fs::read(&to)? == bytes);

    // Several at once. If one fails, the others are given up, and nothing is left behind.
    let texts = ["one", "two", "three"].map(|text| data.upload_blob(text));
    for blob in acr_client::all(texts).concurrency(2).await? {
        println!("stored     {}", blob.digest);
    }
    Ok(())
}

async fn go_on(data: &Repository, from: &Path, saved: &Path) -> Result<Descriptor> {
    let saved: SavedUpload = serde_json::from_slice(&fs::read(saved)?)?;
    // It says whether the registry still had it; if not, the upload begins again by itself.
    let upload = data.upload_blob(Source::file(from)).resume(saved);
    Ok(upload.on_resume(|how| println!("{how:?}")).await?)
}

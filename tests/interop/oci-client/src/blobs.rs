//! Blobs in and out, whole and in pieces.

use anyhow::{Result, bail, ensure};
use bytes::Bytes;
use futures_util::{TryStreamExt as _, stream};
use oci_client::{
    client::{BlobResponse, SizedStream},
    errors::OciDistributionError,
};
use serde_json::json;

use crate::{
    cases::{Cases, refused},
    registry::{Registry, digest_of, noise},
};

pub(crate) async fn run(registry: &Registry, cases: &mut Cases) {
    let (small, large) = (noise(10_000, 1), noise(9_000_000, 2));
    for (name, blob) in [
        ("a small blob", &small),
        ("a blob of several chunks", &large),
    ] {
        cases
            .case(
                &format!("{name} is pushed and pulled"),
                both_ways(registry, blob, false),
            )
            .await;
    }
    cases
        .case(
            "a blob in one request",
            both_ways(registry, &noise(20_000, 3), true),
        )
        .await;
    cases
        .case("a stream of unknown digest, in chunks", chunked(registry))
        .await;
    cases
        .case("a stream of known digest", streamed(registry))
        .await;
    cases
        .case("a part of a blob", partial(registry, &large))
        .await;
    cases
        .case("a blob is mounted", mount(registry, &small))
        .await;
    cases
        .case("a blob of another digest is refused", wrong(registry))
        .await;
    cases
        .case(
            "a download of other bytes is no success",
            damaged(registry, &small),
        )
        .await;
    cases
        .case(
            "a download that is cut is no success",
            cut(registry, &small),
        )
        .await;
}

async fn all(stream: SizedStream) -> Result<Vec<u8>> {
    let parts: Vec<Bytes> = stream.stream.try_collect().await?;
    Ok(parts.concat())
}

async fn both_ways(registry: &Registry, blob: &[u8], whole: bool) -> Result<()> {
    let image = registry.at("oci-client/blobs:v1")?;
    let client = registry.client_with(|config| config.use_monolithic_push = whole);
    let push = oci_client::RegistryOperation::Push;
    client.auth(&image, &registry.admin(), push).await?;
    let digest = digest_of(blob);
    client.push_blob(&image, blob.to_vec(), &digest).await?;
    ensure!(
        client.blob_exists(&image, &digest).await?,
        "it is not there"
    );
    let mut pulled = Vec::new();
    client
        .pull_blob(&image, digest.as_str(), &mut pulled)
        .await?;
    ensure!(pulled == blob, "other bytes");
    Ok(())
}

fn pieces(blob: &[u8]) -> Vec<Result<Bytes, OciDistributionError>> {
    let pieces = blob.chunks(70_000).map(Bytes::copy_from_slice);
    pieces.map(Ok).collect()
}

async fn chunked(registry: &Registry) -> Result<()> {
    let (image, blob) = (registry.at("oci-client/chunked:v1")?, noise(10_000_000, 4));
    let client = registry.pusher(&image).await?;
    let source = stream::iter(pieces(&blob));
    let told = client.push_blob_stream_chunked(&image, source).await?;
    ensure!(told.blob_digest == digest_of(&blob), "{}", told.blob_digest);
    ensure!(told.size == blob.len() as u64, "{}", told.size);
    let pulled = client
        .pull_blob_stream(&image, told.blob_digest.as_str())
        .await?;
    ensure!(pulled.content_length == Some(told.size));
    ensure!(all(pulled).await? == blob, "other bytes");
    Ok(())
}

async fn streamed(registry: &Registry) -> Result<()> {
    let (image, blob) = (registry.at("oci-client/streamed:v1")?, noise(5_000_000, 5));
    let client = registry.pusher(&image).await?;
    let (source, digest) = (stream::iter(pieces(&blob)), digest_of(&blob));
    client
        .push_blob_stream(&image, source, &digest, Some(blob.len() as u64))
        .await?;
    ensure!(
        client.blob_exists(&image, &digest).await?,
        "it is not there"
    );
    Ok(())
}

async fn partial(registry: &Registry, blob: &[u8]) -> Result<()> {
    let image = registry.at("oci-client/blobs:v1")?;
    let client = registry.pusher(&image).await?;
    let digest = digest_of(blob);
    for (offset, length, wanted) in [
        (8_000_000, None, &blob[8_000_000..]),
        (100, Some(1000), &blob[100..1100]),
    ] {
        let answer = client.pull_blob_stream_partial(&image, digest.as_str(), offset, length);
        match answer.await? {
            BlobResponse::Partial(stream) => ensure!(all(stream).await? == wanted, "other bytes"),
            BlobResponse::Full(_) => bail!("the whole blob"),
        }
    }
    Ok(())
}

async fn mount(registry: &Registry, blob: &[u8]) -> Result<()> {
    let (from, to) = (
        registry.at("oci-client/blobs:v1")?,
        registry.at("oci-client/mounted:v1")?,
    );
    // Its tokens are good for one repository each, and a mount needs one for both.
    let scope = "repository:oci-client/mounted:pull,push repository:oci-client/blobs:pull";
    let token = oci_client::secrets::RegistryAuth::Bearer(registry.token(scope).await?);
    let client = registry.client();
    client
        .store_auth_if_needed(to.resolve_registry(), &token)
        .await;
    client.mount_blob(&to, &from, &digest_of(blob)).await?;
    ensure!(
        client.blob_exists(&to, &digest_of(blob)).await?,
        "it is not there"
    );
    Ok(())
}

async fn wrong(registry: &Registry) -> Result<()> {
    let image = registry.at("oci-client/blobs:v1")?;
    let client = registry.pusher(&image).await?;
    refused(
        client
            .push_blob(&image, b"one".to_vec(), &digest_of(b"two"))
            .await,
    )?;
    ensure!(
        !client.blob_exists(&image, &digest_of(b"two")).await?,
        "it is there"
    );
    Ok(())
}

async fn damaged(registry: &Registry, blob: &[u8]) -> Result<()> {
    faulty(registry, blob, json!({"wrongBytes": {"atByte": 5000}})).await
}

async fn cut(registry: &Registry, blob: &[u8]) -> Result<()> {
    faulty(registry, blob, json!({"cutAnswer": {"afterBytes": 5000}})).await
}

async fn faulty(registry: &Registry, blob: &[u8], fault: serde_json::Value) -> Result<()> {
    let image = registry.at("oci-client/blobs:v1")?;
    let client = registry.pusher(&image).await?;
    let rule = json!({"operations": ["download_blob"], "fault": fault});
    registry.fault(Some(rule)).await?;
    let mut pulled = Vec::new();
    let digest = digest_of(blob);
    let result = client.pull_blob(&image, digest.as_str(), &mut pulled).await;
    registry.fault(None).await?;
    refused(result)?;
    Ok(())
}

//! The cases by acr-client, with the token flow in what is measured.

use acr_client::{ContainerRegistryClient, Credential, Repository, Source};
use acr_tests::FakeEntra;
use anyhow::{Result, ensure};
use bytes::Bytes;
use futures_util::stream;

use super::{AT_ONCE, Case, Client, ITEM, Job, timed};
use crate::blob::Blob;

pub(super) async fn run(client: Client, case: Case, job: &Job) -> Result<f64> {
    let registry = registry(job)?;
    let repository = registry.repository(&*format!("bench/{}", job.count))?;
    match case {
        Case::Upload => timed(upload(&repository, job, Source::file(job.file()?))).await,
        Case::UploadDigest => {
            let digest = job.digest()?;
            let upload = repository
                .upload_blob(Source::file(job.file()?))
                .digest(&digest);
            timed(async { Ok(upload.await?) }).await
        }
        Case::UploadStream => {
            let piece = Bytes::from(vec![7; ITEM]);
            let pieces =
                (0..job.size / ITEM as u64).map(move |_| Ok::<_, std::io::Error>(piece.clone()));
            timed(upload(
                &repository,
                job,
                Source::stream(stream::iter(pieces)),
            ))
            .await
        }
        Case::Download => timed(download(client, &repository, job)).await,
        Case::DownloadFile => timed(download_file(&repository, job)).await,
        Case::Push => timed(push(&repository, job)).await,
        Case::Pull => timed(pull(&repository, job)).await,
        Case::Tags => timed(tags(&repository, job)).await,
    }
}

fn registry(job: &Job) -> Result<ContainerRegistryClient> {
    let credential = match (&job.username, &job.password) {
        (Some(username), Some(password)) => Credential::password(username, password.as_str()),
        _ => FakeEntra::credential("an Entra token"),
    };
    let mut builder = ContainerRegistryClient::builder(&*job.endpoint).credential(credential);
    if let Some(ca) = job.ca()? {
        builder = builder.extra_root_certificate(ca);
    }
    Ok(builder.build()?)
}

async fn upload(repository: &Repository, job: &Job, source: Source) -> Result<()> {
    let stored = repository.upload_blob(source).await?;
    ensure!(stored.size == job.size, "{} bytes were stored", stored.size);
    Ok(())
}

async fn download(client: Client, repository: &Repository, job: &Job) -> Result<()> {
    let mut download = repository.download_blob(&job.digest()?);
    if client == Client::OursParallel {
        download = download.concurrency(AT_ONCE);
    }
    let (mut stream, mut bytes) = (download.stream().await?, 0);
    while let Some(piece) = stream.try_next().await? {
        bytes += piece.len() as u64;
    }
    ensure!(bytes == job.size, "{bytes} bytes came");
    Ok(())
}

async fn download_file(repository: &Repository, job: &Job) -> Result<()> {
    let done = repository
        .download_blob(&job.digest()?)
        .to_file(job.file()?)
        .await?;
    ensure!(done.size == job.size, "{} bytes came", done.size);
    Ok(())
}

async fn push(repository: &Repository, job: &Job) -> Result<()> {
    let uploads = (0..job.count).map(|number| {
        let blob = Blob {
            size: job.size,
            number,
        };
        repository.upload_blob(blob.bytes())
    });
    let stored = acr_client::all(uploads).concurrency(AT_ONCE).await?;
    ensure!(stored.len() as u64 == job.count);
    Ok(())
}

async fn pull(repository: &Repository, job: &Job) -> Result<()> {
    let digests = job.digests()?;
    let downloads = digests.iter().map(|digest| {
        let download = repository.download_blob(digest);
        download.to_writer(tokio::io::sink())
    });
    let done = acr_client::all(downloads).concurrency(AT_ONCE).await?;
    let bytes: u64 = done.iter().map(|done| done.size).sum();
    ensure!(bytes == job.size * job.count, "{bytes} bytes came");
    Ok(())
}

async fn tags(repository: &Repository, job: &Job) -> Result<()> {
    let (mut tags, mut count) = (repository.list_tags().page_size(1000), 0);
    while tags.try_next().await?.is_some() {
        count += 1;
    }
    ensure!(count == job.count, "{count} tags came");
    Ok(())
}

//! The cases by the crate oci-client, as its documentation has them done.

use std::{
    env,
    io::{Read as _, Write as _},
    time::Instant,
};

use anyhow::{Context as _, Result, bail, ensure};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use oci_client::{
    Client, Reference, RegistryOperation,
    client::{Certificate, CertificateEncoding, ClientConfig, ClientProtocol},
    errors::OciDistributionError,
    secrets::RegistryAuth,
};
use sha2::{Digest as _, Sha256};
use tokio::{fs::File, io::AsyncWriteExt as _};
use tokio_util::io::ReaderStream;

const ITEM: usize = 8 * 1024;
const READ: usize = 256 * 1024;
const AT_ONCE: usize = 8;

#[tokio::main]
async fn main() -> Result<()> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let job = Job::read()?;
    let case = variable("BENCH_CASE")?;
    let start = Instant::now();
    match &*case {
        "upload" => job.upload(job.file().await?).await?,
        "upload-digest" => job.upload_known(job.file().await?).await?,
        "upload-stream" => job.upload(items(job.size)).await?,
        "download" => job.download(tokio::io::sink()).await?,
        "download-file" => job.download_file().await?,
        "push" => job.push().await?,
        "pull" => job.pull().await?,
        _ => bail!("{case} is no case of this client"),
    }
    println!("{{\"seconds\": {}}}", start.elapsed().as_secs_f64());
    std::io::stdout().flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

type Pieces = stream::BoxStream<'static, Result<Bytes, OciDistributionError>>;

struct Job {
    client: Client,
    image: Reference,
    login: RegistryAuth,
    size: u64,
    count: u64,
}

impl Job {
    fn read() -> Result<Self> {
        let endpoint = variable("BENCH_ENDPOINT")?;
        let (scheme, host) = endpoint.split_once("://").context("a URL")?;
        let mut config = ClientConfig {
            protocol: match scheme {
                "https" => ClientProtocol::Https,
                _ => ClientProtocol::Http,
            },
            ..ClientConfig::default()
        };
        if let Ok(ca) = env::var("BENCH_CA") {
            config.extra_root_certificates = vec![Certificate {
                encoding: CertificateEncoding::Pem,
                data: std::fs::read(ca)?,
            }];
        }
        let count = variable("BENCH_COUNT")?.parse()?;
        let or_bench = |name| env::var(name).unwrap_or_else(|_| "bench".to_owned());
        Ok(Self {
            client: Client::new(config),
            image: format!("{host}/bench/{count}:v1").parse()?,
            login: RegistryAuth::Basic(or_bench("BENCH_USERNAME"), or_bench("BENCH_PASSWORD")),
            size: variable("BENCH_SIZE")?.parse()?,
            count,
        })
    }

    async fn login(&self, operation: RegistryOperation) -> Result<()> {
        self.client
            .auth(&self.image, &self.login, operation)
            .await?;
        Ok(())
    }

    async fn file(&self) -> Result<Pieces> {
        let file = File::open(variable("BENCH_FILE")?).await?;
        let pieces = ReaderStream::with_capacity(file, READ);
        Ok(pieces.map_err(OciDistributionError::from).boxed())
    }

    async fn upload(&self, pieces: Pieces) -> Result<()> {
        self.login(RegistryOperation::Push).await?;
        let told = self
            .client
            .push_blob_stream_chunked(&self.image, pieces)
            .await?;
        ensure!(told.size == self.size, "{} bytes were sent", told.size);
        Ok(())
    }

    async fn upload_known(&self, pieces: Pieces) -> Result<()> {
        self.login(RegistryOperation::Push).await?;
        let digest = digests()?.remove(0);
        let (image, size) = (&self.image, Some(self.size));
        self.client
            .push_blob_stream(image, pieces, &digest, size)
            .await?;
        Ok(())
    }

    async fn download(&self, target: impl tokio::io::AsyncWrite) -> Result<()> {
        self.login(RegistryOperation::Pull).await?;
        let digest = digests()?.remove(0);
        self.client
            .pull_blob(&self.image, digest.as_str(), target)
            .await?;
        Ok(())
    }

    async fn download_file(&self) -> Result<()> {
        let target = variable("BENCH_FILE")?;
        let part = format!("{target}.part");
        let mut file = File::create(&part).await?;
        self.download(&mut file).await?;
        file.flush().await?;
        file.sync_all().await?;
        tokio::fs::rename(part, target).await?;
        Ok(())
    }

    async fn push(&self) -> Result<()> {
        self.login(RegistryOperation::Push).await?;
        let base = vec![7; usize::try_from(self.size)?];
        let uploads = (0..self.count).map(|number| {
            let mut blob = base.clone();
            async move {
                blob[..8].copy_from_slice(&number.to_be_bytes());
                let digest = format!("sha256:{}", hex::encode(Sha256::digest(&blob)));
                self.client.push_blob(&self.image, blob, &digest).await
            }
        });
        stream::iter(uploads)
            .buffered(AT_ONCE)
            .try_collect::<Vec<_>>()
            .await?;
        Ok(())
    }

    async fn pull(&self) -> Result<()> {
        self.login(RegistryOperation::Pull).await?;
        let downloads = digests()?.into_iter().map(|digest| async move {
            let mut blob = Vec::new();
            self.client
                .pull_blob(&self.image, digest.as_str(), &mut blob)
                .await?;
            ensure!(blob.len() as u64 == self.size);
            Ok(())
        });
        stream::iter(downloads)
            .buffered(AT_ONCE)
            .try_collect()
            .await
    }
}

fn items(size: u64) -> Pieces {
    let piece = Bytes::from(vec![7; ITEM]);
    stream::iter((0..size / ITEM as u64).map(move |_| Ok(piece.clone()))).boxed()
}

fn digests() -> Result<Vec<String>> {
    let text = std::fs::read_to_string(variable("BENCH_DIGESTS")?)?;
    Ok(text.lines().map(str::to_owned).collect())
}

fn variable(name: &str) -> Result<String> {
    env::var(name).with_context(|| format!("{name} is not set"))
}

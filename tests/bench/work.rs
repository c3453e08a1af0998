//! What is measured: one case by one client, in a process that does nothing else.

mod bare;
mod ours;

use std::{
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    time::Instant,
};

use acr_core::Digest;
use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

#[derive(Args)]
pub(crate) struct Options {
    client: Client,
    case: Case,
    #[command(flatten)]
    job: Job,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Client {
    /// acr-client.
    Ours,
    /// The same, with eight ranges of a blob at once.
    OursParallel,
    /// reqwest, and SHA-256 between two pieces.
    BareInline,
    /// reqwest, and SHA-256 on a thread behind a queue of 8 MiB.
    BareThread,
    /// reqwest alone.
    BareUnhashed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Case {
    /// A file.
    Upload,
    /// A file whose digest is known.
    UploadDigest,
    /// A stream of pieces of 8 KiB that can be read once.
    UploadStream,
    /// A blob, to nowhere.
    Download,
    /// A blob, to a file that is synced and renamed.
    DownloadFile,
    /// Many small blobs from memory, eight at once.
    Push,
    /// Many small blobs, to nowhere, eight at once.
    Pull,
    /// The properties of many tags.
    Tags,
}

/// What a case is about. Clients in other languages read the same variables.
#[derive(Args)]
pub(crate) struct Job {
    #[arg(long, env = "BENCH_ENDPOINT")]
    endpoint: String,
    /// The certificate to trust.
    #[arg(long, env = "BENCH_CA")]
    ca: Option<PathBuf>,
    /// A password, where the registry asks for one; else an Entra token is exchanged.
    #[arg(long, env = "BENCH_USERNAME")]
    username: Option<String>,
    #[arg(long, env = "BENCH_PASSWORD")]
    password: Option<String>,
    /// Of each blob.
    #[arg(long, env = "BENCH_SIZE", default_value_t = 0)]
    size: u64,
    /// How many blobs or tags.
    #[arg(long, env = "BENCH_COUNT", default_value_t = 1)]
    count: u64,
    /// What to upload, or where to download to.
    #[arg(long, env = "BENCH_FILE")]
    file: Option<PathBuf>,
    /// A file with the digests of the blobs, a line each.
    #[arg(long, env = "BENCH_DIGESTS")]
    digests: Option<PathBuf>,
}

/// What such a process says.
#[derive(Serialize, Deserialize)]
pub(crate) struct Done {
    pub(crate) seconds: f64,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let Options { client, case, job } = options;
    let seconds = match client {
        Client::Ours | Client::OursParallel => ours::run(client, case, &job).await?,
        _ => bare::run(client, case, &job).await?,
    };
    println!("{}", serde_json::to_string(&Done { seconds })?);
    std::io::stdout().flush()?;
    // Whoever started it now looks at what it needed.
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}

impl Case {
    /// The name by which clients in other languages know it.
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }
}

impl Job {
    fn digests(&self) -> Result<Vec<Digest>> {
        let path = self.digests.as_deref().context("no digests are given")?;
        let text = std::fs::read_to_string(path)?;
        text.lines().map(|line| Ok(line.parse()?)).collect()
    }

    fn digest(&self) -> Result<Digest> {
        self.digests()?
            .into_iter()
            .next()
            .context("no digest is given")
    }

    fn file(&self) -> Result<&Path> {
        self.file.as_deref().context("no file is given")
    }

    fn ca(&self) -> Result<Option<String>> {
        Ok(self
            .ca
            .as_deref()
            .map(std::fs::read_to_string)
            .transpose()?)
    }
}

/// A client for what is not measured.
pub(crate) fn plain_http() -> Result<reqwest::Client> {
    Ok(bare::builder(None)?.build()?)
}

/// The pieces of the stream that can be read once.
const ITEM: usize = 8 * 1024;

/// How many small blobs are on their way at once.
const AT_ONCE: usize = 8;

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<f64> {
    let start = Instant::now();
    work.await?;
    Ok(start.elapsed().as_secs_f64())
}

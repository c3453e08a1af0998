//! What a case needs around it: a server, files to upload, digests of what is downloaded.

use std::{
    collections::HashMap,
    fs::File,
    io::BufWriter,
    path::{Path, PathBuf},
    process::Stdio,
};

use acr_core::Digest;
use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

use crate::{
    blob::Blob,
    measured::{self, Measured},
    server::Addresses,
    work::Case,
};

/// Memory, where there is such a folder: a disk is slower than any client, and never the same.
const MEMORY: &str = "/dev/shm";

/// A case, with its numbers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scene {
    pub(crate) case: Case,
    /// Of each blob.
    pub(crate) size: u64,
    /// How many blobs or tags.
    pub(crate) count: u64,
    pub(crate) way: Way,
    /// Uploads a file without content, which takes no memory.
    pub(crate) sparse: bool,
}

/// How a client reaches the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    Http,
    Https,
    /// Over http, far away.
    Link,
}

/// A server, and a folder.
pub(crate) struct Stage {
    server: Child,
    pub(crate) addresses: Addresses,
    folder: TempDir,
    digests: HashMap<(u64, u64), Digest>,
    http: reqwest::Client,
}

impl Stage {
    /// With a server that discards.
    pub(crate) async fn discarding() -> Result<Self> {
        let folder = folder()?;
        let mut command = Command::new(std::env::current_exe()?);
        command.arg("server");
        Self::with(command, folder).await
    }

    /// With the emulator, which keeps everything in the folder.
    pub(crate) async fn emulated() -> Result<Self> {
        let folder = folder()?;
        let mut command = Command::new(std::env::current_exe()?);
        command
            .arg("emulator")
            .arg("--data")
            .arg(folder.path().join("data"));
        Self::with(command, folder).await
    }

    async fn with(mut command: Command, folder: TempDir) -> Result<Self> {
        command.arg("--ca").arg(folder.path().join("ca.pem"));
        let (server, addresses) = started(command).await?;
        Ok(Self {
            server,
            addresses,
            folder,
            digests: HashMap::new(),
            http: crate::work::plain_http()?,
        })
    }

    /// Runs a program in this scene.
    pub(crate) async fn play(&mut self, scene: Scene, mut command: Command) -> Result<Measured> {
        for (name, value) in self.variables(scene).await? {
            command.env(name, value);
        }
        let before = self.requests().await?;
        let measured = measured::run(command).await?;
        let requests = self.requests().await?.saturating_sub(before);
        let bytes = match scene.case {
            Case::Tags => 0,
            _ => scene.size.saturating_mul(scene.count),
        };
        if scene.case == Case::DownloadFile {
            let there = std::fs::metadata(self.target())?.len();
            ensure!(there == scene.size, "the file has {there} bytes");
            std::fs::remove_file(self.target())?;
        }
        Ok(Measured {
            requests,
            bytes,
            ..measured
        })
    }

    /// What the program is told.
    async fn variables(&mut self, scene: Scene) -> Result<Vec<(&'static str, String)>> {
        let endpoint = match scene.way {
            Way::Http => Some(&self.addresses.http),
            Way::Https => Some(&self.addresses.https),
            Way::Link => self.addresses.link.as_ref(),
        };
        let endpoint = endpoint.context("this server is not far away")?.clone();
        let mut variables = vec![
            ("BENCH_CASE", scene.case.name()),
            ("BENCH_ENDPOINT", endpoint),
            ("BENCH_SIZE", scene.size.to_string()),
            ("BENCH_COUNT", scene.count.to_string()),
        ];
        if let Some(login) = &self.addresses.login {
            variables.push(("BENCH_USERNAME", login.username.clone()));
            variables.push(("BENCH_PASSWORD", login.password.clone()));
        }
        if scene.way == Way::Https {
            variables.push(("BENCH_CA", self.addresses.ca.display().to_string()));
        }
        match scene.case {
            Case::Upload | Case::UploadDigest => {
                let file = self.source(scene)?;
                variables.push(("BENCH_FILE", file.display().to_string()));
            }
            Case::DownloadFile => {
                variables.push(("BENCH_FILE", self.target().display().to_string()));
            }
            _ => (),
        }
        if matches!(
            scene.case,
            Case::UploadDigest | Case::Download | Case::DownloadFile | Case::Pull
        ) {
            let digests = self.digests(scene).await?;
            variables.push(("BENCH_DIGESTS", digests.display().to_string()));
        }
        Ok(variables)
    }

    /// Where downloads go.
    fn target(&self) -> PathBuf {
        self.folder.path().join("target")
    }

    /// The file to upload: made at the first use.
    fn source(&self, scene: Scene) -> Result<PathBuf> {
        let kind = if scene.sparse { "sparse" } else { "noise" };
        let path = self.folder.path().join(format!("{kind}-{}", scene.size));
        if !path.exists() {
            let file = File::create(&path)?;
            match scene.sparse {
                true => file.set_len(scene.size)?,
                false => blob(scene, 0).write_to(BufWriter::new(file))?,
            }
        }
        Ok(path)
    }

    /// A file with the digests of the blobs, of which the server is told.
    async fn digests(&mut self, scene: Scene) -> Result<PathBuf> {
        let (mut told, mut lines) = (String::new(), String::new());
        for number in 0..scene.count {
            let blob = blob(scene, number);
            let key = (blob.size, blob.number);
            let digest = self.digests.entry(key).or_insert_with(|| blob.digest());
            told += &format!("{digest} {} {number}\n", blob.size);
            lines += &format!("{digest}\n");
        }
        let path = self.folder.path().join("digests");
        std::fs::write(&path, lines)?;
        if self.is_emulator() {
            return Ok(path);
        }
        let url = format!("{}/bench/blobs", self.addresses.http);
        self.http
            .post(url)
            .body(told)
            .send()
            .await?
            .error_for_status()?;
        Ok(path)
    }

    /// The emulator keeps what it gets, and need not be told of it.
    fn is_emulator(&self) -> bool {
        self.addresses.login.is_some()
    }

    /// How many requests the server has seen, if it counts them.
    async fn requests(&self) -> Result<u64> {
        if self.is_emulator() {
            return Ok(0);
        }
        let url = format!("{}/bench/requests", self.addresses.http);
        let answer = self.http.get(url).send().await?.error_for_status()?;
        Ok(answer.text().await?.parse()?)
    }

    pub(crate) async fn end(mut self) -> Result<()> {
        Ok(self.server.kill().await?)
    }
}

fn folder() -> Result<TempDir> {
    Ok(match Path::new(MEMORY).is_dir() {
        true => tempfile::tempdir_in(MEMORY)?,
        false => tempfile::tempdir()?,
    })
}

fn blob(scene: Scene, number: u64) -> Blob {
    Blob {
        size: scene.size,
        number,
    }
}

/// Starts a server, and waits until it says where it is.
pub(crate) async fn started(mut command: Command) -> Result<(Child, Addresses)> {
    command.stdout(Stdio::piped()).kill_on_drop(true);
    let mut server = command.spawn()?;
    let told = server.stdout.take().context("its output")?;
    let line = BufReader::new(told).lines().next_line().await?;
    let line = line.context("the server did not start")?;
    Ok((server, serde_json::from_str(&line)?))
}

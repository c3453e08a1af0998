//! One process, and what it needed.

use std::{process::Stdio, time::Duration};

use anyhow::{Context as _, Result, bail};
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader},
    process::Command,
};

use crate::work::Done;

/// Longer than any case takes, by far.
const LIMIT: Duration = Duration::from_secs(600);

/// The kernel counts a process's time in hundredths of a second, whatever its own clock does.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a case took.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) seconds: f64,
    /// Processor time of the process from its start on, in user space and in the kernel.
    pub(crate) cpu_seconds: f64,
    /// The most memory that it held at once.
    pub(crate) peak_mib: f64,
    /// How many requests the server saw.
    pub(crate) requests: u64,
    /// The content of the blobs.
    pub(crate) bytes: u64,
}

/// Runs a process that says its time in a line of JSON and then waits for the end of its input. In
/// between it is looked at, from outside, so that clients in all languages are measured alike.
pub(crate) async fn run(mut command: Command) -> Result<Measured> {
    let text = format!("{:?}", command.as_std());
    tokio::time::timeout(LIMIT, watch(&mut command))
        .await
        .with_context(|| format!("no end after {LIMIT:?}"))
        .flatten()
        .with_context(|| text)
}

async fn watch(command: &mut Command) -> Result<Measured> {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.kill_on_drop(true).spawn()?;
    let told = child.stdout.take().context("its output")?;
    let mut errors = child.stderr.take().context("its errors")?;
    let complaint = tokio::spawn(async move {
        let mut text = Vec::new();
        errors.read_to_end(&mut text).await.map(|_| text)
    });
    let line = BufReader::new(told).lines().next_line().await?;
    let Some(line) = line else {
        let text = complaint.await??;
        bail!("it said nothing: {}", String::from_utf8_lossy(&text).trim());
    };
    let done: Done = serde_json::from_str(&line).with_context(|| line.clone())?;
    let process = child.id().context("it ended too soon")?;
    let (cpu_seconds, peak_mib) = (cpu_seconds(process)?, peak_mib(process)?);
    drop(child.stdin.take());
    let status = child.wait().await?;
    anyhow::ensure!(status.success(), "{status}");
    Ok(Measured {
        seconds: done.seconds,
        cpu_seconds,
        peak_mib,
        requests: 0,
        bytes: 0,
    })
}

/// `VmHWM` is of the program itself; what `getrusage` says may be of the one that started it.
fn peak_mib(process: u32) -> Result<f64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: f64 = line
        .and_then(|line| line.split_whitespace().next())
        .context("no VmHWM")?
        .parse()?;
    Ok(kib / 1024.0)
}

fn cpu_seconds(process: u32) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The second field is the program's name in brackets, and may hold spaces.
    let (_, fields) = stat.rsplit_once(')').context("no name")?;
    let mut times = fields.split_whitespace().skip(11);
    let mut ticks = || -> Result<f64> { Ok(times.next().context("no time")?.parse()?) };
    Ok((ticks()? + ticks()?) / TICKS_PER_SECOND)
}

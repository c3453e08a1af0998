//! A suite as a child process.

use std::{
    env, fmt,
    fs::{self, File},
    path::Path,
    process::{ExitStatus, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
    time::timeout,
};

use crate::{
    kits::Kits,
    lines::{self, Case, Client, Line},
    registries::Registries,
    report::Counts,
    suites::Suite,
};

/// How a suite came out.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) client: Option<Client>,
    pub(crate) cases: Vec<Case>,
    /// Why it was not run.
    pub(crate) missing: Option<String>,
    pub(crate) time: Duration,
}

impl Outcome {
    pub(crate) fn missing(reason: String) -> Self {
        Self {
            missing: Some(reason),
            ..Self::default()
        }
    }

    pub(crate) fn counts(&self) -> Counts {
        Counts::of(&self.cases)
    }

    fn take(&mut self, line: &str) {
        match lines::read(line) {
            Ok(Line::Case(case)) | Err(case) => self.cases.push(case),
            Ok(Line::Client(client)) => self.client = Some(client),
        }
    }

    fn fail(&mut self, reason: impl Into<String>) {
        self.cases.push(Case::failed("(the suite)", reason));
    }

    /// A suite that says nothing has proved nothing.
    fn close(&mut self, ended: Option<ExitStatus>, log: &Path) {
        match ended {
            Some(status) if !status.success() => {
                self.fail(format!("{status}; {} ends:\n{}", log.display(), tail(log)));
            }
            None => {
                let last = self.cases.last().map_or("none", |case| &case.name);
                self.fail(format!("out of time; its last case was: {last}"));
            }
            Some(_) if self.cases.is_empty() => self.fail("it ran no case"),
            Some(_) => {}
        }
        if self.client.is_none() {
            self.fail("it did not tell what it tested");
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts = self.counts();
        write!(
            f,
            "{} cases, {} failed, {:.1} s",
            counts.all(),
            counts.failed,
            self.time.as_secs_f64()
        )
    }
}

/// Runs a suite against registries of its own.
pub(crate) async fn run(suite: &Suite, kits: &Kits) -> Result<Outcome> {
    let started = Instant::now();
    let registries = Registries::start().await?;
    let scratch = tempfile::Builder::new().prefix("acr-interop-").tempdir()?;
    let logs = kits.path("logs");
    fs::create_dir_all(&logs)?;
    let log = logs.join(suite.name).with_extension("log");

    let mut command = Command::from(suite.command(kits)?);
    without_proxies(&mut command);
    command
        .envs(registries.environment(scratch.path())?)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(File::create(&log)?)
        .kill_on_drop(true);
    #[cfg(unix)]
    command.process_group(0);
    let mut outcome = Outcome::default();
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            outcome.fail(format!("it cannot be started: {error}"));
            registries.stop().await;
            return Ok(outcome);
        }
    };
    let ended = timeout(suite.limit, follow(&mut child, &mut outcome)).await;
    let ended = match ended {
        Ok(ended) => Some(ended?),
        Err(_) => {
            kill(&mut child).await?;
            None
        }
    };
    outcome.close(ended, &log);
    outcome.time = started.elapsed();
    registries.stop().await;
    Ok(outcome)
}

async fn follow(child: &mut Child, outcome: &mut Outcome) -> Result<ExitStatus> {
    let stdout = child.stdout.take().context("stdout is piped")?;
    let mut stdout = BufReader::new(stdout);
    let mut line = Vec::new();
    // What is no text is a line that cannot be read, and no end of the other suites.
    while stdout.read_until(b'\n', &mut line).await? > 0 {
        outcome.take(String::from_utf8_lossy(&line).trim_end());
        line.clear();
    }
    Ok(child.wait().await?)
}

/// Ends a suite with all that it started.
async fn kill(child: &mut Child) -> Result<()> {
    #[cfg(unix)]
    if let Some(id) = child.id() {
        let group = format!("-{id}");
        let mut kill = Command::new("kill");
        kill.args(["-KILL", "--", &group]).status().await?;
    }
    child.kill().await?;
    Ok(())
}

/// What is for this machine goes to no proxy.
fn without_proxies(command: &mut Command) {
    for (name, _) in env::vars_os() {
        let lower = name.to_string_lossy().to_lowercase();
        if lower.ends_with("_proxy") {
            command.env_remove(name);
        }
    }
}

fn tail(log: &Path) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_no_text_fails_the_suite_alone() {
        let mut command = Command::new("printf");
        command.arg(r#"\377\n{"case":"a","outcome":"passed"}\n"#);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut outcome = Outcome::default();
        assert!(follow(&mut child, &mut outcome).await.unwrap().success());
        let counts = outcome.counts();
        assert_eq!((counts.passed, counts.failed), (1, 1));
    }
}

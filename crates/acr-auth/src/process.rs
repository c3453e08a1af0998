//! Other programs, asked for what they know.

use std::{
    io,
    process::{Output, Stdio},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt},
    process::Command,
};

/// In bytes, of each of its two streams. A token has a few thousand.
const LONGEST: u64 = 128 * 1024;

/// Runs a program to its end, without input. It is killed when the call is dropped; what it writes
/// beyond what a token needs is an error.
pub(crate) async fn output(command: &mut Command) -> io::Result<Output> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = futures_util::future::try_join(read(stdout), read(stderr)).await?;
    Ok(Output {
        status: child.wait().await?,
        stdout,
        stderr,
    })
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if let Some(stream) = stream {
        stream.take(LONGEST + 1).read_to_end(&mut text).await?;
    }
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("the program writes without end"));
    }
    Ok(text)
}

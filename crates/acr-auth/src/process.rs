//! Other programs, asked for what they know.

use std::{
    io,
    process::{Output, Stdio},
};

use acr_core::limits;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWriteExt},
    process::{ChildStdin, Command},
};

/// Runs a program to its end. It is killed when the call is dropped; what it writes beyond
/// [`limits::PROGRAM`], to either of its two streams, is an error.
pub(crate) async fn output(command: &mut Command, input: &[u8]) -> io::Result<Output> {
    let mut child = command
        .stdin(match input {
            [] => Stdio::null(),
            _ => Stdio::piped(),
        })
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let told = tell(stdin, input);
    let ((), stdout, stderr) =
        futures_util::future::try_join3(told, read(stdout), read(stderr)).await?;
    Ok(Output {
        status: child.wait().await?,
        stdout,
        stderr,
    })
}

/// A program that answers without having read its input is none the worse for it: what it has to say
/// stands in its answer.
async fn tell(stdin: Option<ChildStdin>, input: &[u8]) -> io::Result<()> {
    if let Some(mut stdin) = stdin {
        let _unread = stdin.write_all(input).await;
    }
    Ok(())
}

async fn read(stream: Option<impl AsyncRead + Unpin>) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if let Some(stream) = stream {
        stream
            .take(limits::PROGRAM as u64 + 1)
            .read_to_end(&mut text)
            .await?;
    }
    if text.len() > limits::PROGRAM {
        return Err(io::Error::other("the program writes without end"));
    }
    Ok(text)
}

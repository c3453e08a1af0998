//! Writing beside the transfer.

use std::{io, sync::Arc};

use bytes::Bytes;
use tokio::task::JoinHandle;

use super::{blocking, part::Part};

/// How many bytes are gathered before they are written, and written before the next are: 1 MiB, so that
/// at most twice as many wait. A thread is used for each batch alone, and none while the network is
/// waited for: with as many downloads as there are threads, none would be left for anything else.
const BATCH: usize = 1024 * 1024;

/// How many pieces are gathered at most, however short they are: each takes room of its own.
const PIECES: usize = 4096;

/// Writes what it is given, while the next pieces are on their way.
#[derive(Debug)]
pub(super) struct Writer {
    part: Arc<Part>,
    gathered: Vec<Bytes>,
    bytes: usize,
    running: Option<JoinHandle<io::Result<()>>>,
}

impl Writer {
    pub(super) fn new(part: &Arc<Part>) -> Self {
        Self {
            part: Arc::clone(part),
            gathered: Vec::new(),
            bytes: 0,
            running: None,
        }
    }

    /// Takes the next piece. An error is that of an earlier one.
    pub(super) async fn write(&mut self, piece: Bytes) -> io::Result<()> {
        self.bytes += piece.len();
        self.gathered.push(piece);
        if self.bytes < BATCH && self.gathered.len() < PIECES {
            return Ok(());
        }
        self.settled().await?;
        let (part, pieces) = self.next();
        self.running = Some(tokio::task::spawn_blocking(move || part.write(&pieces)));
        Ok(())
    }

    /// Writes what is left.
    pub(super) async fn flush(&mut self) -> io::Result<()> {
        self.settled().await?;
        let (part, pieces) = self.next();
        blocking(move || part.write(&pieces)).await
    }

    /// Writes what is left, and gives the file its name.
    pub(super) async fn publish(mut self) -> io::Result<()> {
        self.settled().await?;
        let (part, pieces) = self.next();
        blocking(move || {
            part.write(&pieces)?;
            part.publish()
        })
        .await
    }

    async fn settled(&mut self) -> io::Result<()> {
        match self.running.take() {
            Some(running) => running
                .await
                .unwrap_or_else(|error| Err(io::Error::other(error))),
            None => Ok(()),
        }
    }

    fn next(&mut self) -> (Arc<Part>, Vec<Bytes>) {
        self.bytes = 0;
        (Arc::clone(&self.part), std::mem::take(&mut self.gathered))
    }
}

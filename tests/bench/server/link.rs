//! A long, narrow way to a listener: each connection has a round trip and a rate of its own.

use std::{net::SocketAddr, time::Duration};

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::mpsc,
    time::{Instant, sleep, sleep_until},
};

/// As between two continents' neighbours.
const ROUND_TRIP: Duration = Duration::from_millis(50);

/// Bytes per second of a connection, in each direction.
const RATE: f64 = 20e6;

/// What is read at once: a few milliseconds' worth.
const PIECE: usize = 64 * 1024;

/// How many pieces are on the way: more than fill the line for a round trip.
const PIECES: usize = 32;

pub(super) async fn serve(listener: TcpListener, to: SocketAddr) {
    while let Ok((near, _)) = listener.accept().await {
        tokio::spawn(async move {
            // One end that goes away is the other's affair.
            let _ = join(near, to).await;
        });
    }
}

async fn join(near: TcpStream, to: SocketAddr) -> Result<()> {
    sleep(ROUND_TRIP).await;
    let far = TcpStream::connect(to).await?;
    for stream in [&near, &far] {
        stream.set_nodelay(true)?;
    }
    let (from_near, to_near) = near.into_split();
    let (from_far, to_far) = far.into_split();
    tokio::try_join!(carry(from_near, to_far), carry(from_far, to_near))?;
    Ok(())
}

async fn carry(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> Result<()> {
    let (pieces, mut line) = mpsc::channel::<(Instant, Bytes)>(PIECES);
    let sending = async move {
        let mut free = Instant::now();
        let mut buffer = BytesMut::new();
        loop {
            buffer.reserve(PIECE);
            if from.read_buf(&mut buffer).await? == 0 {
                return anyhow::Ok(());
            }
            let piece = buffer.split().freeze();
            // The line takes one piece after the other; what it has taken arrives later.
            free = free.max(Instant::now()) + Duration::from_secs_f64(piece.len() as f64 / RATE);
            if pieces.send((free + ROUND_TRIP / 2, piece)).await.is_err() {
                return Ok(());
            }
        }
    };
    let arriving = async move {
        while let Some((due, piece)) = line.recv().await {
            sleep_until(due).await;
            to.write_all(&piece).await?;
        }
        to.shutdown().await?;
        anyhow::Ok(())
    };
    tokio::try_join!(sending, arriving)?;
    Ok(())
}

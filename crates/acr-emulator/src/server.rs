//! Listening, accepting, and stopping.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Extension, Router};
use http::uri::Scheme;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::{
        conn::auto,
        graceful::{GracefulShutdown, Watcher},
    },
    service::TowerToHyperService,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::timeout,
};
use tokio_rustls::TlsAcceptor;

use crate::breaker::{Breaker, Reader};

/// A client has so long for its TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Requests under way have so long to end when the emulator is shut down.
const GRACE: Duration = Duration::from_secs(5);
/// So often a free port is sought that both address families have.
const ATTEMPTS: usize = 8;

/// What a listener speaks.
#[derive(Clone)]
pub(crate) enum Speaks {
    Http,
    Https(TlsAcceptor),
    /// As the first byte of a connection says.
    Both(TlsAcceptor),
}

/// How every TLS connection begins: a record of the type handshake. No HTTP method does.
const HANDSHAKE_RECORD: u8 = 22;

impl Speaks {
    /// What a client is met with: TLS, or none. What it said first stays to be read.
    async fn to(self, client: &TcpStream) -> Option<TlsAcceptor> {
        match self {
            Self::Http => None,
            Self::Https(tls) => Some(tls),
            Self::Both(tls) => {
                let mut first = [0];
                let peeked = client.peek(&mut first).await;
                (matches!(peeked, Ok(1)) && first == [HANDSHAKE_RECORD]).then_some(tls)
            }
        }
    }
}

/// Binds an address; on the loopback interface both address families on the same port, where that
/// can be had, since clients differ in what they take `localhost` for.
pub(crate) async fn bind(address: IpAddr, port: u16) -> io::Result<Vec<TcpListener>> {
    let twin = match address {
        IpAddr::V4(Ipv4Addr::LOCALHOST) => Some(IpAddr::V6(Ipv6Addr::LOCALHOST)),
        IpAddr::V6(Ipv6Addr::LOCALHOST) => Some(IpAddr::V4(Ipv4Addr::LOCALHOST)),
        _ => None,
    };
    let mut attempt = 1;
    loop {
        let first = TcpListener::bind(SocketAddr::new(address, port)).await?;
        let Some(twin) = twin else {
            return Ok(vec![first]);
        };
        let port_found = first.local_addr()?.port();
        match TcpListener::bind(SocketAddr::new(twin, port_found)).await {
            Ok(second) => return Ok(vec![first, second]),
            Err(error) => {
                let taken = error.kind() == io::ErrorKind::AddrInUse;
                if !taken || port != 0 || attempt == ATTEMPTS {
                    return Ok(vec![first]);
                }
            }
        }
        attempt += 1;
    }
}

/// The tasks that accept connections. Dropping this ends them and their connections at once.
#[derive(Debug)]
pub(crate) struct Servers {
    tasks: JoinSet<()>,
    stop: watch::Sender<bool>,
}

impl Servers {
    pub(crate) fn new() -> Self {
        Self {
            tasks: JoinSet::new(),
            stop: watch::Sender::new(false),
        }
    }

    /// Serves a router on all these listeners. Each request is told its [`Scheme`].
    pub(crate) fn serve(&mut self, listeners: Vec<TcpListener>, router: &Router, speaks: &Speaks) {
        for listener in listeners {
            let stop = self.stop.subscribe();
            let accepting = accept(listener, router.clone(), speaks.clone(), stop);
            self.tasks.spawn(accepting);
        }
    }

    /// Takes no more requests and waits for those under way, but not for long.
    pub(crate) async fn shutdown(mut self) {
        self.stop.send_replace(true);
        let ended = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(GRACE, ended).await.is_err() {
            tracing::warn!("requests under way were broken off");
        }
        self.tasks.shutdown().await;
    }
}

async fn accept(
    listener: TcpListener,
    router: Router,
    speaks: Speaks,
    mut stop: watch::Receiver<bool>,
) {
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = stop.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let watcher = graceful.watcher();
                    let (router, speaks) = (router.clone(), speaks.clone());
                    connections.spawn(connection(stream, router, speaks, watcher, stop.clone()));
                }
                Err(error) => {
                    // Most likely there are no file descriptors left: wait for some.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
        }
    }
    drop(listener);
    graceful.shutdown().await;
}

async fn connection(
    stream: TcpStream,
    router: Router,
    speaks: Speaks,
    watcher: Watcher,
    mut stop: watch::Receiver<bool>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let tls = tokio::select! {
        // Nobody waits for a connection that has not said a word.
        _ = stop.changed() => return,
        tls = speaks.to(&stream) => tls,
    };
    let breaker = Breaker::default();
    let (stream, reader) = breaker.watch(stream);
    let Some(tls) = tls else {
        let router = router.layer(Extension(Scheme::HTTP));
        return talk(stream, router, watcher, breaker, reader).await;
    };
    let router = router.layer(Extension(Scheme::HTTPS));
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => talk(stream, router, watcher, breaker, reader).await,
        Ok(Err(error)) => tracing::debug!(%error, "no TLS handshake"),
        Err(_) => tracing::debug!("no TLS handshake in time"),
    }
}

async fn talk(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    watcher: Watcher,
    breaker: Breaker,
    reader: Reader,
) {
    // The service writes header names as Go does, with capitals.
    let builder = auto::Builder::new(TokioExecutor::new()).title_case_headers(true);
    let service = TowerToHyperService::new(router.layer(Extension(breaker.clone())));
    let serving = builder.serve_connection(TokioIo::new(stream), service);
    match breaker.serve(watcher.watch(serving), reader).await {
        Some(Ok(())) => {}
        Some(Err(error)) => tracing::debug!(%error, "a connection broke"),
        None => tracing::debug!("a connection was broken on purpose"),
    }
}

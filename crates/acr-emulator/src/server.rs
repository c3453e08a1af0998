//! Listening, accepting, and stopping.

use std::{
    io,
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use axum::{Extension, Router};
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

    /// Serves a router on all these listeners.
    pub(crate) fn serve(
        &mut self,
        listeners: Vec<TcpListener>,
        router: &Router,
        tls: Option<&TlsAcceptor>,
    ) {
        for listener in listeners {
            let stop = self.stop.subscribe();
            let accepting = accept(listener, router.clone(), tls.cloned(), stop);
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
    tls: Option<TlsAcceptor>,
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
                    connections.spawn(connection(stream, router.clone(), tls.clone(), watcher));
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

async fn connection(stream: TcpStream, router: Router, tls: Option<TlsAcceptor>, watcher: Watcher) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "no TCP_NODELAY");
    }
    let breaker = Breaker::default();
    let (stream, reader) = breaker.watch(stream);
    let Some(tls) = tls else {
        return talk(stream, router, watcher, breaker, reader).await;
    };
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

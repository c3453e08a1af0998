//! From settings to a running emulator.

use std::{
    fs::{File, TryLockError},
    io,
    net::{IpAddr, Ipv4Addr},
    path::Path,
    sync::Arc,
};

use acr_core::Login;
use axum::Router;
use tempfile::TempDir;

use super::{EmulatorBuilder, Port, StartError, Tls, check::check};
use crate::{
    app::{App, Setup},
    auth::Directory,
    emulator::{Closing, Emulator},
    handlers::storage_host,
    keys::{self, Keys},
    management,
    serve::serve,
    server::{Servers, Speaks, bind},
    store::Store,
    tls,
};

/// Starts what the builder describes.
pub(super) async fn start(builder: EmulatorBuilder) -> Result<Emulator, StartError> {
    check(&builder)?;
    let tls = match &builder.tls {
        Tls::None => None,
        Tls::SelfMade | Tls::Also => Some(tls::self_made(&builder.name)?),
        Tls::Given {
            certificate_pem,
            key_pem,
        } => Some(tls::given(certificate_pem, key_pem.expose())?),
    };
    let data = Data::open(builder.data.as_deref())?;
    let registry = listen(builder.address, builder.port).await?;
    let storage = listen(builder.address, builder.storage_port).await?;
    let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let management = listen(loopback, builder.management_port).await?;

    let authority = reachable(builder.address, registry.port);
    let settings = Setup {
        service: builder.service.unwrap_or_else(|| authority.clone()),
        authority: authority.clone(),
        https: tls.is_some() && !matches!(builder.tls, Tls::Also),
        storage_port: storage.port,
        ca_pem: tls.as_ref().and_then(|tls| tls.ca_pem.clone()),
    };
    let endpoint = format!("{}://{authority}", settings.scheme());
    let name = builder.name;
    let admin = builder.admin;
    let directory = Directory {
        admin: admin.unwrap_or_else(|| Login::new(name, keys::random())),
        tokens: builder.tokens,
        principals: builder.principals,
        default_role: builder.default_role,
        anonymous_pull: builder.anonymous_pull,
    };
    let app = Arc::new(App::new(
        settings,
        builder.settings,
        directory,
        data.keys,
        data.store,
    ));

    let mut servers = Servers::new();
    let speaks = match (&tls, &builder.tls) {
        (None, _) => Speaks::Http,
        (Some(tls), Tls::Also) => Speaks::Both(tls.acceptor.clone()),
        (Some(tls), _) => Speaks::Https(tls.acceptor.clone()),
    };
    let router = Router::new().fallback(serve).with_state(Arc::clone(&app));
    servers.serve(registry.listeners, &router, &speaks);
    let router = Router::new()
        .fallback(storage_host::serve)
        .with_state(Arc::clone(&app));
    servers.serve(storage.listeners, &router, &speaks);
    let router = management::router(Arc::clone(&app));
    servers.serve(management.listeners, &router, &Speaks::Http);
    tracing::info!(%endpoint, "the registry is ready");
    Ok(Emulator {
        servers,
        _closing: Closing(Arc::clone(&app)),
        app,
        endpoint,
        management: format!("http://{}", reachable(loopback, management.port)),
        _temporary: data.temporary,
        _lock: data.lock,
    })
}

/// The data directory, opened.
struct Data {
    store: Store,
    keys: Keys,
    temporary: Option<TempDir>,
    lock: Option<File>,
}

impl Data {
    fn open(given: Option<&Path>) -> Result<Self, StartError> {
        let fault = |path: &Path, source| StartError::Data {
            path: path.to_owned(),
            source,
        };
        if let Some(path) = given {
            std::fs::create_dir_all(path).map_err(|error| fault(path, error))?;
            let lock = lock(path).map_err(|error| fault(path, error))?;
            return Ok(Self {
                store: Store::open(path, true).map_err(|error| fault(path, error))?,
                keys: Keys::of(path).map_err(|error| fault(path, error))?,
                temporary: None,
                lock: Some(lock),
            });
        }
        let temporary = tempfile::tempdir().map_err(|error| fault(&std::env::temp_dir(), error))?;
        let path = temporary.path();
        Ok(Self {
            store: Store::open(path, false).map_err(|error| fault(path, error))?,
            keys: Keys::generate(),
            temporary: Some(temporary),
            lock: None,
        })
    }
}

/// In every directory that is an emulator's.
const LOCK: &str = "acr-emulator.lock";

/// Makes sure that no two emulators write to one directory, and that it holds nothing of anybody
/// else: what a reset deletes must be ours.
fn lock(directory: &Path) -> io::Result<File> {
    let path = directory.join(LOCK);
    if !path.exists() && directory.read_dir()?.next().is_some() {
        let text = format!("it is not empty, and no emulator's: there is no {LOCK}");
        return Err(io::Error::other(text));
    }
    let file = File::create(path)?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(io::Error::other("another emulator uses it")),
        Err(TryLockError::Error(error)) => Err(error),
    }
}

struct Listening {
    listeners: Vec<tokio::net::TcpListener>,
    port: u16,
}

async fn listen(address: IpAddr, port: Port) -> Result<Listening, StartError> {
    match port {
        Port::Fixed(port) => listen_on(address, port).await,
        Port::Preferred(port) => match listen_on(address, port).await {
            Err(error) => {
                tracing::warn!("{error}: taking another one");
                listen_on(address, 0).await
            }
            listening => listening,
        },
    }
}

async fn listen_on(address: IpAddr, port: u16) -> Result<Listening, StartError> {
    let fault = |source| StartError::Bind {
        address,
        port,
        source,
    };
    let listeners = bind(address, port).await.map_err(fault)?;
    let port = match listeners.first() {
        Some(first) => first.local_addr().map_err(fault)?.port(),
        None => port,
    };
    Ok(Listening { listeners, port })
}

/// Host and port under which an address can be reached from this machine.
fn reachable(address: IpAddr, port: u16) -> String {
    match address {
        IpAddr::V4(address) if !address.is_unspecified() => format!("{address}:{port}"),
        IpAddr::V6(address) if !address.is_unspecified() => format!("[{address}]:{port}"),
        _ => format!("127.0.0.1:{port}"),
    }
}

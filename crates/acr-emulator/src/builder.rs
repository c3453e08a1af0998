//! What an emulator is started with.

use std::{
    collections::HashMap,
    fmt, io,
    net::{IpAddr, Ipv4Addr},
    path::{Path, PathBuf},
    sync::Arc,
};

use acr_core::{Login, Secret};
use axum::Router;
use tempfile::TempDir;

use crate::{
    app::{App, Settings, serve},
    auth::{Directory, Role, ScopeMap},
    emulator::Emulator,
    handlers::storage_host,
    keys::{self, Keys},
    management,
    server::{Servers, bind},
    store::Store,
    tls,
};

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// An address and port could not be had.
    #[error("cannot listen on {address} port {port}")]
    Bind {
        /// The address.
        address: IpAddr,
        /// The port; 0 stands for any.
        port: u16,
        /// What the system said.
        source: io::Error,
    },
    /// The data directory could not be used.
    #[error("cannot use the data directory {}", path.display())]
    Data {
        /// The directory.
        path: PathBuf,
        /// What the system said, or what is wrong with a file in it.
        source: io::Error,
    },
    /// The certificate or its key could not be made or used.
    #[error("cannot use the certificate: {0}")]
    Certificate(String),
}

#[derive(Default)]
enum Tls {
    #[default]
    None,
    SelfMade,
    Given {
        certificate_pem: String,
        key_pem: Secret,
    },
}

/// Settings of an emulator; see [`Emulator::builder`].
#[must_use = "nothing happens before `start`"]
pub struct EmulatorBuilder {
    name: String,
    service: Option<String>,
    admin: Option<Login>,
    tokens: Vec<(String, Secret, Arc<ScopeMap>)>,
    principals: HashMap<String, Role>,
    default_role: Role,
    anonymous_pull: bool,
    data: Option<PathBuf>,
    tls: Tls,
    address: IpAddr,
    port: u16,
    storage_port: u16,
    management_port: u16,
}

impl Default for EmulatorBuilder {
    fn default() -> Self {
        Self {
            name: "emulator".to_owned(),
            service: None,
            admin: None,
            tokens: Vec::new(),
            principals: HashMap::new(),
            default_role: Role::Owner,
            anonymous_pull: false,
            data: None,
            tls: Tls::None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: 0,
            storage_port: 0,
            management_port: 0,
        }
    }
}

/// Tells nothing but the names: the rest may be secret.
impl fmt::Debug for EmulatorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EmulatorBuilder")
            .field("name", &self.name)
            .field("service", &self.service)
            .field("address", &self.address)
            .field("port", &self.port)
            .finish_non_exhaustive()
    }
}

impl EmulatorBuilder {
    /// The registry's name, which is also the admin user's. `emulator` unless set.
    pub fn registry_name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The name under which the registry speaks of itself in challenges, tokens and bodies; on
    /// Azure, the login server. Unless set it is the endpoint's host and port.
    pub fn service(mut self, service: impl Into<String>) -> Self {
        self.service = Some(service.into());
        self
    }

    /// The admin user. Unless set it has the registry's name and a random password.
    pub fn admin(mut self, username: impl Into<String>, password: impl Into<Secret>) -> Self {
        self.admin = Some(Login::new(username, password));
        self
    }

    /// Adds a repository-scoped token: a name and password that may do what a scope map allows.
    pub fn token(
        mut self,
        name: impl Into<String>,
        password: impl Into<Secret>,
        scopes: ScopeMap,
    ) -> Self {
        let token = (name.into(), password.into(), Arc::new(scopes));
        self.tokens.push(token);
        self
    }

    /// Gives a role to the Entra principal of this object id: who exchanges a JWT with this `oid`
    /// has this role. Signatures of Entra tokens are not checked.
    pub fn principal(mut self, oid: impl Into<String>, role: Role) -> Self {
        self.principals.insert(oid.into(), role);
        self
    }

    /// The role of every other Entra token, of whatever form. [`Role::Owner`] unless set.
    pub fn default_role(mut self, role: Role) -> Self {
        self.default_role = role;
        self
    }

    /// Whether anybody may pull and list. Off unless set.
    pub fn anonymous_pull(mut self, allowed: bool) -> Self {
        self.anonymous_pull = allowed;
        self
    }

    /// Keeps everything in this directory, where a later emulator finds it again. Unless set a
    /// temporary directory is used and removed.
    pub fn data_dir(mut self, directory: impl Into<PathBuf>) -> Self {
        self.data = Some(directory.into());
        self
    }

    /// Serves https, with a certificate for the loopback names from a CA made on the spot; see
    /// [`Emulator::ca_pem`].
    pub fn https(mut self) -> Self {
        self.tls = Tls::SelfMade;
        self
    }

    /// Serves https with this certificate chain and key, in PEM. It must be good for `localhost`
    /// and 127.0.0.1 both: the redirect to the storage host goes from the one to the other.
    pub fn certificate(
        mut self,
        certificate_pem: impl Into<String>,
        key_pem: impl Into<Secret>,
    ) -> Self {
        self.tls = Tls::Given {
            certificate_pem: certificate_pem.into(),
            key_pem: key_pem.into(),
        };
        self
    }

    /// The address to listen on: 127.0.0.1 unless set. The management API stays on 127.0.0.1.
    pub fn bind(mut self, address: IpAddr) -> Self {
        self.address = address;
        self
    }

    /// The registry's port. Any free one unless set.
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// The storage host's port. Any free one unless set.
    pub fn storage_port(mut self, port: u16) -> Self {
        self.storage_port = port;
        self
    }

    /// The management API's port. Any free one unless set.
    pub fn management_port(mut self, port: u16) -> Self {
        self.management_port = port;
        self
    }

    /// Starts the emulator, in the Tokio runtime of the caller.
    ///
    /// # Errors
    /// [`StartError`] when a port cannot be had, or the directory or certificate cannot be used.
    pub async fn start(self) -> Result<Emulator, StartError> {
        let tls = match &self.tls {
            Tls::None => None,
            Tls::SelfMade => Some(tls::self_made()?),
            Tls::Given {
                certificate_pem,
                key_pem,
            } => Some(tls::given(certificate_pem, key_pem.expose())?),
        };
        let data = Data::open(self.data.as_deref())?;
        let registry = listen(self.address, self.port).await?;
        let storage = listen(self.address, self.storage_port).await?;
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let management = listen(loopback, self.management_port).await?;

        let authority = reachable(self.address, registry.port);
        let settings = Settings {
            service: self.service.unwrap_or_else(|| authority.clone()),
            authority: authority.clone(),
            https: tls.is_some(),
            storage_port: storage.port,
        };
        let endpoint = format!("{}://{authority}", settings.scheme());
        let name = self.name;
        let admin = self.admin;
        let directory = Directory {
            admin: admin.unwrap_or_else(|| Login::new(name, keys::random())),
            tokens: self.tokens,
            principals: self.principals,
            default_role: self.default_role,
            anonymous_pull: self.anonymous_pull,
        };
        let app = Arc::new(App::new(settings, directory, data.keys, data.store));

        let mut servers = Servers::new();
        let acceptor = tls.as_ref().map(|tls| &tls.acceptor);
        let router = Router::new().fallback(serve).with_state(Arc::clone(&app));
        servers.serve(registry.listeners, &router, acceptor);
        let router = Router::new()
            .fallback(storage_host::serve)
            .with_state(Arc::clone(&app));
        servers.serve(storage.listeners, &router, acceptor);
        let router = management::router(Arc::clone(&app));
        servers.serve(management.listeners, &router, None);
        tracing::info!(%endpoint, "the registry is ready");
        Ok(Emulator {
            servers,
            app,
            endpoint,
            management: format!("http://{}", reachable(loopback, management.port)),
            ca_pem: tls.and_then(|tls| tls.ca_pem),
            _temporary: data.temporary,
        })
    }
}

/// The data directory, opened.
struct Data {
    store: Store,
    keys: Keys,
    temporary: Option<TempDir>,
}

impl Data {
    fn open(given: Option<&Path>) -> Result<Self, StartError> {
        let fault = |path: &Path, source| StartError::Data {
            path: path.to_owned(),
            source,
        };
        if let Some(path) = given {
            std::fs::create_dir_all(path).map_err(|error| fault(path, error))?;
            return Ok(Self {
                store: Store::open(path, true).map_err(|error| fault(path, error))?,
                keys: Keys::of(path).map_err(|error| fault(path, error))?,
                temporary: None,
            });
        }
        let temporary = tempfile::tempdir().map_err(|error| fault(&std::env::temp_dir(), error))?;
        let path = temporary.path();
        Ok(Self {
            store: Store::open(path, false).map_err(|error| fault(path, error))?,
            keys: Keys::generate(),
            temporary: Some(temporary),
        })
    }
}

struct Listening {
    listeners: Vec<tokio::net::TcpListener>,
    port: u16,
}

async fn listen(address: IpAddr, port: u16) -> Result<Listening, StartError> {
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

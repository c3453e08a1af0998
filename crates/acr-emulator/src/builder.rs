//! What an emulator is started with.

mod check;
mod start;

use std::{
    collections::HashMap,
    fmt, io,
    net::{IpAddr, Ipv4Addr},
    path::PathBuf,
    sync::Arc,
};

use acr_core::{Login, Secret};

use crate::{
    auth::{Role, ScopeMap},
    emulator::Emulator,
    modes::{Settings, UploadMode},
};

/// Why an emulator did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// A setting has a value that no registry can work with.
    #[error("`{value}` cannot be {setting}: {reason}")]
    Setting {
        /// What was set.
        setting: &'static str,
        /// To what.
        value: String,
        /// What is wrong with that.
        reason: &'static str,
    },
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

/// Where to listen.
#[derive(Clone, Copy, Debug)]
enum Port {
    /// There and nowhere else; 0 stands for any free one.
    Fixed(u16),
    /// There, or on any free one if it is taken.
    Preferred(u16),
}

#[derive(Default)]
enum Tls {
    #[default]
    None,
    SelfMade,
    /// Beside http, on the same ports.
    Also,
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
    settings: Settings,
    data: Option<PathBuf>,
    tls: Tls,
    address: IpAddr,
    port: Port,
    storage_port: Port,
    management_port: Port,
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
            settings: Settings::default(),
            data: None,
            tls: Tls::None,
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            port: Port::Fixed(0),
            storage_port: Port::Fixed(0),
            management_port: Port::Fixed(0),
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
    /// The registry's name, which is also the admin user's: letters, digits and hyphens. `emulator`
    /// unless set.
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

    /// What becomes of an upload whose client has lost count: [`UploadMode::Strict`] unless set.
    /// This and what follows can be changed later; see [`Emulator::set_settings`].
    pub fn uploads(mut self, mode: UploadMode) -> Self {
        self.settings.uploads = mode;
        self
    }

    /// Whether permissions are given by repository attributes: wildcards in scopes are then
    /// ignored. Off unless set.
    pub fn abac(mut self, on: bool) -> Self {
        self.settings.abac = on;
        self
    }

    /// Whether deleted artifacts can be restored. Off unless set.
    pub fn soft_delete(mut self, on: bool) -> Self {
        self.settings.soft_delete = on;
        self
    }

    /// For how many days deleted artifacts can be restored, 1 to 90. Seven unless set.
    pub fn soft_delete_days(mut self, days: u8) -> Self {
        self.settings.soft_delete_days = days;
        self
    }

    /// Whether a pushed image is held back until it has passed. Off unless set.
    pub fn quarantine(mut self, on: bool) -> Self {
        self.settings.quarantine = on;
        self
    }

    /// How many calls a second are answered; those above that get 429. No limit unless set.
    pub fn calls_per_second(mut self, calls: f64) -> Self {
        self.settings.calls_per_second = Some(calls);
        self
    }

    /// Whether the 429 of that limit has a `Retry-After`. Off unless set.
    pub fn retry_after(mut self, on: bool) -> Self {
        self.settings.retry_after = on;
        self
    }

    /// Keeps everything in this directory, where a later emulator finds it again. It must be new,
    /// empty, or an emulator's own. Unless set a temporary directory is used and removed.
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

    /// Serves https as [`EmulatorBuilder::https`] does, and plain http on the same ports: the first
    /// byte of a connection tells which. The endpoint is the one of http.
    pub fn http_and_https(mut self) -> Self {
        self.tls = Tls::Also;
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
        self.port = Port::Fixed(port);
        self
    }

    /// The storage host's port. Any free one unless set.
    pub fn storage_port(mut self, port: u16) -> Self {
        self.storage_port = Port::Fixed(port);
        self
    }

    /// The management API's port. Any free one unless set.
    pub fn management_port(mut self, port: u16) -> Self {
        self.management_port = Port::Fixed(port);
        self
    }

    /// The ports of registry and management API if they are free; for one that is taken, any other.
    pub fn preferred_ports(mut self, registry: u16, management: u16) -> Self {
        self.port = Port::Preferred(registry);
        self.management_port = Port::Preferred(management);
        self
    }

    /// Starts the emulator, in the Tokio runtime of the caller.
    ///
    /// # Errors
    /// [`StartError`] when a port cannot be had, or a setting, the directory or the certificate
    /// cannot be used.
    pub async fn start(self) -> Result<Emulator, StartError> {
        start::start(self).await
    }
}

//! The command line.

use std::{
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    str::FromStr,
};

use acr_core::Secret;
use acr_emulator::{Emulator, EmulatorBuilder, Role, ScopeMap, UploadMode};
use clap::Parser;

/// Where the registry is looked for first.
const PORT: u16 = 5000;
/// Where the management API is looked for first.
const MANAGEMENT_PORT: u16 = 5001;

/// A local Azure Container Registry.
///
/// Prints one line of JSON when it is ready: endpoint, management, username, password, and ca with
/// --https. Logs go to stderr; RUST_LOG sets how much.
#[derive(Debug, Parser)]
#[command(version)]
pub(crate) struct Args {
    /// Port of the registry; 0 takes any free one. Without it, 5000 if that is free
    #[arg(long)]
    port: Option<u16>,
    /// Port of the storage host, to which blob downloads are redirected
    #[arg(long, default_value_t = 0)]
    storage_port: u16,
    /// Port of the management API, always on 127.0.0.1; 0 takes any free one. Without it, 5001 if
    /// that is free
    #[arg(long)]
    management_port: Option<u16>,
    /// Address of registry and storage host
    #[arg(long, default_value = "127.0.0.1")]
    bind: IpAddr,
    /// Directory to keep everything in, new, empty or an emulator's; without it all goes on exit
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Serve https alone, with a certificate from a CA made on the spot. Without this and --cert,
    /// the ports take http and https both, and the CA is at /ca.pem of the management API
    #[arg(long, conflicts_with = "cert")]
    pub(crate) https: bool,
    /// Serve https with this certificate chain (PEM)
    #[arg(long, requires = "key")]
    cert: Option<PathBuf>,
    /// Key of the certificate (PEM)
    #[arg(long, requires = "cert")]
    key: Option<PathBuf>,
    /// Name of the registry
    #[arg(long, default_value = "emulator")]
    name: String,
    /// Name under which the registry speaks of itself, such as myregistry.azurecr.io
    #[arg(long)]
    service: Option<String>,
    /// Name of the admin user; without it, the registry's name
    #[arg(long, requires = "admin_password")]
    admin_user: Option<String>,
    /// Password of the admin user; without it, a random one
    #[arg(long, env = "ACR_EMULATOR_ADMIN_PASSWORD", hide_env_values = true)]
    admin_password: Option<Secret>,
    /// Let anybody pull and list
    #[arg(long)]
    anonymous: bool,
    /// Repository-scoped token, as NAME:PASSWORD:repo=action,action;repo=action (repeatable)
    #[arg(long = "token", value_name = "TOKEN")]
    tokens: Vec<TokenArg>,
    /// Role of an Entra principal, as OID=ROLE (repeatable)
    #[arg(long = "principal", value_name = "OID=ROLE")]
    principals: Vec<PrincipalArg>,
    /// Role of every other Entra token
    #[arg(long, default_value = "Owner")]
    default_role: Role,
    /// What becomes of an upload whose client has lost count: strict (it is over) or tolerant
    #[arg(long, default_value = "strict")]
    uploads: UploadMode,
    /// Give permissions by repository attributes: wildcards in scopes are ignored
    #[arg(long)]
    abac: bool,
    /// Let deleted artifacts be restored
    #[arg(long)]
    soft_delete: bool,
    /// For how many days, 1 to 90
    #[arg(long, value_name = "DAYS", default_value_t = 7)]
    soft_delete_days: u8,
    /// Hold pushed images back until they have passed
    #[arg(long)]
    quarantine: bool,
    /// Answer so many calls a second, and those above that with 429
    #[arg(long, value_name = "CALLS")]
    calls_per_second: Option<f64>,
    /// Say with that 429 after how many seconds to try again
    #[arg(long, requires = "calls_per_second")]
    retry_after: bool,
}

#[derive(Clone, Debug)]
struct TokenArg {
    name: String,
    password: Secret,
    scopes: ScopeMap,
}

impl FromStr for TokenArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':');
        match (parts.next(), parts.next(), parts.next()) {
            (Some(name), Some(password), Some(scopes)) => Ok(Self {
                name: name.to_owned(),
                password: Secret::from(password),
                scopes: scopes.parse().map_err(|error| format!("{error}"))?,
            }),
            _ => Err("a token is NAME:PASSWORD:repo=action,action".to_owned()),
        }
    }
}

#[derive(Clone, Debug)]
struct PrincipalArg {
    oid: String,
    role: Role,
}

impl FromStr for PrincipalArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (oid, role) = text.split_once('=').ok_or("a principal is OID=ROLE")?;
        Ok(Self {
            oid: oid.to_owned(),
            role: role.parse().map_err(|error| format!("{error}"))?,
        })
    }
}

impl Args {
    /// The emulator that the command line asks for.
    pub(crate) fn builder(&self) -> io::Result<EmulatorBuilder> {
        let mut builder = Emulator::builder()
            .registry_name(&self.name)
            .bind(self.bind)
            .preferred_ports(PORT, MANAGEMENT_PORT)
            .storage_port(self.storage_port)
            .anonymous_pull(self.anonymous)
            .default_role(self.default_role)
            .uploads(self.uploads)
            .abac(self.abac)
            .soft_delete(self.soft_delete)
            .soft_delete_days(self.soft_delete_days)
            .quarantine(self.quarantine)
            .retry_after(self.retry_after);
        if let Some(calls) = self.calls_per_second {
            builder = builder.calls_per_second(calls);
        }
        if let Some(service) = &self.service {
            builder = builder.service(service);
        }
        if let Some(data) = &self.data {
            builder = builder.data_dir(data);
        }
        if let Some(port) = self.port {
            builder = builder.port(port);
        }
        if let Some(port) = self.management_port {
            builder = builder.management_port(port);
        }
        builder = if self.https {
            builder.https()
        } else {
            builder.http_and_https()
        };
        if let (Some(certificate), Some(key)) = (&self.cert, &self.key) {
            builder = builder.certificate(read(certificate)?, read(key)?);
        }
        if let Some(password) = &self.admin_password {
            let user = self.admin_user.as_ref().unwrap_or(&self.name);
            builder = builder.admin(user, password.clone());
        }
        for token in &self.tokens {
            let TokenArg {
                name,
                password,
                scopes,
            } = token.clone();
            builder = builder.token(name, password, scopes);
        }
        for PrincipalArg { oid, role } in &self.principals {
            builder = builder.principal(oid, *role);
        }
        Ok(builder)
    }
}

fn read(path: &Path) -> io::Result<String> {
    std::fs::read_to_string(path).map_err(|error| {
        let text = format!("cannot read {}: {error}", path.display());
        io::Error::new(error.kind(), text)
    })
}

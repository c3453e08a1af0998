//! The HTTP client below everything.

mod error;
mod proxy;
mod tls;

use std::{net::SocketAddr, time::Duration};

pub use error::TransportError;
pub use proxy::Proxy;
pub use tls::ClientCertificate;

const USER_AGENT: &str = concat!("acr-rest/", env!("CARGO_PKG_VERSION"));

/// How long a connection may take to be made, unless it is said otherwise.
const CONNECT: Duration = Duration::from_secs(15);

/// Longer than any transfer, and short enough to be added to the time of day.
const FOREVER: Duration = Duration::from_secs(30 * 365 * 24 * 60 * 60);

/// What the transport is given beside its defaults.
///
/// Two of these that contradict each other, and one that cannot be had, are a [`TransportError`].
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct TransportOptions {
    /// Certificates in PEM form of further authorities to trust, such as that of an emulator.
    pub extra_root_certificates: Vec<String>,
    /// What the client shows of itself where a server, or a proxy that ends TLS, asks for a
    /// certificate.
    pub client_certificate: Option<ClientCertificate>,
    /// Whether the operating system's proxy settings (`HTTPS_PROXY` and the like) are ignored. For a
    /// registry on this machine they must be: nothing meant for it, least of all a token over plain
    /// http, may go to a proxy.
    pub direct: bool,
    /// The proxy, instead of the one that the operating system's settings name.
    pub proxy: Option<Proxy>,
    /// Hosts whose address is not looked up: a name without port, and where it is to be found. A
    /// host may stand here several times. Port 0 is the port of the URL. A client with such
    /// addresses uses no proxy, which would look them up itself.
    pub resolve: Vec<(String, SocketAddr)>,
    /// How long a connection, with TLS, may take to be made; 15 s when it is not set.
    pub connect_timeout: Option<Duration>,
    /// Whether HTTP/2 is not offered, so that each transfer under way has a connection of its own.
    pub http1_only: bool,
    /// Whether the TLS of the builder given to [`transport_from`] counts, instead of ours.
    pub builder_tls: bool,
    /// The `User-Agent`; `acr-rest/VERSION` when it is empty.
    pub user_agent: String,
}

impl TransportOptions {
    /// The defaults for this registry: one on this machine is reached directly.
    #[must_use]
    pub fn for_registry(endpoint: &acr_core::RegistryEndpoint) -> Self {
        Self {
            direct: endpoint.is_loopback(),
            ..Self::default()
        }
    }
}

/// An HTTP client as registries need it:
///
/// - no limit to the time of a whole transfer, since a blob may be of any size (15 s to connect;
///   silence is bounded by [`Timeouts`](crate::Timeouts));
/// - redirects are not followed: only the caller knows where a token may go;
/// - bodies are left compressed as they are, since their digest is over those bytes. This is said
///   outright, because any other crate in the build can switch decompression on;
/// - TLS by rustls with ring, without the process-wide default provider, trusting what the
///   operating system trusts (feature `rustls`).
///
/// # Errors
/// [`TransportError`] when the options cannot be had; nothing is ever silently left out.
pub fn transport(options: &TransportOptions) -> Result<reqwest::Client, TransportError> {
    if options.builder_tls {
        return Err(TransportError::contradiction(
            "the TLS of a builder is to count, and there is no builder",
        ));
    }
    build(reqwest::Client::builder(), options)
}

/// The same, beginning with a builder of one's own: for what [`TransportOptions`] does not have, such
/// as the size of the connection pool or a resolver.
///
/// Set last, so that the builder has no say in them: redirects (none), decompression (none), the time
/// limits (none to a whole transfer; [`TransportOptions::connect_timeout`]), the `User-Agent`, and TLS
/// unless [`TransportOptions::builder_tls`] is set. A proxy of the options replaces those of the
/// builder, and with [`TransportOptions::direct`] there is none. All else of the builder counts,
/// default headers among it: what is secret in them goes to every host, such as the storage to which
/// downloads are redirected.
///
/// # Errors
/// As [`transport`].
///
/// ```
/// let builder = reqwest::Client::builder().pool_max_idle_per_host(4);
/// let transport = acr_rest::transport_from(builder, &acr_rest::TransportOptions::default())?;
/// # Ok::<_, acr_rest::TransportError>(())
/// ```
pub fn transport_from(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::Client, TransportError> {
    // A limit cannot be taken out of a builder again, only put off for good.
    let builder = builder.timeout(FOREVER).read_timeout(FOREVER);
    build(builder, options)
}

fn build(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::Client, TransportError> {
    let builder = builder
        .user_agent(if options.user_agent.is_empty() {
            USER_AGENT
        } else {
            &options.user_agent
        })
        .tcp_keepalive(Duration::from_secs(30))
        .redirect(reqwest::redirect::Policy::none())
        .no_gzip()
        .no_deflate()
        .no_brotli()
        .no_zstd();
    let builder = with_connections(builder, options)?;
    let builder = with_way(builder, options)?;
    tls::with_tls(builder, options)?
        .build()
        .map_err(TransportError::client)
}

/// How a connection is made.
fn with_connections(
    builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    let limit = options.connect_timeout.unwrap_or(CONNECT);
    if limit.is_zero() {
        return Err(TransportError::contradiction(
            "no connection can be made in no time: `connect_timeout` is 0",
        ));
    }
    let builder = builder.connect_timeout(limit);
    Ok(match options.http1_only {
        true => builder.http1_only(),
        false => builder,
    })
}

/// By which way: straight, to a pinned address, or through a proxy.
fn with_way(
    mut builder: reqwest::ClientBuilder,
    options: &TransportOptions,
) -> Result<reqwest::ClientBuilder, TransportError> {
    let pinned = &options.resolve;
    match &options.proxy {
        Some(_) if options.direct => {
            return Err(TransportError::contradiction(
                "there is a proxy, and connections are to be direct: a registry on this machine is not reached through a proxy",
            ));
        }
        Some(_) if !pinned.is_empty() => {
            return Err(TransportError::contradiction(
                "there is a proxy, and an address is pinned: the proxy would look it up itself",
            ));
        }
        Some(proxy) => return Ok(builder.no_proxy().proxy(proxy.to_reqwest()?)),
        None => {}
    }
    for (host, _) in pinned {
        check_host(host)?;
        let addresses = pinned.iter().filter(|(other, _)| other == host);
        let addresses: Vec<_> = addresses.map(|(_, address)| *address).collect();
        builder = builder.resolve_to_addrs(host, &addresses);
    }
    Ok(match options.direct || !pinned.is_empty() {
        true => builder.no_proxy(),
        false => builder,
    })
}

/// A name alone, as it stands in a URL: with a scheme or a port it would never be looked for.
fn check_host(host: &str) -> Result<(), TransportError> {
    let url = reqwest::Url::parse(&format!("https://{host}/")).ok();
    match url.as_ref().and_then(reqwest::Url::host_str) == Some(host) {
        true => Ok(()),
        false => Err(TransportError::Address(host.to_owned())),
    }
}

//! A client that keeps to one address of a registry.

use std::{fmt, io, net::SocketAddr, sync::Arc, time::Duration};

use acr_core::RegistryEndpoint;
use acr_rest::TransportOptions;
use tokio::net::{TcpStream, lookup_host};

use super::{ContainerRegistryClient, Pipelines};
use crate::{Error, ErrorKind, TokenCall, shared::Shared};

/// How long one address may take to be reached before the next one is tried.
const CONNECT: Duration = Duration::from_secs(15);

/// Why there is none.
const OWN_REQWEST: &str = "the client was made with a reqwest builder of your own, of which no second \
    one can be made: pin the address there, by `resolve` of the builder of the client";
const PROXY: &str = "the client uses a proxy, which looks the address up itself: push to the regional \
    endpoint of one replica instead";

impl ContainerRegistryClient {
    /// A client for one push to a geo-replicated registry: it looks up the registry's host once, and
    /// sends every request to the address that it found, so that all of them meet the same replica.
    /// Otherwise the name may lead to another one between two requests, which does not know yet what the
    /// first one has taken, and answers `MANIFEST_BLOB_UNKNOWN`.
    ///
    /// The address is the first one that a connection can be made to. It stays that for the life of the
    /// client, also when the replica is gone: make one for each push. It has connections of its own, and
    /// shares tokens, the [throttling](Self::throttle) and all settings with this one. Where downloads
    /// are redirected to, and a login server of another name, are looked up as usual. No proxy that the
    /// environment names is used for the registry. A registry with regional endpoints
    /// (`myregistry.REGION.geo.azurecr.io`) can be named by one of these instead.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::{Manifest, MediaType, Source};
    ///
    /// let replica = registry.pin_address().await?;
    /// println!("pushing to {:?}", replica.pinned_address());
    /// let app = replica.repository("team/app")?;
    /// let config = app.upload_blob("{}").media_type(MediaType::IMAGE_CONFIG).await?;
    /// app.put_manifest(Manifest::image(config, [])).tag("v1").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::InvalidInput`] for a client that was made with a reqwest builder of one's own or with
    /// a proxy; [`ErrorKind::Io`] when the host has no address, or none that a connection can be made to.
    pub fn pin_address(&self) -> TokenCall<Self> {
        let attempt = format!("pin an address of {}", self.endpoint());
        let (shared, tried) = (Arc::clone(&self.shared), attempt.clone());
        TokenCall::new(attempt, async move {
            let pinnable = pinnable(&shared);
            let pipelines = pinnable.map_err(|why| Error::invalid(&tried, why))?;
            let failed = |error| Error::new(&tried, ErrorKind::Io(error));
            let address = first_reached(pipelines).await.map_err(failed)?;
            tracing::debug!(registry = %shared.endpoint, %address, "all requests go to this address");
            let transport = transport(pipelines, address);
            let transport = transport.map_err(|error| Error::invalid(&tried, error))?;
            Ok(pinned(&shared, transport, address))
        })
    }

    /// The address that all requests to the registry go to, if it was
    /// [pinned](Self::pin_address).
    #[must_use]
    pub fn pinned_address(&self) -> Option<SocketAddr> {
        self.shared.pinned
    }
}

/// What its transport is made of, unless that cannot be had again.
fn pinnable(shared: &Shared) -> std::result::Result<&Pipelines, &'static str> {
    match &shared.pipelines {
        _ if shared.configuration.own_reqwest() => Err(OWN_REQWEST),
        pipelines if pipelines.transport.proxy.is_some() => Err(PROXY),
        pipelines => Ok(pipelines),
    }
}

/// The first address of the registry to which there is a connection; it is closed again.
async fn first_reached(pipelines: &Pipelines) -> io::Result<SocketAddr> {
    let (host, port) = host_and_port(&pipelines.endpoint)?;
    let known = pipelines.transport.resolve.iter();
    let known = known.filter(|(name, _)| *name == host);
    let mut addresses: Vec<_> = known.map(|(_, address)| *address).collect();
    if addresses.is_empty() {
        addresses = lookup_host((host.as_str(), port)).await?.collect();
    }
    let limit = pipelines.transport.connect_timeout.unwrap_or(CONNECT);
    let mut failed = None;
    for mut address in addresses {
        if address.port() == 0 {
            address.set_port(port);
        }
        match tokio::time::timeout(limit, TcpStream::connect(address)).await {
            Ok(Ok(_)) => return Ok(address),
            Ok(Err(error)) => failed = Some(unreached(address, error.kind(), &error)),
            Err(_) => {
                let late = format!("it took longer than {limit:?}");
                failed = Some(unreached(address, io::ErrorKind::TimedOut, &late));
            }
        }
    }
    let nowhere = || io::Error::new(io::ErrorKind::NotFound, format!("{host} has no address"));
    Err(failed.unwrap_or_else(nowhere))
}

fn unreached(address: SocketAddr, kind: io::ErrorKind, why: &dyn fmt::Display) -> io::Error {
    io::Error::new(kind, format!("no connection to {address}: {why}"))
}

/// As a name server knows it, without the brackets of an IPv6 address.
fn host_and_port(endpoint: &RegistryEndpoint) -> io::Result<(String, u16)> {
    let url = reqwest::Url::parse(endpoint.as_str()).ok();
    let parts = url
        .as_ref()
        .and_then(|url| Some((url.host_str()?, url.port_or_known_default()?)));
    let (host, port) = parts.ok_or_else(|| io::Error::other("the registry has no host"))?;
    let host = host.trim_start_matches('[').trim_end_matches(']');
    Ok((host.to_owned(), port))
}

/// Connections of its own.
fn transport(
    pipelines: &Pipelines,
    address: SocketAddr,
) -> std::result::Result<reqwest::Client, acr_rest::TransportError> {
    let (host, _) = host_and_port(&pipelines.endpoint).unwrap_or_default();
    acr_rest::transport(&direct(&pipelines.transport, host, address))
}

/// By no proxy to this address. What is an address already is reached there without being looked up.
fn direct(options: &TransportOptions, host: String, address: SocketAddr) -> TransportOptions {
    let mut options = options.clone();
    options.direct = true;
    options.resolve.retain(|(name, _)| *name != host);
    if host.parse::<std::net::IpAddr>().is_err() {
        options.resolve.push((host, address));
    }
    options
}

fn pinned(
    shared: &Shared,
    transport: reqwest::Client,
    address: SocketAddr,
) -> ContainerRegistryClient {
    let authenticator = match shared.authenticator.token_host() == &shared.endpoint {
        true => shared.authenticator.over(transport.clone()),
        false => shared.authenticator.clone(),
    };
    let rest = shared.pipelines.registry(transport, &authenticator);
    ContainerRegistryClient {
        shared: Arc::new(Shared {
            endpoint: shared.endpoint.clone(),
            rest,
            storage: shared.storage.clone(),
            authenticator,
            defaults: shared.defaults.clone(),
            retry: shared.retry,
            clock: Arc::clone(&shared.clock),
            one_request: Arc::clone(&shared.one_request),
            room_to_hash: shared.room_to_hash.clone(),
            pipelines: shared.pipelines.clone(),
            pinned: Some(address),
            configuration: Arc::clone(&shared.configuration),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_as_a_name_server_knows_them() {
        for (endpoint, host, port) in [
            ("myregistry.azurecr.io", "myregistry.azurecr.io", 443),
            ("http://[::1]:5000", "::1", 5000),
            ("http://127.0.0.1:5000", "127.0.0.1", 5000),
            ("https://[2001:db8::1]", "2001:db8::1", 443),
        ] {
            let endpoint = endpoint.parse().unwrap();
            let found = host_and_port(&endpoint).unwrap();
            assert_eq!(found, (host.to_owned(), port));
        }
    }

    #[test]
    fn no_proxy_is_used_whether_it_is_a_name_or_an_address() {
        let address: SocketAddr = "10.1.2.3:443".parse().unwrap();
        let options = TransportOptions::default();
        let by_name = direct(&options, "myregistry.azurecr.io".to_owned(), address);
        assert_eq!(
            by_name.resolve,
            [("myregistry.azurecr.io".to_owned(), address)]
        );
        let by_address = direct(&options, "10.1.2.3".to_owned(), address);
        assert_eq!(by_address.resolve, []);
        assert!(by_name.direct && by_address.direct);
    }
}

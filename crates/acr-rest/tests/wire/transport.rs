//! The ways to a registry: proxies, certificates, pinned addresses, and a builder of one's own.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use acr_rest::{
    ClientCertificate, Proxy, TransportError, TransportOptions, transport, transport_from,
};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
        server::WebPkiClientVerifier,
    },
};

fn options(change: impl FnOnce(&mut TransportOptions)) -> TransportOptions {
    let mut options = TransportOptions::default();
    change(&mut options);
    options
}

/// A server that answers everything like this, and tells what came.
async fn server(
    tls: Option<TlsAcceptor>,
    answer: &'static str,
) -> (SocketAddr, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (tell, told) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            match &tls {
                None => serve(stream, answer, &tell).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => serve(stream, answer, &tell).await,
                    Err(error) => tell.send(error.to_string()).unwrap(),
                },
            }
        }
    });
    (address, told)
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answer: &str,
    tell: &mpsc::UnboundedSender<String>,
) {
    let mut bytes = [0; 4096];
    let length = stream.read(&mut bytes).await.unwrap_or_default();
    let _ = tell.send(String::from_utf8_lossy(&bytes[..length]).into_owned());
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

const OK: &str = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";

/// An authority, and what it signs.
struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// A certificate for this name and its key, in PEM form.
    fn signs(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.0).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Serves for this name; who comes shows a certificate of this authority where that is asked.
    fn acceptor(&self, name: &str, clients: bool) -> TlsAcceptor {
        Arc::new(self.config(name, clients)).into()
    }

    fn config(&self, name: &str, clients: bool) -> ServerConfig {
        let (chain, key) = self.signs(name);
        let chain = CertificateDer::pem_slice_iter(chain.as_bytes()).map(Result::unwrap);
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(self.0.der().clone()).unwrap();
        let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
        let config = match clients {
            true => config.with_client_cert_verifier(verifier.build().unwrap()),
            false => config.with_no_client_auth(),
        };
        config.with_single_cert(chain.collect(), key).unwrap()
    }
}

#[tokio::test]
async fn through_a_proxy_with_a_login() {
    let (proxy, mut told) = server(None, OK).await;
    let url = format!("http://me:s3cret%21@{proxy}");
    let proxy = Proxy::new(&url).unwrap().except("direct.example");
    let options = options(|options| options.proxy = Some(proxy));
    assert!(!format!("{options:?}").contains("s3cret"));
    let client = transport(&options).unwrap();
    let answer = client.get("http://reg.example/v2/").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let sent = told.recv().await.unwrap().to_lowercase();
    assert!(
        sent.starts_with("get http://reg.example/v2/ http/1.1\r\n"),
        "{sent}"
    );
    // me:s3cret!
    assert!(
        sent.contains("proxy-authorization: basic bwu6cznjcmv0iq=="),
        "{sent}"
    );
    // For https the proxy is asked for a tunnel, and sees no more.
    assert!(client.get("https://reg.example/v2/").send().await.is_err());
    let sent = told.recv().await.unwrap();
    assert!(
        sent.starts_with("CONNECT reg.example:443 HTTP/1.1\r\n"),
        "{sent}"
    );
    assert!(client.get("http://direct.example/").send().await.is_err());
    assert!(told.try_recv().is_err());
}

#[tokio::test]
async fn a_certificate_of_ones_own() {
    let authority = Authority::new();
    let (address, mut told) = server(Some(authority.acceptor("localhost", true)), OK).await;
    let url = format!("https://localhost:{}/v2/", address.port());
    let trusting = options(|options| options.extra_root_certificates = vec![authority.0.pem()]);
    let nobody = transport(&trusting).unwrap();
    assert!(nobody.get(&url).send().await.is_err());
    let sent = told.recv().await.unwrap();
    assert!(sent.contains("no certificates"), "{sent}");

    let (chain, key) = authority.signs("me");
    let mut known = trusting.clone();
    known.client_certificate = Some(ClientCertificate::pem(&chain, key.as_str()));
    assert!(!format!("{known:?}").contains("PRIVATE"), "{known:?}");
    let answer = transport(&known).unwrap().get(&url).send().await.unwrap();
    assert_eq!(answer.status(), 200);

    let (_, other_key) = authority.signs("me");
    for (chain, key) in [
        (&*chain, "no key"),
        ("no certificate", &*key),
        (&*chain, &*other_key),
    ] {
        let mut wrong = trusting.clone();
        wrong.client_certificate = Some(ClientCertificate::pem(chain, key));
        let error = transport(&wrong).unwrap_err();
        assert!(
            matches!(error, TransportError::ClientCertificate(_)),
            "{error}"
        );
    }
}

#[tokio::test]
async fn a_pinned_address_is_not_looked_up() {
    let authority = Authority::new();
    let (address, mut told) = server(Some(authority.acceptor("reg.example", false)), OK).await;
    let client = transport(&options(|options| {
        options.extra_root_certificates = vec![authority.0.pem()];
        options.resolve = vec![("reg.example".to_owned(), address)];
    }))
    .unwrap();
    // The certificate is checked against the name, not the address.
    let answer = client.get("https://reg.example/v2/").send().await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(told.recv().await.unwrap().contains("host: reg.example"));
}

/// The builder has no say in what a registry needs.
#[tokio::test]
async fn a_builder_of_ones_own() {
    let (address, mut told) = server(
        None,
        "HTTP/1.1 307 Go\r\nlocation: /there\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
    )
    .await;
    let builder = || {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::limited(5))
            .timeout(Duration::from_nanos(1))
            .read_timeout(Duration::from_nanos(1))
            .connect_timeout(Duration::from_nanos(1))
            .user_agent("theirs")
            .default_headers(
                [("x-mine".parse().unwrap(), "yes".parse().unwrap())]
                    .into_iter()
                    .collect(),
            )
    };
    let client = transport_from(builder(), &options(|options| options.direct = true)).unwrap();
    let answer = client
        .get(format!("http://{address}/"))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 307);
    let sent = told.recv().await.unwrap();
    assert!(sent.contains("x-mine: yes\r\n"), "{sent}");
    assert!(sent.contains("user-agent: acr-rest/"), "{sent}");

    // Its TLS is not ours, unless that is said; and then ours is not wanted.
    let own_tls = |change: fn(&mut TransportOptions)| {
        transport_from(
            builder(),
            &options(|options| {
                options.builder_tls = true;
                change(options);
            }),
        )
    };
    let error =
        own_tls(|options| options.extra_root_certificates = vec![String::new()]).unwrap_err();
    assert!(matches!(error, TransportError::Contradiction(_)), "{error}");
    // This process has no provider: reqwest would panic.
    let error = own_tls(|_| {}).unwrap_err();
    assert!(matches!(error, TransportError::Tls(_)), "{error}");
}

#[tokio::test]
async fn http_1_only_where_that_is_said() {
    let authority = Authority::new();
    let mut config = authority.config("localhost", false);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let tls = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!(
        "https://localhost:{}/",
        listener.local_addr().unwrap().port()
    );
    for (http1_only, protocol) in [(false, "h2"), (true, "http/1.1")] {
        let client = transport(&options(|options| {
            options.http1_only = http1_only;
            options.direct = true;
            options.extra_root_certificates = vec![authority.0.pem()];
        }))
        .unwrap();
        let seen = async {
            let (stream, _) = listener.accept().await.unwrap();
            let stream = tls.accept(stream).await.unwrap();
            stream.get_ref().1.alpn_protocol().map(<[u8]>::to_vec)
        };
        let (answer, seen) = tokio::join!(client.get(&url).send(), seen);
        assert!(answer.is_err());
        assert_eq!(seen.unwrap(), protocol.as_bytes());
    }
}

#[test]
fn what_contradicts_is_refused() {
    let proxy = || Some(Proxy::new("http://proxy.example:3128").unwrap());
    let pinned = |host: &str| vec![(host.to_owned(), "127.0.0.1:1".parse().unwrap())];
    let cases = [
        options(|options| {
            options.proxy = proxy();
            options.direct = true;
        }),
        options(|options| {
            options.proxy = proxy();
            options.resolve = pinned("reg.example");
        }),
        options(|options| options.connect_timeout = Some(Duration::ZERO)),
        options(|options| options.builder_tls = true),
        options(|options| options.resolve = pinned("reg.example:443")),
        options(|options| options.resolve = pinned("https://reg.example")),
        options(|options| options.resolve = pinned("Reg.example")),
        options(|options| options.resolve = pinned("")),
        options(|options| options.extra_root_certificates = vec!["none".to_owned()]),
    ];
    let told: Vec<_> = cases
        .iter()
        .map(|case| transport(case).unwrap_err().to_string())
        .collect();
    crate::recorder::keep_text("transports_that_cannot_be", &told.join("\n"));
}

#[test]
fn a_proxy_that_is_none_is_refused() {
    for url in [
        "",
        "proxy",
        "socks5://s3cret@h",
        "ftp://h",
        "http://h/path",
        "http://h?s3cret",
        "http://u:%ff@h",
    ] {
        let error = Proxy::new(url).unwrap_err();
        assert!(matches!(error, TransportError::Proxy(_)), "{url}: {error}");
        assert!(!error.to_string().contains("s3cret"), "{error}");
    }
}

//! A registry that keeps nothing: uploads are counted and thrown away, downloads are made on the
//! fly, lists are as long as one asks for. It plays the token flow and redirects downloads to a
//! second listener, as the service does. It hashes nothing, so that a client's limit is its own.

mod certificate;
mod content;
mod link;
mod lists;
mod tokens;
mod uploads;

use std::{
    collections::HashMap,
    convert::Infallible,
    net::SocketAddr,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use anyhow::{Context as _, Result};
use bytes::Bytes;
use clap::Args;
use http::{Method, Request, Response, StatusCode, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde::{Deserialize, Serialize};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;

use crate::blob::Blob;

#[derive(Args)]
pub(crate) struct Options {
    /// Where to write the certificate that its clients trust.
    #[arg(long, default_value = "bench-ca.pem")]
    ca: PathBuf,
}

/// Where a server is, as it says when it is ready.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Addresses {
    pub(crate) http: String,
    pub(crate) https: String,
    /// Over http, by a long and narrow way.
    pub(crate) link: Option<String>,
    /// The certificate to trust over https.
    pub(crate) ca: PathBuf,
    /// Who may do everything; where there is none, everybody.
    pub(crate) login: Option<Login>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Login {
    pub(crate) username: String,
    pub(crate) password: String,
}

/// Another host than the registry's, not only another port: some clients take that for the same, and
/// would send it their token.
const STORAGE: &str = "127.0.0.2";
const REGISTRY: &str = "127.0.0.1";

type Body = UnsyncBoxBody<Bytes, Infallible>;
type Answer = Response<Body>;

/// What all connections share.
struct State {
    tokens: tokens::Tokens,
    uploads: uploads::Uploads,
    lists: lists::Lists,
    blobs: Mutex<HashMap<String, Blob>>,
    requests: AtomicU64,
}

/// What a listener is for.
#[derive(Clone)]
enum Role {
    /// Says that it is at this scheme, and redirects downloads to the storage.
    Registry {
        scheme: &'static str,
        storage: String,
    },
    Storage,
}

pub(crate) async fn run(options: Options) -> Result<()> {
    let (tls, ca) = certificate::make()?;
    std::fs::write(&options.ca, ca).with_context(|| options.ca.display().to_string())?;
    let state = Arc::new(State {
        tokens: tokens::Tokens::default(),
        uploads: uploads::Uploads::default(),
        lists: lists::Lists::default(),
        blobs: Mutex::default(),
        requests: AtomicU64::new(0),
    });
    let mut serving = JoinSet::new();
    let mut at = HashMap::new();
    for (name, scheme) in [("http", "http"), ("https", "https"), ("far", "http")] {
        let tls = (name == "https").then(|| tls.clone());
        let (storage, listener) = bound(STORAGE).await?;
        serving.spawn(serve(
            listener,
            Role::Storage,
            tls.clone(),
            Arc::clone(&state),
        ));
        let told = match name {
            "far" => far(storage, &mut serving).await?,
            _ => storage,
        };
        let storage = format!("{scheme}://{told}");
        let (registry, listener) = bound(REGISTRY).await?;
        let role = Role::Registry { scheme, storage };
        serving.spawn(serve(listener, role, tls, Arc::clone(&state)));
        at.insert(name, registry);
    }
    let link = far(at["far"], &mut serving).await?;
    let addresses = Addresses {
        http: format!("http://{}", at["http"]),
        https: format!("https://{}", at["https"]),
        link: Some(format!("http://{link}")),
        ca: std::path::absolute(&options.ca)?,
        login: None,
    };
    println!("{}", serde_json::to_string(&addresses)?);
    serving.join_next().await;
    Ok(())
}

async fn bound(host: &str) -> Result<(SocketAddr, TcpListener)> {
    let listener = TcpListener::bind((host, 0)).await?;
    Ok((listener.local_addr()?, listener))
}

/// The far end of a long way to there, on the same host.
async fn far(to: SocketAddr, serving: &mut JoinSet<()>) -> Result<SocketAddr> {
    let (at, listener) = bound(&to.ip().to_string()).await?;
    serving.spawn(link::serve(listener, to));
    Ok(at)
}

async fn serve(listener: TcpListener, role: Role, tls: Option<TlsAcceptor>, state: Arc<State>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (role, tls, state) = (role.clone(), tls.clone(), Arc::clone(&state));
        tokio::spawn(async move {
            // A client that goes away is no failure of the server.
            let _ = connection(stream, role, tls, state).await;
        });
    }
}

async fn connection(
    stream: TcpStream,
    role: Role,
    tls: Option<TlsAcceptor>,
    state: Arc<State>,
) -> Result<()> {
    stream.set_nodelay(true)?;
    match tls {
        Some(tls) => exchange(tls.accept(stream).await?, role, state).await,
        None => exchange(stream, role, state).await,
    }
}

async fn exchange<S>(stream: S, role: Role, state: Arc<State>) -> Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = service_fn(move |request| {
        let (role, state) = (role.clone(), Arc::clone(&state));
        async move { Ok::<_, Infallible>(state.answer(&role, request).await) }
    });
    http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await?;
    Ok(())
}

impl State {
    async fn answer(&self, role: &Role, request: Request<Incoming>) -> Answer {
        if request.uri().path().starts_with("/bench/") {
            return self.management(request).await;
        }
        self.requests.fetch_add(1, Ordering::Relaxed);
        match role {
            Role::Storage => self.stored(&request),
            Role::Registry { scheme, storage } => self.registry(scheme, storage, request).await,
        }
    }

    /// `POST /bench/blobs` tells of blobs, a line `DIGEST SIZE NUMBER` each; `GET /bench/requests`
    /// gives how many requests there were.
    async fn management(&self, request: Request<Incoming>) -> Answer {
        if request.uri().path() == "/bench/requests" {
            return text(self.requests.load(Ordering::Relaxed).to_string());
        }
        let Ok(body) = request.into_body().collect().await else {
            return status(StatusCode::BAD_REQUEST);
        };
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        let mut blobs = self.blobs.lock().unwrap_or_else(PoisonError::into_inner);
        for line in body.lines() {
            let mut words = line.split(' ');
            let (digest, size, number) = (words.next(), words.next(), words.next());
            let number_of = |word: Option<&str>| word.and_then(|word| word.parse().ok());
            if let (Some(digest), Some(size), Some(number)) =
                (digest, number_of(size), number_of(number))
            {
                blobs.insert(digest.to_owned(), Blob { size, number });
            }
        }
        status(StatusCode::NO_CONTENT)
    }

    async fn registry(&self, scheme: &str, storage: &str, request: Request<Incoming>) -> Answer {
        let path = decoded(request.uri().path());
        if path.starts_with("/oauth2/") {
            return self.tokens.answer(&path, request).await;
        }
        let Some(call) = Call::of(request.method(), &path) else {
            return status(StatusCode::NOT_FOUND);
        };
        if !self.tokens.allow(&request) {
            return tokens::challenge(scheme, &request, &call);
        }
        match call {
            Call::Base => json("{}"),
            Call::Upload { .. } => self.uploads.answer(&path, request).await,
            Call::Blob { digest, .. } => self.blob(storage, request.method(), digest),
            Call::List { repository, kind } => {
                self.lists
                    .page(&repository, kind, request.uri().query().unwrap_or(""))
            }
        }
    }
}

/// What a path and method ask for.
enum Call {
    Base,
    Upload {
        repository: String,
    },
    Blob {
        repository: String,
        digest: String,
    },
    List {
        repository: String,
        kind: lists::Kind,
    },
}

impl Call {
    fn of(method: &Method, path: &str) -> Option<Self> {
        if path == "/v2/" {
            return Some(Self::Base);
        }
        if let Some(rest) = path.strip_prefix("/acr/v1/") {
            let (repository, list) = rest.rsplit_once('/')?;
            let kind = lists::Kind::of(list)?;
            return Some(Self::List {
                repository: repository.to_owned(),
                kind,
            });
        }
        let (repository, rest) = path.strip_prefix("/v2/")?.split_once("/blobs/")?;
        let repository = repository.to_owned();
        if rest.starts_with("uploads") {
            return Some(Self::Upload { repository });
        }
        let reads = method == Method::GET || method == Method::HEAD;
        reads.then(|| Self::Blob {
            repository,
            digest: rest.to_owned(),
        })
    }

    /// The scope that the service's challenge would name.
    fn scope(&self) -> String {
        match self {
            Self::Base => String::new(),
            Self::Upload { repository } => format!("repository:{repository}:pull,push"),
            Self::Blob { repository, .. } => format!("repository:{repository}:pull"),
            Self::List { repository, .. } => format!("repository:{repository}:metadata_read"),
        }
    }
}

/// Names come with `/` or `%2F`, digests with `:` or `%3A`.
fn decoded(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// A value of a query or form.
fn parameter(query: &str, name: &str) -> Option<String> {
    url::form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn full(bytes: impl Into<Bytes>) -> Body {
    Full::new(bytes.into()).boxed_unsync()
}

fn status(status: StatusCode) -> Answer {
    let mut answer = Response::new(full(""));
    *answer.status_mut() = status;
    answer
}

fn text(text: String) -> Answer {
    Response::new(full(text))
}

fn json(text: impl Into<Bytes>) -> Answer {
    let mut answer = Response::new(full(text));
    let kind = http::HeaderValue::from_static("application/json; charset=utf-8");
    answer.headers_mut().insert(header::CONTENT_TYPE, kind);
    answer
}

/// An answer with these headers. One that cannot be made is the bench's own mistake.
fn with<const N: usize>(code: StatusCode, headers: [(&str, String); N]) -> Answer {
    let mut builder = Response::builder().status(code);
    for (name, value) in headers {
        builder = builder.header(name, value);
    }
    builder
        .body(full(""))
        .unwrap_or_else(|_| status(StatusCode::INTERNAL_SERVER_ERROR))
}

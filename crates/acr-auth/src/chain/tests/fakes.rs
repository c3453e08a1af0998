//! An Entra, a metadata endpoint and developer tools that answer as a test says.

use std::{
    collections::BTreeMap,
    ffi::OsStr,
    fmt, io,
    process::Output,
    sync::{Arc, Mutex, OnceLock},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use azure_core::{
    credentials::TokenCredential,
    error::ErrorKind,
    http::{AsyncRawResponse, HttpClient, Request, Url, headers::Headers},
};
use azure_identity::Executor;

use super::super::{DefaultChain, Surroundings};
use crate::{Clock, Cloud, cloud::Whereabouts, environment::Environment};

/// 1 May 2024, 10:00 UTC.
pub(super) const START: u64 = 1_714_557_600;

/// What every fake answers that has a token to give.
pub(super) const TOKEN: &str =
    r#"{"token_type":"Bearer","expires_in":3599,"access_token":"an Entra token"}"#;

pub(super) const METADATA_TOKEN: &str = r#"{"token_type":"Bearer","expires_on":"4102444800","resource":"r","access_token":"a machine's token"}"#;

pub(super) const SCOPE: &str = "https://containerregistry.azure.net/.default";

/// What a test's server does with a request.
pub(super) enum Answer {
    Json(u16, String),
    Silence,
    Unreachable,
    Endless,
}

pub(super) fn json(status: u16, body: &str) -> Answer {
    Answer::Json(status, body.to_owned())
}

type Rule = Box<dyn Fn(&Request) -> Answer + Send + Sync>;

/// A server that is not there, but for what the test says it answers. It writes down what it is asked.
pub(super) struct Server {
    answer: Rule,
    requests: Mutex<Vec<Request>>,
}

impl Server {
    pub(super) fn new(answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            answer: Box::new(answer),
            requests: Mutex::default(),
        })
    }

    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    /// The form in the body of the last request.
    pub(super) fn form(&self) -> BTreeMap<String, String> {
        let requests = self.requests();
        let body: azure_core::Bytes = requests.last().unwrap().body().into();
        let mut url = Url::parse("https://form").unwrap();
        url.set_query(Some(std::str::from_utf8(&body).unwrap()));
        url.query_pairs().into_owned().collect()
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Server")
    }
}

#[async_trait::async_trait]
impl HttpClient for Server {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        self.requests.lock().unwrap().push(request.clone());
        let headers = Headers::new();
        // As on a network, the answer is not there at once.
        tokio::task::yield_now().await;
        match (self.answer)(request) {
            Answer::Json(status, body) => {
                Ok(AsyncRawResponse::from_bytes(status.into(), headers, body))
            }
            Answer::Silence => std::future::pending().await,
            Answer::Unreachable => Err(azure_core::Error::with_message(
                ErrorKind::Connection,
                "no route to host",
            )),
            Answer::Endless => {
                let piece = azure_core::Bytes::from_static(&[b' '; 1024]);
                let pieces = futures_util::stream::repeat_with(move || Ok(piece.clone()));
                Ok(AsyncRawResponse::new(200.into(), headers, Box::pin(pieces)))
            }
        }
    }
}

/// Programs that are not there, but for what the test says they write.
pub(super) struct Tools {
    /// By the program's name: its exit code, and what it writes to stdout or stderr.
    pub(super) programs: BTreeMap<&'static str, (i32, &'static str)>,
    pub(super) hanging: Vec<&'static str>,
    pub(super) commands: Mutex<Vec<String>>,
}

impl Tools {
    pub(super) fn none() -> Arc<Self> {
        Self::with([])
    }

    pub(super) fn with<const N: usize>(
        programs: [(&'static str, (i32, &'static str)); N],
    ) -> Arc<Self> {
        Arc::new(Self {
            programs: programs.into(),
            hanging: Vec::new(),
            commands: Mutex::default(),
        })
    }

    pub(super) fn commands(&self) -> Vec<String> {
        self.commands.lock().unwrap().clone()
    }
}

impl fmt::Debug for Tools {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tools")
    }
}

#[async_trait::async_trait]
impl Executor for Tools {
    async fn run(&self, _: &OsStr, args: &[&OsStr]) -> io::Result<Output> {
        let line = args.last().unwrap().to_str().unwrap();
        let (_, command) = line.split_once(" && ").unwrap();
        self.commands.lock().unwrap().push(command.to_owned());
        let name = command.split(' ').next().unwrap();
        tokio::task::yield_now().await;
        if self.hanging.contains(&name) {
            return std::future::pending().await;
        }
        let (code, text) = *self.programs.get(name).unwrap_or(&(127, "not found"));
        let (stdout, stderr) = if code == 0 { (text, "") } else { ("", text) };
        Ok(Output {
            status: exit_status(code),
            stdout: stdout.into(),
            stderr: stderr.into(),
        })
    }
}

#[cfg(unix)]
fn exit_status(code: i32) -> std::process::ExitStatus {
    std::os::unix::process::ExitStatusExt::from_raw(code << 8)
}

#[cfg(windows)]
fn exit_status(code: i32) -> std::process::ExitStatus {
    std::os::windows::process::ExitStatusExt::from_raw(code as u32)
}

/// A clock that stands.
#[derive(Debug)]
pub(super) struct Standing;

impl Clock for Standing {
    fn now(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(START)
    }
}

/// A machine, as the chain finds it.
pub(super) struct Machine {
    pub(super) registry: &'static str,
    pub(super) cloud: Option<Cloud>,
    pub(super) environment: Environment,
    pub(super) entra: Arc<Server>,
    pub(super) metadata: Arc<Server>,
    pub(super) tools: Arc<Tools>,
}

impl Machine {
    /// With these variables, an Entra that gives tokens, and nothing else.
    pub(super) fn with<const N: usize>(variables: [(&str, &str); N]) -> Self {
        Self {
            registry: "myregistry.azurecr.io",
            cloud: None,
            environment: variables.into(),
            entra: Server::new(|_| json(200, TOKEN)),
            metadata: Server::new(|_| Answer::Silence),
            tools: Tools::none(),
        }
    }

    pub(super) fn entra(self, answer: impl Fn(&Request) -> Answer + Send + Sync + 'static) -> Self {
        let entra = Server::new(answer);
        Self { entra, ..self }
    }

    pub(super) fn metadata(
        self,
        answer: impl Fn(&Request) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let metadata = Server::new(answer);
        Self { metadata, ..self }
    }

    pub(super) fn tools(self, tools: Arc<Tools>) -> Self {
        Self { tools, ..self }
    }

    pub(super) fn chain(&self) -> DefaultChain {
        DefaultChain::within(Surroundings {
            environment: self.environment.clone(),
            whereabouts: Whereabouts::of(&self.registry.parse().unwrap(), self.cloud.clone()),
            entra: self.entra.clone(),
            metadata: OnceLock::from(self.metadata.clone() as Arc<dyn HttpClient>),
            executor: self.tools.clone(),
            clock: Arc::new(Standing),
        })
    }

    /// The token that a new chain gives here.
    pub(super) async fn token(&self) -> azure_core::Result<String> {
        token(&self.chain()).await
    }

    /// What a new chain says that gives none.
    pub(super) async fn refusal(&self) -> String {
        told(&self.token().await.unwrap_err())
    }
}

pub(super) async fn token(chain: &DefaultChain) -> azure_core::Result<String> {
    let token = chain.get_token(&[SCOPE], None).await?;
    Ok(token.token.secret().to_owned())
}

/// An error as people see it, with what is below it.
pub(super) fn told(error: &azure_core::Error) -> String {
    acr_rest::chain_text(error)
}

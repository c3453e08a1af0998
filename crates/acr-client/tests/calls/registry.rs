//! A registry that answers from a script and writes down what it was asked.

use std::{
    collections::VecDeque,
    error::Error as StdError,
    fmt::{Debug, Write as _},
    sync::{Arc, Mutex},
};

use acr_client::{
    ContainerRegistryClient, ContainerRegistryClientBuilder, Credential, Digest, Error, Repository,
    Result, RetryOptions,
};
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};

use crate::answers::{Answer, status};

/// What is put where the addresses, others in each run, would stand.
const REGISTRY: &str = "REGISTRY";
const STORAGE: &str = "STORAGE";

/// Headers that the transport adds to each request.
const OF_THE_TRANSPORT: [&str; 2] = ["host", "user-agent"];

/// Longer bodies are shown by their size and digest.
const SHOWN: usize = 1024;

/// The repository of most cases.
pub(crate) const NAME: &str = "team/app";

/// The registry of one case.
pub(crate) struct Registry {
    server: MockServer,
    requests: Arc<Mutex<Vec<HttpMockRequest>>>,
    script: Arc<Mutex<VecDeque<Answer>>>,
    /// Whether some requests are sent at once: then they come in any order.
    at_once: bool,
}

impl Registry {
    /// Gives these answers, one after another. An answer says `REGISTRY` and `STORAGE` for the
    /// addresses of the registry and of the host that it redirects to.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let server = MockServer::start_async().await;
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let script = Arc::new(Mutex::new(answers.into_iter().collect::<VecDeque<_>>()));
        let at_once = script.lock().unwrap().iter().any(Answer::is_to_some);
        let (seen, answers) = (Arc::clone(&requests), Arc::clone(&script));
        let (registry, storage) = (server.address().to_string(), storage(&server));
        server
            .mock_async(move |when, then| {
                when.any_request();
                then.respond_with(move |request| {
                    seen.lock().unwrap().push(request.clone());
                    let mut answers = answers.lock().unwrap();
                    let target = request.uri_str();
                    let found = answers.iter().position(|answer| answer.is_to(target));
                    let answer = found.and_then(|at| answers.remove(at));
                    let answer = answer.unwrap_or_else(|| status(501).body("the script is over"));
                    HttpMockResponse::from(answer.at(&[(REGISTRY, &registry), (STORAGE, &storage)]))
                });
            })
            .await;
        Self {
            server,
            requests,
            script,
            at_once,
        }
    }

    /// Somebody who has a token already, so that only the call itself is seen. Nothing is tried twice.
    pub(crate) fn builder(&self) -> ContainerRegistryClientBuilder {
        ContainerRegistryClient::builder(self.server.base_url().as_str())
            .credential(Credential::access_token("TOKEN"))
            .retry(RetryOptions::none())
    }

    pub(crate) fn client(&self) -> ContainerRegistryClient {
        self.builder().build().unwrap()
    }

    pub(crate) fn repository(&self) -> Repository {
        self.client().repository(NAME).unwrap()
    }

    /// Gives these answers, too.
    pub(crate) fn then(&self, answers: impl IntoIterator<Item = Answer>) {
        self.script.lock().unwrap().extend(answers);
    }

    /// What was asked so far led up to the call, and is not shown with it.
    pub(crate) fn forget(&self) {
        self.requests.lock().unwrap().clear();
    }

    /// Keeps what was called, what was sent for it and what came of it.
    #[track_caller]
    pub(crate) fn keep<T: Debug>(&self, name: &str, call: &str, outcome: &Result<T>) {
        let left = self.script.lock().unwrap().len();
        assert_eq!(left, 0, "{name}: answers that nobody asked for");
        let mut text = format!("{}\n", code(call));
        let mut requests = self.requests.lock().unwrap();
        let mut shown: Vec<_> = requests.drain(..).map(|it| self.shown(&it)).collect();
        if self.at_once {
            shown.sort();
            text += "(sorted: some are sent at once)\n";
        }
        text += &shown.concat();
        text += &match outcome {
            Ok(value) => format!("=> Ok\n{}\n", settled(&format!("{value:#?}"))),
            Err(error) => failure(error),
        };
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, self.without_addresses(&text)));
    }

    fn shown(&self, request: &HttpMockRequest) -> String {
        let mut headers: Vec<_> = request.headers_vec().clone();
        headers.retain(|(name, _)| !OF_THE_TRANSPORT.contains(&name.as_str()));
        // A form names the registry: how long it is depends on the address.
        if headers
            .iter()
            .any(|(_, value)| value.ends_with("form-urlencoded"))
        {
            headers.retain(|(name, _)| name != "content-length");
        }
        headers.sort();
        // The mock server tells of the target in its absolute form.
        let uri = request.uri_str();
        let target = uri.strip_prefix(&self.server.base_url()).unwrap_or(uri);
        let mut text = format!("\n> {} {target}\n", request.method_str());
        for (name, value) in headers {
            let _ = writeln!(text, "> {name}: {value}");
        }
        match request.body_ref() {
            [] => {}
            bytes if bytes.len() > SHOWN => {
                let _ = writeln!(text, "> ({} bytes, {})", bytes.len(), Digest::of(bytes));
            }
            bytes => {
                let _ = writeln!(text, "> {}", String::from_utf8_lossy(bytes));
            }
        }
        text
    }

    fn without_addresses(&self, text: &str) -> String {
        let address = self.server.address().to_string();
        text.replace(&address, REGISTRY)
            .replace(&address.replace(':', "%3A"), REGISTRY)
            .replace(&storage(&self.server), STORAGE)
    }
}

/// The same server under the other name of this machine: another host, to which no token goes.
fn storage(server: &MockServer) -> String {
    format!("localhost:{}", server.port())
}

/// An error with its sources and its hint.
fn failure(error: &Error) -> String {
    let kind = format!("{:?}", error.kind());
    let kind: String = kind.chars().take_while(|c| c.is_alphanumeric()).collect();
    let mut text = format!("=> Err {kind}\n{}\n", untimed(&error.to_string()));
    let mut source = error.source();
    while let Some(error) = source {
        let _ = writeln!(text, "source: {error}");
        source = error.source();
    }
    if let Some(hint) = error.hint() {
        let _ = writeln!(text, "hint: {hint}");
    }
    text
}

/// An error that tells of several tries, without how long they took.
fn untimed(error: &str) -> String {
    match error.split_once(" attempts in ") {
        Some((before, after)) => {
            let after = after.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
            format!("{before} attempts in …{after}")
        }
        None => error.to_owned(),
    }
}

/// Without what differs from run to run, or from system to system.
fn settled(value: &str) -> String {
    let differs = ["\"date\":", "elapsed:", "expires_at:"];
    let indent = |line: &str| line.len() - line.trim_start().len();
    let mut lines: Vec<String> = Vec::new();
    // How deep the value stands that is being left out.
    let mut left_out = None;
    for line in value.lines() {
        let found = differs
            .iter()
            .find(|name| line.trim_start().starts_with(**name));
        if let Some(depth) = left_out {
            if indent(line) == depth {
                left_out = None;
            }
        } else if let Some(name) = found {
            lines.push(format!("{}{name} …,", &line[..indent(line)]));
            left_out = line.ends_with(['(', '{', '[']).then(|| indent(line));
        } else {
            lines.push(line.to_owned());
        }
    }
    lines.join("\n")
}

/// Code on one line, the same whatever compiler told of it.
fn code(told: &str) -> String {
    let mut text = String::new();
    let mut chars = told.chars().peekable();
    let mut quoted = false;
    let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '|' || c == '=';
    while let Some(c) = chars.next() {
        if c == '"' && !text.ends_with('\\') {
            quoted = !quoted;
        }
        if quoted || !c.is_whitespace() {
            text.push(c);
            continue;
        }
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        let (before, after) = (text.chars().last(), chars.peek().copied());
        match (before, after) {
            (Some(','), Some(')' | ']')) => {
                text.pop();
            }
            (Some(',' | ';'), _) => text.push(' '),
            (Some(before), Some(after)) if is_word(before) && is_word(after) => text.push(' '),
            _ => {}
        }
    }
    text
}

/// Holds a future to what every future of a call is.
pub(crate) fn sent<F: Future + Send>(future: F) -> F {
    future
}

/// Awaits a call and keeps it as a snapshot of this name.
macro_rules! keep {
    ($registry:expr, $name:expr, $call:expr) => {{
        let outcome = crate::registry::sent(async { $call.await }).await;
        $registry.keep($name, stringify!($call), &outcome);
        outcome
    }};
}

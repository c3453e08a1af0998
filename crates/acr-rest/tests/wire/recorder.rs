//! A registry that answers from a script and writes down what it was asked.

use std::{
    collections::VecDeque,
    error::Error as StdError,
    sync::{Arc, Mutex},
};

use acr_core::RegistryEndpoint;
use acr_rest::{ByteStream, Client, Error, Failure, Operation, Pipeline, ResponseValue};
use futures_util::TryStreamExt;
use httpmock::{HttpMockRequest, HttpMockResponse, MockServer};
use reqwest_middleware::{Middleware, Next};
use serde::Serialize;

/// What is put where the server's address, another one in each run, would stand.
const REGISTRY: &str = "REGISTRY";

/// What a call gives.
pub(crate) type Outcome<T> = Result<ResponseValue<T>, Error<()>>;

/// An answer of the script.
#[derive(Clone)]
pub(crate) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// An answer without headers or a body.
pub(crate) fn status(status: u16) -> Answer {
    Answer {
        status,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

/// A success in JSON, ended by a newline as the service does.
pub(crate) fn json(code: u16, body: &str) -> Answer {
    status(code)
        .header("content-type", "application/json; charset=utf-8")
        .body(format!("{body}\n"))
}

/// An error in the service's usual form.
pub(crate) fn error(status: u16, code: &str, message: &str) -> Answer {
    json(
        status,
        &format!(r#"{{"errors":[{{"code":"{code}","message":"{message}"}}]}}"#),
    )
}

impl Answer {
    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    pub(crate) fn body(self, body: impl Into<Vec<u8>>) -> Self {
        Self {
            body: body.into(),
            ..self
        }
    }
}

impl From<Answer> for HttpMockResponse {
    fn from(answer: Answer) -> Self {
        Self::builder()
            .status(answer.status)
            .headers(answer.headers)
            .body(answer.body)
            .build()
    }
}

/// The registry of one case.
pub(crate) struct Recorder {
    server: MockServer,
    requests: Arc<Mutex<Vec<HttpMockRequest>>>,
    operations: Arc<Mutex<Vec<String>>>,
}

impl Recorder {
    /// Gives these answers, one after another; the last one stays.
    pub(crate) async fn answering(answers: impl IntoIterator<Item = Answer>) -> Self {
        let server = MockServer::start_async().await;
        let requests = Arc::<Mutex<Vec<_>>>::default();
        let (seen, script) = (
            Arc::clone(&requests),
            Mutex::new(answers.into_iter().collect::<VecDeque<_>>()),
        );
        server
            .mock_async(move |when, then| {
                when.any_request();
                then.respond_with(move |request| {
                    seen.lock().unwrap().push(request.clone());
                    let mut script = script.lock().unwrap();
                    match script.len() {
                        0 | 1 => script.front().cloned(),
                        _ => script.pop_front(),
                    }
                    .expect("the script has an answer")
                    .into()
                });
            })
            .await;
        Self {
            server,
            requests,
            operations: Arc::default(),
        }
    }

    pub(crate) fn endpoint(&self) -> RegistryEndpoint {
        self.server.base_url().parse().unwrap()
    }

    /// A client whose pipeline only watches.
    pub(crate) fn client(&self) -> Client {
        self.client_through(|pipeline| pipeline)
    }

    /// A client with more in its pipeline.
    pub(crate) fn client_through(&self, more: impl FnOnce(Pipeline) -> Pipeline) -> Client {
        let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
        let watch = Watch(Arc::clone(&self.operations));
        let pipeline = Pipeline::new(transport).with(Arc::new(watch));
        Client::connect(&self.endpoint(), more(pipeline))
    }

    /// How many requests came.
    pub(crate) fn count(&self) -> usize {
        self.requests.lock().unwrap().len()
    }

    /// The requests: target as it came, headers sorted, body.
    pub(crate) fn sent(&self) -> Vec<String> {
        let requests = self.requests.lock().unwrap();
        requests.iter().map(|request| self.show(request)).collect()
    }

    fn show(&self, request: &HttpMockRequest) -> String {
        let mut headers: Vec<_> = request.headers_vec().iter().map(header_line).collect();
        headers.sort();
        // The mock server tells of the target in its absolute form.
        let origin = self.server.base_url();
        let uri = request.uri_str();
        let text = format!(
            "{} {}\n{}\n{}",
            request.method_str(),
            uri.strip_prefix(&origin).unwrap_or(uri),
            headers.concat(),
            body(request.body_ref())
        );
        self.without_address(&text)
    }

    fn without_address(&self, text: &str) -> String {
        let address = self.server.address().to_string();
        text.replace(&address, REGISTRY).replace(
            concat!("acr-rest/", env!("CARGO_PKG_VERSION")),
            "USER-AGENT",
        )
    }

    /// Keeps the exchange as the snapshot of its operation.
    #[track_caller]
    pub(crate) fn keep(&self, told: &str) {
        self.keep_as("", told);
    }

    /// Keeps the exchange as one more snapshot of its operation.
    pub(crate) fn keep_as(&self, case: &str, told: &str) {
        let operation = self.operations.lock().unwrap().last().cloned();
        let mut name = operation.expect("a call was made");
        if !case.is_empty() {
            name = format!("{name}@{case}");
        }
        let sent = self.sent().join("\n---\n");
        let text = format!("{sent}\n=== answered ===\n{}", self.without_address(told));
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings.bind(|| insta::assert_snapshot!(name, text));
    }
}

/// Keeps a text that is of no operation.
#[track_caller]
pub(crate) fn keep_text(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("texts");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn header_line((name, value): &(String, String)) -> String {
    format!("{name}: {value}\n")
}

fn body(bytes: &[u8]) -> String {
    match bytes {
        [] => "(no body)".to_owned(),
        bytes => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// What the caller sees: status, headers without the date, value; or the error and its sources.
pub(crate) async fn told<T: Serialize>(outcome: Outcome<T>) -> String {
    let value = match outcome {
        Ok(value) => value,
        Err(error) => return chain(&Failure::read(error).await),
    };
    let mut headers: Vec<_> = value
        .headers()
        .iter()
        .filter(|(name, _)| *name != "date")
        .map(|(name, value)| header_line(&(name.to_string(), text(value))))
        .collect();
    headers.sort();
    let body = serde_json::to_string_pretty(value.as_ref()).unwrap();
    format!("{}\n{}\n{body}", value.status().as_u16(), headers.concat())
}

fn text(value: &http::HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

/// An error and its sources, one on each line.
pub(crate) fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut lines = vec![format!("error: {error}")];
    let mut source = error.source();
    while let Some(error) = source {
        lines.push(format!("error: {error}"));
        source = error.source();
    }
    lines.join("\n")
}

/// A body of bytes, read as text.
pub(crate) async fn read(outcome: Outcome<ByteStream>) -> Outcome<String> {
    let value = outcome?;
    let (status, headers) = (value.status(), value.headers().clone());
    let bytes: Vec<_> = value
        .into_inner_stream()
        .try_collect()
        .await
        .map_err(Error::ResponseBodyError)?;
    let text = String::from_utf8_lossy(&bytes.concat()).into_owned();
    Ok(ResponseValue::new(text, status, headers))
}

/// Notes the operation that each request belongs to.
struct Watch(Arc<Mutex<Vec<String>>>);

#[async_trait::async_trait]
impl Middleware for Watch {
    async fn handle(
        &self,
        request: reqwest::Request,
        extensions: &mut http::Extensions,
        next: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let operation = extensions.get::<Operation>().expect("it rides along");
        self.0.lock().unwrap().push(operation.0.to_owned());
        next.run(request, extensions).await
    }
}

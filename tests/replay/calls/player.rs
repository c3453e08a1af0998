//! A registry that plays recorded answers.
//!
//! Requests for tokens are answered by the way, unless one of them is what was recorded. What a call
//! asks for before and behind the recorded request is answered by what it was given for that.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex, PoisonError},
};

use anyhow::Result;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{net::TcpListener, task::JoinHandle};

use super::tokens;
use crate::client::Answer;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) method: String,
    /// Path and query.
    pub(crate) target: String,
    /// Each line of its own, names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
}

/// What is answered.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// To requests before the recorded one, in their order.
    pub(crate) before: VecDeque<Answer>,
    /// To the recorded one, however often it comes; to nothing where there is none.
    pub(crate) recorded: Option<Answer>,
    /// To those behind it, which are others.
    pub(crate) behind: VecDeque<Answer>,
    /// Whether the recorded request is one for a token.
    pub(crate) is_token: bool,
}

/// What was asked.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// The requests that got the recorded answer.
    pub(crate) recorded: Vec<Asked>,
    /// Those behind it.
    pub(crate) behind: Vec<Asked>,
    /// Those for which there was no answer.
    pub(crate) unanswered: Vec<Asked>,
    /// Those for tokens that were answered by the way.
    pub(crate) tokens: Vec<Asked>,
}

/// The server.
pub(crate) struct Player {
    authority: String,
    state: Arc<Mutex<(Script, Seen)>>,
    server: JoinHandle<()>,
}

impl Player {
    /// Listens on this machine, at a port that is free.
    pub(crate) async fn start() -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let authority = listener.local_addr()?.to_string();
        let state = Arc::new(Mutex::new((Script::default(), Seen::default())));
        let server = tokio::spawn(serve(listener, Arc::clone(&state)));
        Ok(Self {
            authority,
            state,
            server,
        })
    }

    /// Host and port.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// Answers by this from now on, and forgets what was asked.
    pub(crate) fn play(&self, script: Script) {
        *self.state.lock().unwrap_or_else(PoisonError::into_inner) = (script, Seen::default());
    }

    /// What was asked since.
    pub(crate) fn seen(&self) -> Seen {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.1.clone()
    }
}

impl Drop for Player {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn serve(listener: TcpListener, state: Arc<Mutex<(Script, Seen)>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        let answer = service_fn(move |request| answered(request, Arc::clone(&state)));
        tokio::spawn(async move {
            let server = auto::Builder::new(TokioExecutor::new());
            // A client that goes away ends nothing but its own connection.
            let _ = server.serve_connection(TokioIo::new(stream), answer).await;
        });
    }
}

async fn answered(
    request: Request<Incoming>,
    state: Arc<Mutex<(Script, Seen)>>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let (parts, body) = request.into_parts();
    let body = match body.collect().await {
        Ok(body) => body.to_bytes().to_vec(),
        Err(_) => return Ok(Response::new(Full::default())),
    };
    let target = parts
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let line = |(name, value): (&http::HeaderName, &http::HeaderValue)| {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        (name.as_str().to_owned(), value)
    };
    let asked = Asked {
        method: parts.method.to_string(),
        target: target.to_owned(),
        headers: parts.headers.iter().map(line).collect(),
        body,
    };
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let (script, seen) = &mut *state;
    let answer = choose(script, seen, asked);
    Ok(response(&answer, parts.method == Method::HEAD))
}

fn choose(script: &mut Script, seen: &mut Seen, asked: Asked) -> Answer {
    if !script.is_token && asked.target.starts_with("/oauth2/") {
        let answer = tokens::answer(&asked);
        seen.tokens.push(asked);
        return answer;
    }
    if let Some(answer) = script.before.pop_front() {
        return answer;
    }
    let first = seen.recorded.first();
    let same =
        first.is_none_or(|first| first.method == asked.method && first.target == asked.target);
    if let Some(answer) = script.recorded.as_ref().filter(|_| same) {
        seen.recorded.push(asked);
        return answer.clone();
    }
    if let Some(answer) = script.behind.pop_front() {
        seen.behind.push(asked);
        return answer;
    }
    seen.unanswered.push(asked);
    Answer {
        status: 501,
        headers: Vec::new(),
        body: Vec::new(),
    }
}

fn response(answer: &Answer, is_head: bool) -> Response<Full<Bytes>> {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::NOT_IMPLEMENTED);
    let mut response = Response::builder().status(status);
    for (name, value) in &answer.headers {
        response = response.header(name, value);
    }
    let body = match is_head {
        true => Bytes::new(),
        false => Bytes::from(answer.body.clone()),
    };
    // A recorded header that cannot be one is told by its being missed.
    response
        .body(Full::new(body))
        .unwrap_or_else(|_| Response::new(Full::default()))
}

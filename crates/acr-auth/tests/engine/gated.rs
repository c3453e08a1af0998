//! Token endpoints, and an identity, that tell of each call and answer when they are let.

use std::{
    sync::{Arc, Mutex, Weak},
    time::Duration,
};

use acr_auth::{Authenticator, Clock, TokenCache};
use acr_rest::RetryOptions;
use azure_core::credentials::{AccessToken, TokenCredential, TokenRequestOptions};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};

use crate::registry::{SECRET, START, TestClock, token};

/// Each call waits here: it is told of, and goes on when it is let.
#[derive(Debug)]
struct Gate {
    arrivals: mpsc::UnboundedSender<&'static str>,
    log: Mutex<Vec<&'static str>>,
    open: Semaphore,
}

impl Gate {
    async fn pass(&self, call: &'static str) {
        self.log.lock().unwrap().push(call);
        // Nobody may be listening any more.
        let _ = self.arrivals.send(call);
        self.open.acquire().await.unwrap().forget();
    }
}

/// A registry behind a gate.
pub(crate) struct Gated {
    gate: Arc<Gate>,
    arrivals: mpsc::UnboundedReceiver<&'static str>,
    address: String,
    /// Where tokens are kept, which outlives who made them.
    cache: TokenCache,
    pub(crate) identity: Weak<Identity>,
}

impl Gated {
    pub(crate) async fn start() -> Self {
        let (sender, arrivals) = mpsc::unbounded_channel();
        let gate = Arc::new(Gate {
            arrivals: sender,
            log: Mutex::default(),
            open: Semaphore::new(0),
        });
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = Arc::clone(&gate);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let gate = Arc::clone(&serving);
                tokio::spawn(async move { answer(stream, &gate).await });
            }
        });
        Self {
            gate,
            arrivals,
            address,
            cache: TokenCache::default(),
            identity: Weak::new(),
        }
    }

    /// The tokens of this registry, for an identity behind the same gate.
    pub(crate) fn authenticator(&mut self) -> Authenticator {
        let endpoint = format!("http://{}", self.address).parse().unwrap();
        let identity = Arc::new(Identity(Arc::clone(&self.gate)));
        self.identity = Arc::downgrade(&identity);
        Authenticator::builder(&endpoint, identity)
            .clock(Arc::<TestClock>::default())
            .cache(self.cache.clone())
            .retry(RetryOptions::none())
            .build()
            .unwrap()
    }

    /// Waits for the next call, which then waits to be let.
    pub(crate) async fn arrival(&mut self) -> &'static str {
        self.arrivals.recv().await.unwrap()
    }

    /// Lets so many calls go on.
    pub(crate) fn let_pass(&self, calls: usize) {
        self.gate.open.add_permits(calls);
    }

    /// All calls so far.
    pub(crate) fn log(&self) -> Vec<&'static str> {
        self.gate.log.lock().unwrap().clone()
    }
}

/// One call on one connection.
async fn answer(stream: TcpStream, gate: &Gate) {
    let mut stream = BufReader::new(stream);
    let (mut path, mut length, mut line) = (String::new(), 0, String::new());
    while stream.read_line(&mut line).await.is_ok_and(|read| read > 2) {
        let lower = line.to_ascii_lowercase();
        if path.is_empty() {
            path = line.split(' ').nth(1).unwrap_or_default().to_owned();
        } else if let Some(value) = lower.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap();
        }
        line.clear();
    }
    let mut body = vec![0; length];
    if stream.read_exact(&mut body).await.is_err() {
        return;
    }
    let exp = START + 3600;
    let made = token(&format!(r#"{{"exp":{exp}}}"#));
    let answer = if path.starts_with("/oauth2/exchange") {
        gate.pass("exchange").await;
        format!(r#"{{"refresh_token":"{made}"}}"#)
    } else {
        gate.pass("token").await;
        format!(r#"{{"access_token":"{made}"}}"#)
    };
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
    let answer = format!("{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
    // The caller may have gone.
    let _ = stream.write_all(answer.as_bytes()).await;
}

/// An identity behind the gate.
#[derive(Debug)]
pub(crate) struct Identity(Arc<Gate>);

#[async_trait::async_trait]
impl TokenCredential for Identity {
    async fn get_token(
        &self,
        _: &[&str],
        _: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        self.0.pass("entra").await;
        let ends = TestClock::default().now() + Duration::from_secs(3600);
        Ok(AccessToken::new(format!("ENTRA-{SECRET}"), ends.into()))
    }
}

//! A registry that does what the test says, byte by byte: it may answer before it has the body.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_client::{ContainerRegistryClient, Credential, Repository, RetryOptions};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// Where uploads go on.
pub(super) const UPLOAD: &str = "/v2/app/blobs/uploads/1?_state=s3cret";

/// A request without its body.
#[derive(Clone, Debug)]
pub(super) struct Head {
    pub(super) method: String,
    pub(super) text: String,
}

impl Head {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let lines = self.text.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(found, _)| found.eq_ignore_ascii_case(name));
        found.next().map(|(_, value)| value.trim())
    }

    pub(super) fn length(&self) -> usize {
        let length = self.header("content-length");
        length.map_or(0, |length| length.parse().unwrap())
    }

    /// The last byte that is sent, by its `Content-Range`.
    pub(super) fn last(&self) -> u64 {
        let range = self.header("content-range").unwrap();
        range.split_once('-').unwrap().1.parse().unwrap()
    }
}

/// What is said to a request.
pub(super) struct Said {
    text: String,
    at_once: bool,
}

impl Said {
    pub(super) fn new(status: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let mut text = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n", body.len());
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        let text = format!("{text}\r\n{body}");
        let at_once = false;
        Self { text, at_once }
    }

    /// An upload that has so many bytes.
    pub(super) fn open(range: &str) -> Self {
        Self::new(
            "202 Accepted",
            &[("location", UPLOAD), ("range", range)],
            "",
        )
    }

    pub(super) fn error(status: &str, code: &str) -> Self {
        let json = [
            ("content-type", "application/json"),
            ("docker-distribution-api-version", "registry/2.0"),
        ];
        let body = format!(r#"{{"errors":[{{"code":"{code}","message":"no"}}]}}"#);
        Self::new(status, &json, &body)
    }

    /// Before the body has come.
    pub(super) fn at_once(self) -> Self {
        let at_once = true;
        Self { at_once, ..self }
    }
}

pub(super) struct Scripted {
    pub(super) app: Repository,
    pub(super) heads: Arc<Mutex<Vec<Head>>>,
}

impl Scripted {
    /// Answers each request, but those for tokens, like this.
    pub(super) async fn new(answer: impl FnMut(&Head) -> Said + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::<Mutex<Vec<Head>>>::default();
        let seen = Arc::clone(&heads);
        let answer = Arc::new(Mutex::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answer, seen) = (answer.clone(), seen.clone());
                let answered = move |head: &Head| {
                    if head.text.contains("/oauth2/token") {
                        let json = [("content-type", "application/json")];
                        return Said::new("200 OK", &json, r#"{"access_token":"t"}"#);
                    }
                    seen.lock().unwrap().push(head.clone());
                    answer.lock().unwrap()(head)
                };
                tokio::spawn(serve(stream, answered));
            }
        });
        let quick = RetryOptions::default().initial_delay(Duration::from_millis(1));
        let client = ContainerRegistryClient::builder(&*address)
            .credential(Credential::anonymous())
            .retry(quick)
            .build()
            .unwrap();
        let app = client.repository("app").unwrap();
        Self { app, heads }
    }

    pub(super) fn methods(&self) -> Vec<String> {
        let heads = self.heads.lock().unwrap();
        heads.iter().map(|head| head.method.clone()).collect()
    }
}

async fn serve(mut stream: TcpStream, mut answer: impl FnMut(&Head) -> Said) -> Option<()> {
    let mut buffer = Vec::new();
    loop {
        let end = loop {
            if let Some(at) = buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                break at + 4;
            }
            more(&mut stream, &mut buffer).await?;
        };
        let text = String::from_utf8_lossy(&buffer[..end]).into_owned();
        buffer.drain(..end);
        let method = text.split(' ').next()?.to_owned();
        let head = Head { method, text };
        let said = answer(&head);
        if said.at_once {
            stream.write_all(said.text.as_bytes()).await.ok()?;
        }
        while buffer.len() < head.length() {
            more(&mut stream, &mut buffer).await?;
        }
        buffer.drain(..head.length());
        if !said.at_once {
            stream.write_all(said.text.as_bytes()).await.ok()?;
        }
    }
}

async fn more(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<()> {
    let read = stream.read_buf(buffer).await.ok()?;
    (read > 0).then_some(())
}

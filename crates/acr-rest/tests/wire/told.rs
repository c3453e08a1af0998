//! What is told of exchanges: in the log, to the hook, and to who captures the answer.

use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

use acr_core::Secret;
use acr_rest::{
    Capture, Client, LogError, LogOptions, OnExchange, Retry, RetryOptions, Trace, types,
};
use tracing_subscriber::fmt::format::FmtSpan;

use crate::recorder::{self, Answer, Recorder, error, keep_text, status};

/// A success in JSON, always of the same time.
fn json(code: u16, body: &str) -> Answer {
    recorder::json(code, body).header("date", "Thu, 10 Feb 2022 00:26:59 GMT")
}

/// Writes down what is told in this thread, as long as it is held.
struct Ears {
    heard: Arc<Mutex<Vec<u8>>>,
    _open: tracing::subscriber::DefaultGuard,
    /// Where there is but one subscriber, `tracing` takes what the first thread to come by has for
    /// what all have, and other tests have none.
    _second: tracing::Dispatch,
}

impl Ears {
    fn open(level: tracing::Level, spans: FmtSpan) -> Self {
        let heard = Arc::<Mutex<Vec<u8>>>::default();
        let pen = Arc::clone(&heard);
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(level)
            .with_span_events(spans)
            .with_ansi(false)
            .without_time()
            .with_writer(move || Pen(Arc::clone(&pen)))
            .finish();
        let second = tracing::Dispatch::new(tracing::subscriber::NoSubscriber::new());
        Self {
            heard,
            _open: tracing::subscriber::set_default(subscriber),
            _second: second,
        }
    }

    /// The lines of this crate, without what differs from run to run.
    fn lines(&self, registry: &Recorder) -> String {
        let text = String::from_utf8(self.heard.lock().unwrap().clone()).unwrap();
        let address = registry.endpoint().authority().to_owned();
        let (host, port) = address.split_once(':').unwrap();
        let text = text
            .replace(&address, "REGISTRY")
            .replace(&format!("server.port={port}"), "server.port=PORT")
            .replace(&format!("{host:?}"), "HOST")
            .replace(
                concat!("acr-rest/", env!("CARGO_PKG_VERSION")),
                "USER-AGENT",
            );
        let lines = text.lines().filter(|line| line.contains("acr_rest"));
        let words = lines.map(|line| {
            let words = line
                .split(' ')
                .filter(|word| !word.starts_with("duration_ms="));
            words.collect::<Vec<_>>().join(" ")
        });
        words.collect::<Vec<_>>().join("\n").trim().to_owned()
    }
}

struct Pen(Arc<Mutex<Vec<u8>>>);

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn client(registry: &Recorder, options: LogOptions) -> Client {
    let retry = RetryOptions::default()
        .max_attempts(2)
        .initial_delay(Duration::from_millis(1));
    registry.client_through(|pipeline| {
        pipeline
            .with(Arc::new(Retry::new(retry)))
            .with(Arc::new(Trace::new(options)))
    })
}

/// With a token, as authorization would set it.
fn with_token(client: &Client) -> Client {
    let mut token: http::HeaderValue = "Bearer s3cret-token".parse().unwrap();
    token.set_sensitive(true);
    let headers = [
        ("authorization".parse().unwrap(), token),
        (
            "x-ms-client-request-id".parse().unwrap(),
            "mine".parse().unwrap(),
        ),
    ];
    client.with_headers(headers.into_iter().collect())
}

/// An answer with all that is secret in one.
fn answer() -> Answer {
    let body = r#"{"registry": "r", "imageName": "app", "createdTime": "2022-02-10T00:26:59Z",
        "lastUpdateTime": "2022-02-10T00:26:59Z", "manifestCount": 1, "tagCount": 1,
        "changeableAttributes": {}, "token": "s3cret-token", "more": ["/x?_state=s3cret"]}"#;
    json(200, body)
        .header("x-ms-correlation-request-id", "theirs")
        .header("set-cookie", "s3cret")
        .header("location", "/v2/app/blobs/uploads/1?_state=s3cret&digest=d")
        .header("x-back", "you sent s3cret-token")
}

fn is_clean(told: &str) {
    assert!(!told.contains("s3cret"), "{told}");
}

#[tokio::test]
async fn one_event_for_each_exchange() {
    let registry = Recorder::answering([answer()]).await;
    let ears = Ears::open(tracing::Level::INFO, FmtSpan::NONE);
    let client = with_token(&client(&registry, LogOptions::default()));
    client.get_properties("app", None).await.unwrap();
    let told = ears.lines(&registry);
    is_clean(&told);
    keep_text("told_of_an_exchange", &told);
}

#[tokio::test]
async fn headers_and_bodies_where_they_are_asked_for() {
    let registry = Recorder::answering([answer()]).await;
    let ears = Ears::open(tracing::Level::INFO, FmtSpan::NONE);
    let client = with_token(&client(&registry, LogOptions::default()));
    let options = LogOptions::bodies().header("location").header("x-back");
    options.check().unwrap();
    let client = client.with_extension(options);
    let body = types::RepositoryChangeableAttributes {
        delete_enabled: Some(false),
        ..Default::default()
    };
    let answer = client.update_properties("app", None, &body).await.unwrap();
    assert_eq!(answer.image_name.as_deref(), Some("app"));
    let told = ears.lines(&registry);
    is_clean(&told);
    keep_text("told_with_headers_and_bodies", &told);
}

/// Of tokens, blobs and uploads no body is told, whoever asks, and what is long is passed on whole.
#[tokio::test]
async fn bodies_that_are_never_told() {
    let long = format!(r#"{{"repositories": ["{}"]}}"#, "x".repeat(20_000));
    let registry = Recorder::answering([
        json(200, r#"{"access_token": "s3cret"}"#),
        json(200, r#"{"s3cret": "blob"}"#),
        json(202, r#"{"s3cret": "upload"}"#),
        json(200, &long),
        json(200, "s3cret, and no JSON"),
    ])
    .await;
    let ears = Ears::open(tracing::Level::INFO, FmtSpan::NONE);
    let client = client(&registry, LogOptions::bodies());
    let form = types::TokenForm {
        grant_type: "password".to_owned(),
        service: "reg".to_owned(),
        scope: "registry:catalog:*".to_owned(),
        username: Some("me".to_owned()),
        password: Some(Secret::from("s3cret")),
        refresh_token: None,
    };
    client
        .exchange_acr_refresh_token_for_acr_access_token(None, &form)
        .await
        .unwrap();
    client.get_blob("app", "sha256:ab", None).await.unwrap();
    client
        .upload_chunk(
            "v2/app/blobs/uploads/1?_state=s3cret",
            None,
            r#"{"s3cret": 1}"#,
        )
        .await
        .unwrap();
    let names = client
        .get_repositories(None, None, None, None)
        .await
        .unwrap();
    assert_eq!(names.repositories.as_ref().unwrap()[0].len(), 20_000);
    assert!(
        client
            .get_repositories(None, None, None, None)
            .await
            .is_err()
    );
    let told = ears.lines(&registry);
    is_clean(&told);
    assert!(told.contains("(more than 16384 bytes)"), "{told}");
    assert!(told.contains("(it is no JSON)"), "{told}");
    keep_text("told_without_bodies", &told);
}

/// Each try is told of, with why there is another one, and what it is part of.
#[tokio::test]
async fn tries_and_decisions() {
    let registry = Recorder::answering([
        error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "0"),
        error(404, "NAME_UNKNOWN", "no such repository"),
    ])
    .await;
    let ears = Ears::open(tracing::Level::DEBUG, FmtSpan::NONE);
    let client = client(&registry, LogOptions::bodies());
    assert!(client.get_properties("app", None).await.is_err());
    let told = ears.lines(&registry);
    let sign = |text: &str| assert!(told.contains(text), "{text} is not in {told}");
    sign(r#"http.request.resend_count=1 http.response.status_code=404 error.type="404""#);
    sign(
        r#"operation{otel.name="get_properties" operation="get_properties"}: acr_rest::retry: the request is sent again attempts=1 cause=429 wait=0ns"#,
    );
    sign("the request is not sent again attempts=2 cause=anything else");
    sign(r#"\"code\":\"NAME_UNKNOWN\""#);
}

#[tokio::test]
async fn the_span_of_a_try() {
    let registry = Recorder::answering([status(503)]).await;
    let ears = Ears::open(tracing::Level::INFO, FmtSpan::CLOSE);
    let client = client(&registry, LogOptions::default()).with_extension(RetryOptions::none());
    assert!(client.get_properties("app", None).await.is_err());
    let told = ears.lines(&registry);
    let span = told.lines().find(|line| line.contains(":http{")).unwrap();
    let (span, _) = span.split_once("}: acr_rest").unwrap();
    keep_text("told_as_a_span", span);
}

/// Where nothing came, why; and where nobody waited any more, that.
#[tokio::test]
async fn exchanges_without_an_answer() {
    let registry = Recorder::answering([]).await;
    let ears = Ears::open(tracing::Level::INFO, FmtSpan::NONE);
    let client = |endpoint: &str| {
        let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
        let pipeline = acr_rest::Pipeline::new(transport).with(Arc::new(Trace::default()));
        Client::connect(&endpoint.parse().unwrap(), pipeline)
    };
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent_at = format!("http://{}", silent.local_addr().unwrap());
    let waiting = client(&silent_at);
    let call = waiting.get_properties("app", None);
    let late = tokio::time::timeout(Duration::from_millis(200), call).await;
    assert!(late.is_err());
    assert!(ears.lines(&registry).contains(r#"error.type="dropped""#));

    let nowhere = client("http://127.0.0.1:1");
    assert!(nowhere.get_properties("app", None).await.is_err());
    assert!(ears.lines(&registry).contains(r#"error.type="connection""#));
}

#[test]
fn what_cannot_be_told_is_refused() {
    for name in [
        "authorization",
        "Authorization",
        "cookie",
        "set-cookie",
        "proxy-authorization",
    ] {
        let refused = LogOptions::bodies().header("link").header(name).check();
        assert!(matches!(refused, Err(LogError::Secret(_))), "{name}");
    }
    let error = LogOptions::default()
        .header("no header")
        .check()
        .unwrap_err();
    insta::assert_snapshot!(error, @"`no header` is no name of a header");
    let error = LogOptions::default().header("cookie").check().unwrap_err();
    insta::assert_snapshot!(error, @"the header `cookie` holds a secret, which is never logged");
}

/// The hook sees each exchange, whether anybody listens to the log or not, and no secret.
#[tokio::test]
async fn the_hook() {
    let busy = error(429, "TOOMANYREQUESTS", "slow down").header("retry-after", "0");
    let registry = Recorder::answering([busy, answer()]).await;
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let notes = Arc::clone(&seen);
    let hook = OnExchange(Arc::new(move |exchange| {
        let mut headers = exchange.request_headers().clone();
        headers.extend(exchange.response_headers().unwrap().clone());
        assert!(exchange.elapsed() > Duration::ZERO);
        is_clean(&format!("{exchange:?} {headers:?}"));
        assert_eq!(headers["authorization"], "***");
        let location = headers
            .get("location")
            .map(|at| at.to_str().unwrap().to_owned());
        notes.lock().unwrap().push(format!(
            "{} {} {} {} {} {location:?}",
            exchange.attempt(),
            exchange.operation(),
            exchange.method(),
            exchange.url().rsplit('/').next().unwrap(),
            exchange.status().unwrap(),
        ));
    }));
    let capture = Capture::default();
    let client = with_token(&client(&registry, LogOptions::default()))
        .with_extension(hook)
        .with_extension(capture.clone());
    client.get_properties("app", None).await.unwrap();
    assert_eq!(
        *seen.lock().unwrap(),
        [
            "1 get_properties GET app 429 Too Many Requests None",
            r#"2 get_properties GET app 200 OK Some("/v2/app/blobs/uploads/1?_state=***&digest=d")"#,
        ]
    );
    // What is captured is the answer itself: whoever asked for it needs it whole.
    let captured = capture.take().unwrap();
    assert_eq!((captured.status.as_u16(), captured.attempts), (200, 2));
    assert_eq!(captured.headers["x-ms-correlation-request-id"], "theirs");
    is_clean(&format!("{:?}", captured.headers.get("location")));
    assert!(capture.take().is_none());
}

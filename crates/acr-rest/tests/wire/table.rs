//! Each cell of the table of what is sent again, against a registry in which it goes wrong that way.

use std::{fmt::Write as _, sync::Arc, time::Duration};

use acr_emulator::{Emulator, Fault, FaultRule};
use acr_rest::{
    Capture, Client, Failure, Pipeline, Retry, RetryOptions, Timeouts, TransportOptions, find,
    retry::{Cause, Exhausted, TABLE},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

const ATTEMPTS: u32 = 3;

/// The requests: a column each.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Sent {
    /// A GET, whose answer is read whole.
    Get,
    /// The POST that starts an upload.
    Start,
    /// A PATCH with bytes of an upload.
    Chunk,
    /// The PUT that ends an upload.
    End,
    /// A PUT whose body is a stream.
    Stream,
}

const ALL: [Sent; 5] = [Sent::Get, Sent::Start, Sent::Chunk, Sent::End, Sent::Stream];

/// What goes wrong: a row each.
enum Wrong {
    /// Nobody listens.
    NobodyThere,
    /// The certificate is not trusted.
    Certificate,
    /// In the registry.
    Fault(Fault),
}

struct Registry {
    emulator: Emulator,
    client: Client,
}

fn client(endpoint: &str, login: &acr_core::Login) -> Client {
    let options = RetryOptions::default()
        .max_attempts(ATTEMPTS)
        .initial_delay(Duration::from_millis(1));
    let mut timeouts = Timeouts::default();
    timeouts.response = Duration::from_millis(300);
    let pipeline = Pipeline::new(acr_rest::transport(&TransportOptions::default()).unwrap())
        .timeouts(timeouts)
        .with(Arc::new(Retry::new(options)));
    let pair = format!("{}:{}", login.username, login.password.expose());
    let basic = format!("Basic {}", STANDARD.encode(pair));
    let headers = [("authorization".parse().unwrap(), basic.parse().unwrap())];
    Client::connect(&endpoint.parse().unwrap(), pipeline)
        .with_headers(headers.into_iter().collect())
}

impl Registry {
    async fn start() -> Self {
        let emulator = Emulator::start().await.unwrap();
        let client = client(emulator.endpoint(), &emulator.login());
        Self { emulator, client }
    }

    /// An upload that nothing has happened to yet.
    async fn upload(&self) -> String {
        let answer = self.client.start_upload("app", None, None, None, "").await;
        let answer = answer.unwrap();
        let location = answer.headers()["location"].to_str().unwrap();
        location.trim_start_matches('/').to_owned()
    }
}

async fn send(client: &Client, what: Sent, upload: &str) -> Result<(), Failure> {
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let outcome = match what {
        Sent::Get => client
            .get_repositories(None, None, None, None)
            .await
            .map(drop),
        Sent::Start => client
            .start_upload("app", None, None, None, "")
            .await
            .map(drop),
        Sent::Chunk => client.upload_chunk(upload, None, "foo").await.map(drop),
        Sent::End => client
            .complete_upload(upload, digest, "foo")
            .await
            .map(drop),
        Sent::Stream => {
            let pieces = futures_util::stream::iter([Ok::<_, std::io::Error>("foo")]);
            let body = reqwest::Body::wrap_stream(pieces);
            client.upload_chunk(upload, None, body).await.map(drop)
        }
    };
    match outcome {
        Ok(()) => Ok(()),
        Err(error) => Err(Failure::read(error).await),
    }
}

/// How often the request was sent, as the error tells.
async fn attempts(registry: &Registry, wrong: &Wrong, what: Sent) -> u32 {
    let upload = registry.upload().await;
    let login = registry.emulator.login();
    let secure;
    let client = match wrong {
        Wrong::NobodyThere => &client("http://127.0.0.1:1", &login),
        Wrong::Certificate => {
            secure = Emulator::builder().https().start().await.unwrap();
            &client(secure.endpoint(), &login)
        }
        Wrong::Fault(fault) => {
            registry
                .emulator
                .inject(FaultRule::new(fault.clone()))
                .unwrap();
            &registry.client
        }
    };
    let failure = send(client, what, &upload).await.unwrap_err();
    let attempts = match &failure {
        Failure::Response(answer) => answer.attempts,
        other => find::<Exhausted>(other).unwrap().attempts,
    };
    // As many have arrived.
    for fault in registry.emulator.faults() {
        assert_eq!(fault.hits, u64::from(attempts), "{what:?}: {failure:?}");
    }
    registry.emulator.clear_faults();
    attempts
}

fn status(code: u16) -> Wrong {
    Wrong::Fault(Fault::status(code).into())
}

/// What the table says of this cell.
fn expected(cause: Cause, what: Sent) -> u32 {
    let (_, repeatable, other) = TABLE.iter().find(|row| row.0 == cause).unwrap();
    let again = match what {
        Sent::Get | Sent::Start => *repeatable,
        Sent::Chunk | Sent::End => *other,
        Sent::Stream => false,
    };
    if again { ATTEMPTS } else { 1 }
}

#[tokio::test]
async fn every_cell() {
    let registry = Registry::start().await;
    let mut rows = vec![
        ("nobody there", Cause::Connection, Wrong::NobodyThere),
        ("certificate", Cause::Tls, Wrong::Certificate),
        (
            "cut before the answer",
            Cause::Broken,
            Wrong::Fault(Fault::cut_answer(0)),
        ),
        (
            "silence",
            Cause::Silence,
            Wrong::Fault(Fault::delay(Duration::from_secs(20))),
        ),
        (
            "cut in the body",
            Cause::Body,
            Wrong::Fault(Fault::cut_answer(5)),
        ),
        ("429", Cause::Throttled, status(429)),
    ];
    let transient = [
        ("408", 408),
        ("500", 500),
        ("502", 502),
        ("503", 503),
        ("504", 504),
    ];
    rows.extend(transient.map(|(name, code)| (name, Cause::Transient, status(code))));
    let refusals = [
        ("400", 400),
        ("403", 403),
        ("404", 404),
        ("405", 405),
        ("409", 409),
        ("501", 501),
    ];
    rows.extend(refusals.map(|(name, code)| (name, Cause::Final, status(code))));

    let mut seen = String::new();
    for (name, cause, wrong) in &rows {
        write!(seen, "{name:<22}").unwrap();
        for what in ALL {
            // Nothing limits the answer to a stream, and the answers to uploads have no body.
            let cannot = match cause {
                Cause::Silence => what == Sent::Stream,
                Cause::Body => what != Sent::Get,
                _ => false,
            };
            if cannot {
                seen.push_str("  -");
                continue;
            }
            let attempts = attempts(&registry, wrong, what).await;
            assert_eq!(attempts, expected(*cause, what), "{name}, {what:?}");
            write!(seen, "  {attempts}").unwrap();
        }
        seen.push('\n');
    }
    let all_causes = TABLE
        .iter()
        .all(|(cause, ..)| rows.iter().any(|row| row.1 == *cause));
    assert!(all_causes, "a row of the table has no test");
    crate::recorder::keep_text("attempts", &seen);
}

/// What one try breaks, the next mends, and nobody is told.
#[tokio::test]
async fn a_second_try_mends_it() {
    let registry = Registry::start().await;
    let upload = registry.upload().await;
    for fault in [
        Fault::cut_answer(0),
        Fault::cut_answer(5),
        Fault::delay(Duration::from_secs(20)),
        Fault::status(503).into(),
        Fault::status(429).retry_after(0).into(),
    ] {
        let rule = FaultRule::new(fault).times(1);
        registry.emulator.inject(rule).unwrap();
        let capture = Capture::default();
        let client = registry.client.with_extension(capture.clone());
        send(&client, Sent::Get, &upload).await.unwrap();
        assert_eq!(capture.take().unwrap().attempts, 2);
        assert!(
            registry
                .emulator
                .faults()
                .iter()
                .all(|fault| fault.hits == 1)
        );
    }
}

/// What breaks in a blob, its reader sees: only that one knows what it has.
#[tokio::test]
async fn a_blob_is_not_asked_for_again() {
    let registry = Registry::start().await;
    let upload = registry.upload().await;
    send(&registry.client, Sent::End, &upload).await.unwrap();
    let digest = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";
    let error = registry.client.get_blob("app", digest, None).await.err();
    let Some(acr_rest::Error::UnexpectedResponse(redirect)) = error else {
        panic!("the registry has its blobs elsewhere");
    };
    let rule = FaultRule::new(Fault::cut_answer(1)).on(["download_blob"]);
    registry.emulator.inject(rule).unwrap();
    registry.emulator.clear_requests();

    let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
    let to = redirect.headers()["location"].to_str().unwrap();
    let request = transport.get(to).build().unwrap();
    let pipeline = Pipeline::new(transport).with(Arc::new(Retry::default()));
    let blob = pipeline
        .send(request, acr_rest::Operation("get_blob"))
        .await;
    let error = blob.unwrap().bytes().await.unwrap_err();
    assert!(acr_rest::retry::is_retryable(&error), "{error:?}");
    assert_eq!(registry.emulator.requests().len(), 1);
}

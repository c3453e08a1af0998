//! How long is waited between two tries, on a clock that nobody waits for.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime},
};

use acr_rest::{
    Capture, Client, Clock, Failure, Pipeline, Retry, RetryOptions, TransportOptions, find,
    retry::Exhausted,
};
use reqwest_middleware::{Middleware, Next};
use tokio::time::Instant;

/// Tokio's clock, which stands still while something is done and leaps while all wait.
#[derive(Debug)]
struct Leaping {
    began: Instant,
    at: SystemTime,
}

impl Clock for Leaping {
    fn now(&self) -> SystemTime {
        self.at + self.began.elapsed()
    }
}

/// 00:26:59 on the 10th of February 2022.
fn clock() -> Arc<Leaping> {
    Arc::new(Leaping {
        began: Instant::now(),
        at: SystemTime::UNIX_EPOCH + Duration::from_secs(1_644_452_819),
    })
}

/// Answers without a registry; with the last of these when there are no more.
struct Script(Mutex<VecDeque<(u16, Option<&'static str>)>>);

#[async_trait::async_trait]
impl Middleware for Script {
    async fn handle(
        &self,
        _: reqwest::Request,
        _: &mut http::Extensions,
        _: Next<'_>,
    ) -> reqwest_middleware::Result<reqwest::Response> {
        let mut script = self.0.lock().unwrap();
        let next = if script.len() > 1 {
            script.pop_front()
        } else {
            script.front().copied()
        };
        let (status, after) = next.unwrap();
        let mut answer = http::Response::builder().status(status);
        if let Some(after) = after {
            answer = answer.header("retry-after", after);
        }
        Ok(answer.body("{}").unwrap().into())
    }
}

fn client<const N: usize>(
    options: RetryOptions,
    script: [(u16, Option<&'static str>); N],
) -> Client {
    let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
    let pipeline = Pipeline::new(transport)
        .with(Arc::new(Retry::new(options).clock(clock())))
        .with(Arc::new(Script(Mutex::new(script.into()))));
    Client::connect(&"reg.azurecr.io".parse().unwrap(), pipeline)
}

/// How many tries there were, in which time, and with what end.
async fn tried(client: &Client) -> (u32, Duration, bool) {
    let capture = Capture::default();
    let client = client.with_extension(capture.clone());
    let outcome = client.get_repositories(None, None, None, None).await;
    let captured = capture.take().unwrap();
    if let Err(error) = outcome {
        let Failure::Response(answer) = Failure::read(error).await else {
            panic!("there was an answer");
        };
        assert_eq!(
            (answer.attempts, answer.elapsed),
            (captured.attempts, captured.elapsed)
        );
    }
    (
        captured.attempts,
        captured.elapsed,
        captured.status.is_success(),
    )
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[tokio::test(start_paused = true)]
async fn what_the_registry_asks_for_is_waited() {
    for (after, wait) in [
        ("0", 0),
        ("7", 7),
        ("120", 120),
        ("Thu, 10 Feb 2022 00:28:29 GMT", 90),
        // It is over.
        ("Thu, 10 Feb 2022 00:20:00 GMT", 0),
    ] {
        let client = client(RetryOptions::default(), [(503, Some(after)), (200, None)]);
        assert_eq!(tried(&client).await, (2, seconds(wait), true), "{after}");
    }
}

/// It is not waited for less, either: that would be of no use.
#[tokio::test(start_paused = true)]
async fn a_wait_that_does_not_fit_is_not_begun() {
    for after in [
        "121",
        "18446744073709551615",
        "Fri, 31 Dec 9999 23:59:59 GMT",
    ] {
        let client = client(RetryOptions::default(), [(429, Some(after)), (200, None)]);
        assert_eq!(tried(&client).await, (1, seconds(0), false), "{after}");
    }
}

#[tokio::test(start_paused = true)]
async fn otherwise_the_waits_grow() {
    // Nonsense counts as nothing.
    for after in [None, Some("soon"), Some("-1")] {
        let client = client(RetryOptions::default(), [(503, after)]);
        let (attempts, elapsed, _) = tried(&client).await;
        assert_eq!(attempts, 4);
        let least = Duration::from_millis(800 + 1600 + 3200);
        let most = least * 2 + Duration::from_millis(10);
        assert!((least..=most).contains(&elapsed), "{elapsed:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn time_ends_it_as_attempts_do() {
    let options = RetryOptions::default()
        .max_attempts(1000)
        .max_elapsed(seconds(60));
    let waiting = client(options, [(429, Some("25"))]);
    assert_eq!(tried(&waiting).await, (3, seconds(50), false));
    let (attempts, elapsed, _) = tried(&client(options, [(503, None)])).await;
    assert!(
        attempts > 4 && elapsed <= seconds(60),
        "{attempts} {elapsed:?}"
    );
}

/// One call has its own way.
#[tokio::test(start_paused = true)]
async fn the_options_of_one_call_go_first() {
    let client = client(RetryOptions::default(), [(429, Some("1"))]);
    for options in [
        RetryOptions::none(),
        RetryOptions::default().max_attempts(7),
    ] {
        let once = client.with_extension(options);
        let attempts = if options == RetryOptions::none() {
            1
        } else {
            7
        };
        assert_eq!(tried(&once).await.0, attempts);
    }
    assert_eq!(tried(&client).await.0, 4);
}

/// The error tells both.
#[tokio::test]
async fn attempts_and_time_are_in_the_error() {
    let transport = acr_rest::transport(&TransportOptions::default()).unwrap();
    let options = RetryOptions::default()
        .max_attempts(2)
        .initial_delay(Duration::from_millis(1));
    let pipeline = Pipeline::new(transport).with(Arc::new(Retry::new(options)));
    let client = Client::connect(&"http://127.0.0.1:1".parse().unwrap(), pipeline);
    for (client, attempts) in [
        (client.with_extension(RetryOptions::none()), 1),
        (client, 2),
    ] {
        let upload = client.get_upload_status("v2/app/blobs/uploads/1?_state=s3cret");
        let failure = Failure::read(upload.await.unwrap_err()).await;
        assert!(failure.is_retryable());
        let exhausted = find::<Exhausted>(&failure).unwrap();
        assert_eq!(exhausted.attempts, attempts);
        assert!(exhausted.elapsed > Duration::ZERO);
        // One attempt is not worth a word, and the address of an upload is a key.
        let told = acr_rest::chain_text(&failure);
        assert_eq!(told.contains("2 attempts in 0."), attempts == 2, "{told}");
        assert!(
            !format!("{told} {failure:?}").contains("s3cret"),
            "{told} {failure:?}"
        );
    }
}

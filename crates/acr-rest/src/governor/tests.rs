//! On a clock that nobody waits for, against a registry that answers as it is told.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering::SeqCst},
};
use std::time::SystemTime;

use futures_util::future::{join_all, poll_immediate};
use reqwest::Method;
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tokio::time::{Instant, sleep, timeout};

use super::*;
use crate::Retry;

type Answer = (u16, Vec<(&'static str, String)>);

/// Each answer takes a while; which one it is, follows from how many came before.
struct Registry<F> {
    takes: Duration,
    answer: F,
    came: AtomicUsize,
    under_way: AtomicUsize,
    most: AtomicUsize,
    begun: Mutex<Vec<Duration>>,
    start: Instant,
}

impl<F: Fn(usize) -> Answer + Send + Sync + 'static> Registry<F> {
    fn new(takes: u64, answer: F) -> Arc<Self> {
        Arc::new(Self {
            takes: Duration::from_millis(takes),
            answer,
            came: AtomicUsize::new(0),
            under_way: AtomicUsize::new(0),
            most: AtomicUsize::new(0),
            begun: Mutex::default(),
            start: Instant::now(),
        })
    }

    fn behind(self: &Arc<Self>, governor: &Governor) -> ClientWithMiddleware {
        ClientBuilder::new(transport())
            .with(governor.clone())
            .with_arc(Arc::clone(self) as Arc<dyn Middleware>)
            .build()
    }

    /// When each began, in milliseconds, since this was asked last.
    fn begun(&self) -> Vec<u128> {
        let begun = std::mem::take(&mut *self.begun.lock().unwrap());
        begun.iter().map(Duration::as_millis).collect()
    }
}

#[async_trait::async_trait]
impl<F: Fn(usize) -> Answer + Send + Sync + 'static> Middleware for Registry<F> {
    async fn handle(&self, _: Request, _: &mut Extensions, _: Next<'_>) -> Result<Response> {
        let nth = self.came.fetch_add(1, SeqCst);
        self.begun.lock().unwrap().push(self.start.elapsed());
        let under_way = Leaves(&self.under_way);
        let now = under_way.0.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        sleep(self.takes).await;
        let (status, headers) = (self.answer)(nth);
        let mut answer = http::Response::builder().status(status);
        for (name, value) in headers {
            answer = answer.header(name, value);
        }
        Ok(answer.body("").unwrap().into())
    }
}

struct Leaves<'a>(&'a AtomicUsize);

impl Drop for Leaves<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

fn transport() -> reqwest::Client {
    crate::transport(&crate::TransportOptions::default()).unwrap()
}

fn governor() -> Governor {
    Governor::new(ThrottleOptions::default(), RetryOptions::default())
}

fn ok() -> Answer {
    (200, Vec::new())
}

fn busy(seconds: u64) -> Answer {
    (429, vec![("retry-after", seconds.to_string())])
}

async fn send(client: &ClientWithMiddleware, method: Method) -> u16 {
    let request = client.request(method, "https://reg.azurecr.io/v2/app/manifests/v1");
    request.send().await.unwrap().status().as_u16()
}

async fn get(client: &ClientWithMiddleware) -> u16 {
    send(client, Method::GET).await
}

async fn get_all(client: &ClientWithMiddleware, count: usize) -> Vec<u16> {
    join_all((0..count).map(|_| get(client))).await
}

#[tokio::test(start_paused = true)]
async fn no_limit_is_felt_before_a_refusal() {
    let (governor, registry) = (governor(), Registry::new(100, |_| ok()));
    let client = registry.behind(&governor);
    assert_eq!(get_all(&client, 1000).await, [200; 1000]);
    assert_eq!(registry.most.load(SeqCst), 1000);
    assert_eq!(registry.start.elapsed(), Duration::from_millis(100));
    assert_eq!(governor.throttle(), Throttle::default());
}

#[tokio::test(start_paused = true)]
async fn after_a_refused_burst_half_of_it_goes_on_when_the_time_is_over() {
    let answer = |nth| if nth < 64 { busy(7) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(100, answer));
    let client = registry.behind(&governor);
    assert_eq!(get_all(&client, 64).await, [429; 64]);
    registry.most.store(0, SeqCst);
    registry.begun();

    let reads = governor.throttle().reads;
    assert_eq!((reads.limit, reads.throttled), (Some(32), 64));
    let left = reads
        .paused_until
        .unwrap()
        .duration_since(SystemTime::now());
    assert!(left.as_ref().unwrap() > &Duration::from_secs(6), "{left:?}");

    assert_eq!(get_all(&client, 64).await, [200; 64]);
    let begun = registry.begun();
    assert_eq!(begun[0], 7100, "not before the time is over");
    assert!(begun[31] < 7105 && begun[32] >= 7200, "{begun:?}");
    assert!(registry.most.load(SeqCst) < 36);
    assert_eq!(governor.throttle().reads.in_flight, 0);
}

#[tokio::test(start_paused = true)]
async fn it_grows_until_no_limit_is_felt() {
    let answer = |nth| if nth == 0 { busy(0) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(100, answer));
    let client = registry.behind(&governor);
    get_all(&client, 16).await;
    let mut limits = Vec::new();
    while let Some(limit) = governor.throttle().reads.limit {
        limits.push(limit);
        get_all(&client, 16).await;
        assert!(limits.len() < 100);
    }
    // By one for each round of answers, so by more than one for sixteen.
    assert_eq!(limits[0], 8);
    assert!(
        (3..8).contains(&limits.len()) && limits.is_sorted(),
        "{limits:?}"
    );
    assert_eq!(governor.throttle().reads.throttled, 1);
}

/// In each lane others are counted.
#[tokio::test(start_paused = true)]
async fn lanes_are_apart() {
    let answer = |nth| if nth == 0 { busy(60) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(100, answer));
    let client = registry.behind(&governor);
    assert_eq!(send(&client, Method::PUT).await, 429);
    assert_eq!(get_all(&client, 8).await, [200; 8]);
    assert_eq!(send(&client, Method::DELETE).await, 200);
    assert_eq!(registry.start.elapsed(), Duration::from_millis(300));
    assert_eq!(send(&client, Method::PUT).await, 200);
    assert!(registry.start.elapsed() > Duration::from_secs(60));
    let throttle = governor.throttle();
    assert_eq!(
        (throttle.writes.throttled, throttle.reads.throttled),
        (1, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn without_a_time_the_wait_is_that_of_a_retry() {
    let answer = |nth| if nth < 2 { (429, Vec::new()) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(0, answer));
    let client = registry.behind(&governor);
    for status in [429, 429, 200] {
        assert_eq!(get(&client).await, status);
    }
    let begun = registry.begun();
    let waits = [begun[1] - begun[0], begun[2] - begun[1]];
    assert!((800..=1602).contains(&waits[0]), "{waits:?}");
    assert!((1600..=3202).contains(&waits[1]), "{waits:?}");
}

/// A server may ask for anything.
#[tokio::test(start_paused = true)]
async fn what_is_asked_for_is_bounded() {
    for (after, most) in [
        ("31536000", 2),
        ("18446744073709551615", 2),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 2),
        ("-1", 2),
        ("1e300", 2),
    ] {
        for status in [429, 503] {
            let hostile = move |nth| match nth {
                0 => (status, vec![("retry-after", after.to_owned())]),
                _ => ok(),
            };
            let (governor, registry) = (governor(), Registry::new(0, hostile));
            let client = registry.behind(&governor);
            assert_eq!(get(&client).await, status);
            assert_eq!(get(&client).await, 200);
            let took = registry.start.elapsed();
            assert!(took < Duration::from_secs(most + 1), "{after}: {took:?}");
        }
    }
    // Who never tries again does not wait for all of it either.
    let governor = Governor::new(ThrottleOptions::default(), RetryOptions::none());
    let registry = Registry::new(0, |nth| if nth == 0 { busy(31_536_000) } else { ok() });
    let client = registry.behind(&governor);
    get(&client).await;
    assert_eq!(get(&client).await, 200);
    assert_eq!(registry.start.elapsed().as_secs(), 30);
    let forever = RetryOptions::default().max_elapsed(Duration::MAX);
    let governor = Governor::new(ThrottleOptions::default(), forever);
    let registry = Registry::new(0, |nth| if nth == 0 { busy(u64::MAX) } else { ok() });
    let client = registry.behind(&governor);
    get(&client).await;
    assert_eq!(get(&client).await, 200);
    assert!(registry.start.elapsed() < Duration::from_secs(3601));
}

#[tokio::test(start_paused = true)]
async fn those_that_follow_share_the_second() {
    let left = |calls: &'static str| {
        let name = "x-ms-ratelimit-remaining-calls-per-second";
        move |_| (200, vec![(name, calls.to_owned())])
    };
    let (governor, registry) = (governor(), Registry::new(100, left("4.000000")));
    let client = registry.behind(&governor);
    // More are wanted than are left.
    let twice = async || (get(&client).await, get(&client).await);
    join_all((0..8).map(|_| twice())).await;
    let begun = registry.begun();
    assert!(begun[..8].iter().all(|began| *began == 0), "{begun:?}");
    let gaps: Vec<_> = begun[8..].windows(2).map(|two| two[1] - two[0]).collect();
    assert!(
        gaps[..3].iter().all(|gap| (249..=253).contains(gap)),
        "{begun:?}"
    );
    assert_eq!(governor.throttle().reads.remaining, Some(4.0));
    // Fewer are under way now, and what was said is a second old.
    sleep(Duration::from_secs(2)).await;
    let before = registry.start.elapsed();
    get_all(&client, 4).await;
    assert!(registry.start.elapsed() - before < Duration::from_millis(110));

    for hostile in ["NaN", "-1", "1e300", "inf", "-0", "0"] {
        let (governor, registry) = (self::governor(), Registry::new(100, left(hostile)));
        let client = registry.behind(&governor);
        let twice = async || (get(&client).await, get(&client).await);
        join_all((0..8).map(|_| twice())).await;
        let took = registry.start.elapsed();
        assert!(took < Duration::from_secs(3), "{hostile}: {took:?}");
    }
}

/// Who is dropped, waiting or under way, leaves nothing behind.
#[tokio::test(start_paused = true)]
async fn what_is_dropped_is_free() {
    let answer = |nth| if nth < 2 { busy(1) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(1000, answer));
    let client = registry.behind(&governor);
    get_all(&client, 2).await;
    let (one, two) = (Box::pin(get(&client)), Box::pin(get(&client)));
    // The one is under way when the pause is over, and the other waits for its place.
    let gone = timeout(Duration::from_millis(1500), join_all([one, two])).await;
    assert!(gone.is_err());
    let reads = governor.throttle().reads;
    assert_eq!((reads.in_flight, reads.waiting), (0, 0));
    assert_eq!(reads.limit, Some(1));
    // While the pause lasts, too.
    assert_eq!(get_all(&client, 3).await, [200; 3]);
    let reads = governor.throttle().reads;
    assert_eq!((reads.in_flight, reads.waiting, reads.limit), (0, 0, None));
}

/// Those beyond the limit are taken away as they end, and never more than that.
#[tokio::test(start_paused = true)]
async fn places_are_neither_lost_nor_won() {
    let answer = |nth: usize| if nth % 7 == 3 { busy(0) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(10, answer));
    let client = registry.behind(&governor);
    for round in 0..50 {
        let some = join_all((0..40).map(|_| get(&client)));
        let _ = timeout(Duration::from_millis(5 + round), some).await;
        let reads = governor.throttle().reads;
        assert_eq!((reads.in_flight, reads.waiting), (0, 0));
    }
    assert!(governor.throttle().reads.limit.is_some());
    let limit = governor.throttle().reads.limit.unwrap();
    registry.most.store(0, SeqCst);
    let many = join_all((0..40).map(|_| get(&client)));
    let _ = timeout(Duration::from_millis(5), many).await;
    assert_eq!(registry.most.load(SeqCst), limit);
}

/// A future that nobody polls any more has a place, and keeps nobody from going on for ever.
#[tokio::test(start_paused = true)]
async fn a_lane_never_stands_still() {
    let answer = |nth| if nth == 0 { busy(0) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(100, answer));
    let client = registry.behind(&governor);
    get(&client).await;
    let mut held = Box::pin(get(&client));
    assert_eq!(poll_immediate(held.as_mut()).await, None);
    assert_eq!(governor.throttle().reads.in_flight, 1);
    let before = Instant::now();
    assert_eq!(get(&client).await, 200);
    assert_eq!(before.elapsed().as_secs(), 10);
    assert_eq!(held.await, 200);
    assert_eq!(governor.throttle().reads.in_flight, 0);
}

/// Where nobody is let in, nobody waits behind others for ever.
#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_a_retry_may() {
    let (governor, registry) = (governor(), Registry::new(0, |_| busy(100)));
    let client = registry.behind(&governor);
    get(&client).await;
    assert_eq!(get_all(&client, 8).await, [429; 8]);
    assert_eq!(registry.start.elapsed().as_secs(), 120);

    // As many as the caller allows, all the same.
    let options = ThrottleOptions::default().max_in_flight(Lane::Reads, 2);
    let governor = Governor::new(options, RetryOptions::default());
    let registry = Registry::new(150_000, |_| ok());
    let client = registry.behind(&governor);
    assert_eq!(get_all(&client, 6).await, [200; 6]);
    assert_eq!(registry.most.load(SeqCst), 2);
}

/// What the caller says, is not widened by that.
#[tokio::test(start_paused = true)]
async fn as_many_as_the_caller_allows() {
    let options = ThrottleOptions::default().max_in_flight(Lane::Reads, 3);
    let governor = Governor::new(options, RetryOptions::default());
    let registry = Registry::new(30_000, |nth| if nth == 0 { busy(0) } else { ok() });
    let client = registry.behind(&governor);
    assert_eq!(governor.throttle().reads.limit, Some(3));
    get_all(&client, 13).await;
    assert_eq!(registry.most.load(SeqCst), 3);
    assert_eq!(governor.throttle().reads.limit, Some(3));
    assert_eq!(governor.throttle().writes.limit, None);
}

#[tokio::test(start_paused = true)]
async fn switched_off_nothing_is_held_back() {
    let governor = Governor::new(ThrottleOptions::off(), RetryOptions::default());
    let registry = Registry::new(100, |_| busy(60));
    let client = registry.behind(&governor);
    assert_eq!(get_all(&client, 8).await, [429; 8]);
    assert_eq!(get_all(&client, 8).await, [429; 8]);
    assert_eq!(registry.start.elapsed(), Duration::from_millis(200));
    assert_eq!(governor.throttle(), Throttle::default());
}

#[tokio::test(start_paused = true)]
async fn all_of_many_come_through_with_few_refusals() {
    for (governed, options) in [
        (true, ThrottleOptions::default()),
        (false, ThrottleOptions::off()),
    ] {
        let refused = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&refused);
        let start = Instant::now();
        let bucket = Mutex::new((10.0_f64, start));
        // Ten calls a second, and ten at once.
        let answer = move |_| {
            let mut bucket = bucket.lock().unwrap();
            let (calls, filled) = *bucket;
            let calls = (calls + filled.elapsed().as_secs_f64() * 10.0).min(10.0);
            let within = calls >= 1.0;
            *bucket = (calls - f64::from(u8::from(within)), Instant::now());
            if within {
                return ok();
            }
            count.fetch_add(1, SeqCst);
            busy(1)
        };
        let retry = RetryOptions::default().max_attempts(100);
        let governor = Governor::new(options, retry);
        let registry = Registry::new(5, answer);
        let client = ClientBuilder::new(transport())
            .with(Retry::new(retry.max_elapsed(Duration::from_secs(3600))))
            .with(governor)
            .with_arc(registry as Arc<dyn Middleware>)
            .build();
        assert_eq!(get_all(&client, 128).await, [200; 128]);
        let refused = refused.load(SeqCst);
        assert_eq!(refused < 256, governed, "{refused}");
    }
}

/// The time in which others made it wait is not the request's own.
#[tokio::test(start_paused = true)]
async fn to_be_held_back_is_not_to_be_tried() {
    let answer = |nth| if nth < 2 { busy(100) } else { ok() };
    let (governor, registry) = (governor(), Registry::new(0, answer));
    let client = ClientBuilder::new(transport())
        .with(Retry::default())
        .with(governor)
        .with_arc(Arc::clone(&registry) as Arc<dyn Middleware>)
        .build();
    let first = client.get("https://reg.azurecr.io/v2/app/manifests/v1");
    let first = first.with_extension(RetryOptions::none()).send();
    assert_eq!(first.await.unwrap().status(), 429);
    // It waits for 100 s, is refused, and waits for 100 s more of the 120 that are allowed.
    assert_eq!(get(&client).await, 200);
    assert!(registry.start.elapsed() >= Duration::from_secs(200));
}

/// Who is under way in one lane can wait for who waits in another.
#[tokio::test(start_paused = true)]
async fn a_request_may_need_a_token() {
    let (governor, registry) = (governor(), Registry::new(100, |_| ok()));
    let limited = Registry::new(0, |nth| if nth < 2 { busy(1) } else { ok() });
    let tokens = limited.behind(&governor);
    let token = || tokens.post("https://reg.azurecr.io/oauth2/token").send();
    let refused = limited.behind(&governor);
    get(&refused).await;
    token().await.unwrap();
    let client = registry.behind(&governor);
    let with_token = async || {
        let got = token().await.unwrap().status();
        (got, get(&client).await)
    };
    let all = join_all((0..8).map(|_| with_token()));
    assert!(
        all.await
            .iter()
            .all(|(token, get)| *token == 200 && *get == 200)
    );
}

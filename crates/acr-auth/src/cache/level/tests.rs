use std::{
    pin::pin,
    sync::atomic::{AtomicU32, AtomicU64, Ordering},
};

use acr_rest::ErrorResponse;
use futures_util::{future::join_all, poll};
use tokio::{sync::oneshot, task::yield_now};

use super::*;
use crate::TokenStep;

/// A value with an end, known by its number.
#[derive(Clone, Debug, PartialEq)]
struct Value {
    number: u32,
    ends: Option<SystemTime>,
}

impl Keep for Value {
    fn ends(&self) -> Option<SystemTime> {
        self.ends
    }
}

#[derive(Debug)]
struct Hand(Mutex<SystemTime>);

impl Clock for Hand {
    fn now(&self) -> SystemTime {
        *self.0.lock().unwrap()
    }
}

/// A level with a clock and a count of what was made.
struct Bench {
    level: Level<u32, Value>,
    hand: Arc<Hand>,
    clock: Arc<dyn Clock>,
    made: AtomicU32,
}

impl Bench {
    fn new() -> Self {
        let hand = Arc::new(Hand(Mutex::new(at(0))));
        Self {
            level: Level::default(),
            clock: Arc::clone(&hand) as _,
            hand,
            made: AtomicU32::new(0),
        }
    }

    /// Asks for the value of key 0 at this time; one that is made then ends so.
    async fn ask(&self, now: u64, ends: u64) -> Outcome<Value> {
        *self.hand.0.lock().unwrap() = at(now);
        self.level
            .get(&0, &self.clock, || {
                let number = self.made.fetch_add(1, Ordering::SeqCst);
                let ends = Some(at(ends));
                async move { Ok((Value { number, ends }, true)) }
            })
            .await
    }

    async fn fail(&self, now: u64, error: Error) -> Outcome<Value> {
        *self.hand.0.lock().unwrap() = at(now);
        let failing = || async move { Err(error) };
        self.level.get(&0, &self.clock, failing).await
    }

    fn flights(&self) -> usize {
        self.level.lock().flights.len()
    }
}

fn at(seconds: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

async fn denied(status: u16) -> Error {
    let response = http::Response::builder().status(status).body("").unwrap();
    Error::Denied {
        registry: "registry".to_owned(),
        step: TokenStep::Password,
        response: Arc::new(ErrorResponse::read(response.into()).await),
    }
}

/// The number of the value, and whether it was made just now.
fn known(outcome: &Outcome<Value>) -> (u32, bool) {
    let (value, fresh) = outcome.as_ref().unwrap();
    (value.number, *fresh)
}

#[tokio::test]
async fn kept_until_shortly_before_its_end() {
    let bench = Bench::new();
    assert_eq!(known(&bench.ask(0, 3600).await), (0, true));
    assert_eq!(known(&bench.ask(3299, 0).await), (0, false));
    assert_eq!(known(&bench.ask(3300, 7200).await), (1, true));
}

#[tokio::test]
async fn a_short_one_is_kept_for_half_its_life() {
    let bench = Bench::new();
    bench.ask(0, 60).await.unwrap();
    assert_eq!(known(&bench.ask(29, 60).await), (0, false));
    assert_eq!(known(&bench.ask(30, 90).await), (1, true));
}

#[tokio::test]
async fn one_without_an_end_is_kept_until_it_is_forgotten() {
    let bench = Bench::new();
    let endless = |number| {
        move || async move {
            let ends = None;
            Ok((Value { number, ends }, true))
        }
    };
    let level = &bench.level;
    let first = level.get(&0, &bench.clock, endless(7)).await;
    assert_eq!(known(&first), (7, true));
    assert_eq!(known(&bench.ask(1 << 40, 0).await), (7, false));
    level.forget(|_, kept| kept.number == 6);
    assert_eq!(known(&bench.ask(1 << 40, 0).await), (7, false));
    level.forget(|_, kept| kept.number == 7);
    let second = level.get(&0, &bench.clock, endless(8)).await;
    assert_eq!(known(&second), (8, true));
}

#[tokio::test]
async fn a_failure_is_not_kept() {
    let bench = Bench::new();
    bench.fail(0, denied(503).await).await.unwrap_err();
    assert_eq!(known(&bench.ask(0, 3600).await), (0, true));
}

#[tokio::test]
async fn one_that_still_holds_serves_on_when_something_stands_in_the_way() {
    let bench = Bench::new();
    bench.ask(0, 3600).await.unwrap();
    for (now, status) in [(3400, 503), (3500, 429)] {
        let error = denied(status).await;
        assert_eq!(known(&bench.fail(now, error).await), (0, false));
        // Not asked for again before half of what is left has passed.
        let half = now + (3600 - now) / 2;
        assert_eq!(known(&bench.ask(half - 1, 7200).await), (0, false));
    }
    let error = denied(503).await;
    bench.fail(3600, error).await.unwrap_err();
    assert!(!bench.level.holds(&0, at(0)));
}

#[tokio::test]
async fn one_whose_renewal_is_refused_is_forgotten() {
    for status in [401, 403] {
        let bench = Bench::new();
        bench.ask(0, 3600).await.unwrap();
        let refused = denied(status).await;
        bench.fail(3400, refused).await.unwrap_err();
        assert_eq!(known(&bench.ask(3401, 7200).await), (1, true));
    }
}

/// As azure_identity tells it: a sentence around what was answered.
fn by_the_identity(status: u16) -> Error {
    use azure_core::{Error as AzureError, error::ErrorKind};

    let answered = ErrorKind::HttpResponse {
        status: status.into(),
        error_code: None,
        raw_response: None,
    };
    let inner = AzureError::with_message(answered, "AADSTS7000215");
    let outer = AzureError::with_error(ErrorKind::Credential, inner, "authentication failed");
    Error::Credential(Arc::new(outer))
}

#[tokio::test]
async fn an_identity_that_is_refused_is_told_from_one_that_is_not_reached() {
    for (status, serves_on) in [
        (400, false),
        (401, false),
        (403, false),
        (429, true),
        (503, true),
    ] {
        let bench = Bench::new();
        bench.ask(0, 3600).await.unwrap();
        let outcome = bench.fail(3400, by_the_identity(status)).await;
        assert_eq!(outcome.is_ok(), serves_on, "{status}");
    }
}

#[tokio::test]
async fn nobody_waits_for_a_renewal_while_the_old_one_holds() {
    let bench = Bench::new();
    bench.ask(0, 3600).await.unwrap();
    *bench.hand.0.lock().unwrap() = at(3400);
    let (answer, answered) = oneshot::channel();
    let renewing = || async move { Ok((answered.await.unwrap(), true)) };
    let mut leader = pin!(bench.level.get(&0, &bench.clock, renewing));
    assert!(poll!(&mut leader).is_pending());
    assert_eq!(known(&bench.ask(3400, 0).await), (0, false));
    // It has ended: now there is nothing but to wait.
    *bench.hand.0.lock().unwrap() = at(3600);
    let mut waiter = pin!(bench.ask(3600, 0));
    assert!(poll!(&mut waiter).is_pending());
    let ends = Some(at(9000));
    answer.send(Value { number: 9, ends }).unwrap();
    assert_eq!(known(&waiter.await), (9, true));
    assert_eq!(known(&leader.await), (9, true));
}

#[tokio::test]
async fn who_leads_is_dropped_and_the_others_go_on() {
    let bench = Bench::new();
    let (answer, answered) = oneshot::channel();
    let making = || async move { Ok((answered.await.unwrap(), true)) };
    let mut leader = Box::pin(bench.level.get(&0, &bench.clock, making));
    assert!(poll!(&mut leader).is_pending());
    let mut waiters = Box::pin(join_all((0..10).map(|_| bench.ask(0, 0))));
    assert!(poll!(&mut waiters).is_pending());
    drop(leader);
    let ends = Some(at(3600));
    answer.send(Value { number: 9, ends }).unwrap();
    for outcome in waiters.await {
        assert_eq!(known(&outcome), (9, true));
    }
    assert_eq!(bench.made.load(Ordering::SeqCst), 0);
    assert_eq!(bench.flights(), 0);
}

#[tokio::test]
async fn all_are_dropped_and_what_they_waited_for_too() {
    let bench = Bench::new();
    let held = Arc::new(());
    let inside = Arc::clone(&held);
    let making = || async move {
        std::future::pending::<()>().await;
        drop(inside);
        Err(denied(500).await)
    };
    let mut leader = Box::pin(bench.level.get(&0, &bench.clock, making));
    let mut waiter = Box::pin(bench.ask(0, 0));
    assert!(poll!(&mut leader).is_pending());
    assert!(poll!(&mut waiter).is_pending());
    drop(leader);
    assert_eq!((bench.flights(), Arc::strong_count(&held)), (1, 2));
    drop(waiter);
    assert_eq!((bench.flights(), Arc::strong_count(&held)), (0, 1));
    assert_eq!(known(&bench.ask(0, 3600).await), (0, true));
}

/// A failure is one for all, and the same.
#[tokio::test]
async fn a_failure_is_shared() {
    let bench = Bench::new();
    let error = denied(401).await;
    let (fail, failed) = oneshot::channel();
    let failing = || async move { Err(failed.await.unwrap()) };
    let mut leader = pin!(bench.level.get(&0, &bench.clock, failing));
    assert!(poll!(&mut leader).is_pending());
    let mut waiters = pin!(join_all((1..40).map(|_| bench.ask(0, 0))));
    assert!(poll!(&mut waiters).is_pending());
    fail.send(error.clone()).unwrap();
    let (first, mut others) = futures_util::join!(leader, waiters);
    others.push(first);
    for outcome in others {
        let told = outcome.unwrap_err();
        let (told, meant) = (told.response().unwrap(), error.response().unwrap());
        assert!(std::ptr::eq(told, meant));
    }
    assert_eq!(bench.made.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_panic_is_told_to_all_and_the_next_one_asks_anew() {
    let bench = Bench::new();
    let (go, went) = oneshot::channel::<()>();
    let making = || async {
        went.await.unwrap();
        panic!("the credential panics")
    };
    let mut leader = pin!(bench.level.get(&0, &bench.clock, making));
    let mut waiter = pin!(bench.ask(0, 0));
    assert!(poll!(&mut leader).is_pending());
    assert!(poll!(&mut waiter).is_pending());
    go.send(()).unwrap();
    let (first, second) = futures_util::join!(leader, waiter);
    for outcome in [first, second] {
        let error = outcome.unwrap_err();
        assert!(matches!(error, Error::Credential(_)), "{error:?}");
    }
    assert_eq!(known(&bench.ask(0, 3600).await), (0, true));
}

#[tokio::test]
async fn the_least_used_goes_first() {
    let bench = Bench::new();
    let ends = Some(at(3600));
    for key in 0..5000 {
        let making = || async move { Ok((Value { number: key, ends }, true)) };
        bench.level.get(&key, &bench.clock, making).await.unwrap();
        // In use all the time.
        bench.ask(0, 3600).await.unwrap();
    }
    assert_eq!(bench.level.lock().kept.len(), MOST.get());
    assert_eq!(bench.level.find(at(0), |_, value| value.number == 1), None);
    assert_eq!(bench.level.find(at(0), |key, _| *key == 0), Some(0));
    assert_eq!(bench.level.find(at(3600), |key, _| *key == 0), None);
}

/// Many tasks on several threads, each for one of a few keys, and every third is dropped somewhere
/// on its way. All others are answered, no flight goes on beside a later one for the same key, and
/// nothing is left behind.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_tasks_of_which_some_are_dropped() {
    const KEYS: u32 = 5;
    let level = Level::<u32, Value>::default();
    let clock: Arc<dyn Clock> = Arc::new(Hand(Mutex::new(at(0))));
    let latest: Arc<Vec<AtomicU64>> = Arc::new((0..KEYS).map(|_| AtomicU64::new(0)).collect());
    let beside = Arc::new(AtomicU64::new(0));
    let mut random = Random(0x5EED);
    let mut tasks = Vec::new();
    for _ in 0..6000 {
        let key = random.below(KEYS);
        let (length, patience) = (random.below(8), random.below(6));
        let patience = (random.below(3) == 0).then_some(patience);
        let (level, clock) = (level.clone(), Arc::clone(&clock));
        let (latest, beside) = (Arc::clone(&latest), Arc::clone(&beside));
        tasks.push(tokio::spawn(async move {
            let make = || async move {
                let newest = &latest[key as usize];
                let own = newest.fetch_add(1, Ordering::SeqCst) + 1;
                for _ in 0..length {
                    yield_now().await;
                    if newest.load(Ordering::SeqCst) != own {
                        beside.fetch_add(1, Ordering::SeqCst);
                    }
                }
                // It ends at once, so that the next one has to be made.
                let ends = Some(at(0));
                Ok((Value { number: key, ends }, true))
            };
            let mut asking = Box::pin(level.get(&key, &clock, make));
            for _ in 0..patience.unwrap_or(0) {
                if let std::task::Poll::Ready(outcome) = poll!(&mut asking) {
                    return Some((key, outcome));
                }
                yield_now().await;
            }
            match patience {
                Some(_) => None,
                None => Some((key, asking.await)),
            }
        }));
    }
    let mut answered = 0;
    for task in join_all(tasks).await {
        if let Some((key, outcome)) = task.unwrap() {
            assert_eq!(outcome.unwrap().0.number, key);
            answered += 1;
        }
    }
    assert!(answered >= 3500, "{answered}");
    let begun: u64 = latest.iter().map(|key| key.load(Ordering::SeqCst)).sum();
    assert!(begun < answered, "{begun} flights for {answered}");
    assert_eq!(beside.load(Ordering::SeqCst), 0);
    assert_eq!(level.lock().flights.len(), 0);
}

/// The same numbers in every run (xorshift).
struct Random(u64);

impl Random {
    fn below(&mut self, most: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 % u64::from(most)).unwrap()
    }
}

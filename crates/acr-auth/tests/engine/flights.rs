//! Callers that wait for the same token, and some of them are dropped.

use std::{future::poll_fn, pin::pin, task::Poll};

use acr_auth::{AccessToken, Authenticator, Error};
use acr_core::ScopeSet;
use futures_util::poll;
use tokio::task::{JoinHandle, yield_now};

use crate::gated::Gated;

/// What a cold call with an Entra identity comes to, one after the other.
const STEPS: [&str; 3] = ["entra", "exchange", "token"];

fn scopes() -> ScopeSet {
    "repository:app:pull".parse().unwrap()
}

fn ask(authenticator: &Authenticator) -> JoinHandle<Result<AccessToken, Error>> {
    let authenticator = authenticator.clone();
    tokio::spawn(async move { authenticator.access_token(&scopes()).await })
}

/// Some more who ask, so far that they wait.
async fn wait(authenticator: &Authenticator) -> Vec<JoinHandle<Result<AccessToken, Error>>> {
    let waiters = (0..5).map(|_| ask(authenticator)).collect();
    // Each task that is ready runs before this one does again.
    yield_now().await;
    waiters
}

/// Leads as far as this step, which is not answered yet.
async fn lead(
    gated: &mut Gated,
    authenticator: &Authenticator,
    step: &str,
) -> JoinHandle<Result<AccessToken, Error>> {
    let leader = ask(authenticator);
    while gated.arrival().await != step {
        gated.let_pass(1);
    }
    leader
}

/// Who leads is dropped while the identity is asked, amid the exchange, and amid the call for the
/// access token: the others go on, and nothing is asked twice.
#[tokio::test]
async fn who_leads_is_dropped() {
    for step in STEPS {
        let mut gated = Gated::start().await;
        let authenticator = gated.authenticator();
        let leader = lead(&mut gated, &authenticator, step).await;
        let waiters = wait(&authenticator).await;
        leader.abort();
        assert!(leader.await.unwrap_err().is_cancelled());
        gated.let_pass(10);
        for waiter in waiters {
            waiter.await.unwrap().unwrap();
        }
        assert_eq!(gated.log(), STEPS, "{step}");
    }
}

#[tokio::test]
async fn who_waits_is_dropped() {
    for step in STEPS {
        let mut gated = Gated::start().await;
        let authenticator = gated.authenticator();
        let leader = lead(&mut gated, &authenticator, step).await;
        for waiter in wait(&authenticator).await {
            waiter.abort();
            assert!(waiter.await.unwrap_err().is_cancelled());
        }
        gated.let_pass(10);
        leader.await.unwrap().unwrap();
        assert_eq!(gated.log(), STEPS, "{step}");
    }
}

/// All are dropped: the next one goes on from what was got before.
#[tokio::test]
async fn all_are_dropped() {
    for (at, step) in STEPS.into_iter().enumerate() {
        let mut gated = Gated::start().await;
        let authenticator = gated.authenticator();
        let mut callers = vec![lead(&mut gated, &authenticator, step).await];
        callers.extend(wait(&authenticator).await);
        for caller in callers {
            caller.abort();
            assert!(caller.await.unwrap_err().is_cancelled());
        }
        gated.let_pass(10);
        authenticator.access_token(&scopes()).await.unwrap();
        let expected: Vec<_> = STEPS[..=at].iter().chain(&STEPS[at..]).copied().collect();
        assert_eq!(gated.log(), expected, "{step}");
    }
}

/// The same at each point where the leader gives way, of which there are more than steps:
/// connections are made, requests written and answers read.
#[tokio::test]
async fn who_leads_is_dropped_wherever_it_waits() {
    for most in 1.. {
        let mut gated = Gated::start().await;
        gated.let_pass(10);
        let authenticator = gated.authenticator();
        let scopes = scopes();
        let mut leader = Box::pin(authenticator.access_token(&scopes));
        let mut waiter = pin!(authenticator.access_token(&scopes));
        assert!(poll!(&mut leader).is_pending());
        assert!(poll!(&mut waiter).is_pending());
        let mut polls = 1;
        let led = poll_fn(|cx| {
            if polls == most {
                return Poll::Ready(None);
            }
            polls += 1;
            leader.as_mut().poll(cx).map(Some)
        })
        .await;
        drop(leader);
        waiter.await.unwrap();
        assert_eq!(gated.log(), STEPS, "dropped after {most}");
        if let Some(token) = led {
            token.unwrap();
            assert!(most >= STEPS.len(), "{most}");
            break;
        }
    }
}

/// What is kept holds on to nobody who made it, nor does a flight that was given up.
#[tokio::test]
async fn what_is_dropped_is_gone() {
    let mut gated = Gated::start().await;
    let authenticator = gated.authenticator();
    let leader = lead(&mut gated, &authenticator, "exchange").await;
    leader.abort();
    assert!(leader.await.unwrap_err().is_cancelled());
    gated.let_pass(10);
    authenticator.access_token(&scopes()).await.unwrap();
    assert!(gated.identity.upgrade().is_some());
    drop(authenticator);
    assert!(gated.identity.upgrade().is_none());
}

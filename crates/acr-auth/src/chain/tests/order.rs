//! Which link is asked when, and which of them is kept.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::Poll,
    time::Duration,
};

use futures_util::future::join_all;
use tokio::time::Instant;

use super::{
    super::{ChainError, ChainLink, transport::http},
    fakes::{Answer, METADATA_TOKEN, Machine, TOKEN, Tools, json, token, told},
};

const AZ: (&str, (i32, &str)) = (
    "az",
    (
        0,
        r#"{"accessToken":"az's token","expires_on":4102444800,"tokenType":"Bearer"}"#,
    ),
);

const SECRET: [(&str, &str); 3] = [
    ("AZURE_TENANT_ID", "tenant"),
    ("AZURE_CLIENT_ID", "client"),
    ("AZURE_CLIENT_SECRET", "S3CR3T"),
];

#[tokio::test(start_paused = true)]
async fn a_machine_without_anything_says_so_within_the_probe() {
    let start = Instant::now();
    let machine = Machine::with([]);
    insta::assert_snapshot!(machine.refusal().await);
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!(machine.metadata.requests().len(), 1);
    assert!(machine.entra.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_links_that_production_needs_come_first() {
    let machine = Machine::with(SECRET)
        .metadata(metadata)
        .tools(Tools::with([AZ]));
    assert_eq!(machine.token().await.unwrap(), "an Entra token");
    let machine = Machine::with([])
        .metadata(metadata)
        .tools(Tools::with([AZ]));
    assert_eq!(machine.token().await.unwrap(), "a machine's token");
    let machine = Machine::with([]).tools(Tools::with([AZ]));
    assert_eq!(machine.token().await.unwrap(), "az's token");
}

fn metadata(request: &azure_core::http::Request) -> Answer {
    match request.url().query() {
        None => json(400, "{}"),
        Some(_) => json(200, METADATA_TOKEN),
    }
}

#[tokio::test]
async fn the_setting_narrows_the_chain_and_the_error() {
    let [tenant, client, secret] = SECRET;
    let machine = Machine::with([tenant, client, secret, ("AZURE_TOKEN_CREDENTIALS", "dev")]);
    insta::assert_snapshot!(machine.refusal().await);
    assert!(machine.entra.requests().is_empty() && machine.metadata.requests().is_empty());
}

#[tokio::test]
async fn a_setting_that_is_unknown_asks_nobody() {
    let machine =
        Machine::with([("AZURE_TOKEN_CREDENTIALS", "production")]).tools(Tools::with([AZ]));
    let error = machine.refusal().await;
    assert!(
        error.contains("\"production\", and known are dev, prod, "),
        "{error}"
    );
    assert!(machine.tools.commands().is_empty());
}

#[tokio::test]
async fn a_link_that_is_set_up_and_refused_ends_the_chain() {
    let machine = Machine::with(SECRET)
        .entra(|_| json(401, r#"{"error_description":"AADSTS7000215: Invalid client secret provided.","error_codes":[7000215]}"#))
        .tools(Tools::with([AZ]));
    let error = machine.token().await.unwrap_err();
    insta::assert_snapshot!(told(&error));
    assert_eq!(error.kind(), &http(401.into()));
    let error = crate::Error::Credential(Arc::new(error));
    let links = ChainError::of(&error).unwrap().links();
    assert_eq!(links[0].link(), ChainLink::Environment);
    assert_eq!(
        (links[0].status(), links[0].is_skipped()),
        (Some(401), false)
    );
    assert!(machine.metadata.requests().is_empty() && machine.tools.commands().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_link_that_was_found_is_kept() {
    let machine = Machine::with([]).tools(Tools::with([AZ]));
    let chain = machine.chain();
    for _ in 0..3 {
        assert_eq!(token(&chain).await.unwrap(), "az's token");
    }
    assert_eq!(machine.metadata.requests().len(), 1);
    assert_eq!(machine.tools.commands().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn callers_at_one_time_search_once() {
    let machine = Machine::with([]).tools(Tools::with([AZ]));
    let chain = machine.chain();
    let tokens = join_all((0..10).map(|_| token(&chain))).await;
    for token in tokens {
        assert_eq!(token.unwrap(), "az's token");
    }
    assert_eq!(machine.metadata.requests().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn the_link_that_was_found_says_alone_why_it_fails_later() {
    let machine = Machine::with([]).metadata({
        let first = std::sync::atomic::AtomicBool::new(true);
        move |request| match request.url().query() {
            None => json(400, "{}"),
            Some(_) if first.swap(false, std::sync::atomic::Ordering::SeqCst) => {
                json(200, METADATA_TOKEN)
            }
            Some(_) => json(403, "{}"),
        }
    });
    let chain = machine.chain();
    token(&chain).await.unwrap();
    let error = token(&chain).await.unwrap_err();
    insta::assert_snapshot!(told(&error));
    assert_eq!(error.http_status(), Some(403.into()));
    assert!(machine.tools.commands().is_empty());
}

/// Whoever stops waiting, and wherever, leaves a chain that works.
#[tokio::test(start_paused = true)]
async fn a_search_that_is_dropped_leaves_the_chain_usable() {
    for polls in 0.. {
        let machine = Machine::with([])
            .metadata(metadata)
            .tools(Tools::with([AZ]));
        let chain = machine.chain();
        let done = {
            let mut dropped = pin!(token(&chain));
            let mut polled = 0;
            poll_fn(|context| {
                if polled == polls {
                    return Poll::Ready(false);
                }
                polled += 1;
                dropped.as_mut().poll(context).map(|_| true)
            })
            .await
        };
        assert_eq!(token(&chain).await.unwrap(), "a machine's token");
        if done {
            assert!(polls > 2, "there is more than one place to stop at");
            return;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_link_that_never_answers_is_given_up() {
    let start = Instant::now();
    let machine = Machine::with(SECRET).entra(|_| Answer::Silence);
    insta::assert_snapshot!(machine.refusal().await);
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[tokio::test(start_paused = true)]
async fn what_answers_without_a_token_gives_none() {
    for (answer, told) in [
        (r#"{"token_type":"Bearer"}"#, "it answered without a token"),
        (r#"["access_token"]"#, ""),
        (
            "<html>",
            "login.microsoftonline.com answered 200, and not with JSON",
        ),
    ] {
        let machine = Machine::with(SECRET).entra(move |_| json(200, answer));
        let error = machine.refusal().await;
        assert!(error.contains(told), "{error}");
    }
    let machine = Machine::with(SECRET).entra(|_| Answer::Endless);
    let error = machine.refusal().await;
    assert!(
        error.contains("is too long for one with a token"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_entra_that_is_not_reached_is_tried_thrice() {
    let machine = Machine::with(SECRET).entra(|_| Answer::Unreachable);
    let error = machine.token().await.unwrap_err();
    assert_eq!(machine.entra.requests().len(), 3);
    assert!(told(&error).contains("no route to host"), "{error}");
    assert_eq!(error.kind(), &azure_core::error::ErrorKind::Connection);

    let machine = Machine::with(SECRET).entra(|_| json(503, "<html>"));
    let error = machine.token().await.unwrap_err();
    assert_eq!(error.http_status(), Some(503.into()));
}

#[test]
fn nothing_shows_what_is_in_the_environment() {
    let machine = Machine::with(SECRET).entra(|_| json(200, TOKEN));
    assert!(!format!("{:?}", machine.chain()).contains("S3CR3T"));
}

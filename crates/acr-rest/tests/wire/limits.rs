//! No answer is read further, or waited for longer, than is borne.

use std::{sync::Arc, time::Duration};

use acr_core::limits;
use acr_rest::{
    Client, Failure, Operation, Pipeline, Retry, RetryOptions, Silence, Timeouts, TooLong, find,
    transport,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::recorder::{Recorder, chain, read, status};

/// A server that sends these bytes to whoever comes, whatever is asked, and then says nothing.
async fn server(answer: String) -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        stream.write_all(answer.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let transport = transport(&acr_rest::TransportOptions::default()).unwrap();
    let mut timeouts = Timeouts::default();
    timeouts.response = Duration::from_millis(200);
    timeouts.idle = Duration::from_millis(200);
    let pipeline = Pipeline::new(transport).timeouts(timeouts);
    Client::connect(&endpoint.parse().unwrap(), pipeline)
}

fn declaring(length: usize, beginning: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n{beginning}")
}

/// The limit holds for each try: a server that is silent once is asked once more.
#[tokio::test]
async fn silence_is_tried_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        let (_silent, _) = listener.accept().await.unwrap();
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut request = [0; 4096];
        let _ = stream.read(&mut request).await;
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 21\r\n\r\n{\"repositories\":null}";
        stream.write_all(answer.as_bytes()).await.unwrap();
        std::future::pending::<()>().await;
    });
    let mut timeouts = Timeouts::default();
    timeouts.response = Duration::from_millis(200);
    let retry = RetryOptions::default().initial_delay(Duration::from_millis(1));
    let pipeline = Pipeline::new(transport(&acr_rest::TransportOptions::default()).unwrap())
        .timeouts(timeouts)
        .with(Arc::new(Retry::new(retry)));
    let client = Client::connect(&endpoint.parse().unwrap(), pipeline);
    client
        .get_repositories(None, None, None, None)
        .await
        .unwrap();
}

/// A length that is too much is enough to refuse: the rest need not come.
#[tokio::test]
async fn a_listing_that_says_it_is_too_long() {
    let client = server(declaring(limits::JSON_RESPONSE + 1, "{")).await;
    let error = client.get_properties("app", None).await.unwrap_err();
    let failure = Failure::read(error).await;
    let expected = TooLong {
        limit: limits::JSON_RESPONSE as u64,
    };
    assert_eq!(find::<TooLong>(&failure), Some(&expected), "{failure:?}");
}

#[tokio::test]
async fn a_listing_as_long_as_can_be() {
    let client = server(declaring(limits::JSON_RESPONSE, "{")).await;
    let error = client.get_properties("app", None).await.unwrap_err();
    let failure = Failure::read(error).await;
    assert!(find::<TooLong>(&failure).is_none(), "{failure:?}");
    assert!(find::<Silence>(&failure).is_some(), "{failure:?}");
}

#[tokio::test]
async fn a_token_that_says_it_is_too_long() {
    let client = server(declaring(limits::TOKEN_RESPONSE + 1, "{")).await;
    let error = client.get_acr_access_token_from_login("s", "r").await;
    let failure = Failure::read(error.unwrap_err()).await;
    let found = find::<TooLong>(&failure).unwrap();
    assert_eq!(found.limit, limits::TOKEN_RESPONSE as u64);
}

async fn manifest(length: usize) -> Result<usize, Failure> {
    let registry = Recorder::answering([status(200).body(vec![b'x'; length])]).await;
    let client = registry.client();
    match read(client.get_manifest("app", "v1", None).await).await {
        Ok(text) => Ok(text.len()),
        Err(error) => Err(Failure::read(error).await),
    }
}

#[tokio::test]
async fn a_manifest_is_taken_up_to_the_limit() {
    assert_eq!(manifest(limits::MANIFEST).await.unwrap(), limits::MANIFEST);
    let failure = manifest(limits::MANIFEST + 1).await.unwrap_err();
    assert!(find::<TooLong>(&failure).is_some(), "{failure:?}");
    assert!(
        chain(&failure).contains("more than 4194304 bytes"),
        "{}",
        chain(&failure)
    );
}

/// Without a length, it is counted.
#[tokio::test]
async fn a_manifest_that_does_not_say_how_long_it_is() {
    let chunk = format!("100000\r\n{}\r\n", "x".repeat(0x10_0000));
    let head = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let client = server(format!("{head}{}1\r\nx\r\n0\r\n\r\n", chunk.repeat(4))).await;
    let outcome = read(client.get_manifest("app", "v1", None).await).await;
    let failure = Failure::read(outcome.unwrap_err()).await;
    assert!(find::<TooLong>(&failure).is_some(), "{failure:?}");
}

#[tokio::test]
async fn a_blob_may_be_of_any_size() {
    let body = vec![b'x'; limits::JSON_RESPONSE + 1];
    let registry = Recorder::answering([status(200).body(body)]).await;
    let client = registry.client();
    let blob = read(client.get_blob("app", "sha256:ab", None).await).await;
    assert_eq!(blob.unwrap().len(), limits::JSON_RESPONSE + 1);
}

#[tokio::test]
async fn an_answer_that_does_not_come() {
    let client = server(String::new()).await;
    let error = client.get_properties("app", None).await.unwrap_err();
    let failure = Failure::read(error).await;
    let silence = find::<Silence>(&failure);
    assert!(matches!(silence, Some(Silence::Response(_))), "{failure:?}");
}

#[tokio::test]
async fn a_body_that_stands_still() {
    let client = server(declaring(9, "some")).await;
    let blob = read(client.get_blob("app", "sha256:ab", None).await).await;
    let failure = Failure::read(blob.unwrap_err()).await;
    let silence = find::<Silence>(&failure);
    assert!(matches!(silence, Some(Silence::Body(_))), "{failure:?}");
}

/// The error answer itself is not waited for longer, either: what is known of it is told.
#[tokio::test]
async fn an_error_body_that_stands_still() {
    let head = "HTTP/1.1 503 Service Unavailable\r\ncontent-length: 99\r\n\r\nbusy";
    let client = server(head.to_owned()).await;
    let error = client.get_properties("app", None).await.unwrap_err();
    insta::assert_snapshot!(Failure::read(error).await.to_string(), @"the registry answered 503 (busy)");
}

/// An error body whose length is beyond every limit is still read at its beginning.
#[tokio::test]
async fn an_error_body_that_says_it_is_endless() {
    let length = u64::MAX / 2;
    let answer = format!("HTTP/1.1 500 Oops\r\ncontent-length: {length}\r\n\r\nbroken");
    let client = server(answer).await;
    let error = client.get_properties("app", None).await.unwrap_err();
    insta::assert_snapshot!(Failure::read(error).await.to_string(), @"the registry answered 500 (broken)");
}

#[tokio::test]
async fn limits_follow_the_operation_named() {
    let registry = Recorder::answering([status(200).body(vec![b'x'; limits::MANIFEST + 1])]).await;
    let transport = transport(&acr_rest::TransportOptions::default()).unwrap();
    let url = registry.endpoint().to_string();
    let pipeline = Pipeline::new(transport.clone());
    let request = || transport.get(&url).build().unwrap();
    let manifest = pipeline.send(request(), Operation("get_manifest")).await;
    assert!(manifest.unwrap().bytes().await.is_err());
    let blob = pipeline.send(request(), Operation("get_blob")).await;
    assert_eq!(
        blob.unwrap().bytes().await.unwrap().len(),
        limits::MANIFEST + 1
    );
}

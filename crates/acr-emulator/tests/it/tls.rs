//! https.

use std::time::Duration;

use acr_core::Digest;
use acr_emulator::{Emulator, EmulatorBuilder, StartError};
use reqwest::{Certificate, Client, StatusCode};

#[tokio::test]
async fn the_certificate_is_good_for_registry_and_storage_host() {
    let emulator = serves(Emulator::builder().https(), None).await;
    assert!(emulator.ca_pem().is_some());
}

#[tokio::test]
async fn a_given_certificate_is_served() {
    let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).unwrap();
    let (pem, key) = (made.cert.pem(), made.signing_key.serialize_pem());
    let builder = Emulator::builder().certificate(&pem, key);
    let emulator = serves(builder, Some(&pem)).await;
    assert_eq!(emulator.ca_pem(), None, "the client must know it already");
}

#[tokio::test]
async fn one_port_takes_http_and_https() {
    let emulator = Emulator::builder().http_and_https().start().await.unwrap();
    let http = emulator.endpoint();
    let https = http.replace("http://127.0.0.1:", "https://127.0.0.1:");
    assert_ne!(http, https);
    let client = trusting(emulator.ca_pem().unwrap());
    // Whoever came by one scheme is sent on by the same.
    for endpoint in [http, &https] {
        round_trip(&emulator, &client, endpoint).await;
        let challenge = client.get(format!("{endpoint}/v2/")).send().await.unwrap();
        let challenge = challenge.headers()["www-authenticate"].to_str().unwrap();
        let realm = format!("realm=\"{endpoint}/oauth2/token\"");
        assert!(challenge.contains(&realm), "{challenge}");
    }
    // And is told where to find the CA.
    let ca = client.get(format!("{}/ca.pem", emulator.management()));
    let ca = ca.send().await.unwrap().text().await.unwrap();
    assert_eq!(Some(ca.as_str()), emulator.ca_pem());
}

#[tokio::test]
async fn a_silent_connection_does_not_hold_up_the_end() {
    let emulator = Emulator::builder().http_and_https().start().await.unwrap();
    let address = emulator.endpoint().trim_start_matches("http://").to_owned();
    let _silent = tokio::net::TcpStream::connect(address).await.unwrap();
    // It must have been accepted, or this proves nothing.
    tokio::time::sleep(Duration::from_millis(100)).await;
    let stop = tokio::time::timeout(Duration::from_secs(2), emulator.shutdown());
    stop.await.unwrap();
}

#[tokio::test]
async fn without_a_ca_there_is_none_to_fetch() {
    let emulator = Emulator::start().await.unwrap();
    let ca = reqwest::get(format!("{}/ca.pem", emulator.management()));
    assert_eq!(ca.await.unwrap().status(), StatusCode::NOT_FOUND);
}

/// Pushes and pulls a blob by https, trusting `ca` or else the CA that the emulator made.
async fn serves(builder: EmulatorBuilder, ca: Option<&str>) -> Emulator {
    let emulator = builder.start().await.unwrap();
    let client = trusting(ca.or(emulator.ca_pem()).unwrap());
    assert!(emulator.endpoint().starts_with("https://127.0.0.1:"));
    round_trip(&emulator, &client, emulator.endpoint()).await;
    emulator
}

/// Follows the redirect from the one loopback name to the other.
fn trusting(ca: &str) -> Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = Certificate::from_pem(ca.as_bytes()).unwrap();
    Client::builder().tls_certs_only([ca]).build().unwrap()
}

async fn round_trip(emulator: &Emulator, client: &Client, endpoint: &str) {
    let login = emulator.login();
    let digest = Digest::of(b"bytes");
    let post = client
        .post(format!("{endpoint}/v2/app/blobs/uploads/?digest={digest}"))
        .basic_auth(&login.username, Some(login.password.expose()))
        .body("bytes");
    assert_eq!(post.send().await.unwrap().status(), StatusCode::CREATED);
    let by_name = endpoint.replace("127.0.0.1", "localhost");
    for endpoint in [endpoint, &by_name] {
        let get = client
            .get(format!("{endpoint}/v2/app/blobs/{digest}"))
            .basic_auth(&login.username, Some(login.password.expose()));
        let response = get.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let scheme = endpoint.split(':').next().unwrap();
        assert_eq!(response.url().scheme(), scheme, "of the redirect");
        assert_eq!(response.bytes().await.unwrap(), "bytes");
    }
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused() {
    let start = Emulator::builder()
        .certificate("nothing", "nothing")
        .start();
    let error = start.await.unwrap_err();
    assert!(matches!(error, StartError::Certificate(_)), "{error}");
}

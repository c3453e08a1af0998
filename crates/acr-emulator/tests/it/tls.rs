//! https.

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

/// Pushes and pulls a blob by https, trusting `ca` or else the CA that the emulator made.
async fn serves(builder: EmulatorBuilder, ca: Option<&str>) -> Emulator {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let emulator = builder.start().await.unwrap();
    let ca = ca.or(emulator.ca_pem()).unwrap();
    let ca = Certificate::from_pem(ca.as_bytes()).unwrap();
    // Follows the redirect from the one loopback name to the other.
    let client = Client::builder().tls_certs_only([ca]).build().unwrap();
    let login = emulator.login();
    let digest = Digest::of(b"bytes");
    assert!(emulator.endpoint().starts_with("https://127.0.0.1:"));
    let post = client
        .post(format!(
            "{}/v2/app/blobs/uploads/?digest={digest}",
            emulator.endpoint()
        ))
        .basic_auth(&login.username, Some(login.password.expose()))
        .body("bytes");
    assert_eq!(post.send().await.unwrap().status(), StatusCode::CREATED);
    let by_name = emulator.endpoint().replace("127.0.0.1", "localhost");
    for endpoint in [emulator.endpoint(), &by_name] {
        let get = client
            .get(format!("{endpoint}/v2/app/blobs/{digest}"))
            .basic_auth(&login.username, Some(login.password.expose()));
        let response = get.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.bytes().await.unwrap(), "bytes");
    }
    emulator
}

#[tokio::test]
async fn a_certificate_that_is_none_is_refused() {
    let start = Emulator::builder()
        .certificate("nothing", "nothing")
        .start();
    let error = start.await.unwrap_err();
    assert!(matches!(error, StartError::Certificate(_)), "{error}");
}

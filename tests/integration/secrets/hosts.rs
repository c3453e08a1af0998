//! Where credentials and tokens go: to the registry, and nowhere else.

use std::sync::{Arc, Mutex};

use acr_client::{ContainerRegistryClient, Credential, Digest, ErrorKind, RetryOptions};
use acr_tests::FakeEntra;
use httpmock::{HttpMockResponse, MockServer};

use super::Known;

const SECRET: &str = "s3cret-of-the-registry";

/// A server that writes down whatever comes, and answers each with these bytes.
async fn elsewhere(content: &'static str) -> (MockServer, Arc<Mutex<Vec<String>>>) {
    let server = MockServer::start_async().await;
    let seen = Arc::<Mutex<Vec<String>>>::default();
    let noted = Arc::clone(&seen);
    server
        .mock_async(move |when, then| {
            when.any_request();
            then.respond_with(move |request| {
                let text = format!(
                    "{} {}\n{:?}\n{}",
                    request.method_str(),
                    request.uri_str(),
                    request.headers_vec(),
                    request.body_string()
                );
                noted.lock().unwrap().push(text);
                HttpMockResponse::builder()
                    .status(200)
                    .body(content)
                    .build()
            });
        })
        .await;
    (server, seen)
}

/// A registry that gives tokens, and answers all else like this.
async fn registry(status: u16, header: (&str, &str)) -> MockServer {
    let server = MockServer::start_async().await;
    let token = format!(r#"{{"access_token":"{SECRET}-token"}}"#);
    // {"exp":32503680000}: the year 3000.
    let refresh = format!(r#"{{"refresh_token":"e30.eyJleHAiOjMyNTAzNjgwMDAwfQ.{SECRET}"}}"#);
    for (path, body) in [("/oauth2/token", token), ("/oauth2/exchange", refresh)] {
        server
            .mock_async(|when, then| {
                when.path(path);
                then.status(200)
                    .header("content-type", "application/json")
                    .body(body);
            })
            .await;
    }
    server
        .mock_async(|when, then| {
            when.path_prefix("/v2/");
            then.status(status).header(header.0, header.1);
        })
        .await;
    server
}

fn client(server: &MockServer, credential: Credential) -> ContainerRegistryClient {
    ContainerRegistryClient::builder(server.base_url().as_str())
        .credential(credential)
        .retry(RetryOptions::none())
        .build()
        .unwrap()
}

fn credentials() -> [Credential; 4] {
    [
        Credential::password("me", SECRET),
        FakeEntra::credential(SECRET),
        Credential::refresh_token(SECRET),
        Credential::access_token(SECRET),
    ]
}

#[tokio::test]
async fn the_storage_host_sees_no_secret() {
    let mut known = Known::default();
    known.add(SECRET);
    for credential in credentials() {
        let (storage, seen) = elsewhere("content").await;
        let location = format!("{}/container/blob?sig=presigned", storage.base_url());
        let registry = registry(307, ("location", &location)).await;
        let app = client(&registry, credential).repository("app").unwrap();
        let content = app.download_blob(Digest::of(b"content")).bytes(7).await;
        assert_eq!(content.unwrap(), b"content"[..]);
        let seen = seen.lock().unwrap();
        assert_eq!(seen.len(), 1);
        known.is_not_in("the request to the storage host", &seen[0]);
        assert!(
            !seen[0].to_lowercase().contains("authorization"),
            "{}",
            seen[0]
        );
    }
}

#[tokio::test]
async fn a_realm_elsewhere_sees_nothing() {
    for credential in credentials() {
        let (other, seen) = elsewhere("{}").await;
        let challenge = format!(
            r#"Bearer realm="{}/oauth2/token",service="x",scope="repository:app:pull""#,
            other.base_url()
        );
        let registry = registry(401, ("www-authenticate", &challenge)).await;
        let app = client(&registry, credential).repository("app").unwrap();
        let error = app.get_manifest("v1").await.unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Auth(_)), "{error}");
        assert!(
            seen.lock().unwrap().is_empty(),
            "{:?}",
            seen.lock().unwrap()
        );
    }
}

/// A token endpoint that redirects is not followed: what was asked with is in the request.
#[tokio::test]
async fn a_redirect_of_the_token_endpoint_sees_nothing() {
    for status in [301, 302, 303, 307, 308] {
        for credential in credentials().into_iter().take(3) {
            let (other, seen) = elsewhere(r#"{"access_token":"x","refresh_token":"x"}"#).await;
            let registry = MockServer::start_async().await;
            registry
                .mock_async(|when, then| {
                    when.any_request();
                    then.status(status)
                        .header("location", other.url("/oauth2/token"));
                })
                .await;
            let app = client(&registry, credential).repository("app").unwrap();
            let error = app.get_manifest("v1").await.unwrap_err();
            assert!(matches!(error.kind(), ErrorKind::Auth(_)), "{error}");
            let hint = error.hint().unwrap();
            assert!(hint.contains("sends on to another address"), "{hint}");
            assert_eq!(*seen.lock().unwrap(), [""; 0], "{status}");
        }
    }
}

/// Nothing could be sent: there is no client.
#[test]
fn no_registry_over_http_but_on_this_machine() {
    for endpoint in [
        "http://myregistry.azurecr.io",
        "http://10.0.0.1:5000",
        "http://localhost.example",
    ] {
        let builder = ContainerRegistryClient::builder(endpoint);
        let error = builder
            .credential(Credential::password("me", SECRET))
            .build()
            .unwrap_err();
        assert!(error.is_invalid_input(), "{endpoint}: {error}");
        let named = ContainerRegistryClient::builder("registry.example").login_server(endpoint);
        let error = named.build().unwrap_err();
        assert!(error.is_invalid_input(), "{endpoint}: {error}");
    }
}

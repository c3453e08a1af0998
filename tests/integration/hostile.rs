//! Servers that do what they should not.

use acr_client::{
    ContainerRegistryClient, Credential, Digest, ErrorKind, Repository, RetryOptions,
};
use acr_tests::secret;
use httpmock::{Method, MockServer};

/// A server that gives a token to everybody, and says what the test says to all else.
pub(crate) async fn server() -> (MockServer, Repository) {
    let server = MockServer::start_async().await;
    server
        .mock_async(|when, then| {
            when.path("/oauth2/token");
            then.status(200)
                .header("content-type", "application/json")
                .body(r#"{"access_token":"secret-token"}"#);
        })
        .await;
    let registry = ContainerRegistryClient::builder(server.base_url().as_str())
        .credential(Credential::password("user", secret("Pa55-of-the-user")))
        .retry(RetryOptions::none())
        .build()
        .unwrap();
    let repository = registry.repository("app").unwrap();
    (server, repository)
}

/// Answers like this; the number is what [`calls`] asks by.
pub(crate) async fn answer(
    server: &MockServer,
    method: Method,
    path: &str,
    status: u16,
    headers: &[(&str, &str)],
    body: &str,
) -> usize {
    let mock = server.mock_async(|when, then| {
        when.method(method).path(path);
        let mut then = then.status(status).body(body);
        for (name, value) in headers {
            then = then.header(*name, *value);
        }
    });
    mock.await.id()
}

/// Lets an upload begin, and go on here.
async fn begins(server: &MockServer, location: &str) {
    let headers = [("location", location)];
    answer(
        server,
        Method::POST,
        "/v2/app/blobs/uploads/",
        202,
        &headers,
        "",
    )
    .await;
}

/// A second server, to which nothing may come.
async fn elsewhere() -> (MockServer, usize) {
    let server = MockServer::start_async().await;
    let mock = server.mock_async(|_when, then| {
        then.status(200).body("{}");
    });
    let id = mock.await.id();
    (server, id)
}

async fn calls(server: &MockServer, mock: usize) -> usize {
    httpmock::Mock::new(mock, server).calls_async().await
}

#[tokio::test]
async fn a_challenge_that_names_another_host() {
    let (server, app) = server().await;
    let (other, trap) = elsewhere().await;
    let challenge = format!(
        r#"Bearer realm="{}/oauth2/token",service="other",scope="repository:app:metadata_read""#,
        other.base_url()
    );
    answer(
        &server,
        Method::GET,
        "/acr/v1/app",
        401,
        &[("www-authenticate", &challenge)],
        "",
    )
    .await;
    let error = app.properties().await.unwrap_err();
    assert_eq!(calls(&other, trap).await, 0);
    let shown = error.to_string();
    assert!(
        shown.contains(&other.base_url()) && shown.contains(&server.base_url()),
        "{shown}"
    );
    assert!(shown.contains("login_server"), "{shown}");
    assert!(error.hint().unwrap().contains("login_server"));
}

#[tokio::test]
async fn the_login_server_that_is_named_gets_the_credential_and_no_other() {
    let (front, back) = (
        MockServer::start_async().await,
        MockServer::start_async().await,
    );
    let token = answer(
        &back,
        Method::GET,
        "/oauth2/token",
        200,
        &[],
        r#"{"access_token":"secret-token"}"#,
    )
    .await;
    let wrong = answer(
        &front,
        Method::GET,
        "/oauth2/token",
        200,
        &[],
        r#"{"access_token":"secret-token"}"#,
    )
    .await;
    answer(
        &front,
        Method::GET,
        "/acr/v1/_catalog",
        200,
        &[],
        r#"{"repositories":["app"]}"#,
    )
    .await;
    let registry = ContainerRegistryClient::builder(front.base_url().as_str())
        .login_server(back.base_url().as_str())
        .credential(Credential::password("user", secret("Pa55-of-the-user")))
        .build()
        .unwrap();
    assert_eq!(
        registry
            .list_repositories()
            .try_collect()
            .await
            .unwrap()
            .len(),
        1
    );
    assert_eq!(
        (calls(&back, token).await, calls(&front, wrong).await),
        (1, 0)
    );
}

#[tokio::test]
async fn a_link_that_leaves_the_host() {
    let (server, app) = server().await;
    let (other, trap) = elsewhere().await;
    let link = format!(
        r#"<{}/acr/v1/app/_tags?last=x>; rel="next""#,
        other.base_url()
    );
    let page = r#"{"registry":"r","imageName":"app","tags":null}"#;
    answer(
        &server,
        Method::GET,
        "/acr/v1/app/_tags",
        200,
        &[("link", &link)],
        page,
    )
    .await;
    let error = app.list_tags().try_collect().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
    assert!(error.to_string().contains(&other.base_url()), "{error}");
    assert_eq!(calls(&other, trap).await, 0);
}

#[tokio::test]
async fn a_link_that_leads_in_a_circle_or_astray() {
    for link in [
        "/acr/v1/app/_tags?last=x&n=1&orderby=",
        "/acr/v1/other/_tags?last=x",
        "/oauth2/token",
    ] {
        let (server, app) = server().await;
        let header = format!(r#"<{link}>; rel="next""#);
        let page = r#"{"registry":"r","imageName":"app","tags":[]}"#;
        let list = answer(
            &server,
            Method::GET,
            "/acr/v1/app/_tags",
            200,
            &[("link", &header)],
            page,
        )
        .await;
        let error = app.list_tags().try_collect().await.unwrap_err();
        assert!(
            matches!(error.kind(), ErrorKind::UnexpectedAnswer(_)),
            "{error}"
        );
        assert!(calls(&server, list).await <= 2);
    }
}

#[tokio::test]
async fn a_location_that_leaves_the_host() {
    let (server, app) = server().await;
    let (other, trap) = elsewhere().await;
    let location = format!("{}/v2/app/blobs/uploads/1", other.base_url());
    begins(&server, &location).await;
    let error = app.upload_blob("bytes").await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
    assert_eq!(calls(&other, trap).await, 0);

    let (server, app) = self::server().await;
    answer(
        &server,
        Method::POST,
        "/v2/app/blobs/uploads/",
        202,
        &[],
        "",
    )
    .await;
    let error = app.upload_blob("bytes").await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::UnexpectedAnswer(_)),
        "{error}"
    );
}

#[tokio::test]
async fn wrong_bytes_on_the_way_down_leave_nothing() {
    let digest = Digest::of(b"right");
    let path = format!("/v2/app/blobs/{digest}").replace(':', "%3A");
    let (server, app) = server().await;
    server
        .mock_async(|when, then| {
            when.method(Method::GET).path_includes("/v2/app/blobs/");
            then.status(200).body("wrong");
        })
        .await;
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    std::fs::write(&target, "old").unwrap();
    let error = app
        .download_blob(&digest)
        .to_file(&target)
        .await
        .unwrap_err();
    let ErrorKind::DigestMismatch {
        expected, actual, ..
    } = error.kind()
    else {
        panic!("{error} for {path}")
    };
    assert_eq!((expected, actual), (&digest, &Digest::of(b"wrong")));
    assert_eq!(std::fs::read_to_string(&target).unwrap(), "old");
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
    // Not one byte of the last piece is delivered before all are known to be right.
    let mut stream = app.download_blob(&digest).stream().await.unwrap();
    assert!(
        futures_util::StreamExt::next(&mut stream)
            .await
            .unwrap()
            .is_err()
    );
    let manifest = app.get_manifest(&digest).await;
    assert!(manifest.is_err());
}

#[tokio::test]
async fn another_digest_than_what_was_sent() {
    let (server, app) = server().await;
    begins(&server, "/v2/app/blobs/uploads/1?_state=x").await;
    let wrong = Digest::of(b"other").to_string();
    answer(
        &server,
        Method::PUT,
        "/v2/app/blobs/uploads/1",
        201,
        &[("docker-content-digest", &wrong)],
        "",
    )
    .await;
    let error = app.upload_blob("bytes").await.unwrap_err();
    assert!(error.is_digest_mismatch(), "{error}");
}

#[tokio::test]
async fn redirects_are_followed_without_the_token_and_not_for_ever() {
    let digest = Digest::of(b"stored elsewhere");
    let (server, app) = server().await;
    let storage = MockServer::start_async().await;
    let clean = storage
        .mock_async(|when, then| {
            when.path("/container//data")
                .header_missing("authorization");
            then.status(200).body("stored elsewhere");
        })
        .await;
    let location = format!("{}/container//data?sig=key", storage.base_url());
    server
        .mock_async(|when, then| {
            when.path_includes("/v2/app/blobs/")
                .header("authorization", "Bearer secret-token");
            then.status(307).header("location", location.as_str());
        })
        .await;
    assert_eq!(
        app.download_blob(&digest).bytes(100).await.unwrap(),
        "stored elsewhere"
    );
    clean.assert_calls_async(1).await;

    let (server, app) = self::server().await;
    server
        .mock_async(|when, then| {
            when.path_includes("/v2/app/blobs/");
            then.status(307).header("location", "/v2/app/blobs/again");
        })
        .await;
    let error = app.download_blob(&digest).stream().await.unwrap_err();
    assert!(
        error.to_string().contains("redirects more than 5 times"),
        "{error}"
    );
    let (server, app) = self::server().await;
    server
        .mock_async(|when, then| {
            when.path_includes("/v2/app/blobs/");
            then.status(307)
                .header("location", "ftp://storage.example/data");
        })
        .await;
    let error = app.download_blob(&digest).stream().await.unwrap_err();
    assert!(error.to_string().contains("ftp"), "{error}");
}

#[tokio::test]
async fn no_secret_stands_in_any_error() {
    let (server, app) = server().await;
    answer(
        &server,
        Method::GET,
        "/acr/v1/app",
        403,
        &[],
        r#"{"errors":[{"code":"DENIED","message":"no"}]}"#,
    )
    .await;
    let error = app.properties().await.unwrap_err();
    let mut shown = format!("{error} {error:?}");
    let mut link = std::error::Error::source(&error);
    while let Some(error) = link {
        shown += &format!("{error} {error:?}");
        link = error.source();
    }
    assert!(
        !shown.contains("secret-token") && !shown.contains("password\""),
        "{shown}"
    );
}

/// A proxy, or a host that is no registry: that nothing is there is not said by a registry.
#[tokio::test]
async fn a_404_of_something_else_is_no_answer() {
    for token in [200, 404] {
        let server = MockServer::start_async().await;
        answer(
            &server,
            Method::GET,
            "/oauth2/token",
            token,
            &[],
            r#"{"access_token":"secret-token"}"#,
        )
        .await;
        server
            .mock_async(|_when, then| {
                then.status(404)
                    .header("content-type", "text/html")
                    .body("<h1>Not Found</h1>");
            })
            .await;
        let registry = ContainerRegistryClient::builder(server.base_url().as_str())
            .credential(Credential::password("user", secret("Pa55-of-the-user")))
            .build()
            .unwrap();
        let app = registry.repository("app").unwrap();
        let errors = [
            app.delete().await.map(|_| ()).unwrap_err(),
            app.tag("v1")
                .unwrap()
                .delete()
                .await
                .map(|_| ())
                .unwrap_err(),
            app.artifact("v1")
                .unwrap()
                .delete()
                .await
                .map(|_| ())
                .unwrap_err(),
            app.delete_blob(Digest::of(b"x"))
                .await
                .map(|_| ())
                .unwrap_err(),
        ];
        for error in errors {
            assert!(!error.is_not_found() && !error.is_unauthorized(), "{error}");
            assert_eq!(error.status().unwrap(), 404);
            assert!(error.hint().is_some(), "{error}");
        }
    }
}

/// What lets anybody go on with an upload, or fetch a blob, does not print.
#[tokio::test]
async fn no_key_stands_in_any_error() {
    let (server, app) = server().await;
    let location = "/v2/app/blobs/uploads/1?_state=STATESECRET";
    begins(&server, location).await;
    let again = "/v2/app/blobs/uploads/1?_state=STATESECRET2";
    let headers = [("location", again), ("set-cookie", "sid=COOKIESECRET")];
    answer(
        &server,
        Method::PUT,
        "/v2/app/blobs/uploads/1",
        416,
        &headers,
        "",
    )
    .await;
    let error = app.upload_blob("bytes").await.unwrap_err();
    assert_eq!(error.status().unwrap(), 416);
    let shown = format!("{error} {error:?}");
    assert!(!shown.contains("SECRET"), "{shown}");
}

#[tokio::test]
async fn a_link_that_cannot_be_read_does_not_end_the_list() {
    let (server, app) = server().await;
    let page = r#"{"registry":"r","imageName":"app","tags":[]}"#;
    answer(
        &server,
        Method::GET,
        "/acr/v1/app/_tags",
        200,
        &[("link", "</acr/v1/app/_tags?last=ä>; rel=\"next\"")],
        page,
    )
    .await;
    let error = app.list_tags().try_collect().await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
}

#[tokio::test]
async fn text_of_the_server_stays_on_one_line() {
    let (server, app) = server().await;
    let body = "{\"errors\":[{\"code\":\"DENIED\",\"message\":\"a\\u001b]0;pwned\\u0007\\nb\"}]}";
    answer(&server, Method::GET, "/acr/v1/app", 403, &[], body).await;
    let shown = app.properties().await.unwrap_err().to_string();
    assert!(
        !shown.contains(char::is_control) && shown.contains("DENIED: a ]0;pwned  b"),
        "{shown:?}"
    );
}

#[tokio::test]
async fn why_nothing_came_stands_on_the_line() {
    let registry = ContainerRegistryClient::builder("http://127.0.0.1:1")
        .retry(RetryOptions::none())
        .build()
        .unwrap();
    let error = registry.list_repositories().try_next().await.unwrap_err();
    assert!(error.to_string().contains("refused"), "{error}");
    assert!(!error.is_unauthorized());
}

/// The error that ended an upload does not wait for a server that says nothing to its cancelling.
#[tokio::test]
async fn a_silent_cancel_does_not_hold_up_the_error() {
    let (server, app) = server().await;
    let location = "/v2/app/blobs/uploads/1?_state=x";
    begins(&server, location).await;
    answer(
        &server,
        Method::PUT,
        "/v2/app/blobs/uploads/1",
        400,
        &[],
        "",
    )
    .await;
    server
        .mock_async(|when, then| {
            when.method(Method::DELETE);
            then.status(204).delay(std::time::Duration::from_secs(60));
        })
        .await;
    let upload = app.upload_blob("bytes").into_future();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), upload).await;
    assert_eq!(ended.unwrap().unwrap_err().status().unwrap(), 400);
}

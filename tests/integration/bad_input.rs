//! What cannot be is refused with a clear error, and nothing is sent or left behind.

use acr_client::{ContainerRegistryClient, Credential, Digest, ErrorKind, Manifest, MediaType};
use acr_tests::{client, registry, secret};

fn refusal(endpoint: &str) -> String {
    let error = ContainerRegistryClient::new(endpoint, Credential::anonymous()).unwrap_err();
    assert!(error.is_invalid_input());
    error.to_string()
}

#[test]
fn endpoints() {
    insta::assert_snapshot!(refusal("https://reg.azurecr.io/app"), @"cannot connect to the registry: `https://reg.azurecr.io/app` is not a registry endpoint: only scheme, host and port belong here; name the repository in the call");
    insta::assert_snapshot!(refusal("ftp://reg.azurecr.io"), @"cannot connect to the registry: `ftp://reg.azurecr.io` is not a registry endpoint: the scheme `ftp` is neither https nor http");
    insta::assert_snapshot!(refusal("http://reg.azurecr.io"), @"cannot connect to the registry: `http://reg.azurecr.io` is not a registry endpoint: plain http is taken for loopback hosts only; use https");
}

#[tokio::test]
async fn names() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let host = &emulator.endpoint()["http://".len()..];
    let shown = |error: acr_client::Error| {
        assert!(error.is_invalid_input());
        error.to_string().replace(host, "HOST")
    };
    insta::assert_snapshot!(shown(registry.repository("Library/App").unwrap_err()), @"cannot use the repository: `Library/App` is not a repository name: upper-case letters are not allowed");
    insta::assert_snapshot!(shown(app.tag(".bad").unwrap_err()), @"cannot use a tag of HOST/app: `.bad` is not a tag: it must begin with a letter, a digit or `_`");
    insta::assert_snapshot!(shown(app.artifact("sha256:totallywrong").unwrap_err()), @"cannot use a manifest of HOST/app: `sha256:totallywrong` is not a digest: the number of hexadecimal digits does not fit the algorithm");
    insta::assert_snapshot!(shown(app.get_manifest("a b").await.unwrap_err()), @"cannot get a manifest of HOST/app: `a b` is not a tag: only letters, digits, `_`, `.` and `-` are allowed");
    insta::assert_snapshot!(shown(app.download_blob("md5:00").stream().await.unwrap_err()), @"cannot download a blob of HOST/app: `md5:00` is not a digest: the algorithm is neither sha256 nor sha512");
    insta::assert_snapshot!(shown(app.delete_blob("latest").await.unwrap_err()), @"cannot delete a blob of HOST/app: `latest` is not a digest: there is no `algorithm:` in front");
    let bad_tag = app
        .put_manifest(Manifest::index([]))
        .tags(["good", "not good"]);
    insta::assert_snapshot!(shown(bad_tag.await.unwrap_err()), @"cannot push a manifest to HOST/app: `not good` is not a tag: only letters, digits, `_`, `.` and `-` are allowed");
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn a_wrong_password() {
    let (emulator, _admin) = registry().await;
    let registry = client(
        &emulator,
        Credential::password(emulator.login().username, secret("Wr0ng-pa55word")),
    );
    let error = registry.list_repositories().try_next().await.unwrap_err();
    assert!(error.is_unauthorized());
    let request_id = error.request_id().unwrap().to_owned();
    let shown = error
        .to_string()
        .replace(&emulator.endpoint()["http://".len()..], "HOST")
        .replace(&request_id, "ID");
    insta::assert_snapshot!(shown, @"cannot list the repositories of http://HOST: no token from HOST (access token for a user name and password): the registry answered 401 UNAUTHORIZED: authentication required, visit https://aka.ms/acr/authorization for more information. [request ID]");
    insta::assert_snapshot!(error.hint().unwrap(), @"check the user name and password; the admin user may be off, and passwords of repository-scoped tokens end");
}

#[tokio::test]
async fn a_manifest_over_4_mib() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let manifest = Manifest::raw(MediaType::OCI_MANIFEST, vec![b' '; 4 * 1024 * 1024 + 1]);
    let error = app.put_manifest(manifest).tag("v1").await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::TooLarge { limit: 4_194_304 }),
        "{error}"
    );
    assert_eq!(emulator.requests(), []);
}

#[tokio::test]
async fn a_blob_that_is_not_what_its_digest_says() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    // In one request, and by a session, which is cancelled.
    let all = [
        (5, &["POST 400"][..]),
        (5 * 1024 * 1024, &["POST 202", "PUT 400", "DELETE 204"]),
    ];
    for (len, expected_requests) in all {
        app.head_blob(Digest::of(b"a token")).await.unwrap();
        emulator.clear_requests();
        let expected = Digest::of(b"something else");
        let error = app
            .upload_blob(vec![1; len])
            .digest(&expected)
            .await
            .unwrap_err();
        assert!(error.is_digest_mismatch(), "{error}");
        let requests = emulator.requests().into_iter();
        let requests = requests.filter(|request| request.path != "/oauth2/token");
        let requests: Vec<_> = requests
            .map(|request| format!("{} {}", request.method, request.status))
            .collect();
        assert_eq!(requests, expected_requests);
        // Neither blob is there.
        for digest in [expected, Digest::of(&vec![1; len])] {
            assert!(
                app.download_blob(&digest)
                    .stream()
                    .await
                    .unwrap_err()
                    .is_not_found()
            );
        }
    }
}

#[tokio::test]
async fn a_source_that_fails() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let pieces = [
        Ok(bytes::Bytes::from(vec![0; 5 * 1024 * 1024])),
        Err(std::io::Error::other("the disk is gone")),
    ];
    let source = acr_client::Source::stream(futures_util::stream::iter(pieces));
    let error = app.upload_blob(source).await.unwrap_err();
    assert!(
        matches!(error.kind(), ErrorKind::Io(_)) && error.to_string().contains("the disk is gone"),
        "{error}"
    );
    assert_eq!(emulator.requests().last().unwrap().method, "DELETE");
}

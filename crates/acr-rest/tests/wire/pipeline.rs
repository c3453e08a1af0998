//! What holds for every operation.

use std::sync::Arc;

use acr_core::{ServerPath, next_link};
use acr_rest::{API_VERSION, Client, Operation, Retry, Trace};

use crate::recorder::{Recorder, json, read, status};

#[tokio::test]
async fn the_next_page_is_fetched_as_the_server_named_it() {
    let next = "/acr/v1/_catalog?last=a%2Fb%20c&n=2&orderby=&odd=%3d";
    let first =
        json(200, r#"{"repositories":["a"]}"#).header("link", &format!("<{next}>; rel=\"next\""));
    let registry = Recorder::answering([first, json(200, r#"{"repositories":["b"]}"#)]).await;
    let client = registry.client();
    let page = client.get_repositories(None, None, Some(1), None).await;
    let page = page.unwrap();
    let link = next_link(page.headers().get_all("link")).unwrap();
    let path = ServerPath::resolve(&registry.endpoint(), &link.unwrap()).unwrap();
    let page = client
        .at(path)
        .get_repositories(Some(API_VERSION), Some("ignored"), Some(9), None)
        .await;
    assert_eq!(page.unwrap().repositories, Some(vec!["b".to_owned()]));
    let sent = registry.sent();
    assert!(sent[1].starts_with(&format!("GET {next}\n")), "{}", sent[1]);
    // The first client is as it was.
    client
        .get_repositories(None, None, None, None)
        .await
        .unwrap();
    assert!(registry.sent()[2].starts_with("GET /acr/v1/_catalog\n"));
}

#[tokio::test]
async fn further_headers_ride_along() {
    let registry = Recorder::answering([json(200, "{}")]).await;
    let header = (
        "x-meta-source-client".parse().unwrap(),
        "me".parse().unwrap(),
    );
    let client = registry.client();
    let marked = client.with_headers([header].into_iter().collect());
    marked.list_catalog_v2(None, None, None).await.unwrap();
    client.list_catalog_v2(None, None, None).await.unwrap();
    let sent = registry.sent();
    assert!(
        sent[0].contains("\nx-meta-source-client: me\n"),
        "{}",
        sent[0]
    );
    assert!(!sent[1].contains("x-meta-source-client"), "{}", sent[1]);
}

/// The service knows it as a query parameter only. The snapshots hold every operation.
#[test]
fn the_version_is_never_a_header() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/snapshots");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        let (sent, _) = text.split_once("=== answered ===").unwrap();
        assert!(!sent.contains("\napi-version:"), "{sent}");
        assert!(!sent.contains("\naccept-encoding:"), "{sent}");
        seen += 1;
    }
    assert!(seen > 30, "{seen}");
}

#[tokio::test]
async fn compressed_bytes_stay_as_they_are() {
    let compressed = b"\x1f\x8b\x08\0\0\0\0\0\0\x03\x4b\x04\0\x43\xbe\xb7\xe8\x01\0\0\0";
    let answer = status(200)
        .header("content-encoding", "gzip")
        .body(*compressed);
    let registry = Recorder::answering([answer]).await;
    let client = registry.client();
    let value = client.get_blob("app", "sha256:ab", None).await.unwrap();
    assert_eq!(value.headers()["content-encoding"], "gzip");
    let bytes = futures_util::TryStreamExt::try_concat(futures_util::TryStreamExt::map_ok(
        value.into_inner_stream(),
        |piece| piece.to_vec(),
    ))
    .await
    .unwrap();
    assert_eq!(bytes, compressed);
    assert!(!registry.sent()[0].contains("accept-encoding"));
}

#[tokio::test]
async fn redirects_are_the_callers_to_follow() {
    for code in [301, 302, 303, 307, 308] {
        let registry = Recorder::answering([status(code).header("location", "/v2/")]).await;
        let client = registry.client();
        let error = client.get_manifest("app", "v1", None).await.err();
        let Some(acr_rest::Error::UnexpectedResponse(answer)) = error else {
            panic!("{code}");
        };
        assert_eq!(answer.status().as_u16(), code);
        assert_eq!(answer.headers()["location"], "/v2/");
        assert_eq!(registry.count(), 1);
    }
}

/// Middleware sees the operation and what rides along, in the order in which it was added.
#[tokio::test]
async fn middleware_in_its_order() {
    #[derive(Clone)]
    struct Note(&'static str);
    struct Mark(&'static str);

    #[async_trait::async_trait]
    impl reqwest_middleware::Middleware for Mark {
        async fn handle(
            &self,
            mut request: reqwest::Request,
            extensions: &mut http::Extensions,
            next: reqwest_middleware::Next<'_>,
        ) -> reqwest_middleware::Result<reqwest::Response> {
            let note = extensions.get::<Note>().map_or("nothing", |note| note.0);
            let operation = extensions.get::<Operation>().unwrap().0;
            let value = format!("{} {operation} {note}", self.0);
            request
                .headers_mut()
                .append("x-mark", value.parse().unwrap());
            next.run(request, extensions).await
        }
    }

    let registry = Recorder::answering([json(200, "{}")]).await;
    let client = registry.client_through(|pipeline| {
        pipeline
            .with(Arc::new(Mark("first")))
            .with(Arc::new(Retry::default()))
            .with(Arc::new(Mark("second")))
            .with(Arc::new(Trace::default()))
    });
    let client = client.with_extension(Note("note"));
    client.list_catalog_v2(None, None, None).await.unwrap();
    let sent = registry.sent().remove(0);
    let marks: Vec<_> = sent
        .lines()
        .filter(|line| line.contains("x-mark"))
        .collect();
    assert_eq!(
        marks,
        [
            "x-mark: first list_catalog_v2 note",
            "x-mark: second list_catalog_v2 note"
        ]
    );
}

/// What a redirect leads to is fetched through the same pipeline, by a request of one's own.
#[tokio::test]
async fn a_request_of_ones_own() {
    let registry = Recorder::answering([status(200).body("blob")]).await;
    let transport = acr_rest::transport(&acr_rest::TransportOptions::default()).unwrap();
    let url = format!("{}//data?sig=%2B", registry.endpoint());
    let request = transport.get(url).build().unwrap();
    let pipeline = acr_rest::Pipeline::new(transport).with(Arc::new(Trace::default()));
    let answer = pipeline.send(request, Operation("get_blob")).await.unwrap();
    assert_eq!(answer.text().await.unwrap(), "blob");
    assert!(registry.sent()[0].starts_with("GET //data?sig=%2B\n"));
}

#[tokio::test]
async fn clients_are_cheap_and_can_be_shared() {
    fn is_shareable<T: Clone + Send + Sync + 'static>(_: &T) {}
    let registry = Recorder::answering([status(200).body("x")]).await;
    let client: Client = registry.client();
    is_shareable(&client);
    let calls: Vec<_> = (0..8)
        .map(|_| {
            let client = client.clone();
            tokio::spawn(async move { read(client.get_manifest("app", "v1", None).await).await })
        })
        .collect();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().as_ref(), "x");
    }
    assert_eq!(registry.count(), 8);
}

/// Names of dots would climb in the path, and an empty one would leave its place to the next.
#[tokio::test]
async fn an_argument_that_changes_the_path() {
    let registry = Recorder::answering([]).await;
    let client = registry.client();
    for name in ["", ".", ".."] {
        let errors = [
            client.delete_tag("app", name, None).await.unwrap_err(),
            client.delete_manifest("app", name).await.unwrap_err(),
            client
                .delete_repository(name, None)
                .await
                .map(|_| ())
                .unwrap_err(),
            client
                .get_operation("app", name, None)
                .await
                .map(|_| ())
                .unwrap_err(),
        ];
        for error in errors {
            assert!(
                matches!(error, acr_rest::Error::InvalidRequest(_)),
                "{error}"
            );
        }
    }
    assert_eq!(registry.count(), 0);
}

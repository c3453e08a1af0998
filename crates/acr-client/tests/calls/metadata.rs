//! The search over all manifests of a registry.

use crate::{
    answers::{Answer, digest, error, json},
    registry::Registry,
};

const QUERY: &str = "Manifests | where imageSize > 500";

fn page(token: &str) -> Answer {
    let digest = digest();
    json(
        200,
        format!(
            r#"{{"count":1,"region":"westeurope","$skipToken":"{token}","data":[{{"size":528,"imageSize":600,"architecture":"amd64","os":"linux","mediaType":"application/vnd.oci.image.manifest.v1+json","createdAt":"2023-03-07T02:03:10.5343706Z","repository":"team/app","digest":"{digest}","annotationIndexProperties":{{"state":"none","count":0}}}}]}}"#
        ),
    )
}

#[tokio::test]
async fn a_query() {
    let registry = Registry::answering([page("more"), page("")]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__query_metadata";
    keep!(registry, name, client.query_metadata(QUERY).try_collect()).unwrap();

    let registry = Registry::answering([error(400, "INVALID_QUERY", "the query is invalid")]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__query_metadata@bad_query";
    keep!(
        registry,
        name,
        client.query_metadata("Manifests |").try_collect()
    )
    .unwrap_err();

    let registry = Registry::answering([]).await;
    let client = registry.client();
    let name = "ContainerRegistryClient__query_metadata@no_query";
    keep!(registry, name, client.query_metadata(" ").try_collect()).unwrap_err();
}

#[tokio::test]
async fn a_query_goes_on() {
    let registry = Registry::answering([page("more")]).await;
    let client = registry.client();
    let first = client.query_metadata(QUERY).pages().try_next().await;
    let continuation = first.unwrap().unwrap().continuation.unwrap();

    let registry = Registry::answering([page("")]).await;
    let client = registry.client();
    let name = "Pager__resume@query";
    keep!(registry, name, async {
        client
            .query_metadata(QUERY)
            .resume(&continuation)?
            .try_collect()
            .await
    })
    .unwrap();

    let registry = Registry::answering([]).await;
    let client = registry.client();
    let name = "Pager__resume@other_query";
    keep!(registry, name, async {
        client
            .query_metadata("Manifests")
            .resume(&continuation)?
            .try_collect()
            .await
    })
    .unwrap_err();
}

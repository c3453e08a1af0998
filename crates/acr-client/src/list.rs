//! The three lists of the registry.

use std::sync::Arc;

use acr_core::{Digest, RepositoryName};
use acr_rest::{API_VERSION, ResponseValue};

use crate::{
    Error, ErrorKind, ManifestProperties, OrderBy, Pager, Result, TagProperties,
    convert::{self, Converted},
    pager::{Answer, List, Query},
    shared::{Shared, answered},
};

pub(crate) fn repositories(shared: &Arc<Shared>) -> Pager<RepositoryName> {
    let attempt = format!("list the repositories of {}", shared.endpoint);
    pager(
        shared,
        attempt,
        "/acr/v1/_catalog".to_owned(),
        |rest, query, attempt| async move {
            let last = query.start_after.as_deref();
            let answer = rest
                .get_repositories(Some(API_VERSION), last, query.page_size, None)
                .await;
            let convert = |name: String| convert::name(&name);
            page(&attempt, answer, |body| body.repositories, convert).await
        },
    )
}

pub(crate) fn tags(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<TagProperties> {
    let attempt = format!("list the tags of {}/{name}", shared.endpoint.authority());
    let (path, name) = (format!("/acr/v1/{name}/_tags"), name.clone());
    pager(shared, attempt, path, move |rest, query, attempt| {
        let name = name.clone();
        async move {
            let (digest, last) = (query.digest.as_deref(), query.start_after.as_deref());
            let order = query.order.map(OrderBy::as_str);
            let answer = rest
                .get_tags(
                    name.as_str(),
                    Some(API_VERSION),
                    digest,
                    last,
                    query.page_size,
                    order,
                )
                .await;
            page(
                &attempt,
                answer,
                |body| body.tags,
                |tag| convert::tag(&name, tag),
            )
            .await
        }
    })
}

pub(crate) fn manifests(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<ManifestProperties> {
    let attempt = format!(
        "list the manifests of {}/{name}",
        shared.endpoint.authority()
    );
    let (path, name) = (format!("/acr/v1/{name}/_manifests"), name.clone());
    pager(shared, attempt, path, move |rest, query, attempt| {
        let name = name.clone();
        async move {
            let last = query.start_after.as_deref();
            let order = query.order.map(OrderBy::as_str);
            let answer = rest
                .get_manifests(
                    name.as_str(),
                    Some(API_VERSION),
                    last,
                    query.page_size,
                    order,
                )
                .await;
            page(
                &attempt,
                answer,
                |body| body.manifests,
                |manifest| convert::manifest(&name, manifest),
            )
            .await
        }
    })
}

/// A list at this path, each page of which is asked for like this.
fn pager<T, F, A>(shared: &Arc<Shared>, attempt: String, path: String, ask: F) -> Pager<T>
where
    F: Fn(acr_rest::Client, Query, String) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer<T>>> + Send + 'static,
{
    let (told, client) = (attempt.clone(), Arc::clone(shared));
    Pager::new(List {
        attempt,
        endpoint: shared.endpoint.clone(),
        path,
        query: Query::default(),
        fetch: Arc::new(move |query, next| {
            Box::pin(ask(client.rest_at(next), query, told.clone()))
        }),
    })
}

/// Items and next link of an answer.
async fn page<B, R, T>(
    attempt: &str,
    answer: Result<ResponseValue<B>, acr_rest::Error<()>>,
    items: impl FnOnce(B) -> Option<Vec<R>> + Send,
    convert: impl Fn(R) -> Converted<T> + Send,
) -> Result<Answer<T>> {
    let answer = answered(attempt, answer).await?;
    let link = acr_core::next_link(answer.headers().get_all(http::header::LINK))
        .map_err(|error| Error::new(attempt, ErrorKind::Link(error)))?;
    // The service leaves out an empty list, or says `null`.
    let items = items(answer.into_inner())
        .unwrap_or_default()
        .into_iter()
        .map(convert);
    let items = items
        .collect::<Converted<_>>()
        .map_err(|what| Error::unexpected(attempt, what))?;
    Ok((items, link))
}

impl Pager<TagProperties> {
    /// By the time of the last change instead of by name.
    pub fn order(mut self, order: OrderBy) -> Self {
        self.query().order = Some(order);
        self
    }

    /// Only the tags that point to this manifest.
    pub fn digest(mut self, digest: &Digest) -> Self {
        self.query().digest = Some(digest.to_string());
        self
    }
}

impl Pager<ManifestProperties> {
    /// By the time of the last change instead of by digest.
    pub fn order(mut self, order: OrderBy) -> Self {
        self.query().order = Some(order);
        self
    }
}

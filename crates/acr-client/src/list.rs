//! The three lists of the registry.

use std::sync::Arc;

use acr_core::{Digest, RepositoryName};
use acr_rest::{API_VERSION, ResponseValue};

use crate::{
    Error, ManifestProperties, OrderBy, Pager, Result, TagProperties,
    client::Shared,
    convert::{self, Converted},
    pager::{Answer, List, Query},
};

pub(crate) fn repositories(shared: &Arc<Shared>) -> Pager<RepositoryName> {
    let attempt = format!("list the repositories of {}", shared.endpoint);
    let (told, client) = (attempt.clone(), Arc::clone(shared));
    let fetch = move |query: Query, next| {
        let (attempt, client) = (told.clone(), Arc::clone(&client));
        let answer = async move {
            let rest = client.rest_at(next);
            let last = query.start_after.as_deref();
            let answer = rest
                .get_repositories(Some(API_VERSION), last, query.page_size, None)
                .await;
            let convert = |name: String| convert::name(&name);
            page(
                &attempt,
                answer,
                |body| body.repositories.unwrap_or_default(),
                convert,
            )
            .await
        };
        Box::pin(answer) as _
    };
    Pager::new(List {
        attempt,
        endpoint: shared.endpoint.clone(),
        path: "/acr/v1/_catalog".to_owned(),
        query: Query::default(),
        fetch: Arc::new(fetch),
    })
}

pub(crate) fn tags(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<TagProperties> {
    let attempt = format!("list the tags of {}/{name}", shared.endpoint.authority());
    let (told, client, repository) = (attempt.clone(), Arc::clone(shared), name.clone());
    let fetch = move |query: Query, next| {
        let (attempt, client, repository) = (told.clone(), Arc::clone(&client), repository.clone());
        let answer = async move {
            let (digest, last) = (query.digest.as_deref(), query.start_after.as_deref());
            let order = query.order.map(OrderBy::as_str);
            let rest = client.rest_at(next);
            let answer = rest
                .get_tags(
                    repository.as_str(),
                    Some(API_VERSION),
                    digest,
                    last,
                    query.page_size,
                    order,
                )
                .await;
            let convert = |tag| convert::tag(&repository, tag);
            page(
                &attempt,
                answer,
                |body| body.tags.unwrap_or_default(),
                convert,
            )
            .await
        };
        Box::pin(answer) as _
    };
    Pager::new(List {
        attempt,
        endpoint: shared.endpoint.clone(),
        path: format!("/acr/v1/{name}/_tags"),
        query: Query::default(),
        fetch: Arc::new(fetch),
    })
}

pub(crate) fn manifests(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<ManifestProperties> {
    let attempt = format!(
        "list the manifests of {}/{name}",
        shared.endpoint.authority()
    );
    let (told, client, repository) = (attempt.clone(), Arc::clone(shared), name.clone());
    let fetch = move |query: Query, next| {
        let (attempt, client, repository) = (told.clone(), Arc::clone(&client), repository.clone());
        let answer = async move {
            let last = query.start_after.as_deref();
            let order = query.order.map(OrderBy::as_str);
            let rest = client.rest_at(next);
            let answer = rest
                .get_manifests(
                    repository.as_str(),
                    Some(API_VERSION),
                    last,
                    query.page_size,
                    order,
                )
                .await;
            let convert = |manifest| convert::manifest(&repository, manifest);
            page(
                &attempt,
                answer,
                |body| body.manifests.unwrap_or_default(),
                convert,
            )
            .await
        };
        Box::pin(answer) as _
    };
    Pager::new(List {
        attempt,
        endpoint: shared.endpoint.clone(),
        path: format!("/acr/v1/{name}/_manifests"),
        query: Query::default(),
        fetch: Arc::new(fetch),
    })
}

/// Items and next link of an answer.
async fn page<B, R, T>(
    attempt: &str,
    answer: Result<ResponseValue<B>, acr_rest::Error<()>>,
    items: impl FnOnce(B) -> Vec<R> + Send,
    convert: impl Fn(R) -> Converted<T> + Send,
) -> Result<Answer<T>> {
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) => return Err(Error::of_rest(attempt, error).await),
    };
    let values = answer.headers().get_all(http::header::LINK);
    let link = acr_core::next_link(values.iter().filter_map(|value| value.to_str().ok()))
        .map(str::to_owned);
    let items = items(answer.into_inner())
        .into_iter()
        .map(convert)
        .collect::<Converted<_>>();
    Ok((
        items.map_err(|what| Error::unexpected(attempt, what))?,
        link,
    ))
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

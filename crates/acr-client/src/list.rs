//! The three lists of the registry.

use std::sync::Arc;

use acr_core::{Digest, RepositoryName};
use acr_rest::{API_VERSION, ResponseValue};
use http::{HeaderMap, header::LINK};

use crate::{
    CallOptions, Error, ErrorKind, ManifestProperties, OrderBy, Pager, Result, TagProperties,
    call::{Context, within},
    convert::{self, Converted},
    pager::{Answer, Filter, List, Next, Query},
    shared::{Shared, answered},
};

/// The filter of tags by what they point to.
pub(crate) const DIGEST: &str = "digest";

pub(crate) fn repositories(shared: &Arc<Shared>) -> Pager<RepositoryName> {
    let attempt = format!("list the repositories of {}", shared.endpoint);
    pager(
        shared,
        attempt,
        "/acr/v1/_catalog".to_owned(),
        |call, query| async move {
            let last = query.start_after.as_deref();
            let answer = call
                .rest
                .get_repositories(Some(API_VERSION), last, query.page_size, None)
                .await;
            let convert = |name: String| convert::name(&name);
            page(&call.attempt, answer, |body| body.repositories, convert).await
        },
    )
}

pub(crate) fn tags(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<TagProperties> {
    let attempt = format!("list the tags of {}/{name}", shared.endpoint.authority());
    let (path, name) = (format!("/acr/v1/{name}/_tags"), name.clone());
    pager(shared, attempt, path, move |call, query| {
        let name = name.clone();
        async move {
            let (digest, last) = (query.filter(DIGEST), query.start_after.as_deref());
            let order = query.order.map(OrderBy::as_str);
            let answer = call
                .rest
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
                &call.attempt,
                answer,
                |body| placed(body.registry.as_deref(), body.tags),
                |(registry, tag)| convert::tag(registry, &name, tag),
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
    pager(shared, attempt, path, move |call, query| {
        let name = name.clone();
        async move {
            let last = query.start_after.as_deref();
            let order = query.order.map(OrderBy::as_str);
            let answer = call
                .rest
                .get_manifests(
                    name.as_str(),
                    Some(API_VERSION),
                    last,
                    query.page_size,
                    order,
                )
                .await;
            page(
                &call.attempt,
                answer,
                |body| placed(body.registry.as_deref(), body.manifests),
                |(registry, manifest)| convert::manifest(registry, &name, manifest),
            )
            .await
        }
    })
}

/// A list at this path, each page of which is asked for like this.
pub(crate) fn pager<T, F, A>(
    shared: &Arc<Shared>,
    attempt: String,
    path: String,
    ask: F,
) -> Pager<T>
where
    T: 'static,
    F: Fn(Context, Query) -> A + Send + Sync + 'static,
    A: Future<Output = Result<Answer<T>>> + Send + 'static,
{
    Pager::new(List {
        shared: Arc::clone(shared),
        attempt,
        path,
        query: Query::default(),
        options: CallOptions::default(),
        fetch: Arc::new(move |call, query| {
            let (limit, attempt) = (call.options.timeout, call.attempt.clone());
            Box::pin(within(limit, attempt, ask(call, query)))
        }),
        look_up: None,
        countable: true,
    })
}

/// Items and next link of an answer.
pub(crate) async fn page<B, R, T>(
    attempt: &str,
    answer: Result<ResponseValue<B>, acr_rest::Error<()>>,
    items: impl FnOnce(B) -> Option<Vec<R>> + Send,
    convert: impl Fn(R) -> Converted<T> + Send,
) -> Result<Answer<T>> {
    let answer = answered(attempt, answer).await?;
    let next = next(attempt, answer.headers())?;
    // The service leaves out an empty list, or says `null`.
    let items = items(answer.into_inner())
        .unwrap_or_default()
        .into_iter()
        .map(convert);
    Ok(Answer {
        items: items.collect(),
        next,
        query: None,
    })
}

/// The link of an answer to the next page.
pub(crate) fn next(attempt: &str, headers: &HeaderMap) -> Result<Option<Next>> {
    let link = acr_core::next_link(headers.get_all(LINK));
    let link = link.map_err(|error| Error::new(attempt, ErrorKind::Link(error)))?;
    Ok(link.map(Next::Link))
}

/// Items with the registry's name for itself, which stands around them.
fn placed<T>(registry: Option<&str>, items: Option<Vec<T>>) -> Option<Vec<(String, T)>> {
    let registry = registry.unwrap_or_default();
    let items = items?.into_iter();
    Some(items.map(|item| (registry.to_owned(), item)).collect())
}

impl Pager<TagProperties> {
    /// By the time of the last change instead of by name.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::OrderBy;
    ///
    /// let newest = repo.list_tags().order(OrderBy::LastUpdatedDescending).try_next().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn order(mut self, order: OrderBy) -> Self {
        self.query().order = Some(order);
        self
    }

    /// Only the tags that point to this manifest.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// let digest = repo.tag("latest")?.properties().await?.digest;
    /// let names = repo.list_tags().digest(&digest).try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn digest(mut self, digest: &Digest) -> Self {
        self.query().filter = Some(Filter {
            name: DIGEST,
            value: digest.to_string(),
        });
        self
    }
}

impl Pager<ManifestProperties> {
    /// By the time of the last change instead of by digest.
    ///
    /// ```no_run
    /// # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
    /// use acr_client::OrderBy;
    ///
    /// let oldest = repo.list_manifests().order(OrderBy::LastUpdatedAscending).try_next().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn order(mut self, order: OrderBy) -> Self {
        self.query().order = Some(order);
        self
    }
}

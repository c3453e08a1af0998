//! The lists of what was deleted.

use std::sync::Arc;

use acr_core::RepositoryName;
use acr_rest::API_VERSION;

use crate::{
    DeletedManifest, DeletedTag, Pager, convert,
    list::{page, pager},
    shared::Shared,
};

pub(super) fn repositories(shared: &Arc<Shared>) -> Pager<RepositoryName> {
    let attempt = format!("list the deleted repositories of {}", shared.endpoint);
    let path = "/acr/v1/_deleted/_catalog".to_owned();
    pager(shared, attempt, path, |call, query| async move {
        let last = query.start_after.as_deref();
        let answer = call
            .rest
            .get_deleted_repositories(Some(API_VERSION), last, query.page_size)
            .await;
        let convert = |name: String| convert::name(&name);
        page(&call.attempt, answer, |body| body.repositories, convert).await
    })
}

pub(super) fn manifests(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<DeletedManifest> {
    let registry = shared.endpoint.authority();
    let attempt = format!("list the deleted manifests of {registry}/{name}");
    let path = format!("/acr/v1/_deleted/{name}/_manifests");
    let name = name.clone();
    pager(shared, attempt, path, move |call, query| {
        let name = name.clone();
        async move {
            let last = query.start_after.as_deref();
            let answer = call
                .rest
                .get_deleted_manifests(name.as_str(), Some(API_VERSION), last, query.page_size)
                .await;
            let convert = |manifest| convert::deleted::manifest(&name, manifest);
            page(&call.attempt, answer, |body| body.manifests, convert).await
        }
    })
}

pub(super) fn tags(shared: &Arc<Shared>, name: &RepositoryName) -> Pager<DeletedTag> {
    let registry = shared.endpoint.authority();
    let attempt = format!("list the deleted tags of {registry}/{name}");
    let path = format!("/acr/v1/_deleted/{name}/_tags");
    let name = name.clone();
    pager(shared, attempt, path, move |call, query| {
        let name = name.clone();
        async move {
            let last = query.start_after.as_deref();
            let answer = call
                .rest
                .get_deleted_tags(name.as_str(), Some(API_VERSION), last, query.page_size)
                .await;
            let convert = |tag| convert::deleted::tag(&name, tag);
            page(&call.attempt, answer, |body| body.tags, convert).await
        }
    })
}

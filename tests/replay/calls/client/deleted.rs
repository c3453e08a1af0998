//! What was deleted and is kept.

use acr_client::{DeletedManifest, DeletedTag, Page, Repository};
use serde_json::{Value, json};

use super::{Stage, lists, made, send};
use crate::{
    calls::{
        fields::{list, names, time},
        input::Input,
        told::{Made, Returned},
    },
    json::Json,
};

/// Makes the call that a recorded request about deleted things stands for: of this repository, or of
/// all.
pub(super) async fn make(
    stage: &Stage<'_>,
    repository: Option<&Repository>,
    input: &Input<'_>,
) -> Option<Made> {
    let path = input.exchange.path_and_query();
    let path = path.split('?').next().unwrap_or(path);
    // Two sources name the fields in two ways, and the client reads both.
    let keys = Keys::of(input);
    match (input.method(), repository) {
        ("GET", None) => {
            let list = stage.registry.list_deleted_repositories();
            let told = |page: &Page<acr_client::RepositoryName>| json!({"repositories": names(&page.items)});
            lists::page(
                stage,
                input,
                "ContainerRegistryClient::list_deleted_repositories",
                list,
                told,
            )
            .await
        }
        ("GET", Some(repository)) if path.ends_with("/_manifests") => {
            let list = repository.list_deleted_manifests();
            let told = |page: &Page<DeletedManifest>| {
                let items: Vec<Value> =
                    page.items.iter().map(|item| manifest(item, keys)).collect();
                json!({"imageName": page.items.first().map(|item| item.repository.to_string()), "manifests": items})
            };
            lists::page(
                stage,
                input,
                "Repository::list_deleted_manifests",
                list,
                told,
            )
            .await
        }
        ("GET", Some(repository)) if path.ends_with("/_tags") => {
            let list = repository.list_deleted_tags();
            let told = |page: &Page<DeletedTag>| {
                let items: Vec<Value> = page.items.iter().map(|item| tag(item, keys)).collect();
                json!({"imageName": page.items.first().map(|item| item.repository.to_string()), "tags": items})
            };
            lists::page(stage, input, "Repository::list_deleted_tags", list, told).await
        }
        ("POST", Some(repository)) => {
            let (_, digest) = path.rsplit_once('/')?;
            let mut call = repository.restore_manifest(digest.replace("%3A", ":").as_str());
            if let Some(tag) = input.json()?.text("tag").filter(|tag| !tag.is_empty()) {
                call = call.tag(tag);
            }
            if input
                .query("force")
                .is_some_and(|force| force.eq_ignore_ascii_case("true"))
            {
                call = call.force();
            }
            let told = send(input, call, |()| Returned::default()).await?;
            Some(made("Repository::restore_manifest", told))
        }
        _ => None,
    }
}

/// What the recorded answer calls the time of the deletion and a tag.
#[derive(Clone, Copy)]
struct Keys {
    deleted: &'static str,
    tag: &'static str,
}

impl Keys {
    fn of(input: &Input<'_>) -> Self {
        let body = input.exchange.answer_json();
        let items = |key: &str| {
            body.as_ref()
                .map_or(&[][..], |body| body.list(key))
                .to_vec()
        };
        let items: Vec<Json> = [items("manifests"), items("tags")].concat();
        let has = |key: &str| items.iter().any(|item| item.get(key).is_some());
        Self {
            deleted: if has("deletedAt") {
                "deletedAt"
            } else {
                "deletedTime"
            },
            tag: if has("tag") { "tag" } else { "name" },
        }
    }
}

fn manifest(from: &DeletedManifest, keys: Keys) -> Value {
    json!({
        "digest": from.digest.to_string(),
        "imageSize": from.size,
        "createdTime": time(from.created_at),
        "lastUpdateTime": time(from.last_updated_at),
        keys.deleted: time(from.deleted_at),
        "architecture": from.architecture,
        "os": from.operating_system,
        "mediaType": from.media_type.as_ref().map(ToString::to_string),
        "tags": list(from.tags.iter().map(|tag| tag.to_string().into()).collect()),
    })
}

fn tag(from: &DeletedTag, keys: Keys) -> Value {
    json!({
        keys.tag: from.name.to_string(),
        "digest": from.digest.to_string(),
        keys.deleted: time(from.deleted_at),
    })
}

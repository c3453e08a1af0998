//! The calls of acr-client.

mod blobs;
mod deleted;
mod lists;
mod manifests;
mod referrers;
mod registry;
mod streaming;
mod uploads;

use super::{
    fields,
    input::Input,
    player::{Player, Script},
    told::{Made, Returned, Told, Via},
};
use crate::{json::Json, target::Target};
use acr_client::{
    Call, ContainerRegistryClient, Error, ManifestProperties, Repository, RepositoryProperties,
    ResponseInfo, TagProperties, UpdateProperties,
};

/// The manifest that a removed tag pointed to.
const UNTAGGED: &str = "x-ms-int-docker-content-digest";

/// A client, and the registry that it sees.
pub(super) struct Stage<'a> {
    pub(super) registry: &'a ContainerRegistryClient,
    pub(super) player: &'a Player,
    pub(super) script: &'a Script,
}

/// Makes the call that a recorded request stands for; `None` where the client has none, or refuses
/// to make it.
pub(super) async fn make(stage: &Stage<'_>, input: &Input<'_>) -> Option<Made> {
    match &input.target {
        Target::Catalog | Target::Tags(_) | Target::Manifests(_) => lists::make(stage, input).await,
        Target::Repository(name) => repository(&stage.registry.repository(name).ok()?, input).await,
        Target::Tag(name, tag) => {
            of_one_tag(&stage.registry.repository(name).ok()?, tag, input).await
        }
        Target::ManifestProperties(name, of) => {
            manifest(&stage.registry.repository(name).ok()?, of, input).await
        }
        Target::Manifest(name, of) => {
            manifests::make(&stage.registry.repository(name).ok()?, of, input).await
        }
        Target::Blob(name, of) => {
            blobs::make(&stage.registry.repository(name).ok()?, of, input).await
        }
        Target::Uploads(name) | Target::Upload(name, _) => {
            uploads::make(stage, &stage.registry.repository(name).ok()?, input).await
        }
        Target::Referrers(name, of) => {
            referrers::make(stage, &stage.registry.repository(name).ok()?, of, input).await
        }
        Target::Streaming(name) | Target::StreamingOf(name, _) | Target::Operation(name, _) => {
            streaming::make(&stage.registry.repository(name).ok()?, input).await
        }
        Target::Metadata if input.method() == "POST" => registry::query(stage, input).await,
        Target::Ping => registry::ping(stage, input).await,
        Target::Deleted(None) => deleted::make(stage, None, input).await,
        Target::Deleted(Some(name)) => {
            deleted::make(stage, Some(&stage.registry.repository(name).ok()?), input).await
        }
        Target::Other => blobs::stored(stage, input).await,
        _ => None,
    }
}

async fn repository(repository: &Repository, input: &Input<'_>) -> Option<Made> {
    match input.method() {
        "GET" => {
            let told = send(input, repository.properties(), of_repository).await?;
            Some(made("Repository::properties", told))
        }
        "PATCH" => {
            let call = changed(repository.update_properties(), input)?;
            Some(made(
                "Repository::update_properties",
                send(input, call, of_repository).await?,
            ))
        }
        "DELETE" => {
            let told = send(input, repository.delete(), |deleted| match deleted {
                Some(deleted) => Returned::fields(fields::deleted_repository(deleted)),
                None => Returned::missing(),
            });
            Some(made("Repository::delete", told.await?))
        }
        _ => None,
    }
}

async fn of_one_tag(repository: &Repository, name: &str, input: &Input<'_>) -> Option<Made> {
    let tag = repository.tag(name).ok()?;
    match input.method() {
        "GET" => Some(made(
            "Tag::properties",
            send(input, tag.properties(), of_tag).await?,
        )),
        "PATCH" => {
            let call = changed(tag.update_properties(), input)?;
            Some(made(
                "Tag::update_properties",
                send(input, call, of_tag).await?,
            ))
        }
        "DELETE" => {
            let told = send(input, tag.delete(), |untagged| match untagged {
                Some(untagged) => match &untagged.digest {
                    Some(digest) => Returned::default().header(UNTAGGED, digest),
                    None => Returned::default(),
                },
                None => Returned::missing(),
            });
            Some(made("Tag::delete", told.await?))
        }
        _ => None,
    }
}

async fn manifest(repository: &Repository, of: &str, input: &Input<'_>) -> Option<Made> {
    // By tag the client looks up the digest first: that would be another request.
    let artifact = repository.artifact(of).ok()?;
    artifact.reference().digest()?;
    match input.method() {
        "GET" => {
            let told = send(input, artifact.properties(), of_manifest).await?;
            Some(made("Artifact::properties", told))
        }
        "PATCH" => {
            let call = changed(artifact.update_properties(), input)?;
            Some(made(
                "Artifact::update_properties",
                send(input, call, of_manifest).await?,
            ))
        }
        _ => None,
    }
}

fn of_repository(properties: &RepositoryProperties) -> Returned {
    Returned::fields(fields::repository(properties))
}

fn of_tag(properties: &TagProperties) -> Returned {
    Returned::fields(fields::wrapped(
        &properties.registry,
        &properties.repository,
        "tag",
        fields::tag(properties),
    ))
}

fn of_manifest(properties: &ManifestProperties) -> Returned {
    Returned::fields(fields::wrapped(
        &properties.registry,
        &properties.repository,
        "manifest",
        fields::manifest(properties),
    ))
}

fn of_deleted(deleted: &acr_client::Deleted) -> Returned {
    match deleted {
        acr_client::Deleted::NotFound => Returned::missing(),
        _ => Returned::default(),
    }
}

/// With each flag that the recorded body sets. Others it cannot set.
fn changed<T>(mut call: UpdateProperties<T>, input: &Input<'_>) -> Option<UpdateProperties<T>> {
    for (key, value) in input.json()?.entries() {
        let flag = match value {
            Json::Plain(plain) => plain.parse::<bool>().ok(),
            _ => None,
        };
        call = match (key.as_str(), flag) {
            ("deleteEnabled", Some(flag)) => call.can_delete(flag),
            ("writeEnabled", Some(flag)) => call.can_write(flag),
            ("listEnabled", Some(flag)) => call.can_list(flag),
            ("readEnabled", Some(flag)) => call.can_read(flag),
            _ => call,
        };
    }
    Some(call)
}

/// Sends a call; `None` where the client refuses what it was told.
async fn send<T, K>(
    input: &Input<'_>,
    call: Call<T, K>,
    take: impl FnOnce(&T) -> Returned,
) -> Option<Told>
where
    T: Send + 'static,
    K: Send + 'static,
{
    let sent = sent(input, call).await;
    told(sent.map(|(value, response)| take(&value).with(response)))
}

/// The value of a call, and the answer that it came with.
async fn sent<T, K>(input: &Input<'_>, call: Call<T, K>) -> Result<(T, ResponseInfo), Error>
where
    T: Send + 'static,
    K: Send + 'static,
{
    let call = match input.exchange.asked("x-ms-client-request-id") {
        Some(id) => call.client_request_id(id),
        None => call,
    };
    call.with_response().await
}

fn told(outcome: Result<Returned, Error>) -> Option<Told> {
    match outcome {
        Ok(returned) => Some(Told::Value(returned)),
        Err(error) if error.is_invalid_input() => None,
        Err(error) => Some(Told::Error((&error).into())),
    }
}

fn made(method: &'static str, told: Told) -> Made {
    Made {
        via: Via::Client,
        method,
        told,
    }
}

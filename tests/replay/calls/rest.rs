//! The calls that only the bindings have.

use acr_rest::{Client, ResponseValue, types};
use serde::Serialize;
use serde_json::Value;

use super::{
    NotCovered,
    input::Input,
    told::{Failed, Made, Returned, Told, Via},
};
use crate::target::Target;

type Answer<T> = Result<ResponseValue<T>, acr_rest::Error<()>>;

/// Makes the call that a recorded request stands for.
pub(super) async fn make(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    match &input.target {
        Target::Manifest(..) | Target::Blob(..) | Target::Uploads(_) | Target::Upload(..) => {
            content(rest, input).await
        }
        Target::Exchange | Target::Token => token(rest, input).await,
        Target::Streaming(_) | Target::StreamingOf(..) | Target::Operation(..) => {
            streaming(rest, input).await
        }
        Target::Deleted(_) => deleted(rest, input).await,
        _ => metadata(rest, input).await,
    }
}

async fn metadata(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    let version = input.query("api-version");
    let version = version.as_deref();
    let (last, n, order) = (
        input.query("last"),
        input.number("n"),
        input.query("orderby"),
    );
    let (last, order) = (last.as_deref(), order.as_deref());
    let digest = input.query("digest");
    Ok(match (input.method(), &input.target) {
        ("GET", Target::Ping) => {
            empty(
                "check_docker_v2_support",
                rest.check_docker_v2_support().await,
            )
            .await
        }
        ("GET", Target::Catalog) if input.is_docker() => {
            value(
                "list_catalog_v2",
                rest.list_catalog_v2(last, n, order).await,
            )
            .await
        }
        ("GET", Target::Catalog) => {
            value(
                "get_repositories",
                rest.get_repositories(version, last, n, order).await,
            )
            .await
        }
        ("GET", Target::TagNames(name)) => {
            value(
                "list_tags_v2",
                rest.list_tags_v2(name, last, n, order).await,
            )
            .await
        }
        ("GET", Target::Repository(name)) => {
            value("get_properties", rest.get_properties(name, version).await).await
        }
        ("PATCH", Target::Repository(name)) => {
            let body = read(input)?;
            value(
                "update_properties",
                rest.update_properties(name, version, &body).await,
            )
            .await
        }
        ("DELETE", Target::Repository(name)) => {
            value(
                "delete_repository",
                rest.delete_repository(name, version).await,
            )
            .await
        }
        ("GET", Target::Tags(name)) => {
            let answer = rest
                .get_tags(name, version, digest.as_deref(), last, n, order)
                .await;
            value("get_tags", answer).await
        }
        ("GET", Target::Tag(name, tag)) => {
            value(
                "get_tag_properties",
                rest.get_tag_properties(name, tag, version).await,
            )
            .await
        }
        ("PATCH", Target::Tag(name, tag)) => {
            let body = read(input)?;
            value(
                "update_tag_attributes",
                rest.update_tag_attributes(name, tag, version, &body).await,
            )
            .await
        }
        ("DELETE", Target::Tag(name, tag)) => {
            empty("delete_tag", rest.delete_tag(name, tag, version).await).await
        }
        ("GET", Target::Manifests(name)) => {
            value(
                "get_manifests",
                rest.get_manifests(name, version, last, n, order).await,
            )
            .await
        }
        ("GET", Target::ManifestProperties(name, of)) => {
            value(
                "get_manifest_properties",
                rest.get_manifest_properties(name, of, version).await,
            )
            .await
        }
        ("PATCH", Target::ManifestProperties(name, of)) => {
            let body = read(input)?;
            let answer = rest
                .update_manifest_properties(name, of, version, &body)
                .await;
            value("update_manifest_properties", answer).await
        }
        ("POST", Target::Metadata) => {
            let body = read(input)?;
            value("query_metadata", rest.query_metadata(version, &body).await).await
        }
        ("GET", Target::Referrers(name, of)) => {
            let kind = input.query("artifactType");
            let answer = rest.list_referrers(name, of, kind.as_deref()).await;
            as_json(bytes("list_referrers", answer).await)
        }
        _ => return Err(NotCovered::NoOperation),
    })
}

async fn streaming(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    let version = input.query("api-version");
    let version = version.as_deref();
    Ok(match (input.method(), &input.target) {
        ("GET", Target::Streaming(name)) => {
            value(
                "get_repository_streaming",
                rest.get_repository_streaming(name, version).await,
            )
            .await
        }
        ("POST", Target::Streaming(name)) => {
            let body = read(input)?;
            let answer = rest.set_repository_streaming(name, version, &body).await;
            value("set_repository_streaming", answer).await
        }
        ("GET", Target::StreamingOf(name, of)) => {
            value(
                "get_artifact_streaming",
                rest.get_artifact_streaming(name, of, version).await,
            )
            .await
        }
        ("POST", Target::StreamingOf(name, of)) => {
            let body = read(input)?;
            let answer = rest
                .start_artifact_streaming(name, of, version, &body)
                .await;
            value("start_artifact_streaming", answer).await
        }
        ("GET", Target::Operation(name, id)) => {
            value("get_operation", rest.get_operation(name, id, version).await).await
        }
        ("POST", Target::Operation(name, id)) => {
            let id = id.strip_suffix(":cancel").ok_or(NotCovered::NoOperation)?;
            value(
                "cancel_operation",
                rest.cancel_operation(name, id, version).await,
            )
            .await
        }
        _ => return Err(NotCovered::NoOperation),
    })
}

async fn deleted(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    let version = input.query("api-version");
    let (version, last, n) = (version.as_deref(), input.query("last"), input.number("n"));
    let last = last.as_deref();
    let path = input.exchange.path_and_query();
    let path = path.split('?').next().unwrap_or(path);
    Ok(match (input.method(), &input.target) {
        ("GET", Target::Deleted(None)) => {
            value(
                "get_deleted_repositories",
                rest.get_deleted_repositories(version, last, n).await,
            )
            .await
        }
        ("GET", Target::Deleted(Some(name))) if path.ends_with("/_manifests") => {
            value(
                "get_deleted_manifests",
                rest.get_deleted_manifests(name, version, last, n).await,
            )
            .await
        }
        ("GET", Target::Deleted(Some(name))) if path.ends_with("/_tags") => {
            value(
                "get_deleted_tags",
                rest.get_deleted_tags(name, version, last, n).await,
            )
            .await
        }
        ("POST", Target::Deleted(Some(name))) => {
            let (_, digest) = path.rsplit_once('/').ok_or(NotCovered::NoOperation)?;
            let digest = digest.replace("%3A", ":");
            let force = input
                .query("force")
                .map(|force| force.eq_ignore_ascii_case("true"));
            let body = read(input)?;
            let answer = rest
                .restore_deleted_manifest(name, &digest, version, force, &body)
                .await;
            empty("restore_deleted_manifest", answer).await
        }
        _ => return Err(NotCovered::NoOperation),
    })
}

async fn content(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    let exchange = input.exchange;
    let body = || input.body.clone().ok_or(NotCovered::BodyNotRecorded);
    let digest = input.query("digest");
    let location = input.location();
    Ok(match (input.method(), &input.target) {
        ("GET", Target::Manifest(name, of)) => {
            bytes(
                "get_manifest",
                rest.get_manifest(name, of, exchange.asked("accept")).await,
            )
            .await
        }
        ("HEAD", Target::Manifest(name, of)) => {
            empty(
                "head_manifest",
                rest.head_manifest(name, of, exchange.asked("accept")).await,
            )
            .await
        }
        ("PUT", Target::Manifest(name, of)) => {
            let kind = exchange.asked("content-type").unwrap_or_default();
            empty(
                "create_manifest",
                rest.create_manifest(name, of, kind, body()?).await,
            )
            .await
        }
        ("DELETE", Target::Manifest(name, of)) => {
            empty("delete_manifest", rest.delete_manifest(name, of).await).await
        }
        ("GET", Target::Blob(name, of)) => {
            bytes(
                "get_blob",
                rest.get_blob(name, of, exchange.asked("range")).await,
            )
            .await
        }
        ("HEAD", Target::Blob(name, of)) => {
            let answer = rest
                .check_blob_exists(name, of, exchange.asked("range"))
                .await;
            empty("check_blob_exists", answer).await
        }
        ("DELETE", Target::Blob(name, of)) => {
            empty("delete_blob", rest.delete_blob(name, of).await).await
        }
        ("POST", Target::Uploads(name)) => {
            let (from, mount) = (input.query("from"), input.query("mount"));
            let (digest, from, mount) = (digest.as_deref(), from.as_deref(), mount.as_deref());
            let answer = rest.start_upload(name, digest, from, mount, body()?).await;
            empty("start_upload", answer).await
        }
        ("GET", Target::Upload(..)) => {
            empty("get_upload_status", rest.get_upload_status(&location).await).await
        }
        ("PATCH", Target::Upload(..)) => {
            let range = exchange.asked("content-range");
            empty(
                "upload_chunk",
                rest.upload_chunk(&location, range, body()?).await,
            )
            .await
        }
        ("PUT", Target::Upload(..)) => {
            let digest = digest.ok_or(NotCovered::NoOperation)?;
            empty(
                "complete_upload",
                rest.complete_upload(&location, &digest, body()?).await,
            )
            .await
        }
        ("DELETE", Target::Upload(..)) => {
            empty("cancel_upload", rest.cancel_upload(&location).await).await
        }
        _ => return Err(NotCovered::NoOperation),
    })
}

async fn token(rest: &Client, input: &Input<'_>) -> Result<Made, NotCovered> {
    let version = input.query("api-version");
    let version = version.as_deref();
    let form = |name: &str| input.form(name).unwrap_or_default();
    Ok(match (input.method(), &input.target) {
        ("POST", Target::Exchange) => {
            let body = types::ExchangeForm {
                grant_type: form("grant_type"),
                service: form("service"),
                access_token: input.form("access_token").map(Into::into),
                refresh_token: input.form("refresh_token").map(Into::into),
                tenant: input.form("tenant"),
            };
            let answer = rest
                .exchange_aad_access_token_for_acr_refresh_token(version, &body)
                .await;
            value("exchange_aad_access_token_for_acr_refresh_token", answer).await
        }
        ("POST", Target::Token) => {
            let body = types::TokenForm {
                grant_type: form("grant_type"),
                service: form("service"),
                scope: form("scope"),
                refresh_token: input.form("refresh_token").map(Into::into),
                username: input.form("username"),
                password: input.form("password").map(Into::into),
            };
            let answer = rest
                .exchange_acr_refresh_token_for_acr_access_token(version, &body)
                .await;
            value("exchange_acr_refresh_token_for_acr_access_token", answer).await
        }
        ("GET", Target::Token) => {
            let (scope, service) = (input.query("scope"), input.query("service"));
            let (scope, service) = (scope.unwrap_or_default(), service.unwrap_or_default());
            let answer = rest.get_acr_access_token_from_login(&scope, &service).await;
            value("get_acr_access_token_from_login", answer).await
        }
        _ => return Err(NotCovered::NoOperation),
    })
}

/// The body of the request, as the bindings have it.
fn read<T: serde::de::DeserializeOwned>(input: &Input<'_>) -> Result<T, NotCovered> {
    let body = input.body.as_ref().ok_or(NotCovered::BodyNotRecorded)?;
    serde_json::from_slice(body).map_err(|_| NotCovered::BodyNotRecorded)
}

async fn value<T: Serialize>(method: &'static str, answer: Answer<T>) -> Made {
    let told = match acr_rest::answered(answer).await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            Told::Value(Returned {
                fields: serde_json::to_value(answer.into_inner()).ok(),
                status: Some(status.as_u16()),
                response: Some(headers),
                ..Returned::default()
            })
        }
        Err(failure) => Told::Error(failed(failure)),
    };
    made(method, told)
}

async fn empty(method: &'static str, answer: Answer<()>) -> Made {
    let made = value(method, answer).await;
    match made.told {
        Told::Value(returned) => Made {
            told: Told::Value(Returned {
                fields: None,
                ..returned
            }),
            ..made
        },
        Told::Error(_) => made,
    }
}

async fn bytes(method: &'static str, answer: Answer<acr_rest::ByteStream>) -> Made {
    let told = match acr_rest::answered(answer).await {
        Ok(answer) => {
            let (status, headers) = (answer.status(), answer.headers().clone());
            match acr_rest::collect(answer.into_inner()).await {
                Ok(bytes) => Told::Value(Returned {
                    content: Some(bytes.to_vec()),
                    status: Some(status.as_u16()),
                    response: Some(headers),
                    ..Returned::default()
                }),
                Err(failure) => Told::Error(failed(failure)),
            }
        }
        Err(failure) => Told::Error(failed(failure)),
    };
    made(method, told)
}

fn as_json(made: Made) -> Made {
    let told = match made.told {
        Told::Value(returned) => Told::Value(Returned {
            fields: serde_json::from_slice::<Value>(
                returned.content.as_deref().unwrap_or_default(),
            )
            .ok(),
            content: None,
            ..returned
        }),
        error => error,
    };
    Made { told, ..made }
}

fn made(method: &'static str, told: Told) -> Made {
    Made {
        via: Via::Rest,
        method,
        told,
    }
}

fn failed(failure: acr_rest::Failure) -> Failed {
    let text = acr_rest::chain_text(&failure);
    let auth = match &failure {
        acr_rest::Failure::Transport(source) => {
            acr_rest::find::<acr_auth::Error>(source.as_ref()).cloned()
        }
        _ => None,
    };
    if let Some(error) = auth {
        return Failed::from(&error);
    }
    match failure {
        acr_rest::Failure::Response(response) => Failed::of_response(&response, text),
        _ => Failed {
            text,
            ..Failed::default()
        },
    }
}

//! Blobs.

use std::collections::VecDeque;

use acr_client::Repository;
use bytes::Bytes;

use super::{Stage, made, of_deleted, send};
use crate::{
    calls::{
        input::Input,
        played::storage_digest,
        player::Script,
        told::{Made, Returned},
    },
    client::Answer,
    who,
};

/// More than any recorder keeps.
const LIMIT: usize = 64 * 1024 * 1024;

/// Makes the call that a recorded request about a blob stands for.
pub(super) async fn make(
    stage: &Stage<'_>,
    name: &str,
    of: &str,
    input: &Input<'_>,
) -> Option<Made> {
    let repository = stage.registry.repository(name).ok()?;
    match input.method() {
        "GET" => get(stage, &repository, of, input).await,
        "DELETE" => {
            let told = send(input, repository.delete_blob(of), of_deleted).await?;
            Some(made("Repository::delete_blob", told))
        }
        _ => None,
    }
}

async fn get(
    stage: &Stage<'_>,
    repository: &Repository,
    of: &str,
    input: &Input<'_>,
) -> Option<Made> {
    if input.exchange.asked("range").is_some() {
        return None;
    }
    if input.exchange.status == 307 {
        let stored = input.contents.get(of).unwrap_or_default().to_vec();
        stage.player.play(Script {
            behind: VecDeque::from([Answer {
                status: 200,
                headers: Vec::new(),
                body: stored,
            }]),
            ..stage.script.clone()
        });
    }
    let told = send(
        input,
        repository.download_blob(of).bytes(LIMIT),
        |bytes: &Bytes| Returned::content(bytes.to_vec()),
    )
    .await?;
    Some(made("Repository::download_blob", told))
}

/// The call that a recorded request to a storage host stands for: a download, with the redirect that
/// must have been before it.
pub(super) async fn stored(stage: &Stage<'_>, input: &Input<'_>) -> Option<Made> {
    let path = input.exchange.path_and_query();
    if !who::is_storage(input.exchange) || input.method() != "GET" {
        return None;
    }
    let digest = storage_digest(path)?;
    let location = format!("http://{}{path}", stage.player.authority());
    stage.player.play(Script {
        before: VecDeque::from([Answer {
            status: 307,
            headers: vec![("location".to_owned(), location)],
            body: Vec::new(),
        }]),
        ..stage.script.clone()
    });
    let repository = stage.registry.repository("recorded").ok()?;
    let call = repository.download_blob(digest.as_str()).bytes(LIMIT);
    let told = send(input, call, |bytes: &Bytes| {
        Returned::content(bytes.to_vec())
    })
    .await?;
    Some(made("Repository::download_blob", told))
}

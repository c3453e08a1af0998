//! Blobs.

use std::{collections::VecDeque, ops::RangeInclusive};

use acr_client::Repository;
use bytes::Bytes;
use futures_util::TryStreamExt as _;

use super::{Stage, made, of_deleted, send, sent, told};
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
pub(super) async fn make(repository: &Repository, of: &str, input: &Input<'_>) -> Option<Made> {
    match input.method() {
        "GET" if input.exchange.status == 307 => {
            let call = repository.download_blob(of).location();
            let told = send(input, call, |location| {
                Returned::default().header("location", location.expose())
            });
            Some(made("DownloadBlob::location", told.await?))
        }
        "GET" => get(repository, of, input).await,
        // Of a part of a blob the service tells as much as of the whole.
        "HEAD" if input.exchange.asked("range").is_none() => {
            let told = send(input, repository.head_blob(of), |blob| match blob {
                Some(blob) => Returned::default()
                    .header("docker-content-digest", &blob.digest)
                    .header("content-length", &blob.size),
                None => Returned::missing(),
            });
            Some(made("Repository::head_blob", told.await?))
        }
        "DELETE" => {
            let told = send(input, repository.delete_blob(of), of_deleted).await?;
            Some(made("Repository::delete_blob", told))
        }
        _ => None,
    }
}

async fn get(repository: &Repository, of: &str, input: &Input<'_>) -> Option<Made> {
    let Some(range) = input.exchange.asked("range") else {
        let call = repository.download_blob(of).bytes(LIMIT);
        let told = send(input, call, |bytes: &Bytes| {
            Returned::content(bytes.to_vec())
        })
        .await?;
        return Some(made("DownloadBlob::bytes", told));
    };
    let call = repository.download_blob(of).range(bounds(range)?).stream();
    let outcome = match sent(input, call).await {
        Ok((stream, response)) => {
            let content = stream.try_fold(Vec::new(), |mut all, piece| async move {
                all.extend_from_slice(&piece);
                Ok(all)
            });
            content
                .await
                .map(|content| Returned::content(content).with(response))
        }
        Err(error) => Err(error),
    };
    Some(made("DownloadBlob::range", told(outcome)?))
}

/// `bytes=FIRST-LAST`.
fn bounds(range: &str) -> Option<RangeInclusive<u64>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let last = match last {
        "" => u64::MAX,
        last => last.parse().ok()?,
    };
    Some(first.parse().ok()?..=last)
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
    get(&repository, &digest, input).await
}

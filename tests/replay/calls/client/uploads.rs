//! Uploads in steps, and mounts.

use std::collections::VecDeque;

use acr_client::{MountOutcome, Progress, Repository, UploadSession};

use super::{Stage, made, of_deleted, send, sent, told};
use crate::{
    calls::{
        input::Input,
        player::Script,
        told::{Made, Returned, Told},
    },
    client::Answer,
    target::Target,
    who,
};

/// Makes the call that a recorded request about an upload stands for.
pub(super) async fn make(
    stage: &Stage<'_>,
    repository: &Repository,
    input: &Input<'_>,
) -> Option<Made> {
    match (input.method(), &input.target) {
        ("POST", Target::Uploads(_)) => match (
            input.query("mount"),
            input.query("from"),
            input.query("digest"),
        ) {
            (Some(digest), Some(from), None) => {
                mount(stage, repository, (&digest, &from), input).await
            }
            (None, None, None) => start(stage, repository, input).await,
            (None, None, Some(digest)) => at_once(repository, &digest, input).await,
            // A mount from anywhere: the client does no such thing.
            _ => None,
        },
        ("GET", Target::Upload(..)) => {
            let session = opened(stage, repository, input, None).await?;
            let told = send(input, session.status(), progress).await?;
            Some(made(
                "UploadSession::status",
                followed(&session, told).await,
            ))
        }
        ("PATCH", Target::Upload(..)) => {
            let chunk = input.body.clone().filter(|chunk| !chunk.is_empty())?;
            let session = opened(stage, repository, input, offset(input)).await?;
            let told = send(input, session.send_chunk(chunk), progress).await?;
            Some(made(
                "UploadSession::send_chunk",
                followed(&session, told).await,
            ))
        }
        ("PUT", Target::Upload(..)) => {
            let digest = input.query("digest")?;
            // What was sent before is unknown, and with it whether the digest is the right one.
            let session = opened(stage, repository, input, Some(UNKNOWN)).await?;
            let call = session
                .complete(digest.as_str())
                .last_chunk(input.body.clone()?);
            let told = send(input, call, |blob| {
                Returned::default().header("docker-content-digest", &blob.digest)
            });
            Some(made("UploadSession::complete", told.await?))
        }
        ("DELETE", Target::Upload(..)) => {
            let session = opened(stage, repository, input, None).await?;
            let told = send(input, session.cancel(), of_deleted).await?;
            Some(made("UploadSession::cancel", with_id(&session, told)))
        }
        _ => None,
    }
}

/// As many bytes as no recorder's first chunk has.
const UNKNOWN: usize = 1_000_003;

/// A session at the recorded address, whose registry has this many bytes.
async fn opened(
    stage: &Stage<'_>,
    repository: &Repository,
    input: &Input<'_>,
    received: Option<usize>,
) -> Option<UploadSession> {
    let headers = vec![("location".to_owned(), format!("/{}", input.location()))];
    let start = Answer {
        status: 202,
        headers: headers.clone(),
        body: Vec::new(),
    };
    let mut before = VecDeque::from([start]);
    before.extend(received.map(|received| {
        Answer {
            status: 204,
            headers: [
                headers,
                vec![("range".to_owned(), format!("0-{}", received - 1))],
            ]
            .concat(),
            body: Vec::new(),
        }
    }));
    let asks = received.is_some();
    stage.player.play(Script {
        before,
        behind: VecDeque::from([after()]),
        ..stage.script.clone()
    });
    let session = repository.start_upload().await.ok()?;
    if asks {
        session.status().await.ok()?;
    }
    Some(session)
}

/// Where a recorded chunk begins, if not at the beginning: as it says, or as the answer counts.
fn offset(input: &Input<'_>) -> Option<usize> {
    let range = input.exchange.asked("content-range");
    let start = range.and_then(|range| range.split_once('-')?.0.parse().ok());
    let total = input
        .exchange
        .answered("range")
        .filter(|_| input.exchange.status == 202);
    let total = total.and_then(|range| range.split_once('-')?.1.parse::<usize>().ok());
    let counted = total.and_then(|last| (last + 1).checked_sub(input.body.as_ref()?.len()));
    let start = start.or(counted);
    // One byte alone cannot be told from none.
    start
        .or_else(|| Some(who::received_before(input.exchange)))
        .filter(|start| *start > 1)
}

fn after() -> Answer {
    Answer {
        status: 204,
        headers: vec![
            (
                "location".to_owned(),
                "/v2/any/blobs/uploads/any".to_owned(),
            ),
            ("range".to_owned(), "0-0".to_owned()),
        ],
        body: Vec::new(),
    }
}

fn progress(progress: &Progress) -> Returned {
    Returned::default().header("range", &format!("0-{}", progress.bytes.saturating_sub(1)))
}

/// With the session's id; and with the address where it goes on, which shows in its next request.
async fn followed(session: &UploadSession, told: Told) -> Told {
    if matches!(told, Told::Value(_)) {
        let _ = session.status().await;
    }
    match with_id(session, told) {
        Told::Value(returned) => Told::Value(returned.header("location", "followed")),
        error => error,
    }
}

fn with_id(session: &UploadSession, told: Told) -> Told {
    match told {
        Told::Value(returned) if !returned.was_missing => {
            Told::Value(returned.header("docker-upload-uuid", session.id()))
        }
        other => other,
    }
}

async fn start(stage: &Stage<'_>, repository: &Repository, input: &Input<'_>) -> Option<Made> {
    stage.player.play(Script {
        behind: VecDeque::from([after()]),
        ..stage.script.clone()
    });
    let made_by = "Repository::start_upload";
    match sent(input, repository.start_upload()).await {
        Ok((session, response)) => {
            let told = Told::Value(Returned::default().with(response));
            Some(made(made_by, followed(&session, told).await))
        }
        Err(error) => Some(made(made_by, told(Err(error))?)),
    }
}

/// A whole blob, with its digest given: the client sends it in one request.
async fn at_once(repository: &Repository, digest: &str, input: &Input<'_>) -> Option<Made> {
    let call = repository.upload_blob(input.body.clone()?).digest(digest);
    let told = send(input, call, |blob| {
        Returned::default().header("docker-content-digest", &blob.digest)
    });
    Some(made("Repository::upload_blob", told.await?))
}

async fn mount(
    stage: &Stage<'_>,
    repository: &Repository,
    (digest, from): (&str, &str),
    input: &Input<'_>,
) -> Option<Made> {
    stage.player.play(Script {
        behind: VecDeque::from([after()]),
        ..stage.script.clone()
    });
    let made_by = "Repository::mount_blob";
    let call = repository.mount_blob(digest).from(from);
    match sent(input, call).await {
        Ok((MountOutcome::Mounted(digest), response)) => {
            let returned = Returned::default().header("docker-content-digest", &digest);
            Some(made(made_by, Told::Value(returned.with(response))))
        }
        Ok((MountOutcome::NotMounted(session), response)) => {
            let told = Told::Value(Returned::default().with(response));
            Some(made(made_by, followed(&session, told).await))
        }
        Err(error) => Some(made(made_by, told(Err(error))?)),
    }
}

//! Uploads in steps of one's own.

use acr_client::{Digest, MediaType, Resumption, SavedUpload, UploadSession};

use crate::{
    answers::{Answer, LAYER, error, forbidden, open, status, stored, unavailable},
    registry::Registry,
};

fn layer() -> Digest {
    Digest::of(LAYER)
}

/// The registry has discarded it.
fn lost() -> Answer {
    error(
        404,
        "BLOB_UPLOAD_UNKNOWN",
        "blob upload unknown to registry",
    )
}

/// How far it is: as `open`, with another status.
fn far(state: &str, bytes: u64) -> Answer {
    open(state, bytes).status(204)
}

/// A registry that has opened an upload, and goes on with these answers.
async fn opened(answers: impl IntoIterator<Item = Answer>) -> (Registry, UploadSession) {
    let registry = Registry::answering([open("a", 0)].into_iter().chain(answers)).await;
    let session = registry.repository().start_upload().await.unwrap();
    registry.forget();
    (registry, session)
}

#[tokio::test]
async fn an_upload_is_begun() {
    let registry = Registry::answering([open("a", 0)]).await;
    let repository = registry.repository();
    let name = "Repository__start_upload";
    keep!(registry, name, repository.start_upload()).unwrap();

    let registry = Registry::answering([forbidden()]).await;
    let repository = registry.repository();
    let name = "Repository__start_upload@forbidden";
    keep!(registry, name, repository.start_upload()).unwrap_err();

    // The token goes to the registry alone.
    let elsewhere = status(202).header("location", "http://STORAGE/uploads/1?_state=a");
    let registry = Registry::answering([elsewhere]).await;
    let repository = registry.repository();
    let name = "Repository__start_upload@elsewhere";
    keep!(registry, name, repository.start_upload()).unwrap_err();
}

#[tokio::test]
async fn chunks_are_sent() {
    let (registry, session) = opened([open("b", 3), open("c", 5)]).await;
    keep!(registry, "UploadSession__send_chunk", async {
        session.send_chunk("lay").await?;
        session.send_chunk("er").await
    })
    .unwrap();

    let (registry, session) = opened([]).await;
    let name = "UploadSession__send_chunk@nothing";
    keep!(registry, name, session.send_chunk("")).unwrap();

    let (registry, session) = opened([open("b", 3)]).await;
    let name = "UploadSession__send_chunk@fewer_taken";
    keep!(registry, name, session.send_chunk(LAYER)).unwrap_err();

    let (registry, session) = opened([unavailable()]).await;
    let name = "UploadSession__send_chunk@unavailable";
    keep!(registry, name, session.send_chunk(LAYER)).unwrap_err();
    // Nobody knows how much of it arrived.
    let name = "UploadSession__send_chunk@unsure";
    keep!(registry, name, session.send_chunk(LAYER)).unwrap_err();
}

#[tokio::test]
async fn an_upload_is_asked_how_far_it_is() {
    let (registry, session) = opened([unavailable(), far("b", 3), open("c", 5)]).await;
    keep!(registry, "UploadSession__status", async {
        session.send_chunk(LAYER).await.unwrap_err();
        let there = session.status().await?.bytes;
        session.send_chunk(&LAYER[there as usize..]).await
    })
    .unwrap();

    let (registry, session) = opened([lost()]).await;
    keep!(registry, "UploadSession__status@lost", session.status()).unwrap_err();
}

#[tokio::test]
async fn an_upload_is_ended() {
    let (registry, session) = opened([open("b", 5), stored(&layer())]).await;
    session.send_chunk(LAYER).await.unwrap();
    registry.forget();
    let name = "UploadSession__complete";
    keep!(registry, name, session.complete(layer())).unwrap();
    let name = "UploadSession__complete@ended";
    keep!(registry, name, session.complete(layer())).unwrap_err();

    let (registry, session) = opened([stored(&layer())]).await;
    let name = "UploadSession__complete@last_chunk";
    keep!(
        registry,
        name,
        session
            .complete(layer())
            .last_chunk(LAYER)
            .media_type(MediaType::IMAGE_LAYER_GZIP)
    )
    .unwrap();
}

#[tokio::test]
async fn an_upload_of_other_bytes() {
    // Nothing is sent, and the upload is still open.
    let (registry, session) = opened([]).await;
    let name = "UploadSession__complete@other_digest";
    let mismatch = keep!(
        registry,
        name,
        session.complete(layer()).last_chunk("other")
    );
    assert!(mismatch.unwrap_err().is_digest_mismatch());

    let invalid = error(
        400,
        "DIGEST_INVALID",
        "provided digest did not match uploaded content",
    );
    let (registry, session) = opened([invalid]).await;
    let name = "UploadSession__complete@refused";
    keep!(registry, name, session.complete(layer()).last_chunk(LAYER)).unwrap_err();
}

#[tokio::test]
async fn an_upload_is_given_up() {
    let (registry, session) = opened([status(204)]).await;
    keep!(registry, "UploadSession__cancel", session.cancel()).unwrap();
    let name = "UploadSession__cancel@ended";
    keep!(registry, name, session.cancel()).unwrap_err();

    let (registry, session) = opened([lost()]).await;
    let name = "UploadSession__cancel@not_found";
    keep!(registry, name, session.cancel()).unwrap();
}

/// As another process has it: through a text.
fn stored_away(session: &UploadSession) -> SavedUpload {
    let text = serde_json::to_string(&session.save().unwrap()).unwrap();
    serde_json::from_str(&text).unwrap()
}

#[tokio::test]
async fn an_upload_goes_on_elsewhere() {
    let (registry, session) = opened([open("b", 3), far("c", 3), stored(&layer())]).await;
    session.send_chunk(&LAYER[..3]).await.unwrap();
    let saved = stored_away(&session);
    registry.forget();
    let name = "Repository__resume_upload";
    keep!(registry, name, async {
        let resumed = registry.repository().resume_upload(saved).await?;
        assert_eq!(resumed.how, Resumption::Continued { bytes: 3 });
        // Its hash went along: another digest than that of all bytes is refused on this side.
        let session = resumed.session;
        let other = session
            .complete(Digest::of(b"other"))
            .last_chunk(&LAYER[3..]);
        assert!(other.await.unwrap_err().is_digest_mismatch());
        session.complete(layer()).last_chunk(&LAYER[3..]).await
    })
    .unwrap();
}

#[tokio::test]
async fn an_upload_goes_on_after_a_cut_or_from_the_start() {
    let (registry, session) = opened([unavailable(), far("b", 3), stored(&layer())]).await;
    session.send_chunk(LAYER).await.unwrap_err();
    let saved = stored_away(&session);
    registry.forget();
    let name = "Repository__resume_upload@after_cut";
    keep!(registry, name, async {
        let resumed = registry.repository().resume_upload(saved).await?;
        assert_eq!(resumed.how, Resumption::ContinuedAfterCut { bytes: 3 });
        let rest = resumed.session.complete(layer());
        rest.last_chunk(&LAYER[3..]).await
    })
    .unwrap();

    let (registry, session) = opened([open("b", 3), lost(), open("c", 0)]).await;
    session.send_chunk(&LAYER[..3]).await.unwrap();
    let saved = stored_away(&session);
    registry.forget();
    let name = "Repository__resume_upload@restarted";
    let resumed = keep!(registry, name, registry.repository().resume_upload(saved)).unwrap();
    assert_eq!(resumed.how, Resumption::Restarted);
}

#[tokio::test]
async fn an_upload_that_cannot_go_on() {
    let (registry, session) = opened([forbidden()]).await;
    let saved = stored_away(&session);
    registry.forget();
    let name = "Repository__resume_upload@forbidden";
    keep!(registry, name, registry.repository().resume_upload(saved)).unwrap_err();

    let (registry, session) = opened([]).await;
    let saved = stored_away(&session);
    registry.forget();
    let other = registry.client().repository("other").unwrap();
    let name = "Repository__resume_upload@other_repository";
    keep!(registry, name, other.resume_upload(saved)).unwrap_err();

    let (_registry, session) = opened([status(204)]).await;
    session.cancel().await.unwrap();
    let ended = session.save().unwrap_err();
    assert!(ended.is_invalid_input(), "{ended}");
}

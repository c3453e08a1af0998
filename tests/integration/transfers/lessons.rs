//! What is known to go wrong in other clients, and must not in this one.

use std::io;

use acr_client::{Credential, Digest, MountOutcome, Repository, Source};
use acr_emulator::Emulator;
use acr_tests::registry;
use bytes::Bytes;
use futures_util::stream;

const MIB: usize = 1024 * 1024;
/// What an HTTP client or a file gives at a time.
const ITEM: usize = 8 * 1024;

/// How many requests there were for each of these operations.
fn counts<const N: usize>(emulator: &Emulator, operations: [&str; N]) -> [usize; N] {
    let requests = emulator.requests();
    operations.map(|name| {
        let of_name = requests.iter().filter(|it| it.operation == Some(name));
        of_name.count()
    })
}

/// A client that sends what it gets at once takes 1,152 requests for this.
#[tokio::test]
async fn small_items_of_a_stream_do_not_become_small_requests() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let content: Vec<u8> = (0..9).flat_map(|n| vec![n; MIB]).collect();
    let items = |size: usize| {
        let items = content.chunks(size).map(Bytes::copy_from_slice);
        items.map(Ok::<_, io::Error>).collect::<Vec<_>>()
    };
    for size in [ITEM, 100_000, 5 * MIB] {
        emulator.clear_requests();
        let source = Source::stream(stream::iter(items(size)));
        let blob = app.upload_blob(source).await.unwrap();
        assert_eq!(blob.digest, Digest::of(&content));
        let [chunks, ends] = counts(&emulator, ["upload_chunk", "complete_upload"]);
        assert!(chunks <= 2 && ends == 1, "{size}: {chunks} and {ends}");
    }
}

/// Where nothing is mounted the answer is an upload that has begun: a client that begins another
/// leaves it behind.
#[tokio::test]
async fn an_upload_that_is_given_instead_of_a_mount_is_used() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("team/app").unwrap();
    let content = vec![7; 2 * MIB];
    let digest = Digest::of(&content);
    // By the call of its own,
    let outcome = app.mount_blob(&digest).from("library/base").await.unwrap();
    let MountOutcome::NotMounted(session) = outcome else {
        panic!("there is nothing to mount");
    };
    session.send_chunk(content.clone()).await.unwrap();
    session.complete(&digest).await.unwrap();
    assert!(emulator.dump().uploads.is_empty());
    // and on the way to an upload.
    app.delete_blob(&digest).await.unwrap();
    emulator.clear_requests();
    let upload = app.upload_blob(content).mount_from("library/base");
    assert_eq!(upload.await.unwrap().digest, digest);
    assert_eq!(counts(&emulator, ["start_upload"]), [1]);
    assert!(emulator.dump().uploads.is_empty());
    assert!(app.head_blob(&digest).await.unwrap().is_some());
}

/// No bytes are a blob, too, from wherever they do not come and wherever they do not go.
#[tokio::test]
async fn a_blob_of_no_bytes() {
    let (emulator, registry) = registry().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty");
    std::fs::write(&file, "").unwrap();
    let none = || stream::iter(Vec::<io::Result<Bytes>>::new());
    let sources = [
        Source::bytes(""),
        Source::file(&file),
        Source::reader(tokio::io::empty()),
        Source::blocking(io::empty()),
        Source::stream(none()),
        Source::stream(stream::iter([Ok::<_, io::Error>(Bytes::new())])),
    ];
    let nothing = Digest::of(b"");
    for (n, source) in sources.into_iter().enumerate() {
        let app = registry.repository(format!("app-{n}")).unwrap();
        let told = format!("{source:?}");
        let blob = app.upload_blob(source).await.unwrap();
        assert_eq!((&blob.digest, blob.size), (&nothing, 0), "{told}");
        assert!(app.head_blob(&nothing).await.unwrap().is_some(), "{told}");
    }
    assert!(emulator.dump().uploads.is_empty());
    let app = registry.repository("app-0").unwrap();
    let target = folder.path().join("target");
    for ways in [1, 4] {
        let download = || app.download_blob(&nothing).concurrency(ways);
        assert!(download().bytes(10).await.unwrap().is_empty());
        let mut stream = download().stream().await.unwrap();
        assert!(stream.try_next().await.unwrap().is_none());
        let mut reader = download().reader().await.unwrap();
        let read = tokio::io::copy(&mut reader, &mut tokio::io::sink()).await;
        assert_eq!(read.unwrap(), 0);
        let done = download().to_writer(tokio::io::sink()).await.unwrap();
        assert_eq!(done.size, 0);
        let done = download().to_file(&target).await.unwrap();
        assert_eq!((done.size, std::fs::read(&target).unwrap().len()), (0, 0));
        std::fs::remove_file(&target).unwrap();
    }
    let left = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 1, "the empty file");
}

/// A client that goes on without a token is refused by the registry later, for another reason.
#[tokio::test]
async fn a_failure_of_authentication_is_told_as_such() {
    let (emulator, _) = registry().await;
    let app = |credential: Credential| -> Repository {
        let client = acr_tests::client(&emulator, credential);
        client.repository("app").unwrap()
    };
    let host = emulator.endpoint().trim_start_matches("http://");
    let login = emulator.login();
    let wrong = Credential::password(login.username.clone(), acr_tests::secret("Wr0ng-Pa55word"));
    for (credential, whose, hint) in [
        (
            wrong,
            "user name and password",
            "check the user name and password",
        ),
        (Credential::anonymous(), "anonymous", "lets nobody in"),
    ] {
        let app = app(credential);
        let digest = Digest::of(b"content");
        let upload = app.upload_blob("content").await.unwrap_err();
        let large = app.upload_blob(vec![0; 5 * MIB]).await.unwrap_err();
        let download = app.download_blob(&digest).bytes(10).await.unwrap_err();
        for error in [upload, large, download] {
            let shown = error.to_string();
            assert!(error.is_unauthorized(), "{shown}");
            let no_token = format!("no token from {host} (");
            assert!(
                shown.contains(&format!("{host}/app: {no_token}")),
                "{shown}"
            );
            let (_, why) = shown.split_once(&no_token).unwrap();
            assert!(
                why.contains(whose) && why.contains("401 UNAUTHORIZED"),
                "{shown}"
            );
            assert!(error.hint().unwrap().contains(hint), "{error:?}");
            assert!(!shown.contains("Wr0ng"), "{shown}");
        }
    }
    let sent = emulator.requests();
    let taken = sent
        .iter()
        .filter(|it| it.received > 0 && it.operation != Some("token"));
    assert_eq!(taken.count(), 0, "{sent:#?}");
    assert!(emulator.dump().uploads.is_empty());
}

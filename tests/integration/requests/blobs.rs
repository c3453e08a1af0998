//! What moving one blob costs on the wire, beside what other clients send for it.
//!
//! | cold / warm | ours | Python 1.2 | JS 1.1 | Go | Java | oci-client 0.18 |
//! |---|--:|--:|--:|--:|--:|--:|
//! | a file of 9 MiB | 5 / 3 | 22 / 20 | 8 / 5 | 8 / 5 | 7 / 4 | 7 / ? |
//! | a small blob | 3 / 1 | ? | ? | ? | ? | ? |
//! | a mount | 3 / 1 | – | – | ? | ? | ? |
//!
//! Cold is with an Entra identity and nothing known, warm the same again with other bytes; what is
//! not known of others is a question mark. None of them sends a small blob by one request: it takes
//! them POST, PATCH and PUT. Ours is measured here.

use acr_client::{MountOutcome, Repository, Source};
use acr_tests::{Session, Who};

const MIB: usize = 1024 * 1024;

#[derive(Clone, Copy, Debug)]
enum Work {
    File,
    Small,
    Mount,
}

/// The work, with content of its own in each round.
async fn work(work: Work, session: &Session, app: &Repository, round: u8) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("layer");
    match work {
        Work::File => {
            std::fs::write(&file, vec![round; 9 * MIB]).unwrap();
            app.upload_blob(Source::file(&file)).await.unwrap();
        }
        Work::Small => {
            app.upload_blob(vec![round; 200 * 1024]).await.unwrap();
        }
        Work::Mount => {
            let base = session.admin.repository("library/base").unwrap();
            let blob = base.upload_blob(vec![round; 1000]).await.unwrap();
            session.forget_requests();
            let outcome = app.mount_blob(&blob).from("library/base").await.unwrap();
            assert!(matches!(outcome, MountOutcome::Mounted(_)), "{outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_blob_costs_no_more_requests_than_it_must() {
    for (what, cold, warm) in [(Work::File, 5, 3), (Work::Small, 3, 1), (Work::Mount, 3, 1)] {
        let session = Session::start(Who::Entra).await;
        let app = session.registry.repository("app").unwrap();
        for (round, most) in [(1, cold), (2, warm), (3, warm)] {
            session.forget_requests();
            work(what, &session, &app, round).await;
            let sent = session.emulator.requests();
            let lines: Vec<_> = sent
                .iter()
                .map(|it| format!("{} {}", it.operation.unwrap_or("?"), it.status))
                .collect();
            println!("{what:?}, {round}: {lines:?}");
            assert!(lines.len() <= most, "{what:?}, {round}: {lines:?}");
            assert!(sent.iter().all(|it| it.status < 400), "{lines:?}");
        }
    }
}

//! What a registry may say to an upload besides that it has taken it.

use std::{
    io,
    time::{Duration, Instant},
};

use acr_client::{Digest, ErrorKind, Resumption, Source, UploadBlob};
use acr_emulator::{Fault, FaultRule};
use acr_tests::registry;
use bytes::Bytes;
use futures_util::stream;
use tokio::time::timeout;

use super::scripted::{Said, Scripted, UPLOAD};

const MIB: usize = 1024 * 1024;
/// Longer than anything here takes.
const LONG: Duration = Duration::from_secs(20);

fn opened() -> Said {
    Said::open("0-0")
}

fn stored() -> Said {
    Said::new("201 Created", &[("location", "/x")], "")
}

/// A session that is opened once, and a registry that knows nothing afterwards.
#[tokio::test]
async fn a_registry_that_knows_nothing_is_given_up() {
    for code in ["NAME_UNKNOWN", "BLOB_UPLOAD_UNKNOWN"] {
        let mut opened_once = false;
        let registry = Scripted::new(move |_| match std::mem::replace(&mut opened_once, true) {
            false => opened(),
            true => Said::error("404 Not Found", code),
        })
        .await;
        let upload = registry.app.upload_blob(vec![7; 9 * MIB]);
        let ended = timeout(LONG, upload.into_future()).await.unwrap();
        assert_eq!(ended.unwrap_err().status().unwrap(), 404);
        // It is not cancelled either: it is gone.
        assert_eq!(registry.methods(), ["POST", "PATCH", "POST"]);
    }
}

/// Each session takes one part more than the one before, and is gone then.
#[tokio::test]
async fn an_upload_does_not_begin_again_for_ever() {
    let (mut sessions, mut parts) = (0, 0);
    let registry = Scripted::new(move |head| match head.method.as_str() {
        "POST" => {
            (sessions, parts) = (sessions + 1, 0);
            opened()
        }
        "PATCH" if parts < sessions => {
            parts += 1;
            Said::open(&format!("0-{}", head.last()))
        }
        "PATCH" => Said::error("404 Not Found", "BLOB_UPLOAD_UNKNOWN"),
        _ => stored(),
    })
    .await;
    let upload = registry.app.upload_blob(vec![7; 8 * MIB]);
    let error = upload.part_size(512 * 1024).await.unwrap_err();
    assert!(error.is_upload_lost(), "{error}");
    let methods = registry.methods();
    let sessions = methods.iter().filter(|method| *method == "POST");
    assert_eq!(sessions.count(), 4, "{methods:?}");
}

/// A session that is gone without a word, and one that another process left.
#[tokio::test]
async fn a_session_may_be_gone_without_a_code() {
    let mut patches = 0;
    let registry = Scripted::new(move |head| match head.method.as_str() {
        "POST" => opened(),
        "PATCH" => {
            patches += 1;
            match patches {
                2 => Said::new("404 Not Found", &[], ""),
                _ => Said::open(&format!("0-{}", head.last())),
            }
        }
        "GET" => Said::new("404 Not Found", &[], ""),
        _ => stored(),
    })
    .await;
    let (told, heard) = std::sync::mpsc::channel();
    let (keep, kept) = std::sync::mpsc::channel();
    let upload = |content| -> UploadBlob {
        let told = told.clone();
        let upload = registry.app.upload_blob(content);
        upload
            .part_size(MIB as u64)
            .on_resume(move |how| told.send(how).unwrap())
    };
    let begun = upload(vec![7; 3 * MIB]).on_checkpoint(move |saved| keep.send(saved).unwrap());
    begun.await.unwrap();
    assert_eq!(heard.try_recv(), Ok(Resumption::Restarted));
    let saved = kept.try_recv().unwrap();
    upload(vec![7; 3 * MIB]).resume(saved).await.unwrap();
    assert_eq!(heard.try_recv(), Ok(Resumption::Restarted));
}

/// The digest that was given is that of another blob, and nobody can say how the upload ended.
#[tokio::test]
async fn another_blob_is_not_taken_for_this_one() {
    let (emulator, registry) = registry().await;
    let app = registry.repository("app").unwrap();
    let there = app.upload_blob("there").await.unwrap();
    let gone = Fault::status(404).code("BLOB_UPLOAD_UNKNOWN");
    emulator
        .inject(FaultRule::new(gone).on(["complete_upload"]))
        .unwrap();
    let quick = acr_client::RetryOptions::default().initial_delay(Duration::from_millis(1));
    let upload = app.upload_blob(vec![3; 9 * MIB]).digest(&there);
    let error = upload.retry(quick).await.unwrap_err();
    assert!(error.is_upload_lost(), "{error}");
}

/// The count of bytes is what the registry says, where it can be.
#[tokio::test]
async fn a_part_of_which_another_number_was_taken() {
    let half = MIB as u64 / 2;
    let cases = [
        // Fewer, or none: it goes on there.
        (format!("0-{}", half - 1), Some(half)),
        ("0-0".to_owned(), Some(0)),
        // More than was sent.
        (format!("0-{}", 2 * MIB), None),
    ];
    for (range, goes_on) in cases {
        let (said, mut patches) = (range.clone(), 0);
        let registry = Scripted::new(move |head| match head.method.as_str() {
            "POST" => opened(),
            "PATCH" => {
                patches += 1;
                match patches {
                    1 => Said::open(&said),
                    _ => Said::open(&format!("0-{}", head.last())),
                }
            }
            "DELETE" => Said::new("204 No Content", &[], ""),
            _ => stored(),
        })
        .await;
        let (told, heard) = std::sync::mpsc::channel();
        let content: Vec<u8> = (0..2 * MIB + 5).map(|n| (n / 999) as u8).collect();
        let upload = registry.app.upload_blob(content.clone());
        let ended = upload
            .part_size(MIB as u64)
            .on_resume(move |how| told.send(how).unwrap())
            .await;
        match goes_on {
            Some(bytes) => {
                assert_eq!(ended.unwrap().digest, Digest::of(&content));
                let how = heard.try_recv().unwrap();
                assert_eq!(how.bytes(), bytes, "{range}");
            }
            None => {
                let error = ended.unwrap_err();
                let unexpected = matches!(error.kind(), ErrorKind::UnexpectedAnswer(_));
                assert!(
                    unexpected && error.to_string().contains("1048576"),
                    "{error}"
                );
                assert_eq!(registry.methods(), ["POST", "PATCH", "DELETE"]);
            }
        }
    }
}

/// A 416 with place and address, one that says nothing, and one whose place is none.
#[tokio::test]
async fn a_part_that_is_out_of_order() {
    let place = |range| [("location", UPLOAD), ("range", range)];
    let cases = [
        (place("0-1048575").to_vec(), "POST PATCH PATCH PUT", true),
        (Vec::new(), "POST PATCH GET PATCH PATCH PUT", true),
        (place("0-0").to_vec(), "POST PATCH PATCH PATCH PUT", true),
        (
            place("bytes").to_vec(),
            "POST PATCH GET PATCH PATCH PUT",
            true,
        ),
        (place("0-9999999").to_vec(), "POST PATCH DELETE", false),
    ];
    for (headers, sent, ends_well) in cases {
        let told = format!("{headers:?}");
        let mut refused = false;
        let registry = Scripted::new(move |head| match head.method.as_str() {
            "POST" => opened(),
            "PATCH" if !std::mem::replace(&mut refused, true) => {
                Said::new("416 Range Not Satisfiable", &headers, "")
            }
            "PATCH" => Said::open(&format!("0-{}", head.last())),
            "PUT" => stored(),
            _ => Said::new("204 No Content", &place("0-0"), ""),
        })
        .await;
        let content = vec![7; 2 * MIB + 5];
        let upload = registry.app.upload_blob(content);
        let ended = upload.part_size(MIB as u64).await;
        assert_eq!(ended.is_ok(), ends_well, "{told}: {ended:?}");
        assert_eq!(registry.methods().join(" "), sent, "{told}");
    }
}

#[tokio::test]
async fn a_length_that_was_cut_short_is_asked_about() {
    let mut refused = false;
    let registry = Scripted::new(move |head| match head.method.as_str() {
        "POST" => opened(),
        "PATCH" if !std::mem::replace(&mut refused, true) => {
            Said::error("400 Bad Request", "CONTENT_LEN_INVALID")
        }
        "PATCH" => Said::open(&format!("0-{}", head.last())),
        "PUT" => stored(),
        _ => Said::new(
            "204 No Content",
            &[("location", UPLOAD), ("range", "0-0")],
            "",
        ),
    })
    .await;
    let upload = registry.app.upload_blob(vec![7; MIB + 5]);
    upload.part_size(MIB as u64).await.unwrap();
    assert_eq!(registry.methods(), ["POST", "PATCH", "GET", "PATCH", "PUT"]);
}

/// The upload is sent on to another host: nothing is sent there, no token above all.
#[tokio::test]
async fn an_upload_that_is_to_go_on_elsewhere() {
    let elsewhere = Scripted::new(|_| stored()).await;
    let location = format!("{}{UPLOAD}", elsewhere.app.endpoint());
    let registry = Scripted::new(move |head| match head.method.as_str() {
        "POST" => opened(),
        "PATCH" => {
            let range = format!("0-{}", head.last());
            let headers = [("location", location.as_str()), ("range", &range)];
            Said::new("202 Accepted", &headers, "")
        }
        _ => Said::new("204 No Content", &[], ""),
    })
    .await;
    let upload = registry.app.upload_blob(vec![7; 2 * MIB]);
    let error = upload.part_size(MIB as u64).await.unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Link(_)), "{error}");
    assert!(!format!("{error} {error:?}").contains("s3cret"));
    assert_eq!(registry.methods(), ["POST", "PATCH", "DELETE"]);
    assert_eq!(elsewhere.methods(), [""; 0]);
}

/// It counts what it has not read yet. Whatever comes of it, it comes; and what is said to be stored
/// is what was read here.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_part_that_is_answered_before_it_is_taken() {
    let content: Vec<u8> = (0..20 * MIB).map(|n| (n / 1000) as u8).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("file");
    std::fs::write(&path, &content).unwrap();
    let items = content.chunks(MIB).map(Bytes::copy_from_slice);
    let items: Vec<_> = items.map(Ok::<_, io::Error>).collect();
    for source in [Source::file(&path), Source::stream(stream::iter(items))] {
        let told = format!("{source:?}");
        let registry = Scripted::new(|head| match head.method.as_str() {
            "POST" => opened(),
            "PATCH" => Said::open(&format!("0-{}", head.last())).at_once(),
            "DELETE" => Said::new("204 No Content", &[], ""),
            _ => stored(),
        })
        .await;
        let upload = registry.app.upload_blob(source).part_size(8 * MIB as u64);
        let began = Instant::now();
        let upload = tokio::spawn(upload.into_future());
        match timeout(LONG, upload).await.unwrap().unwrap() {
            Ok(blob) => assert_eq!(blob.digest, Digest::of(&content), "{told}"),
            Err(error) => assert!(error.is_transport(), "{told}: {error}"),
        }
        assert!(began.elapsed() < LONG);
    }
}

/// A registry that opens a session instead: it is not asked with every blob of that size.
#[tokio::test]
async fn a_session_instead_of_one_request_is_remembered() {
    let registry = Scripted::new(|head| match head.method.as_str() {
        "POST" => opened(),
        _ => stored(),
    })
    .await;
    for n in 0..5 {
        registry.app.upload_blob(vec![n; MIB]).await.unwrap();
    }
    let heads = registry.heads.lock().unwrap();
    let whole = heads
        .iter()
        .filter(|it| it.method == "POST" && it.length() > 0);
    assert_eq!(whole.count(), 1);
}

/// What is refused of one blob need not be of the next; what is not known is not asked for again.
#[tokio::test]
async fn one_refusal_is_no_rule() {
    for (status, code, asked) in [
        ("400 Bad Request", "NAME_INVALID", 3),
        ("404 Not Found", "NAME_UNKNOWN", 3),
        ("400 Bad Request", "UNSUPPORTED", 1),
        ("405 Method Not Allowed", "UNKNOWN", 1),
        ("411 Length Required", "UNKNOWN", 1),
        ("415 Unsupported Media Type", "UNKNOWN", 1),
        ("501 Not Implemented", "UNKNOWN", 1),
    ] {
        let registry = Scripted::new(move |head| match head.method.as_str() {
            "POST" if head.length() > 0 => Said::error(status, code),
            "POST" => opened(),
            _ => stored(),
        })
        .await;
        for n in 0..3 {
            registry.app.upload_blob(vec![n; 10]).await.unwrap();
        }
        let heads = registry.heads.lock().unwrap();
        let whole = heads
            .iter()
            .filter(|it| it.method == "POST" && it.length() > 0);
        assert_eq!(whole.count(), asked, "{status} {code}");
    }
}

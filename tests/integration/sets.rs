//! Sets of calls, a client that slows down, and replicas that lag.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use acr_client::{
    Call, ContainerRegistryClient, Digest, ErrorKind, Manifest, MediaType, RetryOptions, Source,
    TagName, ThrottleOptions, all,
};
use acr_emulator::{Emulator, Fault, FaultRule};
use acr_tests::registry;
use bytes::Bytes;
use futures_util::stream;
use tokio::task::JoinSet;

fn layer(number: usize) -> Vec<u8> {
    vec![number as u8; 1000 + number]
}

#[tokio::test]
async fn a_set_is_pushed_and_pulled_in_order() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let most = Arc::new(AtomicUsize::new(0));
    let under_way = Arc::new(AtomicUsize::new(0));
    let uploads = (0..20).map(|number| {
        let now = under_way.fetch_add(1, SeqCst) + 1;
        most.fetch_max(now, SeqCst);
        let (under_way, size) = (Arc::clone(&under_way), layer(number).len() as u64);
        let upload = repository.upload_blob(layer(number));
        let upload = upload.media_type(MediaType::IMAGE_LAYER);
        upload.on_progress(move |progress| {
            if progress.bytes == size {
                under_way.fetch_sub(1, SeqCst);
            }
        })
    });
    let layers = all(uploads).concurrency(3).await.unwrap();
    // They are taken as there is room, and not before.
    assert!((2..=5).contains(&most.load(SeqCst)), "{most:?}");
    let digests: Vec<_> = layers.iter().map(|layer| layer.digest.clone()).collect();
    let expected: Vec<_> = (0..20).map(|number| Digest::of(&layer(number))).collect();
    assert_eq!(digests, expected);

    let folder = tempfile::tempdir().unwrap();
    let path = |number: usize| folder.path().join(format!("{number}.tar"));
    let downloads = digests
        .iter()
        .enumerate()
        .map(|(number, digest)| repository.download_blob(digest).to_file(path(number)));
    let downloaded = all(downloads).await.unwrap();
    let sizes: Vec<_> = downloaded.iter().map(|one| one.size).collect();
    assert_eq!(
        sizes,
        layers.iter().map(|layer| layer.size).collect::<Vec<_>>()
    );
    for number in 0..20 {
        assert_eq!(std::fs::read(path(number)).unwrap(), layer(number));
    }
    assert!(emulator.dump().uploads.is_empty());

    let none = std::iter::empty::<Call<(), ()>>();
    assert!(all(none).await.unwrap().is_empty());
}

#[tokio::test]
async fn the_first_failure_ends_the_set() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    for tag in ["0", "1"] {
        crate::flow::push(&repository, tag.as_bytes(), &[tag]).await;
    }
    emulator.clear_requests();
    let begun = AtomicUsize::new(0);
    let names = ["0", "1", "gone", "1"].into_iter().chain(["0"; 100]);
    let calls = names.map(|name| {
        begun.fetch_add(1, SeqCst);
        repository.tag(name).unwrap().properties()
    });
    let error = all(calls).concurrency(2).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(error.index(), Some(2));
    assert!(
        error.to_string().contains(":gone, at index 2 of the set: "),
        "{error}"
    );
    assert!(begun.load(SeqCst) <= 5, "{begun:?}");
    assert!(emulator.requests().len() <= 6);

    let refused = all([repository.properties()]).concurrency(0).await;
    assert!(matches!(
        refused.unwrap_err().kind(),
        ErrorKind::InvalidInput(_)
    ));
}

/// An upload that is told of the failure of another one leaves no session behind.
#[tokio::test]
async fn uploads_beside_a_failure_cancel_their_sessions() {
    let (emulator, registry) = registry().await;
    let repository = registry.repository("team/app").unwrap();
    let (sent, mut is_sent) = tokio::sync::mpsc::unbounded_channel();
    let endless = stream::unfold(0, move |pieces| {
        let sent = sent.clone();
        async move {
            if pieces == 12 {
                let _ = sent.send(());
                std::future::pending::<()>().await;
            }
            let piece = Bytes::from(vec![pieces; 1024 * 1024]);
            Some((Ok::<_, std::io::Error>(piece), pieces + 1))
        }
    });
    let fails = stream::once(async move {
        is_sent.recv().await;
        Err::<Bytes, _>(std::io::Error::other("the disk is gone"))
    });
    let sources = [Source::stream(endless), Source::stream(fails)];
    let uploads = sources.map(|source| repository.upload_blob(source));
    let error = all(uploads).await.unwrap_err();
    assert_eq!(error.index(), Some(1));
    assert!(error.to_string().contains("the disk is gone"), "{error}");
    assert!(
        emulator.dump().uploads.is_empty(),
        "{:?}",
        emulator.dump().uploads
    );
}

const TASKS: usize = 64;
/// Fewer than come at once.
const RATE: f64 = 30.0;

/// How many calls were refused until all were through.
async fn refusals(throttle: ThrottleOptions) -> usize {
    let limit = Emulator::builder().calls_per_second(RATE).retry_after(true);
    let emulator = limit.start().await.unwrap();
    acr_tests::secrets::add(emulator.login().password.expose());
    let mut settings = emulator.settings();
    settings.calls_per_second = None;
    emulator.set_settings(settings).unwrap();
    let retry = RetryOptions::default()
        .max_attempts(100)
        .max_elapsed(Duration::from_secs(600));
    let registry = ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .retry(retry)
        .throttle(throttle)
        .build()
        .unwrap();
    let repository = registry.repository("team/app").unwrap();
    crate::flow::push(&repository, &layer(1), &["v1"]).await;
    emulator.clear_requests();
    settings.calls_per_second = Some(RATE);
    emulator.set_settings(settings).unwrap();

    let mut tasks = JoinSet::new();
    for _ in 0..TASKS {
        let tag = repository.tag("v1").unwrap();
        tasks.spawn(async move {
            for _ in 0..4 {
                tag.properties().await.unwrap();
            }
        });
    }
    tasks.join_all().await;
    let reads = registry.throttle().reads;
    assert_eq!((reads.in_flight, reads.waiting), (0, 0));
    let refused = emulator.requests();
    let refused = refused
        .iter()
        .filter(|request| request.status == 429)
        .count();
    if throttle == ThrottleOptions::default() {
        let counted = reads.throttled + registry.throttle().tokens.throttled;
        assert_eq!(counted, refused as u64);
    }
    refused
}

#[tokio::test]
async fn many_tasks_slow_down_together() {
    let governed = refusals(ThrottleOptions::default());
    let alone = refusals(ThrottleOptions::off());
    let (governed, alone) = tokio::join!(governed, alone);
    assert!(governed > 0, "nobody was throttled");
    println!("429s: {governed} governed, {alone} each by itself");
    assert!(governed * 3 < alone * 2, "{governed} against {alone}");
}

fn patient(emulator: &Emulator) -> ContainerRegistryClient {
    acr_tests::secrets::add(emulator.login().password.expose());
    let retry = RetryOptions::default()
        .max_attempts(5)
        .initial_delay(Duration::from_millis(1));
    ContainerRegistryClient::builder(emulator.endpoint())
        .credential(emulator.login())
        .retry(retry)
        .build()
        .unwrap()
}

fn puts(emulator: &Emulator) -> usize {
    let requests = emulator.requests();
    let puts = |request: &&acr_emulator::RequestRecord| request.operation == Some("put_manifest");
    requests.iter().filter(puts).count()
}

#[tokio::test]
async fn a_manifest_is_put_again_where_a_replica_lags() {
    let emulator = Arc::new(Emulator::start().await.unwrap());
    let lag = Fault::replica_lag(Duration::from_secs(5));
    emulator
        .inject(FaultRule::new(lag).on(["put_manifest"]))
        .unwrap();
    let registry = patient(&emulator);
    let repository = registry.repository("team/app").unwrap();
    let config = repository
        .upload_blob("{}")
        .media_type(MediaType::IMAGE_CONFIG);
    let image = Manifest::image(config.await.unwrap(), []);

    // Another client cannot know that the blob is there.
    let other = patient(&emulator).repository("team/app").unwrap();
    let error = other.put_manifest(&image).tag("v1").await.unwrap_err();
    assert_eq!(
        error.code().map(ToString::to_string).as_deref(),
        Some("MANIFEST_BLOB_UNKNOWN")
    );
    assert_eq!(puts(&emulator), 1);
    // Nor does an upload to one repository say anything of another.
    let elsewhere = registry.repository("team/other").unwrap();
    elsewhere.put_manifest(&image).tag("v1").await.unwrap_err();
    assert_eq!(puts(&emulator), 2);

    // It is put as often as it may be, and no oftener.
    repository.put_manifest(&image).tag("v1").await.unwrap_err();
    assert_eq!(puts(&emulator), 7);

    // Until the replica has caught up.
    let (clock, refused) = (Arc::clone(&emulator), Mutex::new(0));
    let put = repository
        .put_manifest(&image)
        .tag("v1")
        .on_exchange(move |exchange| {
            if exchange
                .status()
                .is_some_and(|status| status.is_client_error())
            {
                *refused.lock().unwrap() += 1;
                if *refused.lock().unwrap() == 2 {
                    clock.advance_clock(Duration::from_secs(6));
                }
            }
        });
    let pushed = put.await.unwrap();
    assert_eq!(pushed.tags, ["v1".parse::<TagName>().unwrap()]);
    assert_eq!(puts(&emulator), 10);
}

#[tokio::test]
async fn a_push_keeps_to_one_address() {
    let emulator = Emulator::start().await.unwrap();
    acr_tests::secrets::add(emulator.login().password.expose());
    let address: std::net::SocketAddr = emulator
        .endpoint()
        .trim_start_matches("http://")
        .trim_end_matches('/')
        .parse()
        .unwrap();
    let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dead = gone.local_addr().unwrap();
    drop(gone);
    let registry = ContainerRegistryClient::builder(format!("http://localhost:{}", address.port()))
        .credential(emulator.login())
        .resolve("localhost", dead)
        .resolve("localhost", address)
        .build()
        .unwrap();
    assert_eq!(registry.pinned_address(), None);
    let replica = registry.pin_address().await.unwrap();
    assert_eq!(
        replica.pinned_address(),
        Some(address),
        "the first one that answers"
    );
    assert!(
        format!("{replica:?}").contains(&format!("pinned_address: Some({address})"))
            || format!("{replica:#?}").contains(&address.to_string())
    );

    // Tokens are those of the first client.
    let repository = registry.repository("team/app").unwrap();
    crate::flow::push(&repository, b"layer", &["v1"]).await;
    emulator.clear_requests();
    let pinned = replica.repository("team/app").unwrap();
    crate::flow::push(&pinned, b"another layer", &["v2"]).await;
    let requests = emulator.requests();
    assert!(!requests.is_empty());
    assert!(
        requests
            .iter()
            .all(|request| !request.path.starts_with("/oauth2/"))
    );
    // A download leads to the storage host, which is another name.
    let digest = Digest::of(b"layer");
    assert_eq!(
        pinned.download_blob(&digest).bytes(100).await.unwrap(),
        "layer"
    );

    let nowhere = ContainerRegistryClient::builder("http://localhost:1")
        .resolve("localhost", dead)
        .build()
        .unwrap();
    let error = nowhere.pin_address().await.unwrap_err();
    let told = format!("cannot pin an address of http://localhost:1: no connection to {dead}: ");
    assert!(error.to_string().starts_with(&told), "{error}");
}

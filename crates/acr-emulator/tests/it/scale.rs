//! Many manifests and tags: a page costs the same wherever it is.

use std::time::{Duration, Instant};

use acr_core::Digest;
use acr_emulator::{Emulator, Seed, SeedManifest, SeedRepository, SeedTag};
use reqwest::StatusCode;

use crate::support::{OCI_INDEX, Registry};

/// A page in the middle or at the end may take this many times as long as one at the start. Were
/// every page to walk over those before it, it would be a hundred times and more.
const FACTOR: u32 = 10;
/// Below that a difference says nothing.
const NOISE: Duration = Duration::from_millis(50);

/// How much there is.
#[derive(Clone, Copy)]
struct Size {
    repositories: usize,
    manifests: usize,
    tags: usize,
}

fn tag(number: usize) -> String {
    format!("tag-{number:07}")
}

fn digest(number: usize) -> String {
    Digest::of(&number.to_be_bytes()).to_string()
}

/// One repository with everything, half of its tags on one manifest, half of its manifests about
/// one subject; and many small ones.
fn seed(size: Size) -> Seed {
    let time = |number: usize| {
        let (minute, second) = (number / 60 % 60, number % 60);
        let (day, hour) = (1 + number / 86_400 % 28, number / 3600 % 24);
        Some(format!(
            "2024-02-{day:02}T{hour:02}:{minute:02}:{second:02}Z"
        ))
    };
    let subject = digest(0);
    let manifests = (0..size.manifests).map(|number| SeedManifest {
        digest: Some(digest(number)),
        size: Some(500),
        media_type: OCI_INDEX.to_owned(),
        created_time: time(number),
        subject: (number % 2 == 1).then(|| subject.clone()),
        artifact_type: Some("application/x".to_owned()),
        ..SeedManifest::default()
    });
    let tags = (0..size.tags).map(|number| {
        let entry = SeedTag {
            digest: digest(if number % 2 == 0 {
                0
            } else {
                number % size.manifests
            }),
            created_time: time(number * 7919 % size.tags),
            ..SeedTag::default()
        };
        (tag(number), entry)
    });
    let big = SeedRepository {
        manifests: manifests.collect(),
        tags: tags.collect(),
        ..SeedRepository::default()
    };
    let small = (0..size.repositories).map(|number| {
        let repository = SeedRepository {
            created_time: time(number),
            ..SeedRepository::default()
        };
        (format!("small/{number:07}"), repository)
    });
    let repositories = small.chain([("big".to_owned(), big)]);
    Seed {
        repositories: repositories.collect(),
    }
}

/// The best of a few tries, and whether there is a next page.
async fn page(registry: &Registry, path: &str) -> (Duration, bool) {
    let mut best = Duration::MAX;
    let mut more = false;
    for _ in 0..10 {
        let start = Instant::now();
        let answer = registry.get(path).await;
        assert_eq!(answer.status(), StatusCode::OK, "{path}");
        more = answer.headers().contains_key("link");
        answer.bytes().await.unwrap();
        best = best.min(start.elapsed());
    }
    (best, more)
}

/// A path, an order, the item that is so many percent of the way through, and whether the list
/// begins with the newest.
type List<'a> = (&'a str, &'a str, &'a dyn Fn(usize) -> String, bool);

/// Measures the first page, one in the middle and the last of every list in every order.
async fn measure(registry: &Registry, size: Size) {
    let tags = |at: usize| tag(at * size.tags / 100);
    let manifests: Vec<String> = {
        let mut all: Vec<_> = (0..size.manifests).map(digest).collect();
        all.sort();
        all
    };
    let nth_manifest =
        |at: usize| manifests[(at * manifests.len() / 100).min(manifests.len() - 1)].clone();
    let by_time = |at: usize, count: usize| at * count / 100;
    let repository = |at: usize| format!("small/{:07}", by_time(at, size.repositories));
    let timed_tag = |at: usize| {
        let wanted = by_time(at, size.tags);
        let found = (0..size.tags).find(|number| number * 7919 % size.tags == wanted);
        tag(found.unwrap())
    };
    let timed_manifest = |at: usize| digest(by_time(at, size.manifests));
    let even = |at: usize| tag(by_time(at, size.tags) / 2 * 2);
    let odd = |at: usize| digest(by_time(at, size.manifests) / 2 * 2 + 1);
    let of_digest = format!("/acr/v1/big/_tags?n=100&digest={}", digest(0));
    let referrers = format!("/v2/big/referrers/{}?n=100", digest(0));
    let of_type = format!("{referrers}&artifactType=application/x");
    // The items after which the pages begin, in percent of the way through the list.
    let lists: [List<'_>; 13] = [
        ("/acr/v1/_catalog?n=100", "", &repository, false),
        ("/acr/v1/_catalog?n=100", "timeasc", &repository, false),
        ("/acr/v1/_catalog?n=100", "timedesc", &repository, true),
        ("/v2/big/tags/list?n=100", "", &tags, false),
        ("/acr/v1/big/_tags?n=100", "", &tags, false),
        ("/acr/v1/big/_tags?n=100", "timeasc", &timed_tag, false),
        ("/acr/v1/big/_tags?n=100", "timedesc", &timed_tag, true),
        (&of_digest, "", &even, false),
        ("/acr/v1/big/_manifests?n=100", "", &nth_manifest, false),
        (
            "/acr/v1/big/_manifests?n=100",
            "timeasc",
            &timed_manifest,
            false,
        ),
        (
            "/acr/v1/big/_manifests?n=100",
            "timedesc",
            &timed_manifest,
            true,
        ),
        (&referrers, "", &odd, true),
        (&of_type, "", &odd, true),
    ];
    for (path, order, item, newest_first) in lists {
        let mut times = Vec::new();
        for percent in [0, 50, 95] {
            let at = if newest_first { 99 - percent } else { percent };
            let last = match percent {
                0 => String::new(),
                _ => format!("&last={}", item(at)),
            };
            let (time, more) = page(registry, &format!("{path}&orderby={order}{last}")).await;
            assert!(
                more,
                "{path} {order} at {percent} %: there is more after it"
            );
            times.push(time);
        }
        println!("{path} {order}: {times:?} at the start, in the middle, at the end");
        let limit = times[0] * FACTOR + NOISE;
        assert!(
            times.iter().all(|time| *time < limit),
            "{path} {order}: {times:?}"
        );
    }
}

async fn seeded(builder: acr_emulator::EmulatorBuilder, size: Size) -> (Registry, Duration) {
    let registry = Registry::with(builder).await;
    let start = Instant::now();
    let seeded = registry.emulator.seed(seed(size)).unwrap();
    let took = start.elapsed();
    assert_eq!(seeded.tags, size.tags);
    (registry, took)
}

#[tokio::test]
async fn a_page_costs_the_same_at_the_start_and_at_the_end() {
    let size = Size {
        repositories: 20_000,
        manifests: 20_000,
        tags: 50_000,
    };
    let (registry, _) = seeded(Emulator::builder(), size).await;
    measure(&registry, size).await;
    // The last page of all is one without a link, and as quick.
    let path = format!("/acr/v1/big/_tags?last={}", tag(size.tags - 10));
    assert!(!page(&registry, &path).await.1);
    let deleted = registry
        .delete(&format!("/acr/v1/big/_tags/{}", tag(7)))
        .await;
    assert_eq!(deleted, StatusCode::ACCEPTED);
}

#[tokio::test]
#[ignore = "takes a minute and 2 GiB of memory: cargo test --release -p acr-emulator --test it full_scale -- --ignored --nocapture"]
async fn full_scale() {
    let size = Size {
        repositories: 10_000,
        manifests: 100_000,
        tags: 1_000_000,
    };
    let (registry, took) = seeded(Emulator::builder(), size).await;
    println!("seeded in memory in {took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    measure(&registry, size).await;
    drop(registry);

    let directory = tempfile::tempdir().unwrap();
    let kept = || Emulator::builder().data_dir(directory.path());
    let (registry, took) = seeded(kept(), size).await;
    println!("seeded on disk in {took:?}");
    assert!(took < Duration::from_secs(60), "{took:?}");
    let start = Instant::now();
    assert_eq!(
        registry.delete("/acr/v1/big/_tags/tag-0000007").await,
        StatusCode::ACCEPTED
    );
    println!("one of a million tags deleted in {:?}", start.elapsed());
    registry.emulator.shutdown().await;
    let start = Instant::now();
    let registry = Registry::with(kept()).await;
    println!("started again in {:?}", start.elapsed());
    measure(&registry, size).await;
}

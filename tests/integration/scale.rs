//! Lists of any length: as many requests as there are pages, and memory for a page.

use acr_client::{Digest, Pager};
use acr_emulator::{Emulator, Seed, SeedManifest, SeedRepository};
use serde::{Deserialize, Serialize};

use crate::another_process::{self, ended, peak, registry, set, tell};

const REPOSITORIES: usize = 10_000;
const MANIFESTS: usize = 100_000;
/// What a page has unless one asks for more, and at most.
const PAGES: [(Option<u32>, usize); 2] = [(None, 100), (Some(1000), 1000)];

/// By how much memory may grow after the first pages, in KiB: the allocator's own ways. If the items
/// were kept, it would be a hundred MiB.
const GROWTH: u64 = 4 * 1024;
/// Items after which what comes later is compared.
const SETTLED: usize = 3_000;

/// Tell the other process what to list.
const LIST: &str = "ACR_SCALE_LIST";
const PAGE: &str = "ACR_SCALE_PAGE";

/// What the other process found.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    items: usize,
    /// The most memory that it ever had, in KiB, after the first pages and at the end; only Linux
    /// says.
    early: Option<u64>,
    late: Option<u64>,
}

fn seed() -> Seed {
    let manifests = (0..MANIFESTS).map(|number| SeedManifest {
        digest: Some(Digest::of(&number.to_be_bytes()).to_string()),
        media_type: "application/vnd.oci.image.manifest.v1+json".to_owned(),
        ..SeedManifest::default()
    });
    let big = SeedRepository {
        manifests: manifests.collect(),
        ..SeedRepository::default()
    };
    let small =
        (1..REPOSITORIES).map(|number| (format!("small/{number:05}"), SeedRepository::default()));
    Seed {
        repositories: small.chain([("big".to_owned(), big)]).collect(),
    }
}

#[tokio::test]
async fn lists_take_a_request_for_each_page_and_memory_for_one() {
    let emulator = Emulator::start().await.unwrap();
    emulator.seed(seed()).unwrap();
    for (page_size, page) in PAGES {
        for (list, operation, items) in [
            ("repositories", "list_repositories", REPOSITORIES),
            ("manifests", "list_manifests", MANIFESTS),
        ] {
            emulator.clear_requests();
            let listed = in_another_process(&emulator, list, page_size).await;
            assert_eq!(listed.items, items, "{list} {page_size:?}");
            let requests = emulator.requests();
            let pages = requests.iter().filter(|it| it.operation == Some(operation));
            assert_eq!(pages.count(), items.div_ceil(page), "{list} {page_size:?}");
            let others = requests.iter().filter(|it| it.operation != Some(operation));
            assert_eq!(others.count(), 1, "beside them one request for a token");
            println!("{list} by {page}: {listed:?}");
            if let (Some(early), Some(late)) = (listed.early, listed.late) {
                assert!(late - early < GROWTH, "{list} {page_size:?}: {listed:?}");
            }
        }
    }
}

/// Lists in a process that does nothing else, so that its memory is that of the list.
async fn in_another_process(emulator: &Emulator, list: &str, page_size: Option<u32>) -> Listed {
    let mut process = another_process::of("scale::a_list", emulator);
    process.env(LIST, list);
    process.env(PAGE, page_size.unwrap_or_default().to_string());
    ended(process).await
}

#[tokio::test]
#[ignore = "what the other process does; it needs a registry to list"]
async fn a_list() {
    let registry = registry().build().unwrap();
    let page_size = Some(set(PAGE).parse().unwrap()).filter(|size| *size > 0);
    let listed = match set(LIST).as_str() {
        "repositories" => read(registry.list_repositories(), page_size).await,
        _ => {
            let big = registry.repository("big").unwrap();
            read(big.list_manifests(), page_size).await
        }
    };
    tell(&listed);
}

async fn read<T: Send + 'static>(list: Pager<T>, page_size: Option<u32>) -> Listed {
    let mut list = match page_size {
        Some(size) => list.page_size(size),
        None => list,
    };
    let mut listed = Listed {
        items: 0,
        early: None,
        late: None,
    };
    while list.try_next().await.unwrap().is_some() {
        listed.items += 1;
        if listed.items == SETTLED {
            listed.early = peak();
        }
    }
    listed.late = peak();
    listed
}

//! The ways of working that are counted.

use acr_client::ContainerRegistryClient;
use acr_tests::{Session, Who};
use futures_util::future::join_all;

use super::peers::Figure::{self, AtLeast, ForAll, Known, Never, Unknown};
use crate::flow::push;

/// So many calls are made where there are several.
const CALLS: usize = 10;
/// Four hours of one call a minute.
const MINUTES: usize = 240;
const MINUTE: std::time::Duration = std::time::Duration::from_secs(60);

pub(super) struct Scenario {
    pub(super) name: &'static str,
    work: Work,
    /// By [`Who::ALL`]; `None` where one cannot.
    pub(super) expected: [Option<usize>; 4],
    /// By [`PEERS`](super::PEERS).
    pub(super) peers: [Figure; 8],
}

#[derive(Clone, Copy)]
enum Work {
    ColdList,
    WarmList,
    Together,
    Alternating,
    Prefetched,
    Hours,
    Upload,
    Image,
}

#[rustfmt::skip]
pub(super) const SCENARIOS: [Scenario; 8] = [
    Scenario {
        name: "list of repositories, cold",
        work: Work::ColdList,
        expected: [Some(3), Some(2), Some(2), Some(2)],
        peers: [Known(4), Known(4), Known(4), Known(4), Unknown, Never, Known(4), Known(2)],
    },
    Scenario {
        name: "the same, warm",
        work: Work::WarmList,
        expected: [Some(1), Some(1), Some(1), Some(1)],
        peers: [Known(4), Known(3), Known(1), Known(1), Unknown, Never, Known(4), Known(1)],
    },
    Scenario {
        name: "10 concurrent calls on one repository, cold",
        work: Work::Together,
        expected: [Some(12), Some(11), Some(11), Some(11)],
        peers: [Known(40), Known(31), Unknown, Unknown, Unknown, Known(30), Known(40), Unknown],
    },
    Scenario {
        name: "10 calls on two repositories in turn, cold",
        work: Work::Alternating,
        expected: [Some(13), Some(12), Some(12), Some(12)],
        peers: [Known(40), Known(31), Known(31), Known(31), Unknown, Known(14), Known(40), ForAll(11)],
    },
    Scenario {
        name: "the same, named beforehand (`prefetch`)",
        work: Work::Prefetched,
        expected: [Some(12), Some(11), Some(11), Some(11)],
        peers: [Never, Never, Never, Never, Never, Never, Never, Known(11)],
    },
    Scenario {
        name: "4 hours, one call a minute",
        work: Work::Hours,
        expected: [Some(247), Some(245), None, Some(245)],
        peers: [Known(960), AtLeast(722), Unknown, Unknown, Unknown, Unknown, Known(960), Never],
    },
    Scenario {
        name: "upload of 9 MiB, cold",
        work: Work::Upload,
        expected: [Some(5), Some(4), Some(4), None],
        peers: [Known(22), Known(16), Unknown, Known(8), Unknown, Known(7), Never, Never],
    },
    Scenario {
        name: "push of an image of one small layer, cold",
        work: Work::Image,
        expected: [Some(5), Some(4), Some(4), None],
        peers: [Known(28), Known(22), Known(10), Known(10), Unknown, Unknown, Never, Never],
    },
];

/// What a scenario cost.
#[derive(Clone, Copy, Debug)]
pub(super) struct Count {
    /// At the registry.
    pub(super) requests: usize,
    /// At the identity.
    pub(super) entra: usize,
}

impl Scenario {
    pub(super) fn is_for(&self, who: Who) -> bool {
        let mut all = Who::ALL.iter().zip(&self.expected);
        all.any(|(one, expected)| *one == who && expected.is_some())
    }

    /// Works in a registry of its own, and counts.
    pub(super) async fn count(&self, who: Who) -> Count {
        let session = Session::start(who).await;
        for name in ["app", "other"] {
            push(&session.admin.repository(name).unwrap(), b"layer", &["v1"]).await;
        }
        if let Work::WarmList = self.work {
            list(&session.registry).await;
        }
        session.forget_requests();
        self.work.run(&session).await;
        let requests = session.emulator.requests();
        for request in &requests {
            let fine = (200..400).contains(&request.status);
            assert!(fine, "{} as {who:?}: {request:?}", self.name);
        }
        Count {
            requests: requests.len(),
            entra: session.entra_calls(),
        }
    }
}

impl Work {
    async fn run(self, session: &Session) {
        let registry = &session.registry;
        match self {
            Self::ColdList | Self::WarmList => list(registry).await,
            Self::Together => {
                let app = registry.repository("app").unwrap();
                let calls = join_all((0..CALLS).map(|_| async { app.properties().await }));
                calls.await.into_iter().for_each(|call| {
                    call.unwrap();
                });
            }
            Self::Alternating | Self::Prefetched => {
                if let Self::Prefetched = self {
                    let both = "repository:app:metadata_read repository:other:metadata_read";
                    let missing = session.tokens.prefetch(&both.parse().unwrap()).await;
                    assert!(missing.unwrap().is_empty());
                }
                for name in ["app", "other"].into_iter().cycle().take(CALLS) {
                    properties(registry, name).await;
                }
            }
            Self::Hours => {
                for _ in 0..MINUTES {
                    properties(registry, "app").await;
                    session.emulator.advance_clock(MINUTE);
                }
            }
            Self::Upload => {
                let app = registry.repository("app").unwrap();
                app.upload_blob(vec![7; 9 * 1024 * 1024]).await.unwrap();
            }
            Self::Image => {
                push(&registry.repository("new").unwrap(), b"new", &["v1"]).await;
            }
        }
    }
}

async fn list(registry: &ContainerRegistryClient) {
    let names = registry.list_repositories().try_collect().await.unwrap();
    assert_eq!(names.len(), 2);
}

async fn properties(registry: &ContainerRegistryClient, name: &str) {
    let repository = registry.repository(name).unwrap();
    repository.properties().await.unwrap();
}

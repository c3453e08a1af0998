//! Recordings of walks through registries of any content: what was there before is found out from
//! the answers alone.

use proptest::{
    prelude::*,
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use serde_json::{Value, json};

use super::{differing, recorder::Recorder};
use crate::compare::Difference;

const REPOSITORIES: [&str; 3] = ["app", "lib/other", "zoo"];
const TAGS: [&str; 5] = ["a", "b1", "latest", "v1.0", "v2"];

fn digest(number: usize) -> String {
    format!("sha256:{}", format!("{number:x}").repeat(64))
}

/// A registry with some of these repositories, manifests and tags.
fn registry() -> impl Strategy<Value = Value> {
    let time = || {
        (1u32..28, 0u32..10_000_000)
            .prop_map(|(day, fraction)| format!("2021-03-{day:02}T10:20:30.{fraction:07}Z"))
    };
    let manifest = (1usize..10, time(), 0u32..4000, any::<bool>());
    let tag = (0..TAGS.len(), 0usize..8, time(), any::<bool>());
    let repository = (
        prop::collection::vec(manifest, 1..6),
        prop::collection::vec(tag, 0..6),
        time(),
        any::<bool>(),
    );
    let repository = repository.prop_map(|(manifests, tags, time, open)| {
        let mut names: Vec<usize> = manifests.iter().map(|m| m.0).collect();
        names.sort_unstable();
        names.dedup();
        let manifests: Vec<Value> = names
            .iter()
            .map(|name| {
                let (_, time, size, open) = manifests.iter().find(|m| m.0 == *name).unwrap();
                json!({"digest": digest(*name), "size": size, "imageSize": size,
                "mediaType": "application/vnd.oci.image.manifest.v1+json",
                "createdTime": time, "changeableAttributes": {"writeEnabled": open}})
            })
            .collect();
        let tags: serde_json::Map<_, _> = tags
            .iter()
            .map(|(name, on, time, open)| {
                let tag = json!({"digest": digest(names[on % names.len()]), "createdTime": time,
                "changeableAttributes": {"deleteEnabled": open}});
                (TAGS[*name].to_owned(), tag)
            })
            .collect();
        json!({"createdTime": time, "changeableAttributes": {"listEnabled": open},
            "manifests": manifests, "tags": tags, "blobs": [{"text": "{}"}]})
    });
    prop::collection::vec(repository, 3).prop_map(|all| {
        let named = REPOSITORIES.iter().map(|name| (*name).to_owned()).zip(all);
        json!({"repositories": named.collect::<serde_json::Map<_, _>>()})
    })
}

/// A request: method, path and body.
fn request() -> impl Strategy<Value = (&'static str, String, &'static str)> {
    let repository = prop::sample::select(REPOSITORIES.to_vec());
    let tag = prop::sample::select(TAGS.to_vec());
    let order = prop::sample::select(vec!["", "&orderby=timedesc", "&orderby=timeasc"]);
    (0usize..17, repository, tag, 1usize..10, 1usize..5, order).prop_map(
        |(kind, name, tag, number, n, order)| {
            let (acr, v2) = (
                format!("/acr/v1/{}", name.replace('/', "%2F")),
                format!("/v2/{name}"),
            );
            let of = digest(number);
            let blob = crate::bytes::digest_of(b"{}");
            match kind {
                0 => ("GET", format!("/acr/v1/_catalog?n={n}"), ""),
                1 => ("GET", format!("{acr}/_tags?n={n}{order}"), ""),
                2 => ("GET", format!("{acr}/_tags?last={tag}&n={n}"), ""),
                3 => ("GET", format!("{acr}/_manifests?n={n}{order}"), ""),
                4 => ("GET", acr, ""),
                5 => ("GET", format!("{acr}/_tags/{tag}"), ""),
                6 => ("GET", format!("{acr}/_manifests/{of}"), ""),
                7 => ("GET", format!("{v2}/tags/list?n={n}"), ""),
                8 => ("HEAD", format!("{v2}/manifests/{tag}"), ""),
                9 => ("GET", format!("{v2}/manifests/{of}"), ""),
                10 => ("HEAD", format!("{v2}/blobs/{blob}"), ""),
                11 => (
                    "PATCH",
                    format!("{acr}/_tags/{tag}"),
                    r#"{"readEnabled":false}"#,
                ),
                12 => ("PATCH", acr, r#"{"writeEnabled":true}"#),
                13 => ("DELETE", format!("{acr}/_tags/{tag}"), ""),
                14 => ("DELETE", format!("{v2}/manifests/{of}"), ""),
                15 => ("DELETE", format!("{v2}/blobs/{blob}"), ""),
                _ => ("DELETE", acr, ""),
            }
        },
    )
}

#[test]
fn any_walk_comes_out_the_same() {
    let config = Config {
        cases: 32,
        failure_persistence: None,
        ..Config::default()
    };
    // The same walks each time: what cannot be known from answers is no reason to fail by chance.
    let rng = TestRng::deterministic_rng(RngAlgorithm::ChaCha);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let walks = (registry(), prop::collection::vec(request(), 1..10));
    let walked = TestRunner::new_with_rng(config, rng).run(&walks, |(seed, requests)| {
        let found = runtime.block_on(walk(seed, &requests));
        prop_assert_eq!(found, []);
        Ok(())
    });
    walked.unwrap();
}

/// What differs when a recording of these requests is replayed.
async fn walk(seed: Value, requests: &[(&str, String, &str)]) -> Vec<Difference> {
    let mut recorder = Recorder::of(seed).await;
    let actions = "pull,push,delete,metadata_read,metadata_write";
    let scopes = REPOSITORIES
        .iter()
        .map(|name| format!("repository:{name}:{actions}"));
    let scopes: Vec<_> = scopes.chain(["registry:catalog:*".to_owned()]).collect();
    recorder.sign_in(&scopes.join("%20")).await;
    for (method, path, body) in requests {
        recorder.ask_with_token(method, path, body.as_bytes()).await;
    }
    differing(&recorder.exchanges).await
}

//! Rules: which calls they choose, and what the management API makes of bad ones.

use acr_emulator::{Fault, FaultRule};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::{hits, inject};
use crate::{
    management::manage,
    support::{Registry, header},
};

async fn statuses(registry: &Registry, path: &str, calls: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..calls {
        statuses.push(registry.get(path).await.status().as_u16());
    }
    statuses
}

#[tokio::test]
async fn nth_every_times_and_a_seed_choose_calls() {
    let registry = Registry::start().await;
    let fault = json!({"status": {"status": 500}});
    for (choice, expected) in [
        (json!({"nth": 2}), [200, 500, 200, 200, 200, 200]),
        (json!({"every": 2}), [200, 500, 200, 500, 200, 500]),
        (
            json!({"every": 2, "times": 1}),
            [200, 500, 200, 200, 200, 200],
        ),
        (json!({"times": 3}), [500, 500, 500, 200, 200, 200]),
        (json!({"probability": 1.0}), [500; 6]),
    ] {
        registry.emulator.clear_faults();
        let mut rule = choice.clone();
        rule["fault"] = fault.clone();
        inject(&registry, rule).await;
        assert_eq!(statuses(&registry, "/v2/", 6).await, expected, "{choice}");
    }
    let mut runs = Vec::new();
    for seed in [7, 7, 8] {
        registry.emulator.clear_faults();
        let rule = FaultRule::new(Fault::status(500)).with_probability(0.5);
        registry.emulator.inject(rule.seed(seed)).unwrap();
        runs.push(statuses(&registry, "/v2/", 32).await);
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0], runs[2]);
}

#[tokio::test]
async fn only_in_these_repositories() {
    let registry = Registry::start().await;
    for name in ["team/a", "team/b", "other"] {
        registry.push_image(name, "v1", "content").await;
    }
    let fault = json!({"status": {"status": 500}});
    let rule = json!({"repository": "team/*", "operations": ["get_tag"], "fault": fault});
    inject(&registry, rule).await;
    for (path, status) in [
        ("/acr/v1/team%2Fa/_tags/v1", 500),
        ("/acr/v1/team/b/_tags/v1", 500),
        ("/acr/v1/team/b/_tags", 200),
        ("/acr/v1/other/_tags/v1", 200),
    ] {
        assert_eq!(statuses(&registry, path, 1).await, [status], "{path}");
    }
    assert_eq!(hits(&registry), [2]);
}

#[tokio::test]
async fn downloads_are_those_of_the_repositories_that_have_the_blob() {
    let registry = Registry::start().await;
    let fault = json!({"status": {"status": 500}});
    let rule = json!({"repository": "app", "operations": ["download_blob"], "fault": fault});
    inject(&registry, rule).await;
    for (name, status) in [("app", 500), ("other", 200)] {
        let digest = registry.push_blob(name, name.as_bytes()).await;
        let redirect = registry.get(&format!("/v2/{name}/blobs/{digest}")).await;
        let download = registry.http.get(header(&redirect, "location"));
        assert_eq!(download.send().await.unwrap().status().as_u16(), status);
    }
    assert_eq!(hits(&registry), [1]);
}

#[tokio::test]
async fn the_rules_in_the_readme_hold() {
    let registry = Registry::start().await;
    let readme = include_str!("../../../README.md");
    let mut kinds = std::collections::BTreeSet::new();
    for line in readme.lines() {
        let Some((_, rule)) = line.split_once("$M/faults -d '") else {
            continue;
        };
        let rule: Value = serde_json::from_str(rule.trim_end_matches('\'')).unwrap();
        let fault = rule["fault"].as_object().unwrap();
        kinds.extend(fault.keys().cloned());
        inject(&registry, rule).await;
    }
    assert_eq!(kinds.len(), 15, "one of each: {kinds:?}");
}

#[tokio::test]
async fn rules_are_shown_and_removed() {
    let registry = Registry::start().await;
    let fault = json!({"cutAnswer": {"afterBytes": 10}});
    let rule = json!({"operations": ["get_blob"], "repository": "app", "nth": 3, "fault": fault});
    let first = inject(&registry, rule.clone()).await;
    let second = inject(
        &registry,
        json!({"probability": 0.5, "fault": {"locked": {}}}),
    )
    .await;
    let list = manage(&registry, Method::GET, "/faults", "").await;
    let list: Value = list.json().await.unwrap();
    let mut expected = rule;
    expected["id"] = json!(first);
    expected["seen"] = json!(0);
    expected["hits"] = json!(0);
    assert_eq!(list[0], expected);
    assert!(list[1]["seed"].is_u64(), "drawn, and told: {list}");

    let remove = |path: String| manage(&registry, Method::DELETE, path.leak(), "");
    let removed = remove(format!("/faults/{first}")).await;
    assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    for gone in [first.to_string(), "first".to_owned(), u128::MAX.to_string()] {
        let missing = remove(format!("/faults/{gone}")).await;
        assert_eq!(missing.status(), StatusCode::NOT_FOUND);
        let text = missing.text().await.unwrap();
        assert_eq!(text, format!("there is no fault rule {gone}\n"));
    }
    assert_eq!(
        registry.emulator.faults()[0].id.to_string(),
        second.to_string()
    );
    let cleared = remove("/faults".to_owned()).await;
    assert_eq!(cleared.status(), StatusCode::NO_CONTENT);
    assert!(registry.emulator.faults().is_empty());
}

#[tokio::test]
async fn a_reset_leaves_the_rules_alone() {
    let registry = Registry::start().await;
    inject(&registry, json!({"fault": {"locked": {}}})).await;
    registry.emulator.reset().unwrap();
    assert_eq!(registry.emulator.faults().len(), 1);
}

#[tokio::test]
async fn bad_rules_are_refused_with_a_reason() {
    let registry = Registry::start().await;
    let huge = format!(
        "{{\"fault\": {{\"wrongBytes\": {{\"atByte\": 1{}}}}}}}",
        "0".repeat(400)
    );
    let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
    for (body, why) in [
        ("", "EOF"),
        ("null", "expected struct"),
        ("{}", "missing field `fault`"),
        (r#"{"fault": {}}"#, "expected"),
        (r#"{"fault": "locked"}"#, "expected"),
        (r#"{"fault": {"lock": {}}}"#, "unknown variant `lock`"),
        (
            r#"{"fault": {"locked": {"more": 1}}}"#,
            "unknown field `more`",
        ),
        (
            r#"{"fault": {"locked": {}}, "nht": 2}"#,
            "unknown field `nht`",
        ),
        (r#"{"fault": {"locked": {}}, "nth": -1}"#, "invalid value"),
        (r#"{"fault": {"locked": {}}, "nth": 1.5}"#, "invalid type"),
        (
            r#"{"fault": {"locked": {}}, "nth": 99999999999999999999}"#,
            "invalid",
        ),
        (
            r#"{"fault": {"locked": {}}, "probability": 1e999}"#,
            "out of range",
        ),
        (
            r#"{"fault": {"locked": {}}, "probability": 2}"#,
            "at most 1",
        ),
        (
            r#"{"fault": {"locked": {}}, "operations": "ping"}"#,
            "expected a sequence",
        ),
        (
            r#"{"fault": {"locked": {}}, "operations": ["pong"]}"#,
            "no operation `pong`; these are",
        ),
        (
            r#"{"fault": {"locked": {}}, "repository": ""}"#,
            "is no repository",
        ),
        (r#"{"fault": {"status": {"status": 200}}}"#, "400 to 599"),
        (
            r#"{"fault": {"status": {"status": 70000}}}"#,
            "invalid value",
        ),
        (
            r#"{"fault": {"delay": {"milliseconds": 18446744073709551615}}}"#,
            "an hour",
        ),
        (
            r#"{"fault": {"wrongLength": {"by": -9223372036854775809}}}"#,
            "invalid",
        ),
        (&huge, "out of range"),
        (&deep, "invalid type"),
    ] {
        let refused = manage(&registry, Method::POST, "/faults", body.to_owned()).await;
        let shown = &body[..body.len().min(80)];
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{shown}");
        let text = refused.text().await.unwrap();
        assert!(text.contains(why), "{shown}: {text}");
        assert!(text.len() < 1000);
    }
    assert!(registry.emulator.faults().is_empty());
    // As far as numbers go.
    let far = json!({"nth": u64::MAX, "fault": {"replicaLag": {"milliseconds": u64::MAX}}});
    inject(&registry, far).await;
    let far = json!({"fault": {"replicaLag": {"milliseconds": u64::MAX}}});
    inject(&registry, far).await;
    let digest = registry.push_blob("app", b"blob").await;
    let unknown = registry.get(&format!("/v2/app/blobs/{digest}")).await;
    assert_eq!(unknown.status(), StatusCode::NOT_FOUND);
}

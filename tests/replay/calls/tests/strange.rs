//! What no recording has had yet: told of, and nothing stops.

use serde_json::{Value, json};

use super::{NotCovered, Outcome, differing, digest, exchange, not_covered, replayed};

#[tokio::test]
async fn what_is_no_known_operation_is_not_covered() {
    for (method, path, why) in [
        ("GET", "/acr/v2/app/_layers", NotCovered::NoOperation),
        ("PUT", "/acr/v1/_catalog", NotCovered::NoOperation),
        ("OPTIONS", "/v2/", NotCovered::NoOperation),
        ("BREW", "/v2/app/manifests/v1", NotCovered::NoOperation),
    ] {
        let exchange = exchange(method, path, json!({}));
        assert_eq!(not_covered(&exchange).await, Some(why), "{method} {path}");
    }
    let mut elsewhere = exchange("GET", "/", json!({}));
    elsewhere["url"] = "https://management.azure.com/subscriptions/1?api-version=1".into();
    assert_eq!(
        not_covered(&elsewhere).await,
        Some(NotCovered::NotARegistry)
    );
}

#[tokio::test]
async fn what_is_not_recorded_is_not_covered() {
    let blob = format!("/v2/app/blobs/{}", digest('a'));
    assert_eq!(
        not_covered(&exchange("GET", &blob, json!({}))).await,
        Some(NotCovered::AnswerNotRecorded)
    );
    let update = exchange("PATCH", "/acr/v1/app", json!({"resp_body": {}}));
    assert_eq!(
        not_covered(&update).await,
        Some(NotCovered::BodyNotRecorded)
    );
}

#[tokio::test]
async fn an_answer_of_any_form_is_borne() {
    let answers = [
        json!({"status": 0}),
        json!({"status": 999}),
        json!({"status": 204}),
        json!({"status": 302, "resp_headers": {"location": ["://"]}}),
        json!({"status": 429, "resp_headers": {"retry-after": ["soon"]}, "resp_body": "Ref A: 1 Ref B: 2"}),
        json!({"status": 401, "resp_headers": {"www-authenticate": ["Bearer realm="]}}),
        json!({"status": 200, "resp_headers": {"link": ["<"], "bad name": ["x"]}, "resp_body": "<html>"}),
        json!({"status": 200, "resp_headers": {"docker-content-digest": ["md5:1"]}, "resp_body": [1, {"a": null}]}),
    ];
    let digest = digest('a');
    let requests = [
        (
            "GET",
            "/acr/v1/_catalog?n=x&last=&orderby=sideways".to_owned(),
        ),
        ("GET", "/acr/v1/App/_tags".to_owned()),
        ("DELETE", "/acr/v1/app/_tags/v1".to_owned()),
        ("GET", format!("/v2/app/manifests/{digest}")),
        ("PUT", "/v2/app/manifests/v1".to_owned()),
        ("GET", format!("/v2/app/blobs/{digest}")),
        ("POST", "/v2/app/blobs/uploads/?mount=x".to_owned()),
        ("PATCH", "/v2/app/blobs/uploads/%00?_state=%".to_owned()),
        ("GET", "/v2/app/referrers/x".to_owned()),
        ("POST", "/oauth2/token".to_owned()),
        ("POST", "/acr/v1/_metadata/_query".to_owned()),
        ("GET", "/v2/".to_owned()),
    ];
    let all: Vec<Value> = answers
        .iter()
        .flat_map(|answer| {
            let made = |(method, path): &(&str, String)| exchange(method, path, answer.clone());
            requests.iter().map(made).collect::<Vec<_>>()
        })
        .collect();
    assert_eq!(replayed(&all).await.len(), all.len());
}

#[tokio::test]
async fn the_id_and_the_wait_of_a_refusal_come_out() {
    let answer = json!({"status": 429, "resp_headers": {"retry-after": ["7"],
        "x-ms-correlation-request-id": ["id-7"], "content-type": ["application/json"]},
        "resp_body": {"errors": [{"code": "TOOMANYREQUESTS", "message": "Too many requests."}]}});
    assert_eq!(differing(&exchange("GET", "/acr/v1/app", answer)).await, []);
}

#[tokio::test]
async fn a_challenge_that_leads_elsewhere_is_seen() {
    let answer = json!({"status": 401, "resp_headers": {"www-authenticate": [
        "Bearer realm=\"https://evil.example/oauth2/token\",service=\"registry.azurecr.io\",scope=\"repository:app:metadata_read\""
    ]}});
    let found = differing(&exchange("GET", "/acr/v1/app", answer)).await;
    assert!(!found.is_empty());
}

#[tokio::test]
async fn wrong_content_is_seen() {
    let answer = json!({"resp_headers": {"content-type": ["application/vnd.oci.image.manifest.v1+json"]},
        "resp_body": {"schemaVersion": 2}});
    let path = format!("/v2/app/manifests/{}", digest('a'));
    let outcome = replayed(&[exchange("GET", &path, answer)]).await.remove(0);
    let Outcome::Covered { differing, .. } = outcome else {
        panic!("{outcome}");
    };
    assert!(
        differing
            .iter()
            .any(|difference| difference.field == "answer digest"),
        "{differing:#?}"
    );
}

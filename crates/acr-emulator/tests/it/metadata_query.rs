//! The search over the metadata of all manifests.

use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use crate::support::{OCI_INDEX, Registry, code, header};

const ALL: &str = "/acr/v1/_metadata/_query";

async fn post(registry: &Registry, path: &str, body: &Value) -> Response {
    let post = registry
        .admin(Method::POST, path)
        .header("content-type", "application/json")
        .body(body.to_string());
    post.send().await.unwrap()
}

async fn found(registry: &Registry, path: &str, conditions: &str) -> Vec<String> {
    let body = json!({"query": format!("Manifests | where {conditions}")});
    let response = post(registry, path, &body).await;
    assert_eq!(response.status(), StatusCode::OK, "{conditions}");
    let answer: Value = response.json().await.unwrap();
    let data = answer["data"].as_array().unwrap();
    assert_eq!(answer["count"], data.len(), "{conditions}");
    data.iter()
        .map(|row| row["repository"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn records_are_those_of_the_service() {
    let registry = Registry::start().await;
    let image = registry.push_image("team/app", "v1", "one").await;
    let index = json!({"schemaVersion": 2, "manifests": [{"digest": image, "size": 1}]});
    registry
        .put_manifest("team/app", "all", OCI_INDEX, index.to_string())
        .await;
    let body = json!({"query": "Manifests | where imageSize > 1"});
    let response = post(&registry, ALL, &body).await;
    assert_eq!(
        header(&response, "x-ms-ratelimit-remaining-calls-per-second"),
        "9.000000"
    );
    let text = response.text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap();
    let (first, second) = (&answer["data"][0], &answer["data"][1]);
    let none = r#""annotationIndexProperties":{"state":"none","count":0}"#;
    let expected = format!(
        "{{\"count\":2,\"region\":\"local\",\"$skipToken\":\"\",\"data\":[\
         {{\"size\":{},\"imageSize\":42,\"architecture\":\"ppc64le\",\"os\":\"linux\",\"mediaType\":{},\"createdAt\":{},\"repository\":\"team/app\",\"digest\":\"{image}\",{none}}},\
         {{\"size\":{},\"imageSize\":{},\"mediaType\":{},\"createdAt\":{},\"repository\":\"team/app\",\"digest\":{},{none}}}]}}\n",
        first["size"],
        first["mediaType"],
        first["createdAt"],
        second["size"],
        second["imageSize"],
        second["mediaType"],
        second["createdAt"],
        second["digest"],
    );
    assert_eq!(text, expected);
}

#[tokio::test]
async fn conditions_choose_among_all_repositories_or_in_one() {
    let registry = Registry::start().await;
    for repository in ["app", "team/app", "team/Base".to_lowercase().as_str()] {
        registry.push_image(repository, "v1", repository).await;
    }
    let all = |conditions: &'static str| found(&registry, ALL, conditions);
    assert_eq!(all("size > 0").await, ["app", "team/app", "team/base"]);
    assert_eq!(
        all("repository startswith 'TEAM/' and repository != 'team/base'").await,
        ["team/app"]
    );
    assert_eq!(all("architecture == 'arm64'").await, [] as [&str; 0]);
    assert_eq!(all("createdAt < datetime(2020-01-01)").await.len(), 0);
    assert_eq!(
        all("createdAt > datetime(2020-01-01) and os =~ 'LINUX'")
            .await
            .len(),
        3
    );
    let one = found(&registry, "/acr/v1/team/app/_metadata/_query", "size > 0").await;
    assert_eq!(one, ["team/app"]);
}

#[tokio::test]
async fn long_answers_come_in_pages() {
    let registry = Registry::start().await;
    let image = registry.push_image("app", "v1", "one").await;
    for number in 0..100 {
        let index = json!({
            "schemaVersion": 2, "manifests": [{"digest": image}],
            "annotations": {"number": number.to_string()},
        });
        registry
            .put_manifest("app", "all", OCI_INDEX, index.to_string())
            .await;
    }
    let query = "Manifests | where repository == 'app'";
    let first = post(&registry, ALL, &json!({ "query": query })).await;
    let first: Value = first.json().await.unwrap();
    assert_eq!(first["count"], 100);
    let token = &first["$skipToken"];
    // In the body, or where az has it; there it is null on the first page.
    for body in [
        json!({"query": query, "$skipToken": token}),
        json!({"query": query, "options": {"$skipToken": token}}),
    ] {
        let second = post(&registry, ALL, &body).await;
        let second: Value = second.json().await.unwrap();
        assert_eq!(second["count"], 1);
        assert_eq!(second["$skipToken"], "");
        let first = first["data"].as_array().unwrap();
        assert!(!first.contains(&second["data"][0]));
    }
    let az = json!({"query": query, "options": {"$skipToken": null}});
    let again: Value = post(&registry, ALL, &az).await.json().await.unwrap();
    assert_eq!(again, first);
}

#[tokio::test]
async fn what_is_no_query_is_refused() {
    let registry = Registry::start().await;
    for body in [
        json!({"query": "Manifests"}),
        json!({"query": "Manifests | limit 1"}),
        json!({"query": "Manifests | where color == 'red'"}),
        json!({"query": "Manifests | where size > 1 or size < 1"}),
        json!({"query": "Manifests | where size > 1", "$skipToken": "nonsense"}),
    ] {
        let refused = post(&registry, ALL, &body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(code(refused).await, "INVALID_QUERY");
    }
    for body in [
        json!({}),
        json!([]),
        json!({"query": 1}),
        json!({"query": "x".repeat(1 << 17)}),
    ] {
        let refused = post(&registry, ALL, &body).await;
        assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
        assert_eq!(code(refused).await, "INVALID_REQUEST");
    }
}

//! What must have been there is there.

use serde_json::{Value, json};

use super::{differing_in_substance, exchange, replayed};
use crate::{
    exchange::Exchange,
    order::ordered,
    run::{Outcome, Unsent},
};

const JSON: &str = "application/json; charset=utf-8";

fn ok(body: &Value) -> Value {
    json!({"status": 200, "resp_headers": {"content-type": [JSON]}, "resp_body": body})
}

fn page(body: &Value, link: &str) -> Value {
    let headers = json!({"content-type": [JSON], "link": [link]});
    json!({"status": 200, "resp_headers": headers, "resp_body": body})
}

fn tag(name: &str, time: &str) -> Value {
    json!({
        "name": name, "digest": format!("sha256:{}", "c".repeat(64)),
        "createdTime": time, "lastUpdateTime": time, "signed": false,
        "changeableAttributes": {"deleteEnabled": true, "writeEnabled": false,
            "readEnabled": true, "listEnabled": true},
    })
}

#[tokio::test]
async fn counts_are_filled_up_and_pages_go_on() {
    let repository = json!({
        "registry": "registry.azurecr.io", "imageName": "app",
        "createdTime": "2020-01-01T00:00:00.5Z", "lastUpdateTime": "2020-02-01T00:00:00Z",
        "manifestCount": 4, "tagCount": 7,
        "changeableAttributes": {"deleteEnabled": true, "writeEnabled": true,
            "readEnabled": true, "listEnabled": true, "teleportEnabled": false},
    });
    let by_time = json!({"registry": "registry.azurecr.io", "imageName": "app",
        "tags": [tag("old", "2021-01-01T00:00:00Z"), tag("older", "2020-01-01T00:00:00.1Z")]});
    let link = "</acr/v1/app/_tags?last=older&n=2&orderby=timedesc>; rel=\"next\"";
    let all = "</acr/v1/_catalog?last=app&n=1&orderby=>; rel=\"next\"";
    let exchanges = [
        exchange(0, "GET", "/acr/v1/app", &ok(&repository)),
        exchange(
            1,
            "GET",
            "/acr/v1/app/_tags?n=2&orderby=timedesc",
            &page(&by_time, link),
        ),
        exchange(
            2,
            "GET",
            "/acr/v1/_catalog?n=1",
            &page(&json!({"repositories": ["app"]}), all),
        ),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[tokio::test]
async fn what_a_change_of_teleport_shows_was_there() {
    let patched = |name: &str, body: &Value, shown: &Value| {
        let mut attributes = json!({"deleteEnabled": true, "writeEnabled": true,
            "readEnabled": true, "listEnabled": true});
        for (key, value) in shown.as_object().unwrap() {
            attributes[key] = value.clone();
        }
        let repository = json!({"registry": "registry.azurecr.io", "imageName": name,
            "createdTime": "2020-01-01T00:00:00.5Z", "lastUpdateTime": "2020-02-01T00:00:00Z",
            "manifestCount": 1, "tagCount": 1, "changeableAttributes": attributes});
        let path = format!("/acr/v1/{name}");
        let mut patch = exchange(0, "PATCH", &path, &ok(&repository));
        patch["req_body"] = body.clone();
        [patch, exchange(1, "GET", &path, &ok(&repository))]
    };
    let teleport = |enabled: bool| json!({"teleportEnabled": enabled});
    let on = patched("one", &teleport(true), &teleport(true));
    let [off, still] = patched("one", &teleport(false), &teleport(false));
    let [absent, _] = patched("two", &teleport(true), &json!({}));
    let both = json!({"teleportEnabled": false, "deleteEnabled": false});
    let [locked, _] = patched("three", &both, &both);
    let exchanges = [on.to_vec(), vec![off, still, absent, locked]].concat();
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[tokio::test]
async fn a_refusal_tells_of_a_lock_where_the_repository_shows_none() {
    let repository = json!({"registry": "registry.azurecr.io", "imageName": "app",
        "createdTime": "2020-01-01T00:00:00.5Z", "lastUpdateTime": "2020-02-01T00:00:00Z",
        "manifestCount": 1, "tagCount": 1,
        "changeableAttributes": {"deleteEnabled": true, "writeEnabled": true,
            "readEnabled": true, "listEnabled": true, "teleportEnabled": false}});
    let message = "The operation is disallowed on this registry, repository or image. View troubleshooting \
        steps at https://aka.ms/acr/faq/#why-does-my-pull-or-push-request-fail-with-disallowed-operation";
    let refused = json!({"status": 405, "resp_headers": {"content-type": [JSON]}, "resp_body":
        {"errors": [{"code": "REGISTRY_DISALLOWED_OPERATION", "message": message, "detail": {}}]}});
    let exchanges = [
        exchange(0, "GET", "/acr/v1/app", &ok(&repository)),
        exchange(1, "DELETE", "/acr/v1/app", &refused),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[tokio::test]
async fn what_came_from_elsewhere_in_between_comes_in_between() {
    let missing = json!({"errors": [{"code": "TAG_UNKNOWN",
        "message": "the specified tag does not exist"}]});
    let gone =
        json!({"status": 404, "resp_headers": {"content-type": [JSON]}, "resp_body": missing});
    let there = json!({"registry": "registry.azurecr.io", "imageName": "app",
        "tag": tag("v1", "2021-01-01T00:00:00Z")});
    let exchanges = [
        exchange(0, "GET", "/acr/v1/app/_tags/v1", &gone),
        exchange(1, "GET", "/acr/v1/app/_tags/v1", &ok(&there)),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[test]
fn answers_of_one_request_are_put_where_they_belong() {
    let of = |enabled: bool| {
        json!({"registry": "r", "imageName": "app",
            "changeableAttributes": {"writeEnabled": enabled}})
    };
    let patch = |at, enabled: bool| {
        let mut exchange = exchange(at, "PATCH", "/acr/v1/app", &ok(&of(enabled)));
        exchange["req_body"] = json!({"writeEnabled": enabled});
        exchange
    };
    let get = |at, enabled| exchange(at, "GET", "/acr/v1/app", &ok(&of(enabled)));
    let recorded = [patch(0, false), patch(1, true), get(2, false), get(3, true)];
    let read = |value: &Value| serde_json::from_value::<Exchange>(value.clone()).unwrap();
    let order = |all: &[Value]| {
        let exchanges = ordered(all.iter().map(read).collect());
        exchanges.iter().map(|e| e.i).collect::<Vec<_>>()
    };
    assert_eq!(order(&recorded), [0, 2, 1, 3]);
    // One that cannot be is left as it is.
    assert_eq!(order(&[get(0, true), get(1, false)]), [0, 1]);
}

#[tokio::test]
async fn numbered_files_go_on_and_others_do_not() {
    let digest = crate::bytes::digest_of(b"{}");
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let date = |minute| json!([format!("Wed, 01 Jan 2020 12:{minute}:00 GMT")]);
    let headers = json!({"docker-content-digest": [digest], "date": date(10)});
    let post = [exchange(
        0,
        "POST",
        &path,
        &json!({"status": 201, "resp_headers": headers}),
    )];
    // That the blob is not there is wrong if the two belong together.
    let missing = json!({"status": 404, "resp_headers": {"date": date(20)}});
    let head = [exchange(
        0,
        "HEAD",
        &format!("/v2/app/blobs/{digest}"),
        &missing,
    )];
    let status = |outcomes: Vec<(Exchange, Outcome)>| match &outcomes[1].1 {
        Outcome::Compared { answer, .. } => answer.status,
        _ => 0,
    };
    let series = replayed(&[("1_post.jsonl", &post), ("2_head.jsonl", &head)]).await;
    assert_eq!(status(series), 200);
    let gap = replayed(&[("1_post.jsonl", &post), ("3_head.jsonl", &head)]).await;
    assert_eq!(status(gap), 404);
    let files = replayed(&[("a.jsonl", &post), ("b.jsonl", &head)]).await;
    assert_eq!(status(files), 404);
}

#[tokio::test]
async fn what_is_not_sent_has_its_reason() {
    let arm = exchange(
        0,
        "GET",
        "/subscriptions/x/registries?api-version=1",
        &ok(&json!({})),
    );
    let digest = format!("sha256:{}", "d".repeat(64));
    let path = format!("/v2/app/blobs/uploads/?digest={digest}");
    let made = json!({"status": 201, "resp_headers": {"docker-content-digest": [digest]}});
    let lost = exchange(1, "POST", &path, &made);
    let ping = exchange(0, "GET", "/v2/", &json!({"status": 401}));
    let outcomes = replayed(&[
        ("1.jsonl", &[arm, lost]),
        ("2.jsonl", std::slice::from_ref(&ping)),
        ("3.jsonl", std::slice::from_ref(&ping)),
    ])
    .await;
    let mut unsent: Vec<_> = outcomes
        .iter()
        .filter_map(|(_, outcome)| match outcome {
            Outcome::Unsent(why) => Some(*why),
            _ => None,
        })
        .collect();
    unsent.sort();
    let all = [
        Unsent::NotARegistry,
        Unsent::BodyNotRecorded,
        Unsent::RecordedTwice,
    ];
    assert_eq!(unsent, all);
}

#[test]
fn a_list_by_digest_does_not_say_what_is_on_another() {
    let listed = |tags: &[&str]| {
        let tags: Vec<_> = tags
            .iter()
            .map(|name| tag(name, "2021-01-01T00:00:00Z"))
            .collect();
        ok(&json!({"registry": "r", "imageName": "app", "tags": tags}))
    };
    let filtered = format!("/acr/v1/app/_tags?digest=sha256:{}", "c".repeat(64));
    let exchanges = [
        exchange(0, "GET", "/acr/v1/app/_tags", &listed(&["a", "b"])),
        exchange(1, "GET", &filtered, &listed(&["b"])),
        exchange(2, "DELETE", "/acr/v1/app/_tags/a", &json!({"status": 202})),
    ];
    let read = |value: &Value| serde_json::from_value::<Exchange>(value.clone()).unwrap();
    let exchanges = ordered(exchanges.iter().map(read).collect());
    let order: Vec<_> = exchanges.iter().map(|e| e.i).collect();
    assert_eq!(order, [0, 1, 2]);
}

#[tokio::test]
async fn a_path_of_no_route_is_asked_for_too() {
    let missing = json!({"status": 404, "resp_headers": {"content-type": ["text/plain; charset=utf-8"]},
        "resp_body": "404 page not found\n"});
    let exchanges = ["/", "/nothing/here"].map(|path| exchange(0, "GET", path, &missing));
    let outcomes = replayed(&[("test.jsonl", &exchanges)]).await;
    for (exchange, outcome) in outcomes {
        assert!(
            matches!(outcome, Outcome::Compared { answer, .. } if answer.status == 404),
            "{}",
            exchange.url
        );
    }
}

#[tokio::test]
async fn what_was_deleted_is_no_repository_that_is_there() {
    let there = json!({"registry": "registry.azurecr.io", "imageName": "app",
        "tag": tag("v1", "2021-01-01T00:00:00Z")});
    let deleted = json!({"registry": "registry.azurecr.io", "imageName": "old", "tags": null});
    let exchanges = [
        exchange(0, "GET", "/acr/v1/_deleted/old/_tags", &ok(&deleted)),
        exchange(1, "GET", "/acr/v1/app/_tags/v1", &ok(&there)),
    ];
    let outcomes = replayed(&[("test.jsonl", &exchanges)]).await;
    for (exchange, outcome) in outcomes {
        let Outcome::Compared {
            answer, differing, ..
        } = outcome
        else {
            panic!("{}", exchange.url);
        };
        assert!(
            !differing.iter().any(|d| d.field == "state"),
            "{differing:?}"
        );
        if exchange.i == 1 {
            assert_eq!(answer.status, 200);
        }
    }
}

#[tokio::test]
async fn tokens_are_had_by_forms_that_were_dropped_and_for_secrets_that_were_replaced() {
    let form = "grant_type=access_token&service=registry.azurecr.io&access_token=x";
    let granted = |name: &str| ok(&json!({name: "fake_token"}));
    let mut whole = exchange(0, "POST", "/oauth2/exchange", &granted("refresh_token"));
    whole["req_body"] = form.into();
    let exchanges = [
        whole,
        exchange(1, "POST", "/oauth2/exchange", &granted("refresh_token")),
        exchange(2, "POST", "/oauth2/token", &granted("access_token")),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

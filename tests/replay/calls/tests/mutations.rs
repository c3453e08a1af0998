//! Each change of a recording is seen.

use std::env;

use serde_json::{Map, Value, json};

use super::{Outcome, differing, recorded, replayed};
use crate::exchange;

/// The paths to all objects in a value.
fn objects(value: &Value) -> Vec<String> {
    fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
        match value {
            Value::Object(entries) => {
                found.push(path.to_owned());
                for (key, value) in entries {
                    walk(value, &format!("{path}/{key}"), found);
                }
            }
            Value::Array(items) => {
                for (at, value) in items.iter().enumerate() {
                    walk(value, &format!("{path}/{at}"), found);
                }
            }
            _ => {}
        }
    }
    let mut found = Vec::new();
    walk(value, "", &mut found);
    found
}

/// The same with this object of the body changed.
fn changed(exchange: &Value, object: &str, change: impl FnOnce(&mut Map<String, Value>)) -> Value {
    let mut changed = exchange.clone();
    let object = changed["resp_body"].pointer_mut(object).unwrap();
    change(object.as_object_mut().unwrap());
    changed
}

/// Should the client refuse what the service takes, the call would go by the bindings instead.
#[tokio::test]
async fn a_call_that_the_client_refuses_is_seen() {
    let lists = recorded::all().into_iter().filter(|exchange| {
        let url = exchange["url"].as_str().unwrap();
        exchange["method"] == "GET" && exchange["status"] == 200 && url.ends_with("/_tags")
    });
    let mut count = 0;
    for mut exchange in lists {
        let url = exchange["url"].as_str().unwrap().to_owned();
        exchange["url"] = json!(format!("{url}?n=0"));
        let found = differing(&exchange).await;
        assert!(
            found.iter().any(|it| it.field == "call"),
            "{exchange}: {found:#?}"
        );
        count += 1;
    }
    assert!(count > 0);
}

#[tokio::test]
async fn a_field_that_no_model_has_is_seen_wherever_it_stands() {
    for exchange in recorded::all() {
        for object in objects(&exchange["resp_body"]) {
            // What a service may put into the detail of an error is handed on as it is.
            if object.starts_with("/errors/0/detail") {
                continue;
            }
            let with_more = changed(&exchange, &object, |object| {
                object.insert("brandNew".to_owned(), json!("1"));
            });
            let found = differing(&with_more).await;
            let seen = found
                .iter()
                .any(|difference| difference.field.ends_with(".brandNew"));
            assert!(seen, "{object} of {exchange}: {found:#?}");
        }
    }
}

#[tokio::test]
async fn a_field_of_another_name_is_seen_wherever_it_stands() {
    for exchange in recorded::all() {
        for object in objects(&exchange["resp_body"]) {
            if object.starts_with("/errors/0/detail") {
                continue;
            }
            let entries = exchange["resp_body"]
                .pointer(&object)
                .unwrap()
                .as_object()
                .unwrap();
            for key in entries.keys() {
                let renamed = changed(&exchange, &object, |object| {
                    let value = object.remove(key).unwrap();
                    object.insert(format!("{key}Renamed"), value);
                });
                let found = differing(&renamed).await;
                assert!(!found.is_empty(), "{key} at {object} of {exchange}");
            }
        }
    }
}

#[tokio::test]
async fn a_field_of_another_kind_is_seen_wherever_it_stands() {
    for exchange in recorded::all() {
        for object in objects(&exchange["resp_body"]) {
            if object.starts_with("/errors/0/detail") {
                continue;
            }
            let entries = exchange["resp_body"]
                .pointer(&object)
                .unwrap()
                .as_object()
                .unwrap();
            for key in entries.keys() {
                let other = changed(&exchange, &object, |object| {
                    let value = object.get_mut(key).unwrap();
                    *value = json!([[*value]]);
                });
                // The detail of an error may be anything.
                if key == "detail" {
                    continue;
                }
                let found = differing(&other).await;
                assert!(!found.is_empty(), "{key} at {object} of {exchange}");
            }
        }
    }
}

#[tokio::test]
async fn another_status_is_seen() {
    for exchange in recorded::all() {
        let other = match exchange["status"].as_u64() {
            Some(200..300) => 409,
            _ => 200,
        };
        let mut changed = exchange.clone();
        changed["status"] = other.into();
        assert!(!differing(&changed).await.is_empty(), "{exchange}");
    }
}

#[tokio::test]
async fn what_a_request_asks_for_besides_is_seen() {
    for exchange in recorded::all() {
        let url = exchange["url"].as_str().unwrap();
        let sign = if url.contains('?') { '&' } else { '?' };
        let mut with_parameter = exchange.clone();
        with_parameter["url"] = format!("{url}{sign}fields=all").into();
        let found = differing(&with_parameter).await;
        let seen = found
            .iter()
            .any(|difference| difference.field == "request query fields");
        assert!(seen, "{exchange}: {found:#?}");

        let mut with_header = exchange.clone();
        with_header["req_headers"]["if-match"] = json!(["\"1\""]);
        let found = differing(&with_header).await;
        let seen = found
            .iter()
            .any(|difference| difference.field == "request header if-match");
        assert!(seen, "{exchange}: {found:#?}");
    }
    let all = recorded::all();
    let mut update = all
        .into_iter()
        .find(|exchange| exchange["method"] == "PATCH")
        .unwrap();
    update["req_body"] = "{\"writeEnabled\":false,\"quietEnabled\":true}".into();
    let found = differing(&update).await;
    let seen = found
        .iter()
        .any(|difference| difference.field == "request body.quietEnabled");
    assert!(seen, "{found:#?}");
}

#[tokio::test]
async fn each_exchange_stands_for_itself_in_whatever_order() {
    let mut exchanges = recorded::all();
    exchanges.reverse();
    for outcome in replayed(&exchanges).await {
        let Outcome::Covered { differing, .. } = outcome else {
            panic!("{outcome}");
        };
        assert_eq!(differing, []);
    }
}

/// The real recordings, where they are.
#[tokio::test]
async fn a_new_field_in_a_real_answer_is_seen() {
    let Some(folder) = env::var_os(acr_tests::recordings::FOLDER) else {
        println!(
            "{} is not set: no real answers are changed",
            acr_tests::recordings::FOLDER
        );
        return;
    };
    let (mut tried, mut unseen) = (0, Vec::new());
    for mut group in exchange::load(folder.as_ref()).unwrap() {
        for exchange in &mut group.exchanges {
            let path = exchange.path_and_query();
            let is_json = path.starts_with("/acr/") && (200..300).contains(&exchange.status);
            let body = exchange.answer_json().filter(|_| is_json);
            if let Some(crate::json::Json::Object(mut entries)) = body {
                let value = crate::json::Json::Text("1".to_owned());
                entries.push(("brandNew".to_owned(), value));
                exchange.resp_body = Some(crate::json::Json::Object(entries));
            }
        }
        for (exchange, outcome) in super::replay(group).await {
            let body = exchange.answer_json();
            if body.is_none_or(|body| body.get("brandNew").is_none()) {
                continue;
            }
            tried += 1;
            let seen = matches!(&outcome, Outcome::Covered { differing, .. }
                if differing.iter().any(|difference| difference.field == "answer.brandNew"));
            if !seen {
                unseen.push(exchange.name());
            }
        }
    }
    assert!(tried > 0);
    assert_eq!(unseen, [] as [String; 0]);
}

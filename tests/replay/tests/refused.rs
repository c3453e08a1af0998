//! What was refused, or went wrong, is refused and goes wrong again.

use serde_json::{Value, json};

use super::{differing_in_substance, exchange};
use crate::compare::Difference;

const JSON: &str = "application/json; charset=utf-8";

fn error(status: u16, code: &str, message: &str) -> Value {
    let body = json!({"errors": [{"code": code, "message": message}]});
    json!({"status": status, "resp_headers": {"content-type": [JSON]}, "resp_body": body})
}

/// How often the answers have another status than was recorded.
fn of_status(found: &[Difference]) -> usize {
    found.iter().filter(|d| d.field == "status").count()
}

#[tokio::test]
async fn tokens_are_refused_as_they_were() {
    let form = "grant_type=access_token&service=registry.azurecr.io&access_token=x";
    let refresh = "grant_type=refresh_token&service=registry.azurecr.io&scope=registry%3Acatalog%3A*\
        &refresh_token=x";
    let of = |at, path: &str, form: Option<&str>, answer: &Value| {
        let mut exchange = exchange(at, "POST", path, answer);
        exchange["req_body"] = form.into();
        exchange
    };
    let no_role = error(403, "DENIED", "retrieving permissions failed");
    let bad = error(
        401,
        "UNAUTHORIZED",
        "authentication required, visit https://aka.ms/acr/authorization for more information.",
    );
    let granted = json!({"status": 200, "resp_headers": {"content-type": [JSON]},
        "resp_body": {"refresh_token": "fake_token"}});
    let exchanges = [
        of(0, "/oauth2/exchange", Some(form), &no_role),
        of(1, "/oauth2/exchange", None, &no_role),
        of(2, "/oauth2/exchange", Some(form), &bad),
        of(3, "/oauth2/exchange", None, &bad),
        of(4, "/oauth2/token", Some(refresh), &bad),
        of(5, "/oauth2/exchange", Some(form), &granted),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[tokio::test]
async fn one_call_fails_where_the_service_did() {
    let mut many = error(429, "TOOMANYREQUESTS", "too many requests, try later");
    many["resp_headers"]["retry-after"] = json!(["7"]);
    let down = error(503, "UNAVAILABLE", "service unavailable");
    let there = json!({"status": 200, "resp_headers": {"content-type": [JSON]},
        "resp_body": {"repositories": ["app"]}});
    let list = |at, answer: &Value| exchange(at, "GET", "/acr/v1/_catalog", answer);
    let exchanges = [
        list(0, &many),
        list(1, &there),
        list(2, &down),
        list(3, &there),
    ];
    assert_eq!(differing_in_substance(&exchanges).await, []);
}

#[tokio::test]
async fn other_refusals_are_the_emulators_own() {
    let there = |status| {
        json!({"status": status, "resp_headers": {"content-type": [JSON]},
        "resp_body": {"repositories": ["app"]}})
    };
    for status in [403, 412, 428, 499] {
        let wrong = exchange(0, "GET", "/acr/v1/_catalog", &there(status));
        let found = differing_in_substance(&[wrong]).await;
        assert_eq!(of_status(&found), 1, "{status}: {found:?}");
    }
}

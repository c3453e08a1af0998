//! What is as recorded matches, each change of a recording is seen, and nothing that a recording may
//! hold stops the run.

mod mutations;
mod recorded;
mod strange;

use serde_json::{Value, json};

use super::{NotCovered, Outcome, replay, told::Via};
use crate::{
    compare::Difference,
    exchange::{Exchange, Group},
};

/// What becomes of these exchanges.
async fn replayed(exchanges: &[Value]) -> Vec<Outcome> {
    let exchanges = exchanges.iter().cloned().map(|exchange| {
        let mut exchange: Exchange = serde_json::from_value(exchange).unwrap();
        exchange.file = "test.jsonl".to_owned();
        exchange
    });
    let group = Group {
        exchanges: exchanges.collect(),
    };
    let outcomes = replay(group).await.into_iter();
    outcomes.map(|(_, outcome)| outcome).collect()
}

/// Everything that differs in a covered exchange.
async fn differing(exchange: &Value) -> Vec<Difference> {
    let outcomes = replayed(std::slice::from_ref(exchange)).await;
    match outcomes.into_iter().next().unwrap() {
        Outcome::Covered { differing, .. } => differing,
        Outcome::NotCovered(why) => panic!("{}: {exchange}", why.reason()),
    }
}

/// Why an exchange is not covered.
async fn not_covered(exchange: &Value) -> Option<NotCovered> {
    match replayed(std::slice::from_ref(exchange)).await.remove(0) {
        Outcome::NotCovered(why) => Some(why),
        Outcome::Covered { .. } => None,
    }
}

/// An exchange without anything that is not said.
fn exchange(method: &str, path: &str, answer: Value) -> Value {
    let mut value = json!({
        "i": 0, "method": method, "url": format!("https://registry.azurecr.io{path}"),
        "req_headers": {}, "req_body": null, "status": 200, "resp_headers": {}, "resp_body": null,
    });
    let Value::Object(parts) = answer else {
        panic!("{answer}");
    };
    for (key, part) in parts {
        value[key] = part;
    }
    value
}

/// A digest of one digit.
fn digest(digit: char) -> String {
    format!("sha256:{}", String::from(digit).repeat(64))
}

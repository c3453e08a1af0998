//! What all exchanges came to, as a suite of `interop` tells it.

use serde_json::{Value, json};

use crate::{exchange::Exchange, run::Outcome};

/// The longest reason, in differences.
const SHOWN: usize = 5;

/// The first line: what the emulator is compared with.
pub(crate) fn client() -> Value {
    json!({"client": "the service, as recorded", "version": "-"})
}

/// A line for an exchange.
pub(crate) fn case(exchange: &Exchange, outcome: &Outcome) -> Value {
    let name = format!("{} {}", exchange.name(), exchange.method);
    let (outcome, reason) = match outcome {
        Outcome::Compared { differing, .. } if differing.is_empty() => {
            return json!({"case": name, "outcome": "passed"});
        }
        Outcome::Compared { differing, .. } => {
            let fields = differing.iter().take(SHOWN).map(|difference| {
                let (recorded, came) = (&difference.recorded, &difference.came);
                format!("{}: {came:?} instead of {recorded:?}", difference.field)
            });
            ("failed", fields.collect::<Vec<_>>().join("; "))
        }
        Outcome::Failed(difference) => ("failed", difference.came.clone()),
        Outcome::Unsent(why) => ("skipped", why.reason().to_owned()),
    };
    json!({"case": name, "outcome": outcome, "reason": reason})
}

/// The last line of a run in which every rule has to have its reason.
pub(crate) fn rules(idle: &[&str]) -> Value {
    let name = "every rule excuses something";
    match idle {
        [] => json!({"case": name, "outcome": "passed"}),
        idle => json!({"case": name, "outcome": "failed", "reason": idle.join(", ")}),
    }
}

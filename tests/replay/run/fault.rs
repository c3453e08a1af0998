//! What went wrong at the service's own end, by the answers that tell of it.

use acr_emulator::{Fault, FaultRule};

use crate::exchange::Exchange;

/// The rule by which one call goes wrong as this one did, if the answer was that there were too many,
/// or that the service failed: no request brings about either.
pub(super) fn rule(exchange: &Exchange) -> Option<FaultRule> {
    if exchange.status != 429 && !(500..600).contains(&exchange.status) {
        return None;
    }
    let mut fault = Fault::status(exchange.status);
    let seconds = exchange.answered("retry-after");
    if let Some(seconds) = seconds.and_then(|seconds| seconds.parse().ok()) {
        fault = fault.retry_after(seconds);
    }
    let errors = exchange.answer_json();
    let error = errors.as_ref().and_then(|json| json.list("errors").first());
    if let Some(code) = error.and_then(|error| error.text("code")) {
        fault = fault.code(code);
    }
    if let Some(message) = error.and_then(|error| error.text("message")) {
        fault = fault.message(message);
    }
    Some(FaultRule::new(fault).times(1))
}

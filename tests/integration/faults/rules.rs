//! The emulator's rules for each trouble, aimed at the requests of a transfer.

use std::time::Duration;

use acr_emulator::{Fault, FaultRule};

use super::transfer::{PATCH, Transfer};

/// Longer than anybody waits.
const NEVER: Duration = Duration::from_secs(60 * 60);
const PAUSE: Duration = Duration::from_millis(4);
const PIECE: u64 = 128 * 1024;

type Rules = Vec<FaultRule>;

/// Once, at a request that carries bytes: the second of several, where some are already across.
fn carrying(transfer: Transfer, fault: impl Into<Fault>) -> FaultRule {
    let nth = if transfer.is_in_parts() { 2 } else { 1 };
    FaultRule::new(fault).on([transfer.operation()]).nth(nth)
}

/// Once, at the first request for this.
fn first(operation: &str, fault: impl Into<Fault>) -> FaultRule {
    FaultRule::new(fault).on([operation]).nth(1)
}

/// The request that begins a transfer, and the one that ends it.
fn begin(transfer: Transfer) -> &'static str {
    match transfer.is_upload() {
        true => "start_upload",
        false => "get_blob",
    }
}

fn end(transfer: Transfer) -> &'static str {
    match transfer {
        Transfer::UploadFile | Transfer::UploadReader | Transfer::UploadGiven => "complete_upload",
        _ => begin(transfer),
    }
}

pub(super) fn none(_: Transfer) -> Rules {
    Vec::new()
}

/// Of an upload's first bytes none is taken; a download's request gets no answer.
pub(super) fn request_cut_at_start(transfer: Transfer) -> Rules {
    match transfer.is_upload() {
        true => vec![first(transfer.operation(), Fault::cut_request(0))],
        false => vec![first("get_blob", Fault::cut_request(0))],
    }
}

pub(super) fn request_cut_in_the_middle(transfer: Transfer) -> Rules {
    let after = transfer.part() as u64 / 2;
    vec![carrying(transfer, Fault::cut_request(after))]
}

pub(super) fn request_cut_at_the_last_byte(transfer: Transfer) -> Rules {
    let after = transfer.part() as u64 - 1;
    vec![carrying(transfer, Fault::cut_request(after))]
}

/// In the middle of the request with the last bytes and the digest.
pub(super) fn last_request_cut(transfer: Transfer) -> Rules {
    let left = transfer.size() - 2 * PATCH;
    vec![first(end(transfer), Fault::cut_request(left as u64 / 2))]
}

/// What was asked for is done, and the answer never comes.
pub(super) fn answer_cut_at_start(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::cut_answer(0))]
}

/// So many bytes of an answer come.
pub(super) fn answer_cut_after(transfer: Transfer, bytes: u64) -> Rules {
    vec![carrying(transfer, Fault::cut_answer(bytes))]
}

pub(super) fn middle(transfer: Transfer) -> u64 {
    transfer.part() as u64 / 2 + 1
}

pub(super) fn last_byte(transfer: Transfer) -> u64 {
    transfer.part() as u64 - 1
}

pub(super) fn first_answer_cut(transfer: Transfer) -> Rules {
    vec![first(begin(transfer), Fault::cut_answer(0))]
}

pub(super) fn last_answer_cut(transfer: Transfer) -> Rules {
    vec![first(end(transfer), Fault::cut_answer(0))]
}

pub(super) fn throttled(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::status(429).retry_after(1))]
}

pub(super) fn status_500(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::status(500))]
}

pub(super) fn status_503(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::status(503))]
}

/// At the request with the last bytes.
pub(super) fn last_503(transfer: Transfer) -> Rules {
    vec![first(end(transfer), Fault::status(503))]
}

pub(super) fn always_503(transfer: Transfer) -> Rules {
    let operation = transfer.operation();
    vec![FaultRule::new(Fault::status(503)).on([operation])]
}

/// At every request for an upload in particular, and for downloads of the address.
pub(super) fn storm_of_401(transfer: Transfer) -> Rules {
    let operation = match transfer.is_upload() {
        true => transfer.operation(),
        false => "get_blob",
    };
    vec![FaultRule::new(Fault::status(401)).on([operation])]
}

pub(super) fn trickle(transfer: Transfer) -> Rules {
    vec![match transfer.is_upload() {
        true => carrying(transfer, Fault::trickle_request(PIECE, PAUSE)),
        false => carrying(transfer, Fault::trickle(PIECE, PAUSE)),
    }]
}

/// Neither an answer nor an end of the connection.
pub(super) fn silence(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::delay(NEVER))]
}

/// Within an answer's body.
pub(super) fn silence_in_a_body(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::trickle(PIECE, NEVER))]
}

pub(super) fn reset(transfer: Transfer) -> Rules {
    let after = match transfer.is_upload() {
        true => 0,
        false => transfer.part() as u64 / 2,
    };
    vec![carrying(transfer, Fault::reset_answer(after))]
}

/// The answer names another digest than that of the bytes.
pub(super) fn wrong_digest(transfer: Transfer) -> Rules {
    vec![first(end(transfer), Fault::wrong_digest())]
}

pub(super) fn wrong_bytes(transfer: Transfer) -> Rules {
    let at = transfer.part() as u64 / 2;
    vec![carrying(transfer, Fault::wrong_bytes(at))]
}

pub(super) fn length_too_small(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::wrong_length(-1000))]
}

pub(super) fn length_too_large(transfer: Transfer) -> Rules {
    vec![carrying(transfer, Fault::wrong_length(1000))]
}

pub(super) fn address_expired(_: Transfer) -> Rules {
    vec![first("get_blob", Fault::presigned_expired())]
}

/// When it is needed again, after a break.
pub(super) fn address_expired_in_the_middle(transfer: Transfer) -> Rules {
    let after = transfer.part() as u64 / 2;
    let expired = FaultRule::new(Fault::presigned_expired()).on(["download_blob"]);
    let next = if transfer.is_in_parts() { 3 } else { 2 };
    vec![
        carrying(transfer, Fault::cut_answer(after)),
        expired.nth(next),
    ]
}

/// At a request that carries bytes; for downloads, when another address is asked for after a break.
pub(super) fn token_expired(transfer: Transfer) -> Rules {
    if transfer.is_upload() {
        return vec![carrying(transfer, Fault::token_expired())];
    }
    let expired = FaultRule::new(Fault::token_expired()).on(["get_blob"]);
    let mut rules = address_expired_in_the_middle(transfer);
    rules.push(expired.nth(2));
    rules
}

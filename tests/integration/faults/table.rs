//! Which troubles there are, and what comes of each.

use acr_emulator::FaultRule;

use super::{rules, transfer::Transfer};

/// Where a trouble cannot happen to a transfer, or is the same as another.
pub(super) const NOTHING: &str = "–";

/// So many cells are filled: each in a strict and in a tolerant registry.
pub(super) const CELLS: usize = 2 * (31 * 6 - 37 + 6);

pub(super) struct Row {
    pub(super) name: &'static str,
    pub(super) trouble: Trouble,
    /// By [`Transfer::ALL`]: what comes of it; `strict/tolerant` where the registry makes the
    /// difference.
    ///
    /// - `ok`: as if nothing had been.
    /// - `resumed`: it went on where it was.
    /// - `after cut`: the registry had kept a part of a request that was cut off.
    /// - `restarted`: from the first byte.
    /// - `lost`: the registry gave the upload up, and its source cannot be read again.
    /// - `digest`, `io`, `auth`, `refused`, `unexpected`: the kind of the error.
    pub(super) expected: [&'static str; 7],
}

#[derive(Clone, Copy)]
pub(super) enum Trouble {
    /// What the registry does.
    Rules(fn(Transfer) -> Vec<FaultRule>),
    /// An answer breaks off after so many bytes: there it goes on.
    CutAnswer(fn(Transfer) -> u64),
    /// The client has sent something before, so it has a token.
    Warm(fn(Transfer) -> Vec<FaultRule>),
    /// The same as rules alone; an upload of which nobody was told may be left in the registry.
    LeavesUpload(fn(Transfer) -> Vec<FaultRule>),
    /// The same; the client waits for a second at most.
    Impatient(fn(Transfer) -> Vec<FaultRule>),
    /// The digest that is given is not that of the bytes.
    OtherDigest,
    /// The local file or reader fails half-way, or the local disk is full.
    Local,
    /// `kill -9` while a request is under way, and then another process.
    Killed,
    /// `kill -9` after a request was cut off within its bytes.
    KilledAfterCut,
}

use Trouble::{CutAnswer, Impatient, Killed, KilledAfterCut, LeavesUpload, Local, Rules, Warm};

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    //                                                                                                     file, reader, small, given, stream, to file, parallel
    Row { name: "none", trouble: Rules(rules::none),
        expected: ["ok", "ok", "ok", NOTHING, "ok", "ok", "ok"] },
    Row { name: "request cut at its start", trouble: Rules(rules::request_cut_at_start),
        expected: ["resumed", "resumed", "ok", "resumed", "ok", "ok", "ok"] },
    Row { name: "request cut in its middle", trouble: Rules(rules::request_cut_in_the_middle),
        expected: ["restarted/after cut", "lost/after cut", "ok", "restarted/after cut", "resumed", "resumed", "resumed"] },
    Row { name: "request cut at its last byte", trouble: Rules(rules::request_cut_at_the_last_byte),
        expected: ["restarted/after cut", "lost/after cut", "ok", "restarted/after cut", "resumed", "resumed", "resumed"] },
    Row { name: "last request cut in its middle", trouble: Rules(rules::last_request_cut),
        expected: ["restarted/after cut", "lost/after cut", NOTHING, NOTHING, NOTHING, NOTHING, NOTHING] },
    Row { name: "answer cut at its start", trouble: Rules(rules::answer_cut_at_start),
        expected: ["restarted/after cut", "lost/after cut", "ok", "ok", "resumed", "resumed", "resumed"] },
    Row { name: "answer cut in its middle", trouble: CutAnswer(rules::middle),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "answer cut at its last byte", trouble: CutAnswer(rules::last_byte),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "first answer cut", trouble: LeavesUpload(rules::first_answer_cut),
        expected: ["ok", "ok", NOTHING, NOTHING, "ok", "ok", "ok"] },
    Row { name: "last answer cut", trouble: Rules(rules::last_answer_cut),
        expected: ["ok", "ok", NOTHING, NOTHING, NOTHING, NOTHING, NOTHING] },
    Row { name: "429 with Retry-After", trouble: Rules(rules::throttled),
        expected: ["resumed", "resumed", "ok", NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "500", trouble: Rules(rules::status_500),
        expected: ["resumed", "resumed", "ok", NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "503", trouble: Rules(rules::status_503),
        expected: ["resumed", "resumed", "ok", "resumed", "resumed", "resumed", "resumed"] },
    Row { name: "503 at the last request", trouble: Rules(rules::last_503),
        expected: ["resumed", "resumed", NOTHING, NOTHING, "ok", "ok", "ok"] },
    Row { name: "503 always", trouble: Rules(rules::always_503),
        expected: ["refused", "refused", "refused", NOTHING, "refused", "refused", "refused"] },
    Row { name: "slow trickle", trouble: Rules(rules::trickle),
        expected: ["ok", "ok", "ok", NOTHING, "ok", "ok", "ok"] },
    Row { name: "silence", trouble: Impatient(rules::silence),
        expected: ["resumed", "resumed", "ok", NOTHING, "ok", "ok", "ok"] },
    Row { name: "silence within a body", trouble: Impatient(rules::silence_in_a_body),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "reset", trouble: Rules(rules::reset),
        expected: ["restarted/after cut", "lost/after cut", "ok", "ok", "resumed", "resumed", "resumed"] },
    Row { name: "wrong digest in the answer", trouble: Rules(rules::wrong_digest),
        expected: ["digest", "digest", "digest", NOTHING, "ok", "ok", "ok"] },
    Row { name: "wrong digest given", trouble: Trouble::OtherDigest,
        expected: ["digest", "digest", "digest", NOTHING, NOTHING, NOTHING, NOTHING] },
    Row { name: "wrong bytes", trouble: Rules(rules::wrong_bytes),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "digest", "digest", "digest"] },
    Row { name: "length too small", trouble: Rules(rules::length_too_small),
        expected: ["ok", "ok", "ok", NOTHING, "digest", "digest", "resumed"] },
    Row { name: "length too large", trouble: Rules(rules::length_too_large),
        expected: ["ok", "ok", "ok", NOTHING, "unexpected", "unexpected", "ok"] },
    Row { name: "address expired", trouble: Rules(rules::address_expired),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "address expired after a cut", trouble: Rules(rules::address_expired_in_the_middle),
        expected: [NOTHING, NOTHING, NOTHING, NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "token expired in the middle", trouble: Warm(rules::token_expired),
        expected: ["resumed", "resumed", "ok", NOTHING, "resumed", "resumed", "resumed"] },
    Row { name: "storm of 401", trouble: Rules(rules::storm_of_401),
        expected: ["auth", "auth", "auth", NOTHING, "auth", "auth", "auth"] },
    Row { name: "local file fails, or disk full", trouble: Local,
        expected: ["io", "io", NOTHING, NOTHING, NOTHING, "io", "io"] },
    Row { name: "kill -9 in a request", trouble: Killed,
        expected: ["resumed", "resumed", "ok", NOTHING, "ok", "resumed", "resumed"] },
    Row { name: "kill -9 after a request was cut", trouble: KilledAfterCut,
        expected: ["restarted/after cut", "restarted/after cut", NOTHING, NOTHING, NOTHING, NOTHING, NOTHING] },
];

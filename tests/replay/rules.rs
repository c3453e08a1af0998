//! Which fields may differ, and why.
//!
//! A rule excuses one field, in one way of differing; where it can, only under a condition on the
//! two values. It never excuses an exchange.

mod conditions;
mod table;

use crate::compare::{Difference, Kind, Pair};

pub(crate) use table::RULES;

/// One field that may differ.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// A field's name; `*` stands for any part of it.
    field: &'static str,
    kind: Kind,
    when: fn(Pair<'_>, &Difference) -> bool,
    pub(crate) reason: &'static str,
}

impl Rule {
    /// Whether this excuses a difference.
    pub(crate) fn excuses(&self, pair: Pair<'_>, difference: &Difference) -> bool {
        self.kind == difference.kind
            && matches(self.field, &difference.field)
            && (self.when)(pair, difference)
    }
}

/// The rule that excuses a difference, by its number.
pub(crate) fn excuse(pair: Pair<'_>, difference: &Difference) -> Option<usize> {
    RULES.iter().position(|rule| rule.excuses(pair, difference))
}

/// Whether a text fits a pattern, in which `*` stands for any part.
pub(crate) fn matches(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((start, rest)) => text.strip_prefix(start).is_some_and(|text| {
            (0..=text.len()).any(|at| text.is_char_boundary(at) && matches(rest, &text[at..]))
        }),
    }
}

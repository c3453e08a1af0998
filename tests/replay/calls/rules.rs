//! In what our calls differ from the recorded ones on purpose, and why.
//!
//! A rule excuses one field, in one way of differing, under a condition. None excuses an exchange.

mod conditions;
mod table;

use super::input::Input;
use crate::{
    compare::{Difference, Kind},
    rules::matches,
};

pub(crate) use table::RULES;

/// One field that may differ.
pub(crate) struct Rule {
    pub(crate) name: &'static str,
    /// A field's name; `*` stands for any part of it.
    field: &'static str,
    kind: Kind,
    when: fn(&Input<'_>, &Difference) -> bool,
    pub(crate) reason: &'static str,
}

/// The rule that excuses a difference, by its number.
pub(super) fn excuse(input: &Input<'_>, difference: &Difference) -> Option<usize> {
    RULES.iter().position(|rule| {
        rule.kind == difference.kind
            && matches(rule.field, &difference.field)
            && (rule.when)(input, difference)
    })
}

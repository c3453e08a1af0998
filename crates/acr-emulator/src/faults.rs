//! Faults on purpose: rules that say which calls go wrong, and how.
//!
//! A call is compared with the rules twice: when it arrives, with those whose fault may come from
//! something in front of the registry or concerns the token shown, and once more when it has been
//! found to be allowed, with all others. So the 401 that begins many clients' calls neither counts
//! for a rule nor shields a call from it.

mod answer;
mod body;
mod effects;
mod fault;
mod list;
mod rule;
mod status;

pub(crate) use answer::Way;
pub(crate) use body::{cut_request, slow_request};
pub(crate) use effects::Effects;
pub use fault::{Fault, StatusFault};
pub(crate) use list::{Arrival, Faults};
pub use list::{FaultId, InjectedFault};
pub use rule::{FaultRule, FaultRuleError};

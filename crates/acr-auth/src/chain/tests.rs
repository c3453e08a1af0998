//! The chain among fakes: what is asked of whom, in which order, and what is said when nothing comes
//! of it.

mod developer_tools;
mod fakes;
mod managed_identity;
mod order;
mod service_principal;
mod workload_identity;

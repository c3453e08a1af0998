//! The integration tests: one binary.

mod bad_input;
mod flow;
mod hostile;
mod identities;
mod lists;
mod programs;
mod tls;
mod tools;

//! The integration tests: one binary.
#![cfg(test)]

mod another_process;
mod az;
mod bad_input;
#[cfg(target_os = "linux")]
mod bench;
mod blocking;
mod chain;
mod clouds;
mod concurrency;
mod configuration;
mod content;
mod credential_helper;
mod examples;
mod faults;
mod flow;
mod hostile;
mod identities;
mod lists;
mod locks;
mod migration;
mod programs;
mod readme;
mod requests;
mod scale;
mod secrets;
mod sets;
mod tls;
mod tools;
mod transfers;
mod troubleshooting;
mod wire_facts;

//! The emulator as its clients see it: plain HTTP, without any of our own client code.

#[cfg(test)]
mod abac;
#[cfg(test)]
mod content;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod identities;
#[cfg(test)]
mod listings;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod management;
#[cfg(test)]
mod manifests;
#[cfg(test)]
mod metadata_query;
#[cfg(test)]
mod page;
#[cfg(test)]
mod program;
#[cfg(test)]
mod quarantine;
#[cfg(test)]
mod restart;
#[cfg(test)]
mod scale;
#[cfg(test)]
mod seed;
#[cfg(test)]
mod soft_delete;
#[cfg(test)]
mod streaming;
#[cfg(test)]
mod support;
#[cfg(test)]
#[cfg(target_os = "linux")]
mod throughput;
#[cfg(test)]
mod tls;
#[cfg(test)]
mod token_forms;
#[cfg(test)]
mod traps;
#[cfg(test)]
mod uploads;

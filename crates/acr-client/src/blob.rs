//! Blobs: layers, configurations, and whatever else a manifest names.

pub(crate) mod download;
mod file;
mod redirect;
pub(crate) mod source;
pub(crate) mod stream;
pub(crate) mod upload;

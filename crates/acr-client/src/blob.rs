//! Blobs: layers, configurations, and whatever else a manifest names.

pub(crate) mod download;
mod redirect;
pub(crate) mod source;
pub(crate) mod upload;

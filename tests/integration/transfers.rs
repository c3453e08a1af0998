//! Moving blobs: what others get wrong, how much memory it takes, and several at once.

mod lessons;
mod memory;
mod together;

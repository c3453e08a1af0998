//! Moving blobs: what others get wrong, what a registry may say, going on elsewhere, how much memory
//! it takes, and several at once.

mod lessons;
mod memory;
mod mended;
mod resumed;
mod scripted;
mod together;

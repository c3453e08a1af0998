//! Manifests: their bytes, and what stands in them.

mod content;
mod get;
mod model;
mod put;

pub use content::{ManifestContent, ManifestKind};
pub use get::{GetManifest, HeadManifest, ManifestOptions};
pub(crate) use get::{get, head};
pub use model::{ImageIndex, ImageManifest};
pub use put::{Manifest, PushedManifest, PutManifest, PutManifestOptions};
pub(crate) use put::{checked_tags, put_everywhere};

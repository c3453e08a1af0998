//! To and from the types of the crate `oci-spec`, version 0.10.
//!
//! That crate is not stable yet. When a new version of it comes, a module named after it is added
//! here, and this one may go with any minor version: what is in it is outside our promise of
//! compatibility.
//!
//! Manifests, descriptors and platforms are converted by `TryFrom`, in both directions. What the
//! other side does not know is left out.
//!
//! ```
//! use acr_client::{Descriptor, ImageManifest, MediaType, oci_spec_0_10::oci_spec};
//!
//! let ours = ImageManifest::new(Descriptor::empty(), [Descriptor::empty()]).annotation("a", "b");
//! let theirs = oci_spec::image::ImageManifest::try_from(&ours)?;
//! assert_eq!(theirs.layers().len(), 1);
//! assert_eq!(ImageManifest::try_from(&theirs)?, ours);
//! # Ok::<(), acr_client::Error>(())
//! ```
//!
//! The bytes of a manifest that was got are read by
//! [`ManifestContent::as_json`](crate::ManifestContent::as_json), and their digest stays what it is;
//! oci-spec does not find the version of an operating system there, which a conversion does.
//! A manifest of oci-spec is stored as one of ours, because the order of annotations in its own
//! bytes is another one in every run, and so is its digest:
//!
//! ```no_run
//! # async fn f(repo: acr_client::Repository) -> acr_client::Result<()> {
//! use acr_client::{ImageManifest, oci_spec_0_10::oci_spec};
//!
//! let theirs: oci_spec::image::ImageManifest = repo.get_manifest("v1").await?.as_json()?;
//! repo.put_manifest(ImageManifest::try_from(&theirs)?).tag("v2").await?;
//! # Ok(())
//! # }
//! ```

pub use oci_spec;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::{Descriptor, Error, ErrorKind, ImageIndex, ImageManifest, Platform, Result};

/// Keys of a platform, as the specification has them and as oci-spec does.
const KEYS: [(&str, &str); 2] = [("os.version", "os_version"), ("os.features", "os_features")];

/// By way of what both sides agree on but for these keys: JSON.
fn converted<T: DeserializeOwned>(
    what: &str,
    from: &impl Serialize,
    keys: [(&str, &str); 2],
) -> Result<T> {
    serde_json::to_value(from)
        .and_then(|mut value| {
            rename(&mut value, keys);
            serde_json::from_value(value)
        })
        .map_err(|error| {
            Error::new(
                format!("convert {what}"),
                ErrorKind::InvalidInput(error.into()),
            )
        })
}

fn rename(value: &mut Value, keys: [(&str, &str); 2]) {
    match value {
        Value::Object(object) => {
            for (from, to) in keys {
                if let Some(value) = object.remove(from) {
                    object.insert(to.to_owned(), value);
                }
            }
            // Notes may have keys of any name.
            let others = object.iter_mut().filter(|(key, _)| *key != "annotations");
            others.for_each(|(_, value)| rename(value, keys));
        }
        Value::Array(array) => array.iter_mut().for_each(|value| rename(value, keys)),
        _ => {}
    }
}

macro_rules! both_ways {
    ($($ours:ident <=> $theirs:ident, $what:literal;)+) => {$(
        impl TryFrom<&oci_spec::image::$theirs> for $ours {
            type Error = Error;

            fn try_from(theirs: &oci_spec::image::$theirs) -> Result<Self> {
                converted($what, theirs, KEYS.map(|(ours, theirs)| (theirs, ours)))
            }
        }

        impl TryFrom<&$ours> for oci_spec::image::$theirs {
            type Error = Error;

            fn try_from(ours: &$ours) -> Result<Self> {
                converted($what, ours, KEYS)
            }
        }
    )+};
}

both_ways! {
    ImageManifest <=> ImageManifest, "an image manifest";
    ImageIndex <=> ImageIndex, "an index";
    Descriptor <=> Descriptor, "a descriptor";
    Platform <=> Platform, "a platform";
}

#[cfg(test)]
mod tests {
    use acr_core::MediaType;

    use super::*;

    #[test]
    fn there_and_back() {
        let platform = Platform::new("windows", "arm64")
            .variant("v8")
            .os_version("10.0.1");
        let child = Descriptor::of(MediaType::OCI_MANIFEST, "x")
            .platform(platform.clone())
            .annotation("os.version", "b")
            .artifact_type(MediaType::new("a/b").unwrap());
        let index = ImageIndex::new([child.clone()]).subject(Descriptor::empty());
        let theirs = oci_spec::image::ImageIndex::try_from(&index).unwrap();
        assert_eq!(ImageIndex::try_from(&theirs).unwrap(), index);

        let config = Descriptor::of(MediaType::IMAGE_CONFIG, "{}");
        let mut layer = Descriptor::of(MediaType::IMAGE_LAYER_ZSTD, "y");
        layer.urls.push("https://example.com/y".to_owned());
        layer.data = Some("eQ==".to_owned());
        let notes = (0..9).map(|n| (format!("k{n}"), "v".to_owned()));
        let mut image = ImageManifest::new(config, [layer]);
        image.annotations = notes.collect();
        let theirs = oci_spec::image::ImageManifest::try_from(&image).unwrap();
        let back = ImageManifest::try_from(&theirs).unwrap();
        assert_eq!(back.to_bytes(), image.to_bytes());

        let theirs = oci_spec::image::Platform::try_from(&platform).unwrap();
        assert_eq!(Platform::try_from(&theirs).unwrap(), platform);
        let theirs = oci_spec::image::Descriptor::try_from(&child).unwrap();
        assert_eq!(Descriptor::try_from(&theirs).unwrap(), child);
    }

    #[test]
    fn what_cannot_be_ours_is_refused() {
        let text = r#"{"mediaType":"nothing","digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2}"#;
        let theirs: oci_spec::image::Descriptor = serde_json::from_str(text).unwrap();
        let error = Descriptor::try_from(&theirs).unwrap_err();
        assert!(error.is_invalid_input(), "{error}");
    }
}

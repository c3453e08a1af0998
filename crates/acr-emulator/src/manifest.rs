//! Reading manifests: what they name, and whether they can be taken.

use std::collections::BTreeMap;

use acr_core::{Digest, MediaType};
use serde::{Deserialize, Deserializer, Serialize};

/// The longest manifest that the registry takes: 4 MiB.
pub(crate) const MAX_BYTES: usize = 4 * 1024 * 1024;
/// A configuration is read for its platform only up to here.
pub(crate) const MAX_CONFIG: u64 = 4 * 1024 * 1024;

/// What is kept of a manifest beside its bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Summary {
    pub(crate) image_size: u64,
    pub(crate) architecture: Option<String>,
    pub(crate) os: Option<String>,
    /// Known only where it was seeded: the service has shown it for few images since 2021.
    #[serde(default)]
    pub(crate) config_media_type: Option<String>,
    /// The children of an index.
    pub(crate) references: Vec<Child>,
    pub(crate) subject: Option<Digest>,
    pub(crate) artifact_type: Option<String>,
    pub(crate) annotations: BTreeMap<String, String>,
}

impl Summary {
    /// Whether this is a container image, and no other artifact in the form of one.
    pub(crate) fn is_image(&self) -> bool {
        let config_type = self.artifact_type.as_deref().unwrap_or_default();
        IMAGE_CONFIGS.contains(&config_type)
    }
}

/// A manifest that an index names, as it stands in the index's properties.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Child {
    pub(crate) digest: Digest,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) architecture: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) os: Option<String>,
}

/// A manifest that was read.
#[derive(Clone, Debug)]
pub(crate) struct Inspection {
    pub(crate) summary: Summary,
    /// The blobs that the repository must have.
    pub(crate) blobs: Vec<Digest>,
    /// The configuration of an image, from which its platform is read.
    pub(crate) image_config: Option<Digest>,
}

/// Why a manifest is refused; the service does not say more either.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Invalid;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    media_type: Option<String>,
    artifact_type: Option<String>,
    config: Option<Descriptor>,
    layers: Option<Vec<Descriptor>>,
    blobs: Option<Vec<Descriptor>>,
    manifests: Option<Vec<Descriptor>>,
    subject: Option<Descriptor>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Descriptor {
    #[serde(default, deserialize_with = "null_is_missing")]
    media_type: String,
    digest: Digest,
    #[serde(default, deserialize_with = "null_is_missing")]
    size: u64,
    #[serde(default, deserialize_with = "null_is_missing")]
    urls: Vec<String>,
    platform: Option<Platform>,
}

#[derive(Deserialize)]
struct Platform {
    architecture: Option<String>,
    os: Option<String>,
}

fn null_is_missing<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// The three forms of manifests that the registry takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Image,
    Index,
    Artifact,
}

const ARTIFACT_TYPES: [&str; 2] = [
    "application/vnd.cncf.oras.artifact.manifest.v1+json",
    "application/vnd.oci.artifact.manifest.v1+json",
];
const IMAGE_CONFIGS: [&str; 2] = [
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
];

/// Reads a manifest that was sent as `media_type`.
///
/// # Errors
/// [`Invalid`] for a type that is none of a manifest, for a body that says to be another type, and
/// for one that lacks what its form needs.
pub(crate) fn inspect(media_type: &str, bytes: &[u8]) -> Result<Inspection, Invalid> {
    let form = form(media_type).ok_or(Invalid)?;
    let body: Body = serde_json::from_slice(bytes).map_err(|_| Invalid)?;
    let docker = media_type.starts_with("application/vnd.docker.");
    match &body.media_type {
        Some(own) if own != media_type => return Err(Invalid),
        None if docker => return Err(Invalid),
        _ => {}
    }
    match form {
        Form::Image => image(body),
        Form::Index => index(body, bytes.len()),
        Form::Artifact => artifact(body),
    }
}

fn form(media_type: &str) -> Option<Form> {
    let image = [MediaType::OCI_MANIFEST, MediaType::DOCKER_MANIFEST];
    let index = [MediaType::OCI_INDEX, MediaType::DOCKER_MANIFEST_LIST];
    if image.iter().any(|known| known.as_str() == media_type) {
        Some(Form::Image)
    } else if index.iter().any(|known| known.as_str() == media_type) {
        Some(Form::Index)
    } else if ARTIFACT_TYPES.contains(&media_type) {
        Some(Form::Artifact)
    } else {
        None
    }
}

fn image(body: Body) -> Result<Inspection, Invalid> {
    let config = body.config.ok_or(Invalid)?;
    if body.manifests.is_some() {
        return Err(Invalid);
    }
    let layers = body.layers.unwrap_or_default();
    let size = |sum: u64, layer: &Descriptor| sum.saturating_add(layer.size);
    let image_size = layers.iter().fold(config.size, size);
    // What lies elsewhere, such as a layer that may not be distributed, need not be here.
    let here = layers.into_iter().filter(|layer| layer.urls.is_empty());
    let mut blobs = vec![config.digest.clone()];
    blobs.extend(here.map(|layer| layer.digest));

    let is_image = IMAGE_CONFIGS.contains(&config.media_type.as_str());
    Ok(Inspection {
        image_config: is_image.then_some(config.digest),
        blobs,
        summary: Summary {
            image_size,
            artifact_type: body.artifact_type.or(Some(config.media_type)),
            subject: body.subject.map(|subject| subject.digest),
            annotations: body.annotations.unwrap_or_default(),
            ..Summary::default()
        },
    })
}

fn index(body: Body, length: usize) -> Result<Inspection, Invalid> {
    let children = body.manifests.ok_or(Invalid)?;
    if body.config.is_some() || body.layers.is_some() {
        return Err(Invalid);
    }
    let references = children.into_iter().map(|child| {
        let platform = child.platform.map(|p| (p.architecture, p.os));
        let (architecture, os) = platform.unwrap_or_default();
        Child {
            digest: child.digest,
            architecture,
            os,
        }
    });
    Ok(Inspection {
        blobs: Vec::new(),
        image_config: None,
        summary: Summary {
            image_size: length as u64,
            references: references.collect(),
            artifact_type: body.artifact_type,
            subject: body.subject.map(|subject| subject.digest),
            annotations: body.annotations.unwrap_or_default(),
            ..Summary::default()
        },
    })
}

fn artifact(body: Body) -> Result<Inspection, Invalid> {
    let blobs = body.blobs.unwrap_or_default();
    let artifact_type = body.artifact_type.ok_or(Invalid)?;
    let size = |sum: u64, blob: &Descriptor| sum.saturating_add(blob.size);
    Ok(Inspection {
        image_config: None,
        summary: Summary {
            image_size: blobs.iter().fold(0, size),
            artifact_type: Some(artifact_type),
            subject: body.subject.map(|subject| subject.digest),
            annotations: body.annotations.unwrap_or_default(),
            ..Summary::default()
        },
        blobs: blobs.into_iter().map(|blob| blob.digest).collect(),
    })
}

/// The platform that an image's configuration names.
pub(crate) fn platform(config: &[u8]) -> (Option<String>, Option<String>) {
    let platform: Option<Platform> = serde_json::from_slice(config).ok();
    platform.map(|p| (p.architecture, p.os)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const OCI: &str = "application/vnd.oci.image.manifest.v1+json";
    const INDEX: &str = "application/vnd.oci.image.index.v1+json";
    const DOCKER: &str = "application/vnd.docker.distribution.manifest.v2+json";
    const D: &str = "sha256:2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae";

    fn config() -> String {
        format!(r#""config":{{"mediaType":"application/x","digest":"{D}","size":3}}"#)
    }

    #[test]
    fn the_body_must_fit_its_type() {
        let config = config();
        let oci = format!(r#"{{"schemaVersion":2,{config},"layers":[]}}"#);
        assert!(
            inspect(OCI, oci.as_bytes()).is_ok(),
            "mediaType is optional"
        );
        assert!(
            inspect(DOCKER, oci.as_bytes()).is_err(),
            "for docker it is not"
        );
        assert!(inspect(INDEX, oci.as_bytes()).is_err());
        assert!(inspect("text/plain", oci.as_bytes()).is_err());
        let says_docker = format!(r#"{{"mediaType":"{DOCKER}",{config}}}"#);
        assert!(inspect(OCI, says_docker.as_bytes()).is_err());
        assert!(inspect(DOCKER, says_docker.as_bytes()).is_ok());
        assert!(inspect(OCI, b"{}").is_err());
        assert!(inspect(OCI, b"[").is_err());
    }

    #[test]
    fn foreign_layers_need_not_be_here_and_sizes_do_not_overflow() {
        let layer = format!(
            r#"{{"digest":"{D}","size":{},"urls":["https://x"]}}"#,
            u64::MAX
        );
        let text = format!(r#"{{{},"layers":[{layer},{layer}]}}"#, config());
        let inspection = inspect(OCI, text.as_bytes()).unwrap();
        assert_eq!(inspection.blobs.len(), 1);
        assert_eq!(inspection.summary.image_size, u64::MAX);
        assert_eq!(
            inspection.summary.artifact_type.as_deref(),
            Some("application/x")
        );
    }

    #[test]
    fn null_is_as_good_as_missing() {
        let layer = format!(r#"{{"mediaType":null,"digest":"{D}","size":null,"urls":null}}"#);
        let text = format!(r#"{{{},"layers":[{layer}],"subject":null}}"#, config());
        let inspection = inspect(OCI, text.as_bytes()).unwrap();
        assert_eq!(
            inspection.blobs.len(),
            2,
            "a layer without URLs must be here"
        );
        assert_eq!(inspection.summary.image_size, 3);
        let wrong = text.replace(r#""urls":null"#, r#""urls":"x""#);
        assert!(inspect(OCI, wrong.as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes: Vec<u8>) {
            for media_type in [OCI, INDEX, DOCKER, ARTIFACT_TYPES[0]] {
                let _ = inspect(media_type, &bytes);
            }
        }
    }
}

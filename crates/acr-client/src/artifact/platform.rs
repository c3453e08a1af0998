//! From an index to the image for a platform.

use acr_core::{MediaType, Reference, limits};

use crate::{
    Artifact, Error, ErrorKind, ImageManifest, ManifestKind, Platform, Result, blob::download,
    call::Context, manifest,
};

/// An index may name indexes, which no tool makes deeper than this.
const DEPTH: usize = 4;

/// The manifest for a platform: chosen out of an index, or the image itself if it is for that.
pub(crate) async fn resolve(
    call: &Context,
    artifact: &Artifact,
    wanted: &Platform,
) -> Result<Artifact> {
    let repository = artifact.repository();
    let attempt = &call.attempt;
    let mut reference = artifact.reference().clone();
    let mut chosen = false;
    for _ in 0..DEPTH {
        let manifest = manifest::get(call, repository, &reference, &MediaType::MANIFESTS).await?;
        let found = Artifact::new(repository.clone(), manifest.digest.clone().into());
        let index = match manifest.kind()? {
            ManifestKind::Index(index) => index,
            // The index has said what it is for.
            _ if chosen => return Ok(found),
            ManifestKind::Image(image) => {
                let platform = platform_of(call, artifact, &image).await?;
                return match platform {
                    Some(platform) if wanted.fit(&platform).is_some() => Ok(found),
                    platform => Err(nothing_for(attempt, wanted, platform.into_iter())),
                };
            }
            _ => return Err(nothing_for(attempt, wanted, std::iter::empty())),
        };
        let there = index.manifests.iter();
        let Some(descriptor) = wanted.choose(there.clone()) else {
            let platforms = there.filter_map(|manifest| manifest.platform.clone());
            return Err(nothing_for(attempt, wanted, platforms));
        };
        if !descriptor.media_type.is_index() {
            return Ok(Artifact::new(repository.clone(), descriptor.into()));
        }
        reference = Reference::from(descriptor);
        chosen = true;
    }
    Err(Error::unexpected(
        attempt,
        format!("its indexes are nested deeper than {DEPTH}"),
    ))
}

/// What an image that stands alone is for stands in its configuration.
async fn platform_of(
    call: &Context,
    artifact: &Artifact,
    image: &ImageManifest,
) -> Result<Option<Platform>> {
    let images = [MediaType::IMAGE_CONFIG, MediaType::DOCKER_IMAGE_CONFIG];
    if !images.contains(&image.config.media_type) {
        return Ok(None);
    }
    let (repository, digest) = (artifact.repository(), &image.config.digest);
    let config = download::fetch(call, repository, digest, limits::IMAGE_CONFIG).await?;
    // One that does not say what it is for is for nothing in particular.
    Ok(serde_json::from_slice(&config).ok())
}

fn nothing_for(
    attempt: &str,
    wanted: &Platform,
    available: impl Iterator<Item = Platform>,
) -> Error {
    // Those of attestations, which nothing runs on.
    let available = available.filter(|platform| platform.os != "unknown");
    let (wanted, available) = (Box::new(wanted.clone()), available.collect());
    Error::new(attempt, ErrorKind::NoPlatform { wanted, available })
}

//! Manifests of a seed.

use acr_core::{Digest, Tag};
use jiff::Timestamp;

use super::{SeedError, SeedManifest, SeedReference, place::Place};
use crate::{
    manifest::{self, Child, Inspection, Summary},
    store::{Attributes, Content, Manifest},
};

/// A manifest that was checked. What is only known when it is stored is missing: the time, if none
/// was given.
#[derive(Debug)]
pub(super) struct Sown {
    pub(super) digest: Digest,
    pub(super) tags: Vec<Tag>,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    content: Content,
    media_type: String,
    summary: Summary,
    quarantine: Option<String>,
    attributes: Attributes,
}

impl Sown {
    /// The manifest, with a time from `stamp` if it has none of its own.
    pub(super) fn stored(self, stamp: impl FnOnce() -> Timestamp) -> (Digest, Vec<Tag>, Manifest) {
        let created = self.created.or(self.updated).unwrap_or_else(stamp);
        let mut manifest = Manifest::new(self.content, self.media_type, self.summary, created);
        manifest.updated = self.updated.unwrap_or(created);
        manifest.quarantine = self.quarantine;
        manifest.attributes = self.attributes;
        (self.digest, self.tags, manifest)
    }
}

/// Checks the manifest that is the `number`th of its repository. `config` gives the bytes of an
/// image's configuration, if they can be had.
pub(super) fn check(
    repository: &str,
    number: usize,
    mut given: SeedManifest,
    config: impl Fn(&Digest) -> Option<Vec<u8>>,
) -> Result<Sown, SeedError> {
    let place = Place {
        repository,
        item: match &given.digest {
            Some(digest) => format!("manifest {digest}"),
            None => format!("manifest {number}"),
        },
    };
    if given.media_type.is_empty() {
        return Err(place.fault("there is no `mediaType`"));
    }
    let (digest, content) = content(&place, &mut given)?;
    let mut summary = match &content {
        Content::Text(text) => read(&given.media_type, text, config),
        Content::Blank(_) => Summary::default(),
    };
    let tag = |text: &String| {
        let fault = |error| place.fault(format!("tag `{text}`: {error}"));
        text.parse().map_err(fault)
    };
    let tags = given.tags.iter().map(tag).collect::<Result<_, _>>()?;
    let sown = Sown {
        digest,
        tags,
        created: place.time(given.created_time.as_deref())?,
        updated: place.time(given.last_update_time.as_deref())?,
        attributes: place.attributes(given.changeable_attributes)?,
        quarantine: given.quarantine_state.take(),
        media_type: std::mem::take(&mut given.media_type),
        content,
        summary: Summary::default(),
    };
    override_summary(&place, given, &mut summary)?;
    Ok(Sown { summary, ..sown })
}

fn content(place: &Place<'_>, given: &mut SeedManifest) -> Result<(Digest, Content), SeedError> {
    let (digest, size) = (given.digest.as_deref(), given.size);
    let content = match given.content.take() {
        Some(text) => {
            let digest = place.check(text.as_bytes(), digest, size)?;
            (digest, Content::Text(text))
        }
        None => {
            let fault = || place.fault("there is neither `content` nor `digest`");
            let digest = place.digest(digest.ok_or_else(fault)?)?;
            (digest, Content::Blank(size.unwrap_or_default()))
        }
    };
    if content.1.size() > manifest::MAX_BYTES as u64 {
        return Err(place.fault("it is longer than 4 MiB"));
    }
    Ok(content)
}

/// What a push would have read. A content that is no manifest of its type is taken as it is.
fn read(media_type: &str, text: &str, config: impl Fn(&Digest) -> Option<Vec<u8>>) -> Summary {
    let inspected = manifest::inspect(media_type, text.as_bytes());
    let Ok(Inspection {
        mut summary,
        image_config,
        ..
    }) = inspected
    else {
        return Summary::default();
    };
    if let Some(bytes) = image_config.and_then(|digest| config(&digest)) {
        (summary.architecture, summary.os) = manifest::platform(&bytes);
    }
    summary
}

fn override_summary(
    place: &Place<'_>,
    given: SeedManifest,
    summary: &mut Summary,
) -> Result<(), SeedError> {
    let child = |reference: SeedReference| {
        Ok::<_, SeedError>(Child {
            digest: place.digest(&reference.digest)?,
            architecture: reference.architecture,
            os: reference.os,
        })
    };
    if let Some(size) = given.image_size {
        summary.image_size = size;
    }
    if let Some(references) = given.references {
        let children = references.into_iter().map(child);
        summary.references = children.collect::<Result<_, _>>()?;
    }
    if let Some(subject) = given.subject {
        summary.subject = Some(place.digest(&subject)?);
    }
    if let Some(annotations) = given.annotations {
        summary.annotations = annotations;
    }
    let given_or = |given: Option<String>, place: &mut Option<String>| {
        if given.is_some() {
            *place = given;
        }
    };
    given_or(given.architecture, &mut summary.architecture);
    given_or(given.os, &mut summary.os);
    given_or(given.config_media_type, &mut summary.config_media_type);
    given_or(given.artifact_type, &mut summary.artifact_type);
    Ok(())
}

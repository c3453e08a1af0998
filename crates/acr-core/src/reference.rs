//! What names a manifest: inside its repository, and anywhere.

use std::{fmt, str::FromStr};

use crate::{
    Digest, DigestError, NameError, RepositoryName, Tag,
    name::{checked_text, shown},
};

/// What names a manifest inside its repository: a tag, which may move, or a digest, which cannot.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reference {
    /// A tag, such as `v1`.
    Tag(Tag),
    /// A digest, such as `sha256:2c26b46b…`.
    Digest(Digest),
}

/// Why a text is no reference.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReferenceError {
    /// There is no colon in it, so it should have been a tag.
    #[error(transparent)]
    Tag(NameError),
    /// There is a colon in it, so it should have been a digest.
    #[error(transparent)]
    Digest(DigestError),
    /// It is no full image reference.
    #[error("`{0}` is not an image reference: {1}")]
    Image(String, String),
}

impl FromStr for Reference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        // A tag has no colon and a digest always has one.
        match text.contains(':') {
            true => text
                .parse()
                .map(Self::Digest)
                .map_err(ReferenceError::Digest),
            false => text.parse().map(Self::Tag).map_err(ReferenceError::Tag),
        }
    }
}

impl Reference {
    /// As it stands in a request's path.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Tag(tag) => tag.as_str(),
            Self::Digest(digest) => digest.as_str(),
        }
    }

    /// The digest, if it is one.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        match self {
            Self::Tag(_) => None,
            Self::Digest(digest) => Some(digest),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl From<Tag> for Reference {
    fn from(tag: Tag) -> Self {
        Self::Tag(tag)
    }
}

impl From<Digest> for Reference {
    fn from(digest: Digest) -> Self {
        Self::Digest(digest)
    }
}

impl From<&Digest> for Reference {
    fn from(digest: &Digest) -> Self {
        Self::Digest(digest.clone())
    }
}

impl From<&Tag> for Reference {
    fn from(tag: &Tag) -> Self {
        Self::Tag(tag.clone())
    }
}

impl TryFrom<&str> for Reference {
    type Error = ReferenceError;

    fn try_from(text: &str) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl TryFrom<&String> for Reference {
    type Error = ReferenceError;

    fn try_from(text: &String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

/// A manifest named in full, as `docker pull` takes it: `host/repository:tag` or
/// `host/repository@sha256:…`.
///
/// ```
/// use acr_core::ImageReference;
///
/// let image: ImageReference = "myregistry.azurecr.io/library/hello-world:v1".parse()?;
/// assert_eq!(image.repository().as_str(), "library/hello-world");
/// assert_eq!(image.to_string(), "myregistry.azurecr.io/library/hello-world:v1");
/// # Ok::<(), acr_core::ReferenceError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ImageReference(String);

checked_text!(ImageReference);

impl ImageReference {
    #[expect(
        clippy::needless_pass_by_value,
        reason = "the other checked texts keep theirs"
    )]
    fn checked(text: String) -> Result<Self, ReferenceError> {
        text.parse()
    }

    /// Puts the parts together.
    #[must_use]
    pub fn new(
        registry: &crate::RegistryEndpoint,
        repository: &RepositoryName,
        reference: &Reference,
    ) -> Self {
        let joint = match reference {
            Reference::Tag(_) => ':',
            Reference::Digest(_) => '@',
        };
        Self(format!(
            "{}/{repository}{joint}{reference}",
            registry.authority()
        ))
    }

    /// The registry's host, with its port if it has one.
    #[must_use]
    pub fn registry(&self) -> &str {
        self.0.split_once('/').map_or("", |(registry, _)| registry)
    }

    /// The repository.
    #[must_use]
    pub fn repository(&self) -> RepositoryName {
        self.parts().0
    }

    /// The tag or digest.
    #[must_use]
    pub fn reference(&self) -> Reference {
        self.parts().1
    }

    fn parts(&self) -> (RepositoryName, Reference) {
        #[expect(clippy::expect_used, reason = "every way to make one has parsed it")]
        split(&self.0).expect("an image reference was checked when it was made")
    }
}

impl FromStr for ImageReference {
    type Err = ReferenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        split(text)
            .map(|_| Self(text.to_owned()))
            .map_err(|fault| ReferenceError::Image(shown(text), fault))
    }
}

fn split(text: &str) -> Result<(RepositoryName, Reference), String> {
    let (registry, rest) = text.split_once('/').ok_or("there is no `host/` in front")?;
    let host = registry
        .parse::<crate::RegistryEndpoint>()
        .map_err(|error| error.to_string())?;
    if !(host.authority().contains(['.', ':']) || host.host() == "localhost") {
        return Err("the first part is no host".to_owned());
    }
    let (name, reference) = match rest.split_once('@') {
        Some((name, digest)) => (
            name,
            digest
                .parse()
                .map(Reference::Digest)
                .map_err(|e: DigestError| e.to_string())?,
        ),
        None => {
            let (name, tag) = rest
                .rsplit_once(':')
                .ok_or("there is neither `:tag` nor `@digest`")?;
            (
                name,
                tag.parse()
                    .map(Reference::Tag)
                    .map_err(|e: NameError| e.to_string())?,
            )
        }
    };
    Ok((
        name.parse().map_err(|e: NameError| e.to_string())?,
        reference,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_colon_tells_a_digest_from_a_tag() {
        assert!(matches!("v1".parse(), Ok(Reference::Tag(_))));
        assert!(matches!(
            Digest::of(b"").as_str().parse(),
            Ok(Reference::Digest(_))
        ));
        assert!(matches!(
            "sha256:totallywrong".parse::<Reference>(),
            Err(ReferenceError::Digest(_))
        ));
        assert!(matches!(
            ".INVALID".parse::<Reference>(),
            Err(ReferenceError::Tag(_))
        ));
    }

    #[test]
    fn image_references() {
        let digest = Digest::of(b"x");
        for good in [
            "reg.azurecr.io/app:v1".to_owned(),
            format!("reg.azurecr.io/a/b@{digest}"),
            "127.0.0.1:5000/app:v1".to_owned(),
        ] {
            assert_eq!(good.parse::<ImageReference>().unwrap().to_string(), good);
        }
        for bad in [
            "app",
            "app:v1",
            "reg.azurecr.io/app",
            "reg/app:v1",
            "reg.azurecr.io/App:v1",
            "reg.azurecr.io/app@x",
        ] {
            assert!(bad.parse::<ImageReference>().is_err(), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Reference>();
            if let Ok(image) = text.parse::<ImageReference>() {
                let _ = (image.repository(), image.reference());
            }
        }
    }
}

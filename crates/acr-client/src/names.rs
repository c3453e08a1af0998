//! Texts and names, wherever a name is wanted.

use acr_core::{Digest, MediaType, Reference, RegistryEndpoint, RepositoryName, Tag};

use crate::{Error, Result};

/// Makes a name of whatever can become one, or says why not.
pub(crate) fn checked<T, V>(attempt: &str, value: V) -> Result<T>
where
    V: TryInto<T>,
    V::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    value
        .try_into()
        .map_err(|cause| Error::invalid(attempt, cause))
}

macro_rules! argument {
    ($(#[doc = $doc:literal])+ $name:ident: $type:ty) => {
        $(#[doc = $doc])+
        pub trait $name: TryInto<$type, Error: Into<Box<dyn std::error::Error + Send + Sync>>> {}
        impl<V> $name for V where V: TryInto<$type, Error: Into<Box<dyn std::error::Error + Send + Sync>>> {}
    };
}

argument! {
    /// A registry's address, or a text that is one.
    IntoEndpoint: RegistryEndpoint
}
argument! {
    /// A repository's name, or a text that is one.
    IntoRepositoryName: RepositoryName
}
argument! {
    /// A tag's name, or a text that is one.
    IntoTagName: Tag
}
argument! {
    /// A tag or digest, or a text that is one.
    IntoReference: Reference
}
argument! {
    /// A digest, or a text that is one.
    IntoDigest: Digest
}
argument! {
    /// A media type, or a text that is one.
    IntoMediaType: MediaType
}

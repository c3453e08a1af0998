use std::{fmt, str::FromStr};

use super::assert_harmless;
use crate::{
    Digest, ImageReference, MediaType, Reference, RegistryEndpoint, RepositoryName, Tag, limits,
};

/// A text that is tried as everything that has a name.
///
/// # Panics
/// When one of the types takes a text that it does not give back, or takes one that another of them
/// must refuse; when an endpoint is plain http to another machine; or when an error shows too much.
pub fn names(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    if let Some(name) = goes_round::<RepositoryName>(text) {
        assert!(name.as_str() == text && text.len() <= limits::REPOSITORY_NAME);
    }
    if let Some(tag) = goes_round::<Tag>(text) {
        assert!(tag.as_str() == text && text.len() <= limits::TAG);
    }
    goes_round::<Digest>(text);
    goes_round::<MediaType>(text);
    if let Some(reference) = goes_round::<Reference>(text) {
        assert_eq!(reference.digest().is_some(), text.contains(':'));
    }
    if let Some(image) = goes_round::<ImageReference>(text) {
        let (name, reference) = (image.repository(), image.reference());
        if let Some(endpoint) = goes_round::<RegistryEndpoint>(image.registry()) {
            goes_round::<ImageReference>(
                ImageReference::new(&endpoint, &name, &reference).as_str(),
            );
        }
        assert!(text.ends_with(reference.as_str()));
    }
    if let Some(endpoint) = goes_round::<RegistryEndpoint>(text) {
        assert!(endpoint.is_https() || endpoint.is_loopback());
        assert!(endpoint.as_str().ends_with(endpoint.authority()));
        assert!(endpoint.authority().starts_with(endpoint.host()));
        assert!(endpoint.is_origin_of(endpoint.url()));
    }
}

/// What it is, if it is one; printed and parsed it must be the same.
fn goes_round<T>(text: &str) -> Option<T>
where
    T: FromStr<Err: fmt::Display> + fmt::Display + fmt::Debug + PartialEq,
{
    match text.parse::<T>() {
        Ok(value) => {
            let again = value.to_string().parse::<T>();
            assert!(again.is_ok_and(|again| again == value), "{value:?}");
            Some(value)
        }
        Err(error) => {
            assert_harmless(&error.to_string(), 400);
            None
        }
    }
}

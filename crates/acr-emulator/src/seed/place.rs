//! Where in a seed something stands, and the checks that need no more than one value.

use acr_core::Digest;
use jiff::Timestamp;

use super::{SeedAttributes, SeedError};
use crate::store::Attributes;

/// An item of a repository, for errors.
#[derive(Clone, Debug)]
pub(super) struct Place<'a> {
    pub(super) repository: &'a str,
    pub(super) item: String,
}

impl Place<'_> {
    pub(super) fn fault(&self, fault: impl std::fmt::Display) -> SeedError {
        SeedError::Invalid {
            repository: self.repository.to_owned(),
            item: self.item.clone(),
            fault: fault.to_string(),
        }
    }

    pub(super) fn digest(&self, text: &str) -> Result<Digest, SeedError> {
        text.parse().map_err(|error| self.fault(error))
    }

    pub(super) fn time(&self, text: Option<&str>) -> Result<Option<Timestamp>, SeedError> {
        let parse = |text: &str| {
            let fault = |error| self.fault(format!("`{text}` is no time: {error}"));
            text.parse().map_err(fault)
        };
        text.map(parse).transpose()
    }

    /// The locks of what has no `teleportEnabled`.
    pub(super) fn attributes(&self, given: SeedAttributes) -> Result<Attributes, SeedError> {
        if given.teleport_enabled.is_some() {
            return Err(self.fault("only a repository has `teleportEnabled`"));
        }
        Ok(given.on(Attributes::default()))
    }

    /// Makes sure that these bytes have the digest and the size that were given.
    pub(super) fn check(
        &self,
        bytes: &[u8],
        digest: Option<&str>,
        size: Option<u64>,
    ) -> Result<Digest, SeedError> {
        let length = bytes.len() as u64;
        if size.is_some_and(|size| size != length) {
            return Err(self.fault(format!("the content is of {length} bytes")));
        }
        let Some(expected) = digest else {
            return Ok(Digest::of(bytes));
        };
        let expected = self.digest(expected)?;
        let mut verifier = acr_core::DigestVerifier::expecting(expected, None);
        verifier.update(bytes);
        let verified = verifier.verify();
        let (digest, _) = verified.map_err(|mismatch| {
            self.fault(format!("the content has the digest {}", mismatch.actual))
        })?;
        Ok(digest)
    }
}

impl SeedAttributes {
    /// These attributes with what is given here.
    pub(super) fn on(self, before: Attributes) -> Attributes {
        Attributes {
            delete_enabled: self.delete_enabled.unwrap_or(before.delete_enabled),
            write_enabled: self.write_enabled.unwrap_or(before.write_enabled),
            read_enabled: self.read_enabled.unwrap_or(before.read_enabled),
            list_enabled: self.list_enabled.unwrap_or(before.list_enabled),
        }
    }
}

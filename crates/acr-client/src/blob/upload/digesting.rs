//! The digest of an upload: given, or made while it is sent.

use std::io;

use acr_core::{Algorithm, Digest, DigestVerifier};
use bytes::Bytes;

use crate::{
    blob::hashing::{Hashing, Place},
    shared::Shared,
};

pub(super) enum Digesting {
    /// The registry compares it with what it gets; nothing is hashed here.
    Given(Digest),
    Made(Hashing),
}

impl Digesting {
    /// From the beginning, or from where another process left it.
    pub(super) fn made(begun: Option<DigestVerifier>, shared: &Shared) -> Self {
        let usable = begun.filter(|begun| begun.state().algorithm() == Algorithm::Sha256);
        let verifier = usable.unwrap_or_else(|| DigestVerifier::new(Algorithm::Sha256));
        Self::Made(Hashing::new(verifier, Place::of_uploads(shared)))
    }

    /// Until where bytes are hashed; `None` where they need not be.
    pub(super) fn hashed(&self) -> Option<u64> {
        match self {
            Self::Given(_) => None,
            Self::Made(hashing) => Some(hashing.bytes()),
        }
    }

    /// Takes a piece that begins here. What of it was hashed before, such as bytes that are sent
    /// again, is passed over.
    pub(super) async fn take(&mut self, at: u64, piece: &Bytes) {
        let Self::Made(hashing) = self else {
            return;
        };
        let known = hashing.bytes().saturating_sub(at);
        let known = usize::try_from(known).unwrap_or(usize::MAX);
        if known < piece.len() {
            hashing.update(piece.slice(known..)).await;
        }
    }

    /// The digest of all that was taken.
    pub(super) async fn finish(&mut self) -> io::Result<Digest> {
        match self {
            Self::Given(digest) => Ok(digest.clone()),
            Self::Made(hashing) => Ok(hashing.settled().await?.finish()),
        }
    }

    /// Where the hash stands, if that is here.
    pub(super) async fn at(&mut self, bytes: u64) -> Option<DigestVerifier> {
        match self {
            Self::Made(hashing) if hashing.bytes() == bytes => hashing.settled().await.ok(),
            _ => None,
        }
    }
}

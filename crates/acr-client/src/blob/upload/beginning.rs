//! Whether a source begins with what another process has sent of it.
//!
//! The upload of a file that was changed meanwhile would be a mixture of both, under a digest that is
//! nobody's. Where no digest is given, which the registry compares, it shows in the hash that was
//! saved.

use std::io;

use acr_core::{Algorithm, DigestVerifier, HashState};

use super::supply::{Supply, too_few};
use crate::blob::source::hashed;

/// What a source begins with.
pub(super) enum Beginning {
    /// With the bytes that were sent, whose hash this is.
    Same(Box<DigestVerifier>),
    Other,
}

/// Reads the bytes that the registry has, up to `at`, and compares them with the hash that was saved.
///
/// # Errors
/// When the source cannot be read, or ends before.
pub(super) async fn of(supply: &mut Supply, at: u64, saved: &HashState) -> io::Result<Beginning> {
    let known = saved.bytes();
    if let Some(size) = supply.size().filter(|size| at > *size) {
        return Err(too_few(size, at));
    }
    let verifier = DigestVerifier::new(Algorithm::Sha256);
    let verifier = up_to(supply, known.min(at), verifier).await?;
    let seen = match known > at {
        true => up_to(supply, known, verifier.clone()).await?,
        false => verifier.clone(),
    };
    if seen.finish() != DigestVerifier::resume(saved).finish() {
        return Ok(Beginning::Other);
    }
    let verifier = up_to(supply, at, verifier).await?;
    Ok(Beginning::Same(Box::new(verifier)))
}

/// Goes on with a hash until there, or until the end. Of what can be read only once the chunk in
/// which that is stays in hand.
async fn up_to(
    supply: &mut Supply,
    end: u64,
    mut verifier: DigestVerifier,
) -> io::Result<DigestVerifier> {
    match supply {
        Supply::Memory(_) => {
            let from = verifier.bytes();
            let bytes = supply.read(from..end.max(from)).collect().await?;
            hashed(verifier, bytes).await
        }
        Supply::File(file) => {
            let end = end.min(file.size).max(verifier.bytes());
            file.hashed(verifier, end).await
        }
        Supply::Once(_) => loop {
            let held = supply.held().unwrap_or_default();
            let from = verifier.bytes();
            let bytes = supply.read(from..held.end.min(end).max(from));
            verifier = hashed(verifier, bytes.collect().await?).await?;
            if verifier.bytes() >= end || supply.advance(end).await?.is_none() {
                return Ok(verifier);
            }
        },
    }
}

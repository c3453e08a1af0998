//! Where a hash stands, to go on with it elsewhere.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use sha2::digest::common::hazmat::{SerializableState, SerializedState};

use super::{Algorithm, DigestVerifier, Hasher, Sha256, Sha512};

/// The layout of the state is that of this series of versions of `sha2`.
const LAYOUT: &str = "sha2-0.11";

/// Where a [`DigestVerifier`] stands, as a text that another process can go on with.
///
/// It holds up to 127 of the bytes themselves, so it does not print.
///
/// ```
/// use acr_core::{Algorithm, Digest, DigestVerifier};
///
/// let mut here = DigestVerifier::new(Algorithm::Sha256);
/// here.update(b"some ");
/// let text = serde_json::to_string(&here.state())?;
///
/// let mut there = DigestVerifier::resume(&serde_json::from_str(&text)?);
/// there.update(b"bytes");
/// assert_eq!(there.finish(), Digest::of(b"some bytes"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct HashState {
    hasher: Hasher,
    bytes: u64,
}

/// A text that is not the state of a hash, or that of another version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not the state of a hash, or it was written by another version")]
pub struct HashStateError(());

impl HashState {
    /// How many bytes were taken until there.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Of which algorithm it is.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.hasher {
            Hasher::Sha256(_) => Algorithm::Sha256,
            Hasher::Sha512(_) => Algorithm::Sha512,
        }
    }
}

impl DigestVerifier {
    /// Where it stands. What it is to compare with is not part of it.
    #[must_use]
    pub fn state(&self) -> HashState {
        HashState {
            hasher: self.hasher.clone(),
            bytes: self.bytes,
        }
    }

    /// Goes on from there, with nothing to compare with.
    #[must_use]
    pub fn resume(state: &HashState) -> Self {
        Self {
            hasher: state.hasher.clone(),
            bytes: state.bytes,
            expected: None,
        }
    }
}

impl From<HashState> for String {
    fn from(state: HashState) -> Self {
        let hex = match &state.hasher {
            Hasher::Sha256(hasher) => hex::encode(hasher.serialize()),
            Hasher::Sha512(hasher) => hex::encode(hasher.serialize()),
        };
        let (name, bytes) = (state.algorithm().as_str(), state.bytes);
        format!("{LAYOUT} {name} {bytes} {hex}")
    }
}

impl TryFrom<String> for HashState {
    type Error = HashStateError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl FromStr for HashState {
    type Err = HashStateError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parts: Vec<_> = text.split(' ').collect();
        let [LAYOUT, algorithm, bytes, state] = parts[..] else {
            return Err(HashStateError(()));
        };
        let bytes = bytes.parse().map_err(|_| HashStateError(()))?;
        let hasher = match algorithm {
            "sha256" => restored::<Sha256>(state).map(Hasher::Sha256),
            "sha512" => restored::<Sha512>(state).map(Hasher::Sha512),
            _ => None,
        };
        let hasher = hasher.ok_or(HashStateError(()))?;
        Ok(Self { hasher, bytes })
    }
}

fn restored<H: SerializableState>(hex: &str) -> Option<H> {
    let bytes = hex::decode(hex).ok()?;
    let state = SerializedState::<H>::try_from(&bytes[..]).ok()?;
    H::deserialize(&state).ok()
}

impl fmt::Debug for HashState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HashState")
            .field("algorithm", &self.algorithm())
            .field("bytes", &self.bytes)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_hash_goes_on_where_it_was_saved(
            bytes in proptest::collection::vec(any::<u8>(), 0..400),
            cut in 0_usize..400,
            long in any::<bool>(),
        ) {
            let cut = cut.min(bytes.len());
            let algorithm = if long { Algorithm::Sha512 } else { Algorithm::Sha256 };
            let mut whole = DigestVerifier::new(algorithm);
            whole.update(&bytes);
            let mut begin = DigestVerifier::new(algorithm);
            begin.update(&bytes[..cut]);
            let state: HashState = String::from(begin.state()).parse().unwrap();
            prop_assert_eq!(state.bytes(), cut as u64);
            let mut end = DigestVerifier::resume(&state);
            end.update(&bytes[cut..]);
            prop_assert_eq!(end.bytes(), bytes.len() as u64);
            prop_assert_eq!(end.finish(), whole.finish());
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in ".{0,300}") {
            let _ = text.parse::<HashState>();
        }
    }

    #[test]
    fn what_is_no_state_is_refused() {
        let good = String::from(DigestVerifier::new(Algorithm::Sha256).state());
        assert!(good.parse::<HashState>().is_ok());
        for bad in [
            good.replace("0.11", "0.12"),
            good.replace("sha256", "sha512"),
            good.replace("sha256", "md5"),
            good[..good.len() - 2].to_owned(),
            format!("{good}00"),
            format!("{good} "),
            String::new(),
        ] {
            assert!(bad.parse::<HashState>().is_err(), "{bad}");
        }
    }

    #[test]
    fn it_does_not_print_bytes() {
        let mut verifier = DigestVerifier::new(Algorithm::Sha256);
        verifier.update(b"s3cret");
        let shown = format!("{:?}", verifier.state());
        assert_eq!(shown, "HashState { algorithm: Sha256, bytes: 6, .. }");
    }
}

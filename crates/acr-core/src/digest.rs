//! Digests, and the check that bytes are the ones a digest names.

mod state;

use std::{fmt, str::FromStr};

use sha2::{Digest as _, Sha256, Sha512};

use crate::name::{checked_text, shown};

pub use state::{HashState, HashStateError};

/// A hash algorithm that a digest may name (OCI image specification, "Registered algorithms").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Algorithm {
    /// SHA-256, the only one that Azure Container Registry itself makes.
    Sha256,
    /// SHA-512.
    Sha512,
}

impl Algorithm {
    const ALL: [Self; 2] = [Self::Sha256, Self::Sha512];

    /// The name in front of the colon.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// How many hexadecimal digits follow the colon.
    #[must_use]
    pub fn hex_len(self) -> usize {
        match self {
            Self::Sha256 => 64,
            Self::Sha512 => 128,
        }
    }
}

/// The digest of a blob or manifest, such as `sha256:2c26b46b…`: its algorithm, a colon, and the
/// hash in lower-case hexadecimal.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest(String);

/// Why a text is no digest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a digest: {fault}")]
pub struct DigestError {
    text: String,
    fault: &'static str,
}

impl Digest {
    /// The SHA-256 digest of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let mut verifier = DigestVerifier::new(Algorithm::Sha256);
        verifier.update(bytes);
        verifier.finish()
    }

    /// The algorithm in front of the colon.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        match self.0.starts_with("sha512") {
            true => Algorithm::Sha512,
            false => Algorithm::Sha256,
        }
    }

    /// The hexadecimal digits behind the colon.
    #[must_use]
    pub fn hex(&self) -> &str {
        self.0.split_once(':').map_or("", |(_, hex)| hex)
    }
}

checked_text!(Digest);

impl FromStr for Digest {
    type Err = DigestError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Self::checked(text.to_owned())
    }
}

impl Digest {
    fn checked(text: String) -> Result<Self, DigestError> {
        match fault(&text) {
            None => Ok(Self(text)),
            Some(fault) => Err(DigestError {
                text: shown(&text),
                fault,
            }),
        }
    }
}

fn fault(text: &str) -> Option<&'static str> {
    let Some((name, hex)) = text.split_once(':') else {
        return Some("there is no `algorithm:` in front");
    };
    let Some(algorithm) = Algorithm::ALL.into_iter().find(|a| a.as_str() == name) else {
        return Some("the algorithm is neither sha256 nor sha512");
    };
    if hex.len() != algorithm.hex_len() {
        return Some("the number of hexadecimal digits does not fit the algorithm");
    }
    let lower_hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    (!hex.bytes().all(lower_hex)).then_some("only 0-9 and a-f may follow the colon")
}

/// Hashes bytes as they go by, and says in the end whether they were the expected ones.
///
/// ```
/// use acr_core::{Digest, DigestVerifier};
///
/// let mut verifier = DigestVerifier::expecting(Digest::of(b"right"), None);
/// verifier.update(b"wrong");
/// let mismatch = verifier.verify().unwrap_err();
/// assert_eq!(mismatch.actual, Digest::of(b"wrong"));
/// ```
#[derive(Clone, Debug)]
pub struct DigestVerifier {
    hasher: Hasher,
    bytes: u64,
    expected: Option<(Digest, Option<u64>)>,
}

#[derive(Clone, Debug)]
enum Hasher {
    Sha256(Sha256),
    Sha512(Sha512),
}

impl DigestVerifier {
    /// Computes a digest, with nothing to compare it with.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let hasher = match algorithm {
            Algorithm::Sha256 => Hasher::Sha256(Sha256::new()),
            Algorithm::Sha512 => Hasher::Sha512(Sha512::new()),
        };
        Self {
            hasher,
            bytes: 0,
            expected: None,
        }
    }

    /// Checks against a digest and, where it is known, a size in bytes.
    #[must_use]
    pub fn expecting(digest: Digest, size: Option<u64>) -> Self {
        let algorithm = digest.algorithm();
        Self {
            expected: Some((digest, size)),
            ..Self::new(algorithm)
        }
    }

    /// Takes the next bytes.
    pub fn update(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        match &mut self.hasher {
            Hasher::Sha256(hasher) => hasher.update(bytes),
            Hasher::Sha512(hasher) => hasher.update(bytes),
        }
    }

    /// How many bytes were taken so far.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// The digest of all bytes taken.
    #[must_use]
    pub fn finish(self) -> Digest {
        let (algorithm, hex) = match self.hasher {
            Hasher::Sha256(hasher) => (Algorithm::Sha256, hex::encode(hasher.finalize())),
            Hasher::Sha512(hasher) => (Algorithm::Sha512, hex::encode(hasher.finalize())),
        };
        Digest(format!("{}:{hex}", algorithm.as_str()))
    }

    /// Whether the bytes taken are the expected ones; gives their digest and number.
    ///
    /// # Errors
    /// [`DigestMismatch`] when the size or the digest is another one.
    pub fn verify(mut self) -> Result<(Digest, u64), DigestMismatch> {
        let bytes = self.bytes;
        let expected = self.expected.take();
        let actual = self.finish();
        match expected {
            Some((expected, size)) if expected != actual || size.is_some_and(|s| s != bytes) => {
                Err(DigestMismatch {
                    expected,
                    actual,
                    expected_size: size,
                    actual_size: bytes,
                })
            }
            _ => Ok((actual, bytes)),
        }
    }
}

/// The bytes are not the ones that the digest names: they were damaged or exchanged on the way, or
/// are not what their sender claims.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DigestMismatch {
    /// The digest that the bytes should have.
    pub expected: Digest,
    /// The digest that they have.
    pub actual: Digest,
    /// How many bytes there should be, where that is known.
    pub expected_size: Option<u64>,
    /// How many bytes there were.
    pub actual_size: u64,
}

impl DigestMismatch {
    /// The bytes taken (`actual`, `actual_size` of them) are not those of `expected`.
    #[must_use]
    pub fn new(expected: Digest, actual: Digest, actual_size: u64) -> Self {
        Self {
            expected,
            actual,
            expected_size: None,
            actual_size,
        }
    }
}

impl fmt::Display for DigestMismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.expected_size {
            Some(size) if size != self.actual_size => {
                write!(
                    f,
                    "expected {size} bytes of {}, got {}",
                    self.expected, self.actual_size
                )
            }
            _ => write!(
                f,
                "expected {}, got {} ({} bytes)",
                self.expected, self.actual, self.actual_size
            ),
        }
    }
}

impl std::error::Error for DigestMismatch {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const EMPTY: &str = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn known_digests() {
        assert_eq!(Digest::of(b"").as_str(), EMPTY);
        let mut sha512 = DigestVerifier::new(Algorithm::Sha512);
        sha512.update(b"abc");
        assert!(
            sha512
                .finish()
                .as_str()
                .starts_with("sha512:ddaf35a193617abacc417349ae204131")
        );
    }

    #[test]
    fn refused() {
        let upper = EMPTY.to_uppercase().replace("SHA256", "sha256");
        let short = &EMPTY[..70];
        let bad = [
            "",
            "sha256",
            "sha256:",
            "md5:00",
            "totallywrong",
            short,
            &upper,
            &format!("{EMPTY}0"),
        ];
        for text in bad {
            assert!(text.parse::<Digest>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_wrong_size_is_a_mismatch() {
        let mut verifier = DigestVerifier::expecting(Digest::of(b"abc"), Some(4));
        verifier.update(b"abc");
        let text = verifier.verify().unwrap_err().to_string();
        assert!(
            text.starts_with("expected 4 bytes of sha256:ba78"),
            "{text}"
        );
        assert!(text.ends_with("got 3"), "{text}");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC*") {
            let _ = text.parse::<Digest>();
        }

        #[test]
        fn split_anywhere_gives_the_same(bytes: Vec<u8>, at: prop::sample::Index) {
            let digest = Digest::of(&bytes);
            prop_assert_eq!(&digest, &digest.as_str().parse::<Digest>().unwrap());
            let (a, b) = bytes.split_at(if bytes.is_empty() { 0 } else { at.index(bytes.len()) });
            let mut verifier = DigestVerifier::expecting(digest.clone(), Some(bytes.len() as u64));
            verifier.update(a);
            verifier.update(b);
            prop_assert_eq!(verifier.verify().unwrap(), (digest, bytes.len() as u64));
        }
    }
}

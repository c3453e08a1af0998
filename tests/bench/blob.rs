//! Blobs of any size that nobody stores: a buffer of noise, again and again.

use std::{
    io::{self, Write},
    ops::Range,
    sync::LazyLock,
};

use acr_core::{Algorithm, Digest, DigestVerifier};
use bytes::Bytes;

/// Large enough that hyper sends few pieces, small enough to stay in a processor's cache.
const PIECE: usize = 256 * 1024;

/// The noise, each byte once: xorshift, so that nothing compresses or repeats within it.
static NOISE: LazyLock<Bytes> = LazyLock::new(|| {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(PIECE).collect()
});

/// A blob: so many bytes of noise, of which the first eight are its number.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blob {
    pub(crate) size: u64,
    pub(crate) number: u64,
}

impl Blob {
    /// These bytes of it, by the piece. The range lies within the blob.
    pub(crate) fn pieces(self, range: Range<u64>) -> impl Iterator<Item = Bytes> + Send {
        let (mut at, piece) = (range.start, PIECE as u64);
        std::iter::from_fn(move || {
            if at >= range.end {
                return None;
            }
            let end = range.end.min(at - at % piece + piece);
            let whole = if at < piece {
                self.first()
            } else {
                NOISE.clone()
            };
            let (from, length) = (at % piece, end - at);
            at = end;
            Some(whole.slice(from as usize..(from + length) as usize))
        })
    }

    /// All of it, in memory.
    pub(crate) fn bytes(self) -> Bytes {
        let pieces: Vec<_> = self.pieces(0..self.size).collect();
        pieces.concat().into()
    }

    pub(crate) fn digest(self) -> Digest {
        let mut verifier = DigestVerifier::new(Algorithm::Sha256);
        for piece in self.pieces(0..self.size) {
            verifier.update(&piece);
        }
        verifier.finish()
    }

    pub(crate) fn write_to(self, mut file: impl Write) -> io::Result<()> {
        self.pieces(0..self.size)
            .try_for_each(|piece| file.write_all(&piece))
    }

    fn first(self) -> Bytes {
        let mut first = NOISE.to_vec();
        first[..8].copy_from_slice(&self.number.to_be_bytes());
        first.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_the_part_of_the_whole() {
        let blob = Blob {
            size: 3 * PIECE as u64 + 17,
            number: 5,
        };
        let whole = blob.bytes();
        assert_eq!(whole.len() as u64, blob.size);
        assert_eq!(Digest::of(&whole), blob.digest());
        for range in [0..3, 4..PIECE as u64 + 1, PIECE as u64..blob.size, 9..9] {
            let part: Vec<_> = blob.pieces(range.clone()).collect();
            assert_eq!(
                part.concat(),
                whole[range.start as usize..range.end as usize]
            );
        }
        assert_ne!(Blob { number: 6, ..blob }.digest(), blob.digest());
    }
}

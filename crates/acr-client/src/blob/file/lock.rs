//! Who downloads to a target: one at a time, in all processes of a machine.
//!
//! The lock is that of the operating system on a file beside the target, so it ends with its
//! process. The file holds the digest of the part that belongs to it: when the next download is
//! another blob's, it knows which part to clear away.
//!
//! Whoever has the lock removes the file before letting go. Another one may have opened it by then,
//! and locks what has no name any more; so it looks whether the file is still there, and else begins
//! anew.

use std::{
    fs::{self, File, TryLockError},
    io::{self, Read, Seek, Write},
    path::PathBuf,
};

use acr_core::Digest;

use super::plain;

/// More bytes than any digest has: 135.
const LONGEST: u64 = 256;

/// As long as it is there, nobody else has the same.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes it; `None` where somebody has it.
    pub(super) fn take(path: PathBuf) -> io::Result<Option<Self>> {
        loop {
            let file = plain::open(&path)?;
            match file.try_lock() {
                Ok(()) if plain::is_at(&file, &path)? => return Ok(Some(Self { file, path })),
                // It was removed meanwhile. Whoever did so has made progress.
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Ok(None),
                Err(TryLockError::Error(error)) => {
                    let told = format!("its folder's file system gives no locks: {error}");
                    return Err(io::Error::new(error.kind(), told));
                }
            }
        }
    }

    /// The digest that it was left with; `None` where it is not known. A machine that lost its power may
    /// have left anything short. What is longer is somebody's own.
    pub(super) fn left(&self) -> io::Result<Option<Digest>> {
        let mut bytes = Vec::new();
        let mut file = &self.file;
        file.rewind()?;
        file.take(LONGEST + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > LONGEST {
            let told = format!("{} was not made by a download", self.path.display());
            return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
        }
        Ok(std::str::from_utf8(&bytes)
            .ok()
            .and_then(|text| text.parse().ok()))
    }

    /// Remembers whose part it is.
    pub(super) fn remember(&self, digest: &Digest) -> io::Result<()> {
        let mut file = &self.file;
        // Cut short on the way it holds no digest, rather than a wrong one.
        file.set_len(0)?;
        file.rewind()?;
        file.write_all(digest.as_str().as_bytes())
    }

    /// Removes the file; the lock itself ends with this value.
    pub(super) fn remove(&self) {
        // It may stay, empty-handed: the next download takes and removes it.
        let _ = fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn one_has_it_and_it_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let first = Lock::take(path.clone()).unwrap().unwrap();
        assert!(Lock::take(path.clone()).unwrap().is_none());
        drop(first);
        let next = Lock::take(path.clone()).unwrap().unwrap();
        next.remove();
        // Now it is of nobody: a file of the same name is another one.
        assert!(Lock::take(path).unwrap().is_some());
    }

    #[test]
    fn never_two_while_it_is_removed_all_the_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (holders, turns) = (AtomicU32::new(0), AtomicU32::new(0));
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    while turns.load(Ordering::SeqCst) < 200 {
                        if let Some(lock) = Lock::take(path.clone()).unwrap() {
                            assert_eq!(holders.fetch_add(1, Ordering::SeqCst), 0);
                            std::thread::yield_now();
                            turns.fetch_add(1, Ordering::SeqCst);
                            holders.fetch_sub(1, Ordering::SeqCst);
                            lock.remove();
                        }
                    }
                });
            }
        });
        assert!(!path.exists());
    }

    #[test]
    fn it_knows_whose_part_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let (a, b): (_, Digest) = (
            format!("sha512:{}", "0".repeat(128)).parse().unwrap(),
            Digest::of(b""),
        );
        for (digest, left) in [(&a, None), (&a, Some(&a)), (&b, Some(&a)), (&a, Some(&b))] {
            let lock = Lock::take(path.clone()).unwrap().unwrap();
            assert_eq!(lock.left().unwrap().as_ref(), left);
            lock.remember(digest).unwrap();
        }
    }

    #[test]
    fn what_is_damaged_is_not_known_and_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let digest = Digest::of(b"");
        let two = format!("{digest}{}", "a".repeat(64));
        for damaged in [&[0; 71][..], b"sha256:12", two.as_bytes(), &[0xff; 256]] {
            fs::write(&path, damaged).unwrap();
            let lock = Lock::take(path.clone()).unwrap().unwrap();
            assert_eq!(lock.left().unwrap(), None);
            lock.remember(&digest).unwrap();
            assert_eq!(fs::read(&path).unwrap(), digest.as_str().as_bytes());
        }
        let own = "somebody's own".repeat(20);
        fs::write(&path, &own).unwrap();
        let lock = Lock::take(path.clone()).unwrap().unwrap();
        assert!(lock.left().is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), own);
    }
}

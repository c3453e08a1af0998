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

    /// The digest that it was left with; writes the one that is to come.
    pub(super) fn exchange(&self, digest: &Digest) -> io::Result<Option<Digest>> {
        let mut text = String::new();
        let mut file = &self.file;
        // The longest digest has 135 characters.
        let read = file.take(256).read_to_string(&mut text);
        let left = match (read, text.trim().parse()) {
            (Ok(0), _) => None,
            (Ok(_), Ok(left)) => Some(left),
            _ => {
                let told = format!("{} was not made by a download", self.path.display());
                return Err(io::Error::new(io::ErrorKind::InvalidInput, told));
            }
        };
        if left.as_ref() != Some(digest) {
            file.rewind()?;
            file.write_all(digest.as_str().as_bytes())?;
            file.set_len(digest.as_str().len() as u64)?;
        }
        Ok(left)
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
            assert_eq!(lock.exchange(digest).unwrap().as_ref(), left);
        }
        fs::write(&path, "somebody's own").unwrap();
        let lock = Lock::take(path.clone()).unwrap().unwrap();
        assert!(lock.exchange(&a).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"somebody's own");
    }
}

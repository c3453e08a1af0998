//! The file that a download writes to, beside the one that it is for.

use std::{
    fs::{self, File},
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use acr_core::{Digest, DigestVerifier};
use bytes::Bytes;

use super::{lock::Lock, names::Names, plain};

/// How much of what is there already is read at once.
const READ: usize = 1024 * 1024;

/// The bytes that are there so far. Nobody else writes to them as long as this value is there; then
/// they wait for the next download, which goes on with them.
#[derive(Debug)]
pub(super) struct Part {
    names: Names,
    path: PathBuf,
    file: File,
    lock: Lock,
}

impl Part {
    /// The part of this digest for this target; `None` where somebody else downloads to the target.
    pub(super) fn take(target: &Path, digest: &Digest) -> io::Result<Option<Self>> {
        let names = Names::of(target)?;
        let Some(lock) = Lock::take(names.lock())? else {
            return Ok(None);
        };
        let left = lock.left()?;
        // As long as another's part is there, it is remembered.
        if let Some(other) = left.as_ref().filter(|left| *left != digest) {
            remove(&names.part(other))?;
        }
        let path = names.part(digest);
        let opened = match left.as_ref() == Some(digest) {
            true => plain::open(&path),
            false => lock.remember(digest).and_then(|()| plain::open(&path)),
        };
        match opened {
            Ok(file) => Ok(Some(Self {
                names,
                path,
                file,
                lock,
            })),
            Err(error) => {
                lock.remove();
                let told = format!("{}: {error}", path.display());
                Err(io::Error::new(error.kind(), told))
            }
        }
    }

    /// How many bytes are there.
    pub(super) fn size(&self) -> io::Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Reads what is there, unless nobody waits for it any more. The next bytes are written behind it.
    pub(super) fn read(
        &self,
        verifier: &mut DigestVerifier,
        is_wanted: impl Fn() -> bool,
    ) -> io::Result<()> {
        let mut buffer = vec![0; READ];
        let mut file = &self.file;
        while is_wanted() {
            match file.read(&mut buffer)? {
                0 => return Ok(()),
                read => verifier.update(&buffer[..read]),
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, pieces: &[Bytes]) -> io::Result<()> {
        let mut file = &self.file;
        pieces.iter().try_for_each(|piece| file.write_all(piece))
    }

    /// Begins anew.
    pub(super) fn clear(&self) -> io::Result<()> {
        self.file.set_len(0)?;
        (&self.file).rewind()
    }

    /// All bytes are there, and right: the file takes the place of the target.
    pub(super) fn publish(&self) -> io::Result<()> {
        self.file.sync_all()?;
        fs::rename(&self.path, &self.names.target)?;
        sync_folder(&self.names.folder)
    }

    /// What is there is of no use to anybody.
    pub(super) fn discard(&self) -> io::Result<()> {
        remove(&self.path)
    }
}

impl Drop for Part {
    /// What holds nothing is no help to the next download, and without a part there is nothing to
    /// remember.
    fn drop(&mut self) {
        // There is nobody to tell of a failure. What stays is taken up by the next download.
        if self.size().is_ok_and(|size| size == 0) && self.path_is_ours() {
            let _ = remove(&self.path);
        }
        if !self.path_is_ours() {
            self.lock.remove();
        }
    }
}

impl Part {
    fn path_is_ours(&self) -> bool {
        plain::is_at(&self.file, &self.path).unwrap_or(false)
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        outcome => outcome,
    }
}

/// Until its folder is on disk, a new name may be lost when the machine is.
#[cfg(unix)]
fn sync_folder(folder: &Path) -> io::Result<()> {
    // Some file systems cannot; and who may not read a folder may still write to it.
    let cannot = |error: &io::Error| {
        use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
        matches!(error.kind(), InvalidInput | PermissionDenied | Unsupported)
    };
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(error) if cannot(&error) => Ok(()),
        outcome => outcome,
    }
}

/// There a folder is no file that could be opened.
#[cfg(not(unix))]
fn sync_folder(_folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries
            .map(|it| it.unwrap().file_name().into_string().unwrap())
            .collect()
    }

    /// What stands in the place of the part stays there, and nothing beside it.
    #[test]
    fn a_part_that_cannot_be_opened_leaves_no_lock() {
        let folder = tempfile::tempdir().unwrap();
        let (target, digest) = (folder.path().join("file"), Digest::of(b""));
        let part = Names::of(&target).unwrap().part(&digest);
        fs::create_dir(&part).unwrap();
        assert!(Part::take(&target, &digest).is_err());
        assert_eq!(names(folder.path()).len(), 1);
        #[cfg(unix)]
        {
            fs::remove_dir(&part).unwrap();
            fs::write(&part, "mine").unwrap();
            fs::hard_link(&part, folder.path().join("other")).unwrap();
            assert!(Part::take(&target, &digest).is_err());
            assert_eq!(names(folder.path()).len(), 2);
        }
    }

    #[test]
    fn a_part_of_another_digest_is_remembered_until_it_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("file");
        let (a, b) = (Digest::of(b"a"), Digest::of(b"b"));
        let part = Part::take(&target, &a).unwrap().unwrap();
        part.write(&[Bytes::from_static(b"some")]).unwrap();
        drop(part);
        // It cannot be removed.
        let of_a = Names::of(&target).unwrap().part(&a);
        fs::remove_file(&of_a).unwrap();
        fs::create_dir(&of_a).unwrap();
        assert!(Part::take(&target, &b).is_err());
        fs::remove_dir(&of_a).unwrap();
        fs::write(&of_a, "some").unwrap();
        drop(Part::take(&target, &b).unwrap().unwrap());
        assert_eq!(names(folder.path()), Vec::<String>::new());
    }
}

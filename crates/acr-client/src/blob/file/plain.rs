//! Files that are opened by nothing but their own name: what a link leads to is never written to.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// How often it is tried anew, where a file is gone by the time that it is opened.
const TRIES: usize = 100;

/// Opens the file to read and write, or makes it, readable by whom the process's umask lets. It is
/// an ordinary file of one name: in a folder that others may write to, anything can stand there.
pub(super) fn open(path: &Path) -> io::Result<File> {
    for _ in 0..TRIES {
        // Never what a link leads to: it is made, or there is something.
        match OpenOptions::new()
            .read(true)
            .write(true)
            .create_new(true)
            .open(path)
        {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            made => return made,
        }
        match there(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
    }
    Err(strange("it is made and removed all the time"))
}

/// Opens what is there.
fn there(path: &Path) -> io::Result<File> {
    if !fs::symlink_metadata(path)?.is_file() {
        return Err(strange("something that is no file stands there"));
    }
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    match is_at(&file, path)? {
        true if !is_anothers(&file, path)? => Ok(file),
        true => Err(strange(
            "the file there is another user's: have it removed, or name another path",
        )),
        false => Err(io::ErrorKind::NotFound.into()),
    }
}

/// Whether it belongs to another user than what is made in its folder now: that one could change its bytes
/// after they are verified.
#[cfg(unix)]
fn is_anothers(file: &File, path: &Path) -> io::Result<bool> {
    use std::{
        os::unix::fs::MetadataExt,
        sync::atomic::{AtomicU32, Ordering},
    };
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let (process, count) = (std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    let fresh = path.with_file_name(format!(".acr-{process}-{count}"));
    let made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(&fresh)?;
    let owner = made.metadata();
    fs::remove_file(&fresh)?;
    Ok(owner?.uid() != file.metadata()?.uid())
}

#[cfg(not(unix))]
fn is_anothers(_file: &File, _path: &Path) -> io::Result<bool> {
    Ok(false)
}

/// Whether the file still has this name, and only this.
#[cfg(unix)]
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (ours, named) = (file.metadata()?, fs::symlink_metadata(path));
    let named = match named {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        named => named?,
    };
    if ours.nlink() > 1 {
        return Err(strange("the file there has other names too"));
    }
    Ok((ours.dev(), ours.ino()) == (named.dev(), named.ino()))
}

/// Whether the file still has this name.
#[cfg(not(unix))]
pub(super) fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let absent = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
    match fs::symlink_metadata(path) {
        Err(error) if absent(&error) => return Ok(false),
        Ok(named) if named.is_file() => {}
        named => return named.map(|_| false),
    }
    let ours = same_file::Handle::from_file(file.try_clone()?)?;
    match same_file::Handle::from_path(path) {
        Err(error) if absent(&error) => Ok(false),
        named => Ok(ours == named?),
    }
}

fn strange(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn no_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let (victim, path) = (folder.path().join("victim"), folder.path().join("part"));
        fs::write(&victim, "mine").unwrap();
        std::os::unix::fs::symlink(&victim, &path).unwrap();
        assert!(open(&path).is_err());
        fs::remove_file(&path).unwrap();
        fs::hard_link(&victim, &path).unwrap();
        assert!(open(&path).is_err());
        fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(folder.path().join("nowhere"), &path).unwrap();
        assert!(open(&path).is_err());
        assert!(!folder.path().join("nowhere").exists());
    }

    #[cfg(unix)]
    #[test]
    fn what_is_anothers_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        drop(open(&path).unwrap());
        let given_away = std::os::unix::fs::chown(&path, Some(12_345), None).is_ok();
        // Only root can give a file away; everybody else opens what is one's own.
        assert_eq!(open(&path).is_err(), given_away);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn what_is_there_is_kept() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("part");
        drop(open(&path).unwrap());
        fs::write(&path, "kept").unwrap();
        let file = open(&path).unwrap();
        assert_eq!(file.metadata().unwrap().len(), 4);
        assert!(is_at(&file, &path).unwrap());
        fs::remove_file(&path).unwrap();
        assert!(!is_at(&file, &path).unwrap());
        assert!(open(folder.path()).is_err());
    }
}

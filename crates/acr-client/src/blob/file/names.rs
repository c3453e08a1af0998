//! What the files beside a download's target are called.

use std::{
    ffi::{OsStr, OsString},
    io,
    path::{Path, PathBuf},
};

use acr_core::Digest;

/// The longest name of a file, in bytes: that of all common file systems.
const LONGEST: usize = 255;

/// What stands in place of the rest of a name that is too long: a dash and digits of its hash.
const HASH: usize = 16;

/// A target, and the files beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) folder: PathBuf,
    pub(super) target: PathBuf,
    name: OsString,
}

impl Names {
    pub(super) fn of(target: &Path) -> io::Result<Self> {
        let invalid = |why| io::Error::new(io::ErrorKind::InvalidInput, why);
        let name = target
            .file_name()
            .ok_or_else(|| invalid("it does not end in the name of a file"))?;
        if target.is_dir() {
            return Err(invalid("it is a folder"));
        }
        let folder = target
            .parent()
            .filter(|folder| !folder.as_os_str().is_empty())
            .unwrap_or(Path::new("."));
        Ok(Self {
            folder: folder.to_owned(),
            target: target.to_owned(),
            name: name.to_owned(),
        })
    }

    /// Where the bytes of this digest are until they are right.
    pub(super) fn part(&self, digest: &Digest) -> PathBuf {
        let digest = digest.as_str().replace(':', "-");
        self.folder
            .join(beside(&self.name, &format!(".{digest}.part")))
    }

    /// What is locked as long as somebody downloads to the target, of whatever digest.
    pub(super) fn lock(&self) -> PathBuf {
        self.folder.join(beside(&self.name, ".part-lock"))
    }
}

/// A hidden name with this end, of the whole name or, where that is too long, of its beginning and
/// its hash: never that of another name.
fn beside(name: &OsStr, end: &str) -> OsString {
    let room = LONGEST - 1 - end.len();
    let mut hidden = OsString::from(".");
    if name.len() <= room {
        hidden.push(name);
    } else {
        let shown = name.to_string_lossy();
        let mut cut = (room - HASH - 1).min(shown.len());
        while !shown.is_char_boundary(cut) {
            cut -= 1;
        }
        let hash = Digest::of(name.as_encoded_bytes());
        hidden.push(&shown[..cut]);
        hidden.push("-");
        hidden.push(&hash.hex()[..HASH]);
    }
    hidden.push(end);
    hidden
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(target: &str) -> String {
        let names = Names::of(Path::new(target)).unwrap();
        let part = names.part(&Digest::of(b""));
        part.file_name().unwrap().to_str().unwrap().to_owned()
    }

    #[test]
    fn both_names_are_in_it() {
        let hex = Digest::of(b"").hex().to_owned();
        assert_eq!(part("a/layer.tar"), format!(".layer.tar.sha256-{hex}.part"));
        let names = Names::of(Path::new("layer.tar")).unwrap();
        assert_eq!(names.folder, Path::new("."));
        assert_eq!(names.lock(), Path::new("./.layer.tar.part-lock"));
    }

    #[test]
    fn long_names_are_shortened_and_stay_apart() {
        for (a, b) in [
            ("a".repeat(255), "a".repeat(254)),
            ("ä".repeat(120), "ä".repeat(119)),
        ] {
            let (a, b) = (part(&a), part(&b));
            assert!(a.len() <= 255 && b.len() <= 255, "{a} {b}");
            assert_ne!(a, b);
        }
        let sha512: Digest = format!("sha512:{}", "0".repeat(128)).parse().unwrap();
        let names = Names::of(Path::new(&"a".repeat(255))).unwrap();
        assert!(names.part(&sha512).file_name().unwrap().len() <= 255);
    }

    #[test]
    fn what_is_no_file() {
        for bad in ["/", "..", "a/..", "."] {
            assert!(Names::of(Path::new(bad)).is_err(), "{bad}");
        }
    }
}

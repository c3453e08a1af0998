//! A copy of what a change of the service concerns: the descriptions, the generated code and the
//! sources that call it.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::Value;
use tempfile::TempDir;

use super::{PUBLISHED, callers::rust_files, real_file};
use crate::{
    document,
    generate::{DESCRIPTION, OUTPUT},
    upstream::{KNOWN, differences, facts, openapi, report},
};

const CALLERS: [&str; 3] = ["acr-rest", "acr-auth", "acr-client"];

pub(super) struct Scratch {
    folder: TempDir,
}

impl Scratch {
    /// The tree as it is now, in agreement with the published description, or with the small one
    /// where that is not at hand.
    pub(super) fn new() -> Self {
        let scratch = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let own = crate::root();
        for name in CALLERS {
            for file in rust_files(&own.join("crates").join(name).join("src")) {
                scratch.copy(file.strip_prefix(&own).unwrap());
            }
        }
        scratch.copy(Path::new(DESCRIPTION));
        let published = match real_file() {
            Some(file) => {
                scratch.copy(Path::new(KNOWN));
                document::load(&file).unwrap()
            }
            None => {
                let published = document::parse(PUBLISHED).unwrap();
                scratch.write(KNOWN, &differences_from(&published, &scratch.description()));
                published
            }
        };
        scratch.publish(&published);
        scratch
    }

    pub(super) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(super) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.root().join(path)).unwrap()
    }

    pub(super) fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn copy(&self, path: &Path) {
        let text = fs::read_to_string(crate::root().join(path)).unwrap();
        self.write(path.to_str().unwrap(), &text);
    }

    pub(super) fn generated(&self) -> String {
        self.read(OUTPUT)
    }

    pub(super) fn description(&self) -> Value {
        document::load(&self.root().join(DESCRIPTION)).unwrap()
    }

    pub(super) fn describe(&self, description: &Value) {
        self.write(DESCRIPTION, &serde_yaml_ng::to_string(description).unwrap());
    }

    /// Where the published description lies.
    pub(super) fn published(&self) -> PathBuf {
        self.root().join("published.json")
    }

    pub(super) fn publish(&self, published: &Value) {
        fs::write(self.published(), published.to_string()).unwrap();
    }
}

/// A file of known differences that holds exactly these.
fn differences_from(published: &Value, ours: &Value) -> String {
    let upstream = facts::collect(&openapi(published.clone()).unwrap()).unwrap();
    let ours = facts::collect(ours).unwrap();
    let text = report::paste(&differences::between(&upstream, &ours));
    text.replacen("- reason: ", "- reason: so it is", 1)
}

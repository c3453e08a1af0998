//! The secrets with which this registry signs: tokens, upload states, pre-signed URLs.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use acr_core::Secret;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::store::write_atomically;

/// The signing keys, and the registry's id, which stands in tokens and URLs.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Keys {
    pub(crate) tokens: Secret,
    pub(crate) storage: Secret,
    uploads: Secret,
    pub(crate) registry_id: String,
    /// Where they outlive a restart.
    #[serde(skip)]
    path: Option<PathBuf>,
}

impl Keys {
    /// New keys.
    pub(crate) fn generate() -> Self {
        Self {
            tokens: random(),
            storage: random(),
            uploads: random(),
            registry_id: Uuid::new_v4().simple().to_string(),
            path: None,
        }
    }

    /// The keys of a data directory: uploads and tokens outlive a restart.
    pub(crate) fn of(directory: &Path) -> io::Result<Self> {
        let path = directory.join("keys.json");
        match fs::read(&path) {
            Ok(json) => Ok(Self {
                path: Some(path),
                ..serde_json::from_slice(&json)?
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let keys = Self {
                    path: Some(path),
                    ..Self::generate()
                };
                keys.save()?;
                Ok(keys)
            }
            Err(error) => Err(error),
        }
    }

    /// A new key for tokens: those signed with the one before are worth nothing any more, also
    /// after a restart.
    pub(crate) fn renew_tokens(&self) -> io::Result<Secret> {
        let renewed = Self {
            tokens: random(),
            ..self.clone()
        };
        renewed.save()?;
        Ok(renewed.tokens)
    }

    fn save(&self) -> io::Result<()> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        // Only its owner may read a file made in this way.
        write_atomically(path, &serde_json::to_vec(self)?)
    }

    pub(crate) fn uploads(&self) -> &[u8] {
        self.uploads.expose().as_bytes()
    }
}

/// A secret that cannot be guessed: 244 random bits, as 64 hexadecimal digits.
pub(crate) fn random() -> Secret {
    let (a, b) = (Uuid::new_v4(), Uuid::new_v4());
    Secret::from(format!("{}{}", a.simple(), b.simple()))
}

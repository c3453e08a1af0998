//! Why a configuration of docker or podman gives no credential.

use std::{fmt, io, path::PathBuf, time::Duration};

use acr_core::limits;

/// Why a docker configuration gives no credential for a registry. No secret of it shows in any of
/// these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DockerConfigError {
    /// No file knows the registry, and no credential helper that is named there. `docker login`
    /// makes an entry; [`Credential::anonymous`](crate::Credential::anonymous) goes without.
    #[error(
        "no docker configuration has a login for {registry} ({}): \
         `docker login {registry}` makes one", listed(.searched)
    )]
    Unknown {
        /// The registry, as docker names it.
        registry: String,
        /// Where it was looked for.
        searched: Vec<Searched>,
    },
    /// The file is there and cannot be read, or was named and is not there.
    #[error("the docker configuration {} cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why it cannot be read.
        #[source]
        source: io::Error,
    },
    /// The file is longer than [`limits::DOCKER_CONFIG`].
    #[error("the docker configuration {} has more than {} bytes", .path.display(), limits::DOCKER_CONFIG)]
    TooLong {
        /// The file.
        path: PathBuf,
    },
    /// The file is no JSON, or not that of a docker configuration. What stands there is not shown.
    #[error("the docker configuration {} is not one: line {line}, column {column}", .path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the reader stopped, counted from 1.
        line: usize,
        /// The same within the line, counted from 1; 0 before its first character.
        column: usize,
    },
    /// What stands there for the registry cannot be used.
    #[error("what the docker configuration {} has for {registry} cannot be used", .path.display())]
    Entry {
        /// The file.
        path: PathBuf,
        /// The registry, as docker names it.
        registry: String,
        /// What is wrong with it.
        #[source]
        source: EntryFault,
    },
    /// The credential helper that the file names gave nothing that can be used.
    #[error("the credential helper docker-credential-{helper}, named in {}, gave no login for {registry}", .path.display())]
    Helper {
        /// The file.
        path: PathBuf,
        /// The registry, as docker names it.
        registry: String,
        /// The helper's name, without the `docker-credential-` that all have.
        helper: String,
        /// What went wrong.
        #[source]
        source: HelperFault,
    },
}

/// What is wrong with an entry of a docker configuration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EntryFault {
    /// `auth` cannot be read.
    #[error("`auth` is not the base64 form of `user:password`")]
    NotBase64,
    /// A password without a user.
    #[error("there is a password and no user name")]
    NoUser,
    /// A user without a password or token.
    #[error("there is a user name, and neither a password nor a token")]
    NoPassword,
    /// `auth` and `username` name two users.
    #[error("`auth` and `username` contradict each other")]
    TwoUsers,
    /// More than one secret, and they differ.
    #[error("`auth`, `password`, `identitytoken` and `registrytoken` contradict each other")]
    TwoSecrets,
    /// The registry stands there under two names, with different contents.
    #[error("the registry has several entries, and they contradict each other")]
    TwoEntries,
}

/// Why a credential helper gave nothing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HelperFault {
    /// The name could lead elsewhere than to a program of that name; nothing was started.
    #[error("a helper's name has only letters, digits, `-`, `_` and `.`")]
    Name,
    /// It cannot be run: mostly, it is not installed where the system looks for programs. Or it
    /// wrote more than [`limits::PROGRAM`] bytes, and was ended.
    #[error("running it failed")]
    Run(#[source] io::Error),
    /// It did not finish in time, and was ended.
    #[error("it did not finish within {} seconds", .0.as_secs())]
    Silent(Duration),
    /// It said that it failed.
    #[error("it failed{}", told(*.status, .words))]
    Failed {
        /// Its exit status; none if a signal ended it.
        status: Option<i32>,
        /// What it said, without what may be a secret.
        words: String,
    },
    /// Its answer is not that of a credential helper, and is not shown.
    #[error("its answer is not the JSON of a credential helper")]
    Unreadable,
    /// Its answer has no secret.
    #[error("its answer holds no secret")]
    NoSecret,
    /// Its answer has no user.
    #[error("its answer holds no user name")]
    NoUser,
}

/// A file in which a registry was looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Searched {
    /// The file.
    pub path: PathBuf,
    /// What was found there.
    pub outcome: Outcome,
}

/// What was found in a file that does not know the registry.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outcome {
    /// There is no such file.
    Absent,
    /// The registries that it knows.
    Knows(Vec<String>),
    /// The helper that it names knows nothing of the registry.
    Helper(String),
}

/// Names that are shown; somebody may have a hundred.
const SHOWN: usize = 8;

fn listed(searched: &[Searched]) -> String {
    match searched {
        [] => "there is neither DOCKER_CONFIG nor a home directory".to_owned(),
        searched => {
            let all: Vec<_> = searched.iter().map(ToString::to_string).collect();
            all.join("; ")
        }
    }
}

impl fmt::Display for Searched {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        match &self.outcome {
            Outcome::Absent => write!(f, "{path} is not there"),
            Outcome::Helper(helper) => {
                write!(f, "docker-credential-{helper}, named in {path}, has none")
            }
            Outcome::Knows(names) if names.is_empty() => write!(f, "{path} has none at all"),
            Outcome::Knows(names) => {
                let first: Vec<_> = names.iter().take(SHOWN).map(String::as_str).collect();
                write!(f, "{path} knows {}", first.join(", "))?;
                match names.len().saturating_sub(SHOWN) {
                    0 => Ok(()),
                    more => write!(f, " and {more} more"),
                }
            }
        }
    }
}

fn told(status: Option<i32>, words: &str) -> String {
    let status = match status {
        Some(status) => format!(" (exit status {status})"),
        None => " (ended by a signal)".to_owned(),
    };
    match words {
        "" => status,
        words => format!("{status}: {words}"),
    }
}

//! What docker and podman know of credentials, in both directions: their configuration as a
//! credential of ours, and ours as a login of theirs.

mod config;
pub mod credential_helper;
mod error;
mod file;
#[cfg(any(fuzzing, test))]
pub(crate) mod fuzzing;
mod helper;
mod login;
mod server;

pub use config::DockerConfig;
pub use error::{DockerConfigError, EntryFault, HelperFault, Outcome, Searched};
pub use login::DockerLogin;

/// The user that stands for a token of the registry: what is given as its password is a refresh
/// token, or an access token.
pub(crate) const TOKEN_USER: &str = "00000000-0000-0000-0000-000000000000";

/// The user that stands for a refresh token between docker and its credential helpers.
const HELPER_TOKEN_USER: &str = "<token>";

/// What a credential helper says on its standard output, beside an exit status that is not 0, when
/// it has nothing for the registry. docker goes on without a login then.
const NOT_FOUND: &str = "credentials not found in native keychain";

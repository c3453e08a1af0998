//! The most that is read of anything a server or a helper program sends, or that stands in a
//! configuration of other software, so that a hostile or broken one cannot fill the memory. Sizes
//! are in bytes.

/// A manifest: 4 MiB, the service's own limit for one; more is refused in both directions.
pub const MANIFEST: usize = 4 * 1024 * 1024;

/// An error body: 64 KiB. The longest that the service sends lists a handful of entries of a few
/// hundred bytes; what is longer is cut, and what was read of it is still shown.
pub const ERROR_BODY: usize = 64 * 1024;

/// A token answer: 128 KiB. A JWT of the service has 1–2 KiB.
pub const TOKEN_RESPONSE: usize = 128 * 1024;

/// A token of the registry: 16 KiB, twice what common servers take as one line of a header, which is
/// where it goes.
pub const TOKEN: usize = 16 * 1024;

/// A JSON answer of a listing or of properties: 16 MiB. The service clamps a page at 1,000 items;
/// one item of a manifest listing with 100 tags of full length takes about 14 KiB.
pub const JSON_RESPONSE: usize = 16 * 1024 * 1024;

/// A repository name: 256 characters.
pub const REPOSITORY_NAME: usize = 256;

/// A tag: 128 characters.
pub const TAG: usize = 128;

/// A header value that is parsed (`Link`, `Location`, `WWW-Authenticate`): 16 KiB. An upload's
/// `Location` has about 500 bytes, a challenge for a mount about 700.
pub const HEADER_VALUE: usize = 16 * 1024;

/// Redirects that a download follows, one after the other. The service sends one.
pub const REDIRECTS: usize = 5;

/// A docker configuration: 1 MiB. With a thousand registries and a token of 2 KiB for each it would
/// have twice that; those that people have are a few KiB long.
pub const DOCKER_CONFIG: usize = 1024 * 1024;

/// What another program writes that is asked for a login or a token: 128 KiB. A token has a few KiB.
pub const PROGRAM: usize = 128 * 1024;

/// The name of a registry, as docker gives it to a credential helper: 4 KiB. A host has 255 bytes at
/// most.
pub const REGISTRY_NAME: usize = 4 * 1024;

/// What is shown of the words of a helper program that failed: 300 characters.
pub const HELPER_WORDS: usize = 300;

/// An image's configuration, where it is read for the image's platform: 4 MiB. It has a few KiB.
pub const IMAGE_CONFIG: usize = 4 * 1024 * 1024;

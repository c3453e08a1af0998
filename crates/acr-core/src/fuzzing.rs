//! What must hold of the parsers for any input.
//!
//! Tests run these on every seed in `tests/seeds`; `cargo xtask fuzz` runs them on what a fuzzer makes
//! of the seeds. Each takes the name of its seeds' folder.

mod challenge;
mod error_body;
mod link;
mod names;
mod scope;

pub use challenge::challenge;
pub use error_body::error_body;
pub use link::link;
pub use names::names;
pub use scope::scope;

/// Several header values, one a line.
fn values(data: &[u8]) -> Vec<&[u8]> {
    data.split(|&byte| byte == b'\n').collect()
}

/// What an error or a message may show of a text from outside.
#[track_caller]
fn assert_harmless(text: &str, most: usize) {
    assert!(text.chars().count() <= most + 1, "too long: {text:?}");
    assert!(!text.contains(char::is_control), "a command: {text:?}");
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    /// Replays the seeds of a target.
    fn replay(target: &str, property: fn(&[u8])) {
        let seeds = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds");
        let mut replayed = 0;
        for seed in fs::read_dir(seeds.join(target)).unwrap() {
            let path = seed.unwrap().path();
            // Of a failure it tells which seed it was.
            println!("{}", path.display());
            property(&fs::read(path).unwrap());
            replayed += 1;
        }
        assert!(replayed > 0);
    }

    #[test]
    fn the_seeds_hold() {
        replay("challenge", super::challenge);
        replay("error_body", super::error_body);
        replay("link", super::link);
        replay("names", super::names);
        replay("scope", super::scope);
    }
}

//! What must hold of the parsers for any input.
//!
//! Tests run these on every seed in `tests/seeds`; `cargo xtask fuzz` runs them on what a fuzzer makes
//! of the seeds. Each takes the name of its seeds' folder.

mod jwt;

pub use crate::docker::fuzzing::{docker_config, helper_answer};
pub use jwt::jwt;

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
        replay("docker_config", super::docker_config);
        replay("helper_answer", super::helper_answer);
        replay("jwt", super::jwt);
    }
}

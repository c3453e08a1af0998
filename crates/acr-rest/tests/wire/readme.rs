//! The program in the README is the example that can be run.

#[test]
fn the_readme_shows_the_example() {
    let readme = include_str!("../../README.md");
    let example = include_str!("../../examples/raw.rs");
    let (_, from) = readme.split_once("```rust,no_run\n").unwrap();
    let (block, rest) = from.split_once("```\n").unwrap();
    assert_eq!(block, example);
    assert!(
        !rest.contains("```rust"),
        "there is one program, and it is tested"
    );
}

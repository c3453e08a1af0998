use super::{
    Outcome, run_all,
    step::{Action, Invocation, Step},
    steps::partial_features,
};
use crate::deps;

#[test]
fn the_first_failure_stops_the_run_and_is_named() {
    let run = |name, line| Step {
        name,
        action: Action::Run(vec![Invocation::new(line)]),
    };
    let steps = [
        run("first", "cargo --version"),
        Step {
            name: "second",
            action: Action::Skip("not today".to_owned()),
        },
        run("third", "cargo no-such-command"),
        run("fourth", "cargo --version"),
    ];
    let (outcomes, failure) = run_all(&crate::root(), &steps);
    assert!(matches!(
        outcomes[..],
        [
            Outcome::Passed(_),
            Outcome::Skipped,
            Outcome::Failed(_),
            Outcome::NotReached
        ]
    ));
    assert!(failure.unwrap().starts_with("cargo no-such-command ("));
}

#[test]
fn a_feature_that_brings_all_others_is_not_checked_alone() {
    let metadata = deps::metadata(&crate::root()).unwrap();
    let mut package = metadata
        .root_package()
        .or(metadata.packages.first())
        .unwrap()
        .clone();
    package.features = [
        ("default", vec!["a"]),
        ("a", vec![]),
        ("all", vec!["a", "dep:x"]),
    ]
    .into_iter()
    .map(|(name, implied)| {
        (
            name.to_owned(),
            implied.into_iter().map(str::to_owned).collect(),
        )
    })
    .collect();
    assert_eq!(partial_features(&package), ["a"]);
}

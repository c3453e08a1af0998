use super::{
    Outcome, run_all,
    step::{Action, Invocation, Step},
    steps::{interop, partial_features, replay},
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

fn line(step: &Step) -> String {
    step.to_string()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

#[test]
fn all_clients_are_required_where_all_tools_are() {
    let (probe, recordings) = (Some("/probe.py".to_owned()), Some("/recordings".to_owned()));
    assert_eq!(
        line(&interop(probe, recordings, true)),
        "interop ACR_OCI_PROBE='/probe.py' ACR_RECORDINGS='/recordings' cargo xtask interop --require-all"
    );
    assert_eq!(
        line(&interop(None, None, true)),
        "interop cargo xtask interop --require-all --without oci-probe --without recordings"
    );
    assert_eq!(
        line(&interop(None, None, false)),
        "interop cargo xtask interop --without oci-probe --without recordings"
    );
}

#[test]
fn recordings_that_are_not_there_are_told() {
    assert_eq!(
        line(&replay(Some("/recordings".to_owned()))),
        "replay cargo xtask replay emulator /recordings cargo xtask replay client /recordings"
    );
    assert!(
        matches!(&replay(None).action, Action::Skip(reason) if reason.contains("NOT compared"))
    );
}

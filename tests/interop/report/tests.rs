use super::*;
use crate::lines::Client;

fn case(name: &str, outcome: CaseOutcome) -> Case {
    let name = name.to_owned();
    Case { name, outcome }
}

fn outcome(cases: Vec<Case>) -> Outcome {
    Outcome {
        client: Some(Client {
            name: "client".to_owned(),
            version: "1.2.3".to_owned(),
        }),
        cases,
        ..Outcome::default()
    }
}

fn skipped(reason: &str) -> CaseOutcome {
    let reason = reason.to_owned();
    CaseOutcome::Skipped { reason }
}

#[test]
fn a_failure_fails_and_is_told() {
    let mut report = Report::default();
    report.add("good", outcome(vec![case("a", CaseOutcome::Passed)]));
    assert!(report.holds(true));
    report.add("bad", outcome(vec![Case::failed("b", "because")]));
    assert!(!report.holds(false));
    let told = report.to_string();
    assert!(told.contains("FAILED: bad: b: because\n"), "{told}");
    assert!(
        told.ends_with("interop: 2 suites, 2 cases, 1 passed, 1 failed, 0 skipped"),
        "{told}"
    );
}

#[test]
fn what_could_not_run_fails_only_where_all_is_required() {
    let mut report = Report::default();
    report.add("absent", Outcome::missing("not here".to_owned()));
    assert!(!report.holds(false), "nothing was run");
    report.add("good", outcome(vec![case("a", CaseOutcome::Passed)]));
    assert!(report.holds(false));
    assert!(!report.holds(true));
    let told = report.to_string();
    assert!(told.contains("!!! NOT RUN: absent: not here\n"), "{told}");
    assert!(told.ends_with("; not run: 1"), "{told}");
}

#[test]
fn every_skip_is_told_with_its_reason() {
    let mut report = Report::default();
    let cases = vec![
        case("a", skipped("no network")),
        case("b", skipped("too old")),
        case("c", skipped("no network")),
    ];
    report.add("suite", outcome(cases));
    let told = report.to_string();
    assert!(
        told.contains("skipped: suite: a, c: no network\n"),
        "{told}"
    );
    assert!(told.contains("skipped: suite: b: too old\n"), "{told}");
}

#[test]
fn what_is_left_out_is_told_and_no_failure() {
    let mut report = Report::default();
    report.add("good", outcome(vec![case("a", CaseOutcome::Passed)]));
    report.leave_out(&["other".to_owned()]);
    assert!(report.holds(true));
    let told = report.to_string();
    assert!(
        told.contains("!!! NOT RUN: other: left out by --without\n"),
        "{told}"
    );
    assert!(told.ends_with("; not run: 1"), "{told}");
}

use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::faults::Fault;

/// A call about `team/app`.
fn call() -> Arrival<'static> {
    static NAMES: LazyLock<[RepositoryName; 1]> = LazyLock::new(|| ["team/app".parse().unwrap()]);
    Arrival {
        operation: "get_manifest",
        repositories: &*NAMES,
        shows_token: true,
    }
}

/// Which of so many calls are hit.
fn struck(rule: FaultRule, calls: u64) -> Vec<u64> {
    let faults = Faults::default();
    faults.inject(rule).unwrap();
    let hit = |_: &u64| faults.of_admission(call()).is_locked();
    let struck: Vec<_> = (1..=calls).filter(hit).collect();
    let injected = &faults.all()[0];
    assert_eq!(injected.seen, calls);
    assert_eq!(injected.hits, struck.len() as u64);
    struck
}

fn locked() -> FaultRule {
    FaultRule::new(Fault::locked())
}

#[test]
fn every_call_the_nth_and_every_nth() {
    assert_eq!(struck(locked(), 3), [1, 2, 3]);
    assert_eq!(struck(locked().nth(2), 5), [2]);
    assert_eq!(struck(locked().every(3), 10), [3, 6, 9]);
    assert_eq!(struck(locked().every(3).times(2), 10), [3, 6]);
    assert_eq!(struck(locked().times(2), 10), [1, 2]);
}

proptest! {
    #[test]
    fn a_seed_always_decides_the_same(seed: u64, probability in 0.01..1.0) {
        let rule = locked().with_probability(probability).seed(seed);
        prop_assert_eq!(struck(rule.clone(), 200), struck(rule, 200));
    }

    #[test]
    fn a_probability_is_met(seed: u64, probability in 0.0_f64..1.0) {
        prop_assume!(probability > 0.0);
        let calls = 10_000;
        let rule = locked().with_probability(probability).seed(seed);
        let share = struck(rule, calls).len() as f64 / calls as f64;
        // Ten standard deviations: about one test in 10^23 would miss it.
        prop_assert!((share - probability).abs() <= 0.05, "{share}");
    }

    #[test]
    fn times_is_never_exceeded(seed: u64, times in 1_u64..10) {
        let rule = locked().with_probability(0.5).seed(seed).times(times);
        prop_assert!(struck(rule, 100).len() as u64 <= times);
    }

    #[test]
    fn no_rule_in_json_panics(text in "\\PC*") {
        if let Ok(rule) = serde_json::from_str::<FaultRule>(&text) {
            let _ = Faults::default().inject(rule);
        }
    }
}

#[test]
fn a_drawn_seed_is_told() {
    let faults = Faults::default();
    faults.inject(locked().with_probability(0.5)).unwrap();
    let rule = faults.all()[0].rule.clone();
    let first: Vec<_> = (0..64)
        .map(|_| faults.of_admission(call()).is_locked())
        .collect();
    let again = Faults::default();
    again.inject(rule).unwrap();
    let second: Vec<_> = (0..64)
        .map(|_| again.of_admission(call()).is_locked())
        .collect();
    assert_eq!(first, second);
}

#[test]
fn operations_and_repositories_select() {
    let hits = |rule: FaultRule| !struck(rule, 1).is_empty();
    assert!(hits(locked().on(["get_manifest", "get_blob"])));
    assert!(hits(locked().in_repository("team/app")));
    assert!(hits(locked().in_repository("team/*")));
    assert!(hits(locked().in_repository("*")));
    for other in [
        locked().on(["get_blob"]),
        locked().in_repository("team"),
        locked().in_repository("app"),
        locked().in_repository("tea/*"),
    ] {
        let faults = Faults::default();
        faults.inject(other).unwrap();
        assert!(!faults.of_admission(call()).is_locked());
        assert_eq!(faults.all()[0].seen, 0, "not its business");
    }
}

#[test]
fn all_that_is_to_go_wrong_does() {
    let faults = Faults::default();
    faults.inject(locked()).unwrap();
    let cut = FaultRule::new(Fault::cut_request(5));
    faults.inject(cut).unwrap();
    faults
        .inject(FaultRule::new(Fault::cut_request(7)))
        .unwrap();
    faults
        .inject(FaultRule::new(Fault::token_expired()))
        .unwrap();
    faults.inject(FaultRule::new(Fault::status(500))).unwrap();
    let effects = faults.of_admission(call());
    assert!(effects.is_locked());
    assert_eq!(effects.request_cut(), Some(5), "of the earlier rule");
    assert!(!effects.is_token_expired() && effects.status().is_none());
    let effects = faults.of_arrival(call());
    assert!(effects.is_token_expired() && effects.status().is_some());
    assert!(!effects.is_locked());
    let hits: Vec<_> = faults.all().iter().map(|fault| fault.hits).collect();
    assert_eq!(hits, [1; 5]);
    // Without a token there is none that could have expired.
    let naked = Arrival {
        shows_token: false,
        ..call()
    };
    assert!(!faults.of_arrival(naked).is_token_expired());
    assert_eq!(faults.all()[3].seen, 1);
}

#[test]
fn rules_come_and_go() {
    let faults = Faults::default();
    let first = faults.inject(locked()).unwrap();
    let second = faults.inject(locked()).unwrap();
    assert!(faults.remove(first) && !faults.remove(first));
    assert_eq!(faults.all()[0].id, second);
    faults.clear();
    assert!(faults.all().is_empty());
    let third = faults.inject(locked()).unwrap();
    assert!(third > second, "no number comes twice");
}

#[test]
fn rules_that_can_never_hold_are_refused_with_a_reason() {
    let status = |status| FaultRule::new(Fault::status(status));
    let hour = std::time::Duration::from_secs(3601);
    for (rule, reason) in [
        (locked().on(["get_blobs"]), "`get_blobs`; these are: ping, "),
        (locked().on(Vec::<String>::new()), "names none"),
        (locked().on(["ping"]), "locked cannot happen to ping"),
        (
            FaultRule::new(Fault::wrong_digest()).on(["download_blob"]),
            "wrongDigest cannot happen to download_blob",
        ),
        (
            FaultRule::new(Fault::presigned_expired()).on(["get_manifest"]),
            "cannot happen",
        ),
        (
            status(500).on(["ping"]).in_repository("app"),
            "about no repository",
        ),
        (locked().in_repository("Bad"), "`Bad` is no repository"),
        (locked().in_repository("team*"), "`team*` is no repository"),
        (locked().nth(0), "begin with 1"),
        (locked().every(0), "begin with 1"),
        (locked().times(0), "begin with 1"),
        (locked().nth(1).every(2), "exclude each other"),
        (locked().nth(1).with_probability(0.5), "exclude each other"),
        (locked().nth(1).times(1), "no sense"),
        (locked().with_probability(0.0), "above 0"),
        (locked().with_probability(1.1), "at most 1"),
        (locked().with_probability(f64::NAN), "above 0"),
        (locked().seed(1), "for a probability"),
        (status(399), "400 to 599"),
        (status(600), "400 to 599"),
        (FaultRule::new(Fault::delay(hour)), "at most an hour"),
        (
            FaultRule::new(Fault::delay(std::time::Duration::ZERO)),
            "at least",
        ),
        (FaultRule::new(Fault::trickle(0, hour)), "at least a byte"),
        (FaultRule::new(Fault::trickle(1, hour)), "at most an hour"),
        (FaultRule::new(Fault::wrong_length(0)), "is right"),
        (
            FaultRule::new(Fault::replica_lag(std::time::Duration::ZERO)),
            "at least",
        ),
    ] {
        let error = Faults::default().inject(rule.clone()).unwrap_err();
        assert!(error.to_string().contains(reason), "{rule:?}: {error}");
    }
}

//! What is known of challenges and token endpoints of the service, row by row, and which test holds
//! us to each. Rows of what is sent are tested by plain HTTP in acr-emulator, rows of what a client
//! makes of it in acr-core and acr-auth.

mod recorded;
mod rows;

use std::{fs, path::Path};

use acr_client::Credential;
use acr_emulator::Emulator;
use acr_tests::client;
use rows::ROWS;

use crate::flow::push;

/// The tests that a row names are there, and are tests.
#[test]
fn every_row_has_its_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut missing = Vec::new();
    for row in ROWS {
        if row.proofs.is_empty() {
            missing.push(format!("{}: no test", row.fact));
        }
        for (file, test) in row.proofs {
            let source = fs::read_to_string(root.join(file)).unwrap_or_default();
            if !is_test(&source, test) {
                missing.push(format!("{}: there is no test {test} in {file}", row.fact));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}

/// Whether a function of this name stands behind an attribute that makes it a test that is run.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<_> = source.lines().map(str::trim).collect();
    let begins = [format!("fn {name}("), format!("async fn {name}(")];
    let at = lines
        .iter()
        .position(|line| begins.iter().any(|begin| line.starts_with(begin)));
    let above = at.map_or(&[][..], |at| &lines[..at]).iter().rev();
    let attributes: Vec<_> = above.take_while(|line| line.starts_with("#[")).collect();
    let tests = ["#[test]", "#[tokio::test"];
    attributes
        .iter()
        .any(|line| tests.iter().any(|test| line.starts_with(test)))
        && !attributes.iter().any(|line| line.starts_with("#[ignore"))
}

#[test]
fn a_function_that_is_no_test_proves_nothing() {
    let source = "#[test]\nfn runs() {}\nfn helps() {}\n#[test]\n#[ignore]\nfn sleeps() {}\n";
    assert!(is_test(source, "runs"));
    for name in ["helps", "sleeps", "absent", "run"] {
        assert!(!is_test(source, name), "{name}");
    }
}

/// The service calls itself otherwise than by the host that was asked; what its tokens are good for
/// is its own affair.
#[tokio::test]
async fn a_service_of_another_name_than_the_host() {
    let emulator = Emulator::builder().service("myregistry.azurecr.io");
    let emulator = emulator.start().await.unwrap();
    let registry = client(&emulator, emulator.login());
    push(&registry.repository("app").unwrap(), b"x", &["v1"]).await;
    emulator.clear_requests();
    let names = registry.list_repositories().try_collect().await.unwrap();
    assert_eq!(names.len(), 1);
    assert!(
        emulator
            .requests()
            .iter()
            .all(|request| request.status == 200)
    );
}

/// A token that lacks the scope is given, and refused when it is used: once, since another one would
/// lack it too.
#[tokio::test]
async fn a_scope_that_is_not_granted_ends_in_one_refusal() {
    let emulator = Emulator::builder().anonymous_pull(true);
    let emulator = emulator.start().await.unwrap();
    let admin = client(&emulator, emulator.login());
    push(&admin.repository("app").unwrap(), b"x", &["v1"]).await;
    let nobody = client(&emulator, Credential::anonymous());
    let app = nobody.repository("app").unwrap();
    emulator.clear_requests();
    let error = app.update_properties().can_write(false).await.unwrap_err();
    let wanted = error.wanted_scopes().unwrap();
    assert_eq!(wanted.to_string(), "repository:app:metadata_write");
    let granted = error.granted_scopes().unwrap();
    assert!(granted.is_empty(), "{granted:?}");
    let sent: Vec<_> = emulator
        .requests()
        .into_iter()
        .map(|r| (r.method, r.status))
        .collect();
    assert_eq!(sent, [("POST".to_owned(), 200), ("PATCH".to_owned(), 401)]);
}

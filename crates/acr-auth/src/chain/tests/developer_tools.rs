//! `az` and `azd`.

use std::{sync::Arc, time::Duration};

use tokio::{process::Command, time::Instant};

use super::fakes::{Machine, Tools};
use crate::process;

const DEV: (&str, &str) = ("AZURE_TOKEN_CREDENTIALS", "dev");

const AZD: (&str, (i32, &str)) = (
    "azd",
    (
        0,
        r#"{"token":"azd's token","expiresOn":"2100-01-01T00:00:00Z"}"#,
    ),
);

const NOT_LOGGED_IN: (i32, &str) = (1, "ERROR: Please run 'az login' to setup account.\n");

#[tokio::test]
async fn a_tool_where_nobody_is_logged_in_leaves_it_to_the_next() {
    let tools = Tools::with([("az", NOT_LOGGED_IN), AZD]);
    let machine = Machine::with([DEV]).tools(tools);
    assert_eq!(machine.token().await.unwrap(), "azd's token");
    insta::assert_snapshot!(machine.tools.commands().join("\n"));
}

#[tokio::test]
async fn tools_say_what_is_missing() {
    let machine = Machine::with([DEV]).tools(Tools::with([("az", NOT_LOGGED_IN)]));
    insta::assert_snapshot!(machine.refusal().await);
}

#[tokio::test(start_paused = true)]
async fn a_tool_that_hangs_is_given_up_for_the_next() {
    let start = Instant::now();
    let mut tools = Arc::into_inner(Tools::with([AZD])).unwrap();
    tools.hanging.push("az");
    let machine = Machine::with([DEV]).tools(Arc::new(tools));
    assert_eq!(machine.token().await.unwrap(), "azd's token");
    assert_eq!(start.elapsed(), Duration::from_secs(30));
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_is_read_to_its_end_and_given_no_input() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "cat; printf out; printf err >&2; exit 3"]);
    let output = process::output(&mut command, &[]).await.unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert_eq!(
        (&output.stdout[..], &output.stderr[..]),
        (&b"out"[..], &b"err"[..])
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_program_that_writes_without_end_is_stopped() {
    for redirection in ["", ">&2"] {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", &format!("while :; do echo y {redirection}; done")]);
        let error = process::output(&mut command, &[]).await.unwrap_err();
        assert!(error.to_string().contains("without end"), "{error}");
    }
}

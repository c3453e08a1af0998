//! No secret is told by a log line, an error or a `Debug`, and none leaves for another host.

mod flows;
mod hosts;
mod known;
mod sources;
mod who;

use std::{error::Error as StdError, fmt::Debug};

use acr_tests::{ears::Ears, secrets};
use known::Known;

/// Everything that was shown to somebody while the flows ran.
#[derive(Default)]
struct Witness(Vec<(String, String)>);

impl Witness {
    /// What this shows of itself.
    fn shows(&mut self, what: &str, value: &impl Debug) {
        self.saw(what, format!("{value:?}\n{value:#?}"));
    }

    /// What a failure says, with all its sources.
    fn fails(&mut self, what: &str, error: &(dyn StdError + 'static)) {
        let mut cause = Some(error);
        while let Some(error) = cause {
            self.saw(what, format!("{error}\n{error:?}\n{error:#?}"));
            cause = error.source();
        }
    }

    fn saw(&mut self, what: &str, text: String) {
        self.0.push((what.to_owned(), text));
    }
}

/// All in this thread, so that its ears hear everything: client, emulator and helpers' answers.
#[tokio::test]
async fn no_secret_is_ever_told() {
    let ears = Ears::open();
    let (mut witness, mut known) = (Witness::default(), Known::default());
    flows::run(&mut witness, &mut known).await;
    let heard = ears.close();
    // The ears are open: the client's own events, hyper's, those of `log`, and the emulator's.
    for sign in [
        "acr_rest::exchange: exchange",
        "hyper",
        "reqwest::connect",
        "acr_emulator",
        "TRACE",
    ] {
        assert!(heard.contains(sign), "nothing was heard of {sign}");
    }
    for line in heard.lines() {
        known.is_not_in("a log line", line);
    }
    // So were those of all threads, for all secrets.
    let (lines, all) = secrets::searched();
    assert!(lines > 1000 && all >= 5, "{lines} {all}");
    assert!(witness.0.len() > 100, "{} texts", witness.0.len());
    for (what, text) in &witness.0 {
        known.is_not_in(what, text);
    }
}

/// What is looked for would be found.
#[test]
fn a_secret_that_is_told_is_seen() {
    let mut known = Known::default();
    known.add("s3cret & more");
    for told in [
        "it is s3cret & more",
        "password=s3cret%20%26%20more",
        "password=s3cret+%26+more",
        // The secret alone, and behind a user name of one, two and three letters.
        "czNjcmV0ICYgbW9yZQ==",
        "Basic YTpzM2NyZXQgJiBtb3Jl",
        "Basic YWI6czNjcmV0ICYgbW9yZQ==",
        "Basic YWJjOnMzY3JldCAmIG1vcmU=",
        "some eyJhbGciOiJub25lIn0 token",
    ] {
        let seen = std::panic::catch_unwind(|| known.is_not_in("this", told));
        assert!(seen.is_err(), "{told}");
    }
    known.is_not_in("this", "nothing of it");
    for key in [
        "/uploads/1?_state=anything",
        "https://s/blob?se=1&sig=anything",
        "an eyJhb",
    ] {
        assert!(secrets::key(key).is_some(), "{key}");
    }
    assert_eq!(secrets::key("/uploads/1?_state=***&sig=***"), None);
}

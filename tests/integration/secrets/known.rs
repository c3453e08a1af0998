//! Secrets, each with all its forms, for texts that are no log lines.

use acr_tests::secrets;

#[derive(Default)]
pub(super) struct Known(Vec<String>);

impl Known {
    /// It is looked for in the log of all tests, too.
    pub(super) fn add(&mut self, secret: &str) {
        secrets::add(secret);
        self.0.extend(secrets::forms(secret));
    }

    /// # Panics
    /// When one of them is in this text.
    #[track_caller]
    pub(super) fn is_not_in(&self, what: &str, text: &str) {
        let told = self
            .0
            .iter()
            .map(String::as_str)
            .find(|secret| text.contains(secret));
        // A request to the storage shows the signature of its address.
        let told = told.or_else(|| secrets::token(text));
        assert!(told.is_none(), "{what} tells {told:?}: {text}");
    }
}

//! What must not be told, in the forms in which it travels.

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// With this every token of a registry begins, and every one of Entra.
const TOKEN: &str = "eyJ";

/// Secrets, each with all its forms.
#[derive(Default)]
pub(super) struct Known(Vec<String>);

impl Known {
    pub(super) fn add(&mut self, secret: &str) {
        assert!(secret.len() >= 6, "{secret} may stand anywhere");
        let encoded = utf8_percent_encode(secret, NON_ALPHANUMERIC).to_string();
        let form = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        self.0.extend([secret.to_owned(), encoded, form]);
        // In base64, behind 0 to 2 other bytes: what of it does not depend on what stands around it.
        for before in 0..3 {
            let shifted = [&b"..."[..before], secret.as_bytes()].concat();
            let text = STANDARD_NO_PAD.encode(&shifted);
            let (first, last) = ((before * 8).div_ceil(6), shifted.len() / 3 * 4);
            self.0.push(text[first..last].to_owned());
        }
    }

    /// # Panics
    /// When one of them is in this text.
    #[track_caller]
    pub(super) fn is_not_in(&self, what: &str, text: &str) {
        let secrets = self.0.iter().map(String::as_str).chain([TOKEN]);
        for secret in secrets {
            assert!(!text.contains(secret), "{what} tells {secret}: {text}");
        }
    }
}

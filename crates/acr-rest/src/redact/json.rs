//! JSON that is shown.

use serde_json::Value;

use super::{BLOT, text::text};

/// The names of members whose values are secret.
const SECRET: [&str; 14] = [
    "access_token",
    "assertion",
    "auth",
    "authorization",
    "client_assertion",
    "client_secret",
    "credential",
    "credentials",
    "id_token",
    "identitytoken",
    "password",
    "refresh_token",
    "secret",
    "token",
];

/// The JSON, on one line, with what is secret by its name or by its look blotted out; `None` where
/// it is none.
pub(crate) fn json(bytes: &[u8]) -> Option<String> {
    let mut value = serde_json::from_slice(bytes).ok()?;
    blot(&mut value);
    Some(value.to_string())
}

fn blot(value: &mut Value) {
    match value {
        Value::String(told) => {
            if let Some(shown) = text(told) {
                *told = shown;
            }
        }
        Value::Array(all) => all.iter_mut().for_each(blot),
        Value::Object(members) => {
            for (name, value) in members {
                match SECRET
                    .iter()
                    .any(|secret| name.eq_ignore_ascii_case(secret))
                {
                    true => *value = Value::from(BLOT),
                    false => blot(value),
                }
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_blotted_out_by_name_and_by_look() {
        let told = br#"{"a": ["https://x/?sig=SECRET", {"Password": ["SECRET"]}],
            "refresh_token": "SECRET", "n": 1, "text": "it was eyJhb.SECRET."}"#;
        assert_eq!(
            json(told).unwrap(),
            r#"{"a":["https://x/?sig=***",{"Password":"***"}],"n":1,"refresh_token":"***","text":"it was ***"}"#
        );
        assert_eq!(json(b"SECRET"), None);
    }
}

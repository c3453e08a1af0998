//! The forms by which tokens are had.

use anyhow::Result;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{NULL_GUID, Registry};
use crate::{
    exchange::Exchange,
    target::{Target, field},
};

/// A principal without a role.
pub(super) const STRANGER: &str = "22222222-3333-4444-5555-666666666666";

impl Registry {
    /// A form as it was recorded, with the secrets of this run, such as the answer shows they were.
    pub(crate) async fn form(&mut self, exchange: &Exchange, form: &str) -> Result<String> {
        let refresh = self.refresh_token().await?;
        let login = self.emulator.login();
        let own_user = field(form, "username").unwrap_or_default();
        let secret = |name: &str, value: &str| match name {
            _ if value.is_empty() => None,
            "refresh_token" | "access_token" if has_no_role(exchange) => Some(of_a_stranger()),
            // What was refused is refused again.
            "refresh_token" | "access_token" | "password" if exchange.status >= 400 => {
                Some(String::new())
            }
            "refresh_token" => Some(refresh.clone()),
            // Any Entra token will do, but not one that was valid for a time only.
            "access_token" => Some("entra".to_owned()),
            "password" if own_user == NULL_GUID => Some(refresh.clone()),
            "password" => Some(login.password.expose().to_owned()),
            "username" if own_user != NULL_GUID => Some(login.username.clone()),
            _ => None,
        };
        let pairs = form.split('&').map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            match secret(name, value) {
                Some(secret) => format!("{name}={secret}"),
                None => pair.to_owned(),
            }
        });
        Ok(pairs.collect::<Vec<_>>().join("&"))
    }
}

/// Whether a token was right, and whose it was may do nothing.
fn has_no_role(exchange: &Exchange) -> bool {
    exchange.status == 403 && Target::of(exchange) == Target::Exchange
}

/// An Entra token, as far as the emulator looks at one.
fn of_a_stranger() -> String {
    let claims = json!({"oid": STRANGER}).to_string();
    format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims))
}

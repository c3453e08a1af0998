//! Settings that no registry can work with, found before anything is started.

use super::{EmulatorBuilder, StartError};
use crate::{call::is_authority, modes::SettingsError};

/// Makes sure that a registry can work with these settings.
pub(super) fn check(builder: &EmulatorBuilder) -> Result<(), StartError> {
    let letter = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
    let name = &builder.name;
    require(
        !name.is_empty() && name.bytes().all(letter),
        "the registry's name",
        name,
        "it is made of letters, digits and hyphens",
    )?;
    if let Some(service) = &builder.service {
        require(
            is_authority(service),
            "the service's name",
            service,
            "it is a host, with or without a port",
        )?;
    }
    if let Some(admin) = &builder.admin {
        username("the admin user's name", &admin.username)?;
    }
    if let Err(error) = builder.settings.checked() {
        let (setting, value, reason) = match error {
            SettingsError::CallsPerSecond(calls) => {
                let reason = "it is a number above 0";
                ("the calls per second", calls.to_string(), reason)
            }
            SettingsError::SoftDeleteDays(days) => {
                let reason = "it is a number from 1 to 90";
                ("the days of soft delete", days.to_string(), reason)
            }
        };
        require(false, setting, &value, reason)?;
    }
    for (name, _, scopes) in &builder.tokens {
        username("a token's name", name)?;
        for pattern in scopes.invalid_patterns() {
            require(
                false,
                "a scope map's repository",
                pattern,
                "it is a repository's name, a prefix and `/*`, or `*`",
            )?;
        }
    }
    Ok(())
}

/// A user name must fit the Basic scheme.
fn username(setting: &'static str, name: &str) -> Result<(), StartError> {
    let fits = !name.is_empty() && !name.contains([':', '"']) && !name.contains(char::is_control);
    let reason = "it has at least one character and neither colon, quote nor control characters";
    require(fits, setting, name, reason)
}

fn require(
    is: bool,
    setting: &'static str,
    value: &str,
    reason: &'static str,
) -> Result<(), StartError> {
    if is {
        return Ok(());
    }
    Err(StartError::Setting {
        setting,
        value: value.to_owned(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::{ScopeAction, ScopeMap};

    fn new() -> EmulatorBuilder {
        EmulatorBuilder::default()
    }

    fn token(name: &str, repository: &str) -> EmulatorBuilder {
        let map = ScopeMap::new().allow(repository, [ScopeAction::ContentRead]);
        new().token(name, "password", map)
    }

    #[test]
    fn good_settings() {
        for builder in [
            new(),
            new().registry_name("my-registry2"),
            new().service("myregistry.azurecr.io"),
            new().service("[::1]:5000"),
            new().admin("me@example.com", "password"),
            new().calls_per_second(0.5),
            token("ci", "app"),
            token("ci", "team/app"),
            token("ci", "team/*"),
            token("ci", "*"),
        ] {
            check(&builder).unwrap();
        }
    }

    #[test]
    fn bad_settings_are_named() {
        for (builder, value) in [
            (new().registry_name(""), "``"),
            (new().registry_name("two words"), "`two words`"),
            (new().service(""), "``"),
            (new().service("my registry"), "`my registry`"),
            (new().service("a\"b"), "`a\"b`"),
            (new().admin("a:b", "password"), "`a:b`"),
            (new().calls_per_second(0.0), "`0`"),
            (new().soft_delete_days(0), "`0`"),
            (new().soft_delete_days(91), "`91`"),
            (new().calls_per_second(f64::NAN), "`NaN`"),
            (token("", "app"), "``"),
            (token("ci", "Bad"), "`Bad`"),
            (token("ci", "team*"), "`team*`"),
            (token("ci", "Team/*"), "`Team/*`"),
            (token("ci", ""), "``"),
        ] {
            let error = check(&builder).unwrap_err();
            assert!(error.to_string().starts_with(value), "{error}");
        }
    }
}

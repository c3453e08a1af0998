use super::{assert_harmless, values};
use crate::{Challenge, limits};

/// Each line is the value of a `WWW-Authenticate` header.
///
/// # Panics
/// When [`Challenge::parse_all`] gives more than there was, or not the same again for what it gave;
/// when one challenge changes how the next is read; or when it reads what the strict parser takes in
/// another way.
pub fn challenge(data: &[u8]) {
    let values = values(data);
    let challenges = Challenge::parse_all(&values);
    let size: usize = challenges.iter().map(size).sum();
    // A byte that is no text becomes a character of three.
    assert!(size <= 3 * data.len(), "{challenges:?}");

    let readable: Vec<_> = challenges.into_iter().filter(is_whole).collect();
    let written: Vec<_> = readable.iter().map(write).collect();
    assert_eq!(Challenge::parse_all(&written), readable);
    for joint in [", ", ",", " ,, ", ", @@@, ", ", Basic realm=/, "] {
        let joined = written.join(joint);
        if joined.len() <= limits::HEADER_VALUE {
            let again = Challenge::parse_all([joined]).into_iter();
            assert_eq!(again.filter(is_whole).collect::<Vec<_>>(), readable);
        }
    }
    for value in values {
        as_the_strict_parser(value);
    }
}

fn size(challenge: &Challenge) -> usize {
    let of = |text: &Option<String>| text.as_ref().map_or(0, String::len);
    match challenge {
        Challenge::Bearer {
            realm,
            service,
            scope,
            error,
        } => {
            let scope = scope.as_ref().map(ToString::to_string);
            realm.len() + of(service) + of(&scope) + of(error)
        }
        Challenge::Basic { realm } => of(realm),
        Challenge::Other { scheme: text } | Challenge::Unreadable { text } => {
            assert_harmless(text, 80);
            text.trim_end_matches('…').len()
        }
    }
}

/// Whether all is there that was sent.
fn is_whole(challenge: &Challenge) -> bool {
    match challenge {
        Challenge::Other { scheme } => !scheme.ends_with('…'),
        Challenge::Unreadable { .. } => false,
        _ => true,
    }
}

fn write(challenge: &Challenge) -> String {
    let params = match challenge {
        Challenge::Bearer {
            realm,
            service,
            scope,
            error,
        } => [
            ("realm", Some(realm.clone())),
            ("service", service.clone()),
            ("scope", scope.as_ref().map(ToString::to_string)),
            ("error", error.clone()),
        ]
        .to_vec(),
        Challenge::Basic { realm } => vec![("realm", realm.clone())],
        Challenge::Other { scheme } => return scheme.clone(),
        Challenge::Unreadable { .. } => return String::new(),
    };
    let quoted = |text: String| text.replace('\\', r"\\").replace('"', r#"\""#);
    let params: Vec<_> = params
        .into_iter()
        .filter_map(|(name, value)| Some(format!(r#"{name}="{}""#, quoted(value?))))
        .collect();
    let scheme = match challenge {
        Challenge::Bearer { .. } => "Bearer",
        _ => "Basic",
    };
    format!("{scheme} {}", params.join(","))
}

/// What the strict parser takes as a whole is read as it reads it.
fn as_the_strict_parser(value: &[u8]) {
    let Ok(text) = str::from_utf8(value) else {
        return;
    };
    let Ok(strict) = http_auth::parse_challenges(text) else {
        return;
    };
    let ours = Challenge::parse_all([text]);
    if value.len() > limits::HEADER_VALUE {
        assert!(matches!(&ours[..], [Challenge::Unreadable { .. }]));
        return;
    }
    assert_eq!(ours.len(), strict.len(), "{ours:?} {strict:?}");
    for (ours, strict) in ours.iter().zip(&strict) {
        let mut names: Vec<_> = strict.params.iter().map(|(name, _)| name).collect();
        names.sort_by_key(|name| name.to_ascii_lowercase());
        let twice = names
            .windows(2)
            .any(|two| two[0].eq_ignore_ascii_case(two[1]));
        let param = |wanted: &str| {
            let mut params = strict.params.iter();
            let found = params.find(|(name, _)| name.eq_ignore_ascii_case(wanted));
            found.map(|(_, value)| value.to_unescaped())
        };
        let scheme = strict.scheme.to_ascii_lowercase();
        let same = match ours {
            Challenge::Bearer {
                realm,
                service,
                error,
                ..
            } => {
                scheme == "bearer"
                    && Some(realm) == param("realm").as_ref()
                    && *service == param("service")
                    && *error == param("error")
            }
            Challenge::Basic { realm } => scheme == "basic" && *realm == param("realm"),
            Challenge::Other { .. } => scheme != "bearer" && scheme != "basic",
            Challenge::Unreadable { .. } => {
                twice || (scheme == "bearer" && param("realm").is_none())
            }
        };
        assert!(same, "{ours:?} {strict:?}");
    }
}

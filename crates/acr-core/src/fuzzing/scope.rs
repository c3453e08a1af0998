use crate::{Scope, ScopeSet};

/// Two lines: what was granted, and what is wanted.
///
/// # Panics
/// When a scope is not the same after it was printed and parsed, or holds white space; or when
/// [`ScopeSet::covers`], [`ScopeSet::missing`] and the union of two sets contradict each other.
pub fn scope(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let (granted, wanted) = text.split_once('\n').unwrap_or((text, text));
    let (Ok(granted), Ok(wanted)) = (granted.parse::<ScopeSet>(), wanted.parse::<ScopeSet>())
    else {
        return;
    };
    goes_round(&granted, text.len());
    goes_round(&wanted, text.len());

    let missing = granted.missing(&wanted);
    assert_eq!(granted.covers(&wanted), missing.is_empty());
    assert!(wanted.covers(&missing));
    assert!(granted.covers(&granted) && granted.covers(&ScopeSet::default()));
    let mut both = granted.clone();
    both.extend(missing.iter());
    assert!(both.covers(&wanted) && both.covers(&granted));
}

/// What must hold of every set of scopes made of so much text.
pub(super) fn goes_round(scopes: &ScopeSet, most: usize) {
    let text = scopes.to_string();
    assert!(text.len() <= most, "{text}");
    assert_eq!(text.parse().as_ref(), Ok(scopes));
    for scope in scopes.iter() {
        let text = scope.to_string();
        assert!(!text.contains(char::is_whitespace), "{text:?}");
        assert_eq!(text.parse().as_ref(), Ok(&scope));
        let actions = scope.actions().map(crate::Action::as_str);
        let parts = Scope::from_parts(scope.kind(), scope.name(), actions);
        assert_eq!(parts, Ok(scope.clone()));
    }
}

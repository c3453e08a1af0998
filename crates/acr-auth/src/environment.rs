//! The environment, so that tests can say what is in it.

use std::{ffi::OsString, fmt, path::PathBuf, sync::Arc};

type Lookup = dyn Fn(&str) -> Option<OsString> + Send + Sync;

/// Where environment variables come from.
#[derive(Clone)]
pub(crate) struct Environment(Arc<Lookup>);

impl Environment {
    /// Those of this process.
    pub(crate) fn of_process() -> Self {
        Self(Arc::new(|name| std::env::var_os(name)))
    }

    /// A variable that is set. Set to nothing is not set, as everywhere among Azure's tools; so is
    /// what is no text.
    #[cfg(feature = "azure_identity")]
    pub(crate) fn get(&self, name: &str) -> Option<String> {
        let value = (self.0)(name)?.into_string().ok()?;
        (!value.is_empty()).then_some(value)
    }

    /// A variable that names a file.
    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        let value = (self.0)(name)?;
        (!value.is_empty()).then(|| value.into())
    }
}

/// Without values: some are secret.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment").finish_non_exhaustive()
    }
}

#[cfg(test)]
impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        let variables = variables.map(|(name, value)| (name.to_owned(), OsString::from(value)));
        Self(Arc::new(move |wanted| {
            let found = variables.iter().find(|(name, _)| name == wanted);
            found.map(|(_, value)| value.clone())
        }))
    }
}

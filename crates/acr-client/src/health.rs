//! Whether a registry can be reached and used from here, and if not, at which step that ends.

use std::{fmt, sync::Arc, time::Duration};

use acr_core::{Action, RegistryEndpoint, RepositoryName, Scope, ScopeSet};

use crate::{
    Call, ContainerRegistryClient, Error, Result,
    names::{IntoRepositoryName, checked},
};

mod advice;
mod check;
mod display;

/// What a check of the way to a registry found: one [step](HealthStep) after the other.
///
/// It displays as a table for people; its form may change.
///
/// ```no_run
/// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
/// let report = registry.check_health().await?;
/// for step in &report.steps {
///     println!("{} {}", step.check, step.outcome);
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthReport {
    /// The registry.
    pub registry: RegistryEndpoint,
    /// Every step, in the order in which they were taken. What was not tried because of an earlier
    /// failure is there, too.
    pub steps: Vec<HealthStep>,
    /// What was [wanted](CheckHealth::repository) in a repository; empty where none was named.
    pub wanted: ScopeSet,
    /// What the token allows, where there is one and that can be read.
    pub granted: Option<ScopeSet>,
}

/// One step on the way to a registry.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct HealthStep {
    /// What was tried.
    pub check: HealthCheck,
    /// What came of it.
    pub outcome: HealthOutcome,
    /// What was seen, in words.
    pub detail: String,
    /// What to do about it, where it failed and that is known.
    pub advice: Option<String>,
    /// The error that it failed with, where it is one that a call would have failed with, too.
    pub error: Option<Arc<Error>>,
    /// How long it took, with all that was tried again.
    pub elapsed: Duration,
}

/// What is tried, one after the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthCheck {
    /// The host's name is looked up.
    Dns,
    /// A connection is made, over TLS, and a request is answered.
    Connection,
    /// The answer, to a request without a token, asks for a token of this registry, and sends for it
    /// to where a credential may go.
    Challenge,
    /// The credential is exchanged for a refresh token. User names and passwords have none.
    Exchange,
    /// An access token is made.
    AccessToken,
    /// The token allows what is wanted.
    Actions,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HealthOutcome {
    /// All is well.
    Passed,
    /// It failed: the next steps may not have been tried.
    Failed,
    /// It was not tried, or says nothing here.
    Skipped,
}

/// The check of the way to a registry: [`ContainerRegistryClient::check_health`].
pub type CheckHealth = Call<HealthReport, CheckHealthOptions>;

/// What a [`CheckHealth`] can be told.
#[derive(Debug, Default)]
pub struct CheckHealthOptions {
    repository: Option<Result<RepositoryName>>,
    actions: Option<Vec<Action>>,
}

impl ContainerRegistryClient {
    /// Checks, step by step, whether the registry can be reached and used from here with this
    /// client: name, connection and TLS, challenge, exchange and token, and for a
    /// [repository](CheckHealth::repository), whether the token allows what is wanted there. It
    /// reads and writes nothing else.
    ///
    /// What fails stands in the report with the time that it took and what to do: the call itself
    /// fails for bad input, and when its own [`timeout`](Call::timeout) has run out. Tokens that
    /// are kept are used; a client just made starts with none. Dropping it leaves nothing behind,
    /// but for the lookup of a name that the operating system brings to its end.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::Action;
    ///
    /// let report = registry
    ///     .check_health()
    ///     .repository("library/hello-world")
    ///     .actions([Action::Pull, Action::Push])
    ///     .await?;
    /// println!("{report}");
    /// if !report.is_healthy() {
    ///     std::process::exit(1);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_health(&self) -> CheckHealth {
        let attempt = format!("check the health of {}", self.endpoint());
        let (shared, options) = (Arc::clone(&self.shared), CheckHealthOptions::default());
        Call::new(&self.shared, attempt, options, |call, options| {
            check::run(shared, call, options)
        })
    }
}

impl<T> Call<T, CheckHealthOptions> {
    /// A repository that is to be used, which need not be there: the check ends with whether the
    /// token allows to pull from it, or else these [`actions`](Self::actions).
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// let report = registry.check_health().repository("team/app").await?;
    /// println!("{report}");
    /// # Ok(())
    /// # }
    /// ```
    pub fn repository(mut self, name: impl IntoRepositoryName) -> Self {
        let name = checked(self.attempt(), name);
        self.special().repository = Some(name);
        self
    }

    /// What is to be done in the [`repository`](Self::repository), instead of only pulling from it.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::Action;
    ///
    /// let report = registry.check_health().repository("team/app").actions([Action::Delete]).await?;
    /// println!("missing: {}", report.missing());
    /// # Ok(())
    /// # }
    /// ```
    pub fn actions(mut self, actions: impl IntoIterator<Item = Action>) -> Self {
        self.special().actions = Some(actions.into_iter().collect());
        self
    }
}

impl CheckHealthOptions {
    fn wanted(self, attempt: &str) -> Result<ScopeSet> {
        let contradicts = |why: &'static str| Err(Error::invalid(attempt, why));
        match (self.repository, self.actions) {
            (None, None) => Ok(ScopeSet::default()),
            (None, Some(_)) => contradicts("there are actions, and no repository for them"),
            (Some(_), Some(actions)) if actions.is_empty() => {
                contradicts("there is a repository, and no action for it")
            }
            (Some(name), actions) => {
                let actions = actions.unwrap_or_else(|| vec![Action::Pull]);
                Ok(Scope::repository(&name?, actions).into())
            }
        }
    }
}

impl HealthReport {
    /// Whether no step failed.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// assert!(registry.check_health().await?.is_healthy());
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn is_healthy(&self) -> bool {
        self.failure().is_none()
    }

    /// The first step that failed.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// if let Some(step) = registry.check_health().await?.failure() {
    ///     println!("{} failed", step.check);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn failure(&self) -> Option<&HealthStep> {
        let mut steps = self.steps.iter();
        steps.find(|step| step.outcome == HealthOutcome::Failed)
    }

    /// The step that tried this.
    ///
    /// ```no_run
    /// # async fn f(registry: acr_client::ContainerRegistryClient) -> acr_client::Result<()> {
    /// use acr_client::HealthCheck;
    ///
    /// let report = registry.check_health().await?;
    /// println!("{:?}", report.step(HealthCheck::Connection));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn step(&self, check: HealthCheck) -> Option<&HealthStep> {
        self.steps.iter().find(|step| step.check == check)
    }

    /// What was wanted and is not granted: everything, where there is no token.
    #[must_use]
    pub fn missing(&self) -> ScopeSet {
        match &self.granted {
            Some(granted) => granted.missing(&self.wanted),
            None => self.wanted.clone(),
        }
    }
}

impl fmt::Display for HealthCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Dns => "DNS",
            Self::Connection => "connection",
            Self::Challenge => "challenge",
            Self::Exchange => "exchange",
            Self::AccessToken => "access token",
            Self::Actions => "actions",
        })
    }
}

impl fmt::Display for HealthOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Passed => "passed",
            Self::Failed => "failed",
            Self::Skipped => "skipped",
        })
    }
}

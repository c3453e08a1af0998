//! Conversions of images for streaming: operations that take their time.
//!
//! Nothing is converted. An operation runs until the clock has been put forward since it was
//! started, by however little, or until [`DURATION`] has passed; then a small artifact stands for
//! its outcome, a referrer of the image as on the service. A restart forgets the operations.

mod artifact;

use std::{
    collections::{HashMap, HashSet},
    io,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use acr_core::{Digest, RepositoryName};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use uuid::Uuid;

use crate::{clock::Clock, store::Store};

/// How long a conversion takes where nobody puts the clock forward.
const DURATION: SignedDuration = SignedDuration::from_secs(10);

/// How far an operation is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Status {
    Running,
    Succeeded,
    Failed,
    Canceled,
}

impl Status {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Running => "Running",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Canceled => "Canceled",
        }
    }
}

/// Something that was started and can be asked about.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) repository: RepositoryName,
    /// The image that is converted; none where a repository's setting was changed.
    pub(crate) image: Option<Digest>,
    pub(crate) status: Status,
    pub(crate) started: Timestamp,
    /// How far ahead the clock was then.
    ahead: Duration,
}

/// All operations.
#[derive(Debug, Default)]
pub(crate) struct Conversions {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    operations: HashMap<String, Operation>,
    running: HashSet<String>,
    /// The last operation of each image.
    last: HashMap<(RepositoryName, Digest), String>,
}

impl Conversions {
    /// Notes that the setting of a repository was changed, which is done at once.
    pub(crate) fn changed(&self, repository: &RepositoryName, clock: &Clock) -> Operation {
        let operation = Operation::new(repository, None, Status::Succeeded, clock);
        self.lock().add(operation)
    }

    /// Starts the conversion of an image; gives the one that runs, with `false`, if there is one.
    pub(crate) fn start(
        &self,
        repository: &RepositoryName,
        image: &Digest,
        clock: &Clock,
    ) -> (Operation, bool) {
        let mut inner = self.lock();
        if let Some(operation) = inner.last(repository, image)
            && operation.status == Status::Running
        {
            return (operation, false);
        }
        let operation = Operation::new(repository, Some(image), Status::Running, clock);
        (inner.add(operation), true)
    }

    /// The last conversion of an image.
    pub(crate) fn last(&self, repository: &RepositoryName, image: &Digest) -> Option<Operation> {
        self.lock().last(repository, image)
    }

    /// The operation of this id in a repository.
    pub(crate) fn operation(&self, repository: &RepositoryName, id: &str) -> Option<Operation> {
        let inner = self.lock();
        let operation = inner.operations.get(id).cloned();
        operation.filter(|operation| operation.repository == *repository)
    }

    /// Ends an operation that runs; what has ended stays as it is.
    pub(crate) fn cancel(&self, repository: &RepositoryName, id: &str) -> Option<Operation> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let operation = inner.operations.get_mut(id)?;
        if operation.repository != *repository {
            return None;
        }
        if inner.running.remove(id) {
            operation.status = Status::Canceled;
        }
        Some(operation.clone())
    }

    /// Whether the time of a conversion has come.
    pub(crate) fn are_due(&self, clock: &Clock) -> bool {
        let inner = self.lock();
        let running = inner.running.iter();
        let mut running = running.filter_map(|id| inner.operations.get(id));
        running.any(|operation| operation.is_due(clock))
    }

    /// Ends the conversions whose time has come: their artifacts are there from now on. Who asks
    /// meanwhile has to wait.
    ///
    /// # Errors
    /// What the system says when an artifact cannot be written; then its conversion goes on.
    pub(crate) fn settle(&self, store: &Store, clock: &Clock) -> io::Result<()> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        for id in inner.running.clone() {
            let Some(operation) = inner.operations.get_mut(&id) else {
                continue;
            };
            let Some(image) = &operation.image else {
                continue;
            };
            if !operation.is_due(clock) {
                continue;
            }
            let put = artifact::put(store, &operation.repository, image, clock.now())?;
            inner.running.remove(&id);
            operation.status = if put {
                Status::Succeeded
            } else {
                Status::Failed
            };
        }
        Ok(())
    }

    /// Forgets everything.
    pub(crate) fn clear(&self) {
        *self.lock() = Inner::default();
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn last(&self, repository: &RepositoryName, image: &Digest) -> Option<Operation> {
        let id = self.last.get(&(repository.clone(), image.clone()))?;
        self.operations.get(id).cloned()
    }

    fn add(&mut self, operation: Operation) -> Operation {
        let id = operation.id.clone();
        if operation.status == Status::Running {
            self.running.insert(id.clone());
        }
        if let Some(image) = &operation.image {
            let key = (operation.repository.clone(), image.clone());
            self.last.insert(key, id.clone());
        }
        self.operations.insert(id, operation.clone());
        operation
    }
}

impl Operation {
    fn is_due(&self, clock: &Clock) -> bool {
        let elapsed = clock.now().duration_since(self.started);
        clock.ahead() != self.ahead || elapsed >= DURATION
    }

    fn new(
        repository: &RepositoryName,
        image: Option<&Digest>,
        status: Status,
        clock: &Clock,
    ) -> Self {
        Self {
            id: Uuid::new_v4().to_string(),
            repository: repository.clone(),
            image: image.cloned(),
            status,
            started: clock.now(),
            ahead: clock.ahead(),
        }
    }
}

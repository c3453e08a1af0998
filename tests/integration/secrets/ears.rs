//! Whatever is told in this thread, through `tracing` or `log`, down to the least level.

use std::{cell::RefCell, fmt::Write as _, io, sync::Once};

use tracing::{
    Dispatch,
    subscriber::{DefaultGuard, NoSubscriber},
};
use tracing_subscriber::fmt::format::FmtSpan;

thread_local! {
    /// `None` where nobody listens.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Open until they are closed.
pub(super) struct Ears {
    guard: DefaultGuard,
    /// Where there is but one subscriber, `tracing` takes what the first thread to come by has for
    /// what all have, and other tests have none.
    _second: Dispatch,
}

impl Ears {
    pub(super) fn open() -> Self {
        static LOG: Once = Once::new();
        LOG.call_once(|| {
            log::set_logger(&Pen).unwrap();
            log::set_max_level(log::LevelFilter::Trace);
        });
        HEARD.set(Some(String::new()));
        let second = Dispatch::new(NoSubscriber::new());
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_span_events(FmtSpan::FULL)
            .with_ansi(false)
            .with_writer(|| Pen)
            .finish();
        Self {
            guard: tracing::subscriber::set_default(subscriber),
            _second: second,
        }
    }

    pub(super) fn close(self) -> String {
        drop(self.guard);
        HEARD.take().unwrap()
    }
}

/// Writes down what this thread hears.
struct Pen;

impl Pen {
    fn note(text: &str) {
        HEARD.with_borrow_mut(|heard| {
            if let Some(heard) = heard {
                heard.push_str(text);
            }
        });
    }
}

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Self::note(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl log::Log for Pen {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        let mut line = String::new();
        let _ = writeln!(
            line,
            "{} {}: {}",
            record.level(),
            record.target(),
            record.args()
        );
        Self::note(&line);
    }

    fn flush(&self) {}
}

//! Whatever is logged in this process, through `tracing` or `log`.

use std::{cell::RefCell, fmt::Write as _, io, sync::Once};

use tracing::Level;
use tracing_subscriber::{
    filter::dynamic_filter_fn,
    fmt::format::FmtSpan,
    layer::{Layer as _, SubscriberExt as _},
};

use crate::secrets;

thread_local! {
    /// What this thread has heard; `None` where nobody listens.
    static HEARD: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Hears all threads from now on: our own crates to the least level, others to `DEBUG`. Each line is
/// searched for secrets.
///
/// # Panics
/// When somebody else listens already.
#[expect(clippy::expect_used, reason = "tests cannot go on unheard")]
pub fn open() {
    static OPEN: Once = Once::new();
    OPEN.call_once(|| {
        log::set_logger(&Pen).expect("there is no other logger");
        log::set_max_level(log::LevelFilter::Trace);
        let layer = tracing_subscriber::fmt::layer()
            .with_span_events(FmtSpan::NEW | FmtSpan::CLOSE)
            .with_ansi(false)
            .with_writer(|| Pen)
            .with_filter(dynamic_filter_fn(|told, _| {
                is_heard(told.target(), *told.level() <= Level::DEBUG)
            }));
        let subscriber = tracing_subscriber::registry().with(layer);
        tracing::subscriber::set_global_default(subscriber).expect("there is no other subscriber");
    });
}

fn is_heard(target: &str, is_coarse: bool) -> bool {
    // The mock server shows each request that came, as a server may that nobody else sees.
    if target.starts_with("httpmock") {
        return false;
    }
    let listens = || HEARD.try_with(|heard| heard.borrow().is_some());
    is_coarse || target.starts_with("acr_") || listens().unwrap_or_default()
}

/// Listens to this thread alone, down to the least level, until it is closed.
#[must_use = "nobody reads what is heard"]
pub struct Ears(());

impl Ears {
    /// From now on.
    pub fn open() -> Self {
        open();
        HEARD.set(Some(String::new()));
        Self(())
    }

    /// What was heard.
    #[must_use]
    pub fn close(self) -> String {
        HEARD.take().unwrap_or_default()
    }
}

/// Writes down what is heard.
struct Pen;

impl Pen {
    fn note(text: &str) {
        // A thread that ends has no ears any more.
        let _ = HEARD.try_with(|heard| {
            if let Some(heard) = &mut *heard.borrow_mut() {
                heard.push_str(text);
            }
        });
        secrets::search(text);
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
    fn enabled(&self, told: &log::Metadata<'_>) -> bool {
        is_heard(told.target(), told.level() <= log::Level::Debug)
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let mut line = String::new();
        let (level, target) = (record.level(), record.target());
        let _ = writeln!(line, "{level} {target}: {}", record.args());
        Self::note(&line);
    }

    fn flush(&self) {}
}

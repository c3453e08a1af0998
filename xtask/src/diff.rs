//! Differences between two texts, short enough for a terminal.

use similar::TextDiff;

/// Lines shown at most; the rest is counted.
const LINES: usize = 40;

/// The first lines of the unified difference.
pub(crate) fn short(present: &str, wanted: &str) -> String {
    let diff = TextDiff::from_lines(present, wanted);
    let text = diff
        .unified_diff()
        .context_radius(2)
        .header("present", "generated")
        .to_string();
    let total = text.lines().count();
    let mut shown = text.lines().take(LINES).collect::<Vec<_>>().join("\n");
    if total > LINES {
        shown.push_str(&format!("\n… and {} lines more", total - LINES));
    }
    shown
}

//! Where QEMU and we are meant to differ: data, with reasons.

use jit::a64::PATTERNS;

use super::case::{Case, Outcome, Stop};
use super::compare;

/// What a comparison found, known differences taken out.
pub enum Known {
    /// They differ, for this reason.
    Excused(&'static str),
    /// What differs and should not; empty if nothing does.
    Differences(Vec<String>),
}

/// A difference that is no mistake.
struct Exception {
    /// The lines it is about; empty for all.
    lines: &'static [&'static str],
    /// Whether a case of these lines is one.
    applies: fn(&Case, &Outcome, &Outcome) -> bool,
    /// Why.
    reason: &'static str,
}

static EXCEPTIONS: &[Exception] = &[Exception {
    lines: &[],
    applies: |_, ours, qemu| is_memory_fault(qemu) && !is_memory_fault(ours),
    reason: "our slab's accesses cannot fail yet",
}];

fn is_memory_fault(outcome: &Outcome) -> bool {
    matches!(outcome.stop, Stop::Signal { number: 7 | 11, .. })
}

/// Compares the outcomes of a case.
pub fn differences(case: &Case, ours: &Outcome, qemu: &Outcome) -> Known {
    let name = case.line.map_or("", |line| PATTERNS[line].name);
    let differences = compare::differences(ours, qemu);
    if differences.is_empty() {
        return Known::Differences(differences);
    }
    EXCEPTIONS
        .iter()
        .filter(|e| e.lines.is_empty() || e.lines.contains(&name))
        .find(|e| (e.applies)(case, ours, qemu))
        .map_or(Known::Differences(differences), |e| Known::Excused(e.reason))
}

/// Lines that this tool cannot test, and the tests that do.
static UNTESTED: &[(&str, &str)] = &[];

/// Whether a line is tested elsewhere.
pub fn is_untested(name: &str) -> bool {
    UNTESTED.iter().any(|(line, _)| *line == name)
}

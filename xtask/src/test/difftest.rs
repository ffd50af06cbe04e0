//! Suite `difftest`: our interpreter against `qemu-aarch64`, instruction by instruction.

use super::Context;
use super::runner::{Case, Verdict};
use crate::Result;
use crate::difftest::{self, Plan};
use std::sync::Arc;

/// Random words to try beside the decoder table's lines.
const HOLES: usize = 200_000;

/// One case, which has the machine to itself and returns a result for each line of the decoder
/// table.
pub fn cases(_: &Arc<Context>) -> Result<Vec<Case>> {
    Ok(vec![Case { id: "difftest".into(), run: Box::new(run), alone: true }])
}

fn run() -> Vec<(String, Verdict)> {
    let summary = match difftest::run_lines(&Plan::default()) {
        Ok(summary) => summary,
        Err(error) => return vec![("difftest".into(), Verdict::Failed(error.to_string()))],
    };
    print!("{summary}");
    let mut results = Vec::new();
    for (name, tally) in &summary.lines {
        let verdict = match tally.judge(name) {
            Ok(()) => Verdict::Passed,
            Err(problem) => Verdict::Failed(format!("{problem}\n{}", tally.reports.join("\n"))),
        };
        results.push((format!("difftest/{name}"), verdict));
    }
    let stale = summary.never_met().collect::<Vec<_>>().join("\n");
    let verdict = if stale.is_empty() { Verdict::Passed } else { Verdict::Failed(stale) };
    results.push(("difftest/exceptions are all met".into(), verdict));
    let verdict = match difftest::find_holes(HOLES, Plan::default().seed) {
        Ok(holes) if holes.unexplained.is_empty() => Verdict::Passed,
        Ok(holes) => Verdict::Failed(holes.to_string()),
        Err(error) => Verdict::Failed(error.to_string()),
    };
    results.push(("difftest/words without a line".into(), verdict));
    results
}

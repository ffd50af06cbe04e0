//! Suite `difftest`: our engines against `qemu-aarch64`, instruction by instruction.

use super::Context;
use super::runner::{Case, Verdict};
use crate::Result;
use crate::difftest::{self, OurEngine, Plan};
use std::sync::Arc;

/// Random words to try beside the decoder table's lines.
const HOLES: usize = 200_000;

/// One case for each engine and level of processor, which has the machine to itself and returns a result for each line of the
/// decoder table.
pub fn cases(_: &Arc<Context>) -> Result<Vec<Case>> {
    let case = |id: &str, engine, cases| -> Result<Case> {
        let name = id.to_owned();
        let plan = Plan { engine: OurEngine::named(engine)?, cases, ..Plan::default() };
        Ok(Case { id: id.into(), run: Box::new(move || run(&name, &plan)), alone: true })
    };
    let all = Plan::default().cases;
    Ok(vec![
        case("difftest", "interp", all)?,
        case("difftest-jit", "jit", all)?,
        // Without any extension; no line needs two of them.
        case("difftest-jit-v3", "jit:x86-64-v3", all / 5)?,
        Case { id: "difftest-holes".into(), run: Box::new(holes), alone: true },
    ])
}

fn run(id: &str, plan: &Plan) -> Vec<(String, Verdict)> {
    let summary = match difftest::run_lines(plan) {
        Ok(summary) => summary,
        Err(error) => return vec![(id.into(), Verdict::Failed(error.to_string()))],
    };
    print!("{summary}");
    let mut results = Vec::new();
    for (name, tally) in &summary.lines {
        let verdict = match tally.judge(name) {
            Ok(()) => Verdict::Passed,
            Err(problem) => Verdict::Failed(format!("{problem}\n{}", tally.reports.join("\n"))),
        };
        results.push((format!("{id}/{name}"), verdict));
    }
    let stale = summary.never_met().collect::<Vec<_>>().join("\n");
    let verdict = if stale.is_empty() { Verdict::Passed } else { Verdict::Failed(stale) };
    results.push((format!("{id}/exceptions are all met"), verdict));
    results
}

/// Words that the table does not have are not executed by QEMU either.
fn holes() -> Vec<(String, Verdict)> {
    let verdict = match difftest::find_holes(HOLES, Plan::default().seed) {
        Ok(holes) if holes.unexplained.is_empty() => Verdict::Passed,
        Ok(holes) => Verdict::Failed(holes.to_string()),
        Err(error) => Verdict::Failed(error.to_string()),
    };
    vec![("difftest/words without a line".into(), verdict)]
}

//! Suite `unit`: what `cargo test` runs in all crates.

use super::Context;
use super::runner::{Case, Verdict};
use crate::{Result, workspace};
use std::process::Command;
use std::sync::Arc;

/// One case, which has the machine to itself and returns a result for each test.
pub fn cases(_: &Arc<Context>) -> Result<Vec<Case>> {
    let id = "unit".to_owned();
    Ok(vec![Case { id, run: Box::new(run), alone: true }])
}

fn run() -> Vec<(String, Verdict)> {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.current_dir(workspace::root()).args(["test", "--workspace", "--no-fail-fast"]);
    let output = match cargo.output() {
        Ok(output) => output,
        Err(error) => return vec![("unit".into(), Verdict::Failed(error.to_string()))],
    };
    let text = String::from_utf8_lossy(&output.stdout);
    let mut results: Vec<_> = text.lines().filter_map(result).collect();
    if !output.status.success() && results.iter().all(|(_, verdict)| *verdict == Verdict::Passed) {
        // It did not get as far as the tests.
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        results.push(("unit/build".into(), Verdict::Failed(errors)));
    }
    results
}

/// The result in a line of libtest's output: `test NAME ... ok`.
fn result(line: &str) -> Option<(String, Verdict)> {
    let (name, verdict) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let verdict = match verdict {
        "ok" => Verdict::Passed,
        "FAILED" => Verdict::Failed("see `cargo test --workspace`".into()),
        other => Verdict::Skipped(other.strip_prefix("ignored").unwrap_or(other).trim().into()),
    };
    Some((format!("unit/{name}"), verdict))
}

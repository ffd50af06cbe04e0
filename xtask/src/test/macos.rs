//! Suite `macos`: the build for macOS is checked, linted and linked.

use super::Context;
use super::runner::{Case, Verdict};
use crate::Result;
use crate::check_macos::Check;
use std::sync::Arc;

/// One case, which has the machine to itself and returns a result for each step. A toolchain that
/// cannot be had is a failure, not a reason to pass over the rest.
pub fn cases(_: &Arc<Context>) -> Result<Vec<Case>> {
    Ok(vec![Case { id: "macos".into(), run: Box::new(run), alone: true }])
}

fn run() -> Vec<(String, Verdict)> {
    let verdict = |outcome: Result<()>| match outcome {
        Ok(()) => Verdict::Passed,
        Err(error) => Verdict::Failed(error.to_string()),
    };
    match Check::prepare() {
        Ok(check) => vec![
            ("macos/toolchain".into(), Verdict::Passed),
            ("macos/clippy".into(), verdict(check.lint())),
            ("macos/link".into(), verdict(check.link().map(drop))),
        ],
        Err(error) => vec![("macos/toolchain".into(), verdict(Err(error)))],
    }
}

//! Suite `check`: cases of other suites, run again with `--engine check`.
//!
//! That compares the translator with the interpreter at every step, as no other test does for whole programs, and
//! takes some ten times as long: so these are a few cases, chosen for the instructions that they execute.

use super::runner::Case;
use super::{Context, applets, bash, guests};
use crate::Result;
use std::sync::Arc;

const CHOSEN: [&str; 26] = [
    "applets/awk",
    "applets/awk-3",
    "applets/bc",
    "applets/bunzip2",
    "applets/crc32",
    "applets/factor",
    "applets/gzip",
    "applets/md5sum",
    "applets/sed-3",
    "applets/sh-5",
    "applets/sha3sum",
    "applets/sha512sum",
    "applets/sort-5",
    "applets/unxz",
    "bash/assoc.sh",
    "bash/arrays.sh",
    "bash/json.sh",
    "bash/signals.sh",
    "bash/patterns.sh",
    "guests/arm64/process/fork",
    "guests/arm64/signal/faults",
    "guests/arm64/signal/frame",
    "guests/arm64/signal/unwind",
    "guests/arm64/threads/locks",
    "guests/arm64/mm/code",
    "guests/dynamic/time/vdso",
];

/// The chosen cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    // The oracle has no such engine.
    let Some(subject) = context.subject.with(&["--engine", "check"]) else { return Ok(vec![]) };
    let context = Arc::new(Context { subject, ..Context::clone(context) });
    let mut cases = Vec::new();
    for suite in [guests::cases, applets::cases, bash::cases] {
        cases.extend(suite(&context)?);
    }
    cases.retain(|case| CHOSEN.contains(&&*case.id));
    if cases.len() != CHOSEN.len() {
        return Err("suite check: a chosen case is not there".into());
    }
    Ok(cases.into_iter().map(|case| case.within("check")).collect())
}

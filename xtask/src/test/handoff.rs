//! Suite `handoff`: guests about processes, run again with children that are not the host's forks.
//!
//! `--fork spawn` does that to any suite. These are the cases that each run of all tests includes: what a child
//! inherits, what it does not, and what is between it and its parent.

use super::runner::Case;
use super::{Context, guests};
use crate::Result;
use std::sync::Arc;

/// Families, of which the static builds are run, and cases by name.
const CHOSEN: [&str; 8] = [
    "guests/arm64/event/",
    "guests/arm64/ipc/",
    "guests/arm64/mm/",
    "guests/arm64/process/",
    "guests/arm64/signal/",
    "guests/arm64/threads/",
    "guests/arm64/tty/",
    "guests/dynamic/process/",
];

/// The chosen cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    // The oracle has no such thing.
    let Some(subject) = context.subject.handing_over() else { return Ok(vec![]) };
    // In a directory of its own, because the suite `guests` runs the same cases at the same time.
    let work = context.work.join("handoff");
    let context = Arc::new(Context { subject, work, ..Context::clone(context) });
    let mut cases = guests::cases(&context)?;
    cases.retain(|case| CHOSEN.iter().any(|family| case.id.starts_with(family)));
    Ok(cases.into_iter().map(|case| case.within("handoff")).collect())
}

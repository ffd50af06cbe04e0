//! `--engine`, `--isolate`, and suite `interp`: cases of other suites, run in another way than users run programs.
//!
//! What a guest sees may not depend on the engine, nor on how it reaches memory. The interpreter is an engine for hosts
//! without a translator, and what all else is compared with, so a part of the guests runs on it every time; the rest, and the
//! other suites, when somebody asks for them. What cannot run in some way by its nature, [`LIST`] names with the reason.

use super::runner::{Case, Verdict};
use super::{Context, ON_REQUEST, Options, guests};
use crate::{Result, workspace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A way to run guests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// What cases that run in this way are named after.
    pub name: &'static str,
    /// The options of elfuse that ask for it.
    options: &'static [&'static str],
    /// How many times as long a program may take: bash that repeats a word 100,000 times takes 80 times as long on the
    /// interpreter, and still only ten seconds.
    patience: u32,
}

/// `--isolate`.
pub const ISOLATED: Way = Way { name: "isolate", options: &["--isolate"], patience: 1 };
const INTERPRETED: Way = Way { name: "interp", options: &["--engine", "interp"], patience: 5 };
/// Those of `--engine`.
const ENGINES: [Way; 3] = [
    INTERPRETED,
    Way { name: "jit", options: &["--engine", "jit"], patience: 1 },
    Way { name: "check", options: &["--engine", "check"], patience: 10 },
];
/// The suites that run guests in the way that is asked for.
pub const SUITES: [&str; 9] =
    ["guests", "applets", "bash", "bad-input", "options", "gdb", "paths", "sysroot", "python"];
/// What cannot run in some way, below the root of the checkout.
const LIST: &str = "xtask/data/engines.txt";

/// An engine by its name.
pub fn named(text: &str) -> Result<Way> {
    let known = ENGINES.into_iter().find(|engine| engine.name == text);
    let names = || ENGINES.map(|engine| engine.name).join(", ");
    known.ok_or_else(|| format!("--engine takes one of {}", names()).into())
}

/// Whether the cases of `suite` run in the way that `options` asks for, if it does.
pub fn has_choice(options: &Options, suite: &str) -> bool {
    options.way.is_none() || SUITES.contains(&suite) || ON_REQUEST.contains(&suite)
}

/// The same context for runs in another way; `None` if qemu is in elfuse's place.
pub fn with(context: &Context, way: Way) -> Option<Context> {
    let subject = context.subject.with(way.options)?;
    let options = way.options.to_vec();
    Some(Context { subject, options, patience: way.patience, ..Context::clone(context) })
}

/// The cases that run in some way: without those that elfuse does not run, named after it, and skipped where the
/// list says so.
pub fn limit(cases: Vec<Case>, way: Way) -> Result<Vec<Case>> {
    let list = std::fs::read_to_string(workspace::root().join(LIST))?;
    let list = parse(&list, way.name)?;
    let is_guests = |case: &Case| {
        !case.id.starts_with("guests/native/") && !case.id.starts_with("guests/coverage")
    };
    let listed = |case: Case| match list.get(&case.id) {
        None => case,
        Some(reason) => {
            let reason = reason.clone();
            Case::new(case.id, move || Ok(Verdict::Skipped(reason.clone())))
        }
    };
    Ok(cases.into_iter().filter(is_guests).map(|case| listed(case).within(way.name)).collect())
}

/// The cases that cannot run in the way called `way`, and why: lines of `way case reason`; `#` starts a comment line.
fn parse(text: &str, way: &str) -> Result<BTreeMap<String, String>> {
    let mut list = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut words = line.splitn(3, ' ').map(str::trim).filter(|word| !word.is_empty());
        let (Some(of), Some(id), Some(reason)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("{LIST}: no way, case and reason: {line}").into());
        };
        if of != ISOLATED.name {
            named(of)?;
        }
        if of == way {
            list.insert(id.into(), reason.into());
        }
    }
    Ok(list)
}

/// The static guests on the interpreter.
pub fn interpreter_cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let Some(context) = with(context, INTERPRETED) else { return Ok(vec![]) };
    let mut cases = guests::cases(&Arc::new(context))?;
    cases.retain(|case| case.id.starts_with("guests/arm64/"));
    limit(cases, INTERPRETED)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_by_engine_and_wants_reasons() {
        let text = "# why\ncheck a/1 too slow\n\ninterp a/2 no code\n";
        let list = parse(text, "check").unwrap();
        assert_eq!(list.into_iter().collect::<Vec<_>>(), [("a/1".into(), "too slow".into())]);
        assert!(parse("check a/1", "check").is_err());
        assert!(parse("qemu a/1 reason", "check").is_err());
    }
}

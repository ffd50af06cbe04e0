//! `--engine`, and suite `interp`: cases of other suites with another engine than users run.
//!
//! What a guest sees may not depend on the engine. The interpreter is an engine for hosts without a translator, and what
//! all else is compared with, so a part of the guests runs on it every time; the rest, and the other suites,
//! when somebody asks for them. Where an engine cannot run a case by its nature, [`LIST`] says why.

use super::runner::{Case, Verdict};
use super::{Context, ON_REQUEST, Options, guests};
use crate::{Result, workspace};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The engines that can be asked for.
const ENGINES: [&str; 3] = ["interp", "jit", "check"];
/// The suites that run guests by the engine that is asked for.
pub const SUITES: [&str; 8] =
    ["guests", "applets", "bash", "bad-input", "options", "paths", "sysroot", "python"];
/// What an engine cannot run, below the root of the checkout.
const LIST: &str = "xtask/data/engines.txt";

/// An engine by its name.
pub fn name(text: &str) -> Result<&'static str> {
    let known = ENGINES.into_iter().find(|name| *name == text);
    known.ok_or_else(|| format!("--engine takes one of {ENGINES:?}").into())
}

/// Whether the cases of `suite` run by the engine that `options` asks for, if it does.
pub fn has_choice(options: &Options, suite: &str) -> bool {
    options.engine.is_none() || SUITES.contains(&suite) || ON_REQUEST.contains(&suite)
}

/// The same context for another engine; `None` if qemu is in elfuse's place.
pub fn with(context: &Context, engine: &'static str) -> Option<Context> {
    let options = vec!["--engine", engine];
    let subject = context.subject.with(&options)?;
    Some(Context { subject, options, ..Context::clone(context) })
}

/// What guests are run by `engine`: without those that no engine runs, named after it, and skipped where the
/// list says so.
pub fn limit(cases: Vec<Case>, engine: &'static str) -> Result<Vec<Case>> {
    let list = std::fs::read_to_string(workspace::root().join(LIST))?;
    let list = parse(&list, engine)?;
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
    Ok(cases.into_iter().filter(is_guests).map(|case| listed(case).within(engine)).collect())
}

/// The cases that `engine` cannot run, and why: lines of `engine case reason`; `#` starts a comment line.
fn parse(text: &str, engine: &str) -> Result<BTreeMap<String, String>> {
    let mut list = BTreeMap::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut words = line.splitn(3, ' ').map(str::trim).filter(|word| !word.is_empty());
        let (Some(of), Some(id), Some(reason)) = (words.next(), words.next(), words.next()) else {
            return Err(format!("{LIST}: no engine, case and reason: {line}").into());
        };
        name(of)?;
        if of == engine {
            list.insert(id.into(), reason.into());
        }
    }
    Ok(list)
}

/// The static guests on the interpreter.
pub fn interpreter_cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let Some(context) = with(context, "interp") else { return Ok(vec![]) };
    let mut cases = guests::cases(&Arc::new(context))?;
    cases.retain(|case| case.id.starts_with("guests/arm64/"));
    limit(cases, "interp")
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

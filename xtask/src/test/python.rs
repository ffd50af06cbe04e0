//! Suites `python` and `python-all`: Python's own tests, by the arm64 Python of a sysroot.
//!
//! They ask the system about much that no test of ours thought of: signals between threads, locks,
//! sockets, rounding, terminals. Every one of them holds on Linux, so that no oracle has to run: a
//! failure is ours, or a line in `xtask/data/python.txt` with the reason. One case is one module;
//! those that take minutes are for `python-all`, which nobody runs by the way.

use super::Context;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::{Result, sysroot, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// What the suites run, and what is known to fail.
pub const LIST: &str = "xtask/data/python.txt";

/// For one of the `quick` modules.
const LIMIT: Duration = Duration::from_secs(300);
/// For one of the others.
const LONG_LIMIT: Duration = Duration::from_secs(1800);

/// A module of Python's package `test`.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Module {
    name: String,
    quick: bool,
    /// Patterns of tests that are left out.
    without: Vec<String>,
    /// Tests that fail.
    deviations: BTreeSet<String>,
}

/// The quick modules.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    select(context, "python", true)
}

/// The others.
pub fn all_cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    select(context, "python-all", false)
}

fn select(context: &Arc<Context>, suite: &str, quick: bool) -> Result<Vec<Case>> {
    let modules = parse(&fs::read_to_string(workspace::root().join(LIST))?)?;
    let tree = Arc::new(sysroot::fetch()?);
    let modules = modules.into_iter().filter(|module| module.quick == quick);
    Ok(modules
        .map(|module| {
            let (context, tree) = (Arc::clone(context), Arc::clone(&tree));
            let id = format!("{suite}/{}", module.name);
            Case::new(id.clone(), move || run(&context, &id, &tree, &module))
        })
        .collect())
}

/// Reads the list: `quick MODULE [PATTERN...]`, `long MODULE [PATTERN...]`, and `deviation MODULE
/// TEST REASON` for a module before it.
fn parse(text: &str) -> Result<Vec<Module>> {
    let mut modules: Vec<Module> = Vec::new();
    for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
        let mut words = line.split_whitespace();
        let (kind, name) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let known = modules.iter().position(|module| module.name == name);
        match (kind, known) {
            ("quick" | "long", None) if !name.is_empty() => modules.push(Module {
                name: name.to_owned(),
                quick: kind == "quick",
                without: words.map(str::to_owned).collect(),
                deviations: BTreeSet::new(),
            }),
            ("deviation", Some(at)) => match (words.next(), words.next()) {
                (Some(test), Some(_)) => drop(modules[at].deviations.insert(test.to_owned())),
                _ => return Err(format!("{LIST}: no test or no reason: {line}").into()),
            },
            _ => return Err(format!("{LIST}: not understood: {line}").into()),
        }
    }
    Ok(modules)
}

fn run(context: &Context, id: &str, root: &Path, module: &Module) -> Result<Verdict> {
    let dir = Scratch::new(&context.work, id)?;
    let mut words: Vec<&str> = vec!["/usr/bin/python3", "-m", "test", "-v"];
    for pattern in &module.without {
        words.extend(["-i", pattern]);
    }
    words.push(&module.name);
    let words = words.into_iter().map(AsRef::as_ref);
    let words = ["--sysroot".as_ref(), root.as_os_str()].into_iter().chain(words);
    let mut program = Program::new(context.command_line(words), dir.path());
    // Some tests write names that ASCII has not.
    program.env.retain(|(name, _)| name != "LC_ALL");
    program.env.push(("LC_ALL".into(), "C.UTF-8".into()));
    program.limit = if module.quick { LIMIT } else { LONG_LIMIT } * context.patience;
    let run = program.run()?;
    let report = [run.stdout, run.stderr].concat();
    Ok(judge(module, run.end, &String::from_utf8_lossy(&report)))
}

/// What to say of a module with this end and report.
fn judge(module: &Module, end: End, report: &str) -> Verdict {
    let failed = failures(report);
    let mut text = String::new();
    for test in failed.difference(&module.deviations) {
        text.push_str(&format!("fails: {test}\n"));
    }
    for test in module.deviations.difference(&failed) {
        text.push_str(&format!("passes, but is listed as a deviation: {test}\n"));
    }
    let end_of_failures = if failed.is_empty() { 0 } else { 2 };
    if end != End::Exited(end_of_failures) {
        text.push_str(&format!("end: {end}\n"));
    }
    if text.is_empty() {
        return Verdict::Passed;
    }
    let last: Vec<&str> = report.lines().rev().take(40).collect();
    text.extend(last.iter().rev().flat_map(|line| [line, "\n"]));
    Verdict::Failed(text)
}

/// The tests that a report of unittest lists as failed: `FAIL: test_x (test.test_os.Class.test_x)`.
fn failures(report: &str) -> BTreeSet<String> {
    let heads = report
        .lines()
        .filter_map(|line| line.strip_prefix("FAIL: ").or_else(|| line.strip_prefix("ERROR: ")));
    heads
        .map(|head| {
            let id =
                head.split_once('(').map_or(head, |(_, id)| id.split(')').next().unwrap_or(id));
            id.split_once(".test_").map_or(id, |(_, id)| id).to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPORT: &str = "\
test_a (test.test_os.FileTests.test_a) ... FAIL
FAIL: test_a (test.test_os.FileTests.test_a)
ERROR: test_b (test.test_os.FileTests.test_b) (x=1)
";

    #[test]
    fn listed_failures_are_expected_and_no_others() {
        let list = "quick test_os PAT*\n# why\ndeviation test_os os.FileTests.test_a for a reason\n\
                    deviation test_os os.FileTests.test_b the same\nlong test_io\n";
        let modules = parse(list).unwrap();
        assert_eq!((modules.len(), modules[0].quick, modules[1].quick), (2, true, false));
        assert_eq!(modules[0].without, ["PAT*"]);
        assert_eq!(judge(&modules[0], End::Exited(2), REPORT), Verdict::Passed);
        for (end, report) in [(End::Exited(0), ""), (End::TimedOut, REPORT)] {
            assert!(matches!(judge(&modules[0], end, report), Verdict::Failed(_)));
        }
        assert!(matches!(judge(&modules[1], End::Exited(2), REPORT), Verdict::Failed(_)));
        assert_eq!(judge(&modules[1], End::Exited(0), ""), Verdict::Passed);
    }

    #[test]
    fn a_list_with_doubles_or_without_reasons_is_refused() {
        for list in ["quick a\nlong a", "deviation a b c", "quick a\ndeviation a b", "fast a"] {
            assert!(parse(list).is_err(), "{list}");
        }
    }
}

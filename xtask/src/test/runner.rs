//! Cases, the threads that run them, and the count at the end.
//!
//! A case is a name and a closure. Known deviations are a data file: a listed case must fail, so
//! that a repaired deviation leaves the list with the repair.

use crate::Result;
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As expected.
    Passed,
    /// Not as expected; says how.
    Failed(String),
    /// Could not run here; says why.
    Skipped(String),
}

/// One test: `suite/name`, and what to do. A case that runs another test runner returns the
/// results of several.
pub struct Case {
    /// The name, unique over all suites.
    pub id: String,
    /// Runs it.
    pub run: Box<dyn Fn() -> Vec<(String, Verdict)> + Send + Sync>,
    /// It uses the whole machine, so it runs alone.
    pub alone: bool,
}

impl Case {
    /// A case of one result; an error is a failure.
    pub fn new(
        id: impl Into<String>,
        run: impl Fn() -> Result<Verdict> + Send + Sync + 'static,
    ) -> Self {
        let id = id.into();
        let name = id.clone();
        let run = move || {
            let verdict = run().unwrap_or_else(|error| Verdict::Failed(error.to_string()));
            vec![(name.clone(), verdict)]
        };
        Self { id, run: Box::new(run), alone: false }
    }

    /// The same case as one of another suite: its name, and those of its results, follow that one's.
    pub fn within(self, suite: &'static str) -> Self {
        let run = self.run;
        let rename = move |(id, verdict)| (format!("{suite}/{id}"), verdict);
        Self {
            id: format!("{suite}/{}", self.id),
            run: Box::new(move || run().into_iter().map(rename).collect()),
            alone: self.alone,
        }
    }
}

/// The list of known deviations: case and reason.
#[derive(Debug, Default)]
pub struct Deviations(BTreeMap<String, String>);

impl Deviations {
    /// Parses lines of `id reason`; `#` starts a comment line.
    pub fn parse(text: &str) -> Result<Self> {
        let mut list = BTreeMap::new();
        for line in text.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')) {
            let (id, reason) = line
                .split_once(char::is_whitespace)
                .ok_or_else(|| format!("deviation without a reason: {line}"))?;
            if list.insert(id.to_owned(), reason.trim().to_owned()).is_some() {
                return Err(format!("deviation listed twice: {id}").into());
            }
        }
        Ok(Self(list))
    }

    /// The list for cases that run in suite `suite` instead ([`Case::within`]).
    pub fn within(self, suite: &str) -> Self {
        Self(self.0.into_iter().map(|(id, reason)| (format!("{suite}/{id}"), reason)).collect())
    }

    /// Refuses entries that name no case: they would hide nothing, and nobody would notice.
    pub fn check(&self, cases: &[Case]) -> Result<()> {
        match self.0.keys().find(|id| cases.iter().all(|case| case.id != **id)) {
            Some(id) => Err(format!("the list of deviations names {id}, which is no case").into()),
            None => Ok(()),
        }
    }

    /// The verdict once the list is taken into account.
    fn judge(&self, id: &str, verdict: Verdict) -> Verdict {
        match (self.0.get(id), verdict) {
            (None, verdict) => verdict,
            (Some(reason), Verdict::Failed(_)) => {
                Verdict::Skipped(format!("known deviation: {reason}"))
            }
            (Some(reason), Verdict::Passed) => {
                Verdict::Failed(format!("passes, but is listed as a deviation: {reason}"))
            }
            (Some(_), skipped) => skipped,
        }
    }
}

/// How many ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    pub passed: usize,
    pub failed: usize,
    pub skipped: usize,
}

impl std::fmt::Display for Totals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed", self.passed, self.failed)?;
        if self.skipped > 0 {
            write!(f, ", {} skipped", self.skipped)?;
        }
        Ok(())
    }
}

/// Runs the cases on `threads` threads and prints what did not pass.
pub fn run(cases: &[Case], deviations: &Deviations, threads: usize) -> Totals {
    let report = Report { deviations, state: Mutex::default() };
    let (alone, together): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.alone);
    alone.into_iter().for_each(|case| report.run(case));
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(case) = together.get(next.fetch_add(1, Ordering::Relaxed)) {
                    report.run(case);
                }
            });
        }
    });
    report.finish()
}

/// Results as they come.
struct Report<'a> {
    deviations: &'a Deviations,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    suites: BTreeMap<String, Totals>,
    /// How long the cases of each took, one after the other.
    times: BTreeMap<String, Duration>,
    skipped: BTreeMap<String, Vec<String>>,
}

impl Report<'_> {
    fn run(&self, case: &Case) {
        let begin = Instant::now();
        let results = (case.run)();
        let time = begin.elapsed();
        let mut state = self.state.lock().expect("no thread panics while it reports");
        *state.times.entry(suite(&case.id)).or_default() += time;
        for (id, verdict) in results {
            let totals = state.suites.entry(suite(&id)).or_default();
            match self.deviations.judge(&id, verdict) {
                Verdict::Passed => totals.passed += 1,
                Verdict::Failed(how) => {
                    totals.failed += 1;
                    let mut stderr = std::io::stderr().lock();
                    writeln!(stderr, "FAILED {id}\n{}", indent(&how)).ok();
                }
                Verdict::Skipped(why) => {
                    totals.skipped += 1;
                    state.skipped.entry(why).or_default().push(id);
                }
            }
        }
    }

    fn finish(self) -> Totals {
        let state = self.state.into_inner().expect("no thread panics while it reports");
        for (why, ids) in &state.skipped {
            println!("skipped ({why}): {}", ids.join(" "));
        }
        let mut sum = Totals::default();
        for (suite, totals) in &state.suites {
            let time = state.times.get(suite).copied().unwrap_or_default();
            println!("{suite}: {totals} ({} s)", time.as_secs());
            sum.passed += totals.passed;
            sum.failed += totals.failed;
            sum.skipped += totals.skipped;
        }
        sum
    }
}

/// The suite that a case or a result belongs to.
fn suite(id: &str) -> String {
    id.split_once('/').map_or(id, |(suite, _)| suite).to_owned()
}

fn indent(text: &str) -> String {
    text.lines().map(|line| format!("    {line}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(id: &str, verdict: Verdict) -> Case {
        Case::new(id, move || Ok(verdict.clone()))
    }

    #[test]
    fn counts_every_verdict() {
        let cases = [
            case("a/1", Verdict::Passed),
            case("a/2", Verdict::Failed("no".into())),
            case("b/1", Verdict::Skipped("absent".into())),
            Case::new("b/2", || Err("broken".into())),
        ];
        let totals = run(&cases, &Deviations::default(), 2);
        assert_eq!(totals, Totals { passed: 1, failed: 2, skipped: 1 });
        assert_eq!(totals.to_string(), "1 passed, 2 failed, 1 skipped");
        assert_eq!(Totals { passed: 1, ..Totals::default() }.to_string(), "1 passed, 0 failed");
    }

    #[test]
    fn a_deviation_that_passes_is_a_failure() {
        let list = Deviations::parse("# why\na/1  too strict\n\na/2 other\n").unwrap();
        let cases = [case("a/1", Verdict::Passed), case("a/2", Verdict::Failed("no".into()))];
        assert_eq!(run(&cases, &list, 1), Totals { passed: 0, failed: 1, skipped: 1 });
    }

    #[test]
    fn the_list_wants_reasons_and_no_doubles() {
        assert!(Deviations::parse("a/1\n").is_err());
        assert!(Deviations::parse("a/1 x\na/1 y\n").is_err());
    }
}

//! Running a plan: batches on all cores, and a count for every line.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use jit::a64::PATTERNS;

use super::case::{BATCH, Batch, Case, Executor, Outcome, Stop};
use super::known::{self, Comparison};
use super::ours::{OurEngine, Ours};
use super::qemu::Qemu;
use super::{compare, generate, rng};
use crate::Result;

/// What to run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// States in all, shared equally among the lines.
    pub cases: usize,
    /// What all random choices are derived from.
    pub seed: u64,
    /// Which lines: see [`is_wanted`]; empty for all.
    pub filter: String,
    /// How many mismatches of a line to report.
    pub reports: usize,
    /// Which of our engines.
    pub engine: OurEngine,
}

impl Default for Plan {
    fn default() -> Self {
        Self {
            cases: 1_000_000,
            seed: 1,
            filter: String::new(),
            reports: 2,
            engine: OurEngine::default(),
        }
    }
}

/// Whether `filter` asks for a line of this name: by a part of it, by its beginning (`^TEXT`), by
/// its end (`TEXT$`).
fn is_wanted(name: &str, filter: &str) -> bool {
    let (starts, rest) = filter.strip_prefix('^').map_or((false, filter), |rest| (true, rest));
    let (ends, text) = rest.strip_suffix('$').map_or((false, rest), |text| (true, text));
    match (starts, ends) {
        (true, true) => name == text,
        (true, false) => name.starts_with(text),
        (false, true) => name.ends_with(text),
        (false, false) => name.contains(text),
    }
}

/// What became of a line's cases.
#[derive(Clone, Debug, Default)]
pub struct Tally {
    /// Equal in everything.
    pub equal: usize,
    /// Not equal, and nothing in [`known`] says why.
    pub mismatches: usize,
    /// Not equal, by reason.
    pub excused: BTreeMap<&'static str, usize>,
    /// Ended by a signal of the instruction itself, on QEMU.
    pub signals: usize,
    /// Some of the mismatches, or all.
    pub reports: Vec<String>,
}

impl Tally {
    /// Adds another count and at most so many reports in all.
    pub fn add(&mut self, other: &Tally, reports: usize) {
        self.equal += other.equal;
        self.mismatches += other.mismatches;
        self.signals += other.signals;
        for (reason, count) in &other.excused {
            *self.excused.entry(reason).or_default() += count;
        }
        let room = reports.saturating_sub(self.reports.len());
        self.reports.extend(other.reports.iter().take(room).cloned());
    }

    fn count(&mut self, comparison: &Comparison) {
        match comparison {
            Comparison::Equal => self.equal += 1,
            Comparison::Excused(reason) => *self.excused.entry(reason).or_default() += 1,
            Comparison::Mismatch(_) => self.mismatches += 1,
        }
    }

    /// What is wrong with a line of this name, if anything.
    pub fn judge(&self, name: &str) -> std::result::Result<(), String> {
        match (self.equal, known::other_test(name)) {
            _ if self.mismatches > 0 => Err(format!("{} mismatches", self.mismatches)),
            (0, None) => Err("no case was equal".into()),
            _ => Ok(()),
        }
    }
}

/// The counts of a run.
pub struct Summary {
    /// Each line's name and count, in the table's order.
    pub lines: Vec<(&'static str, Tally)>,
    /// All of them together.
    pub total: Tally,
    /// Whether the run was large enough to meet every exception.
    complete: bool,
    engine: OurEngine,
}

impl Summary {
    /// Exceptions that no case met: QEMU was repaired, or they were wrong.
    pub fn never_met(&self) -> impl Iterator<Item = &'static str> {
        let possible =
            |reason: &str| matches!(self.engine, OurEngine::Jit(_)) || reason != known::TININESS;
        known::reasons().filter(move |reason| {
            self.complete && possible(reason) && !self.total.excused.contains_key(reason)
        })
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["equal", "signals", "excused", "mismatches"];
        writeln!(f, "{:36} {:>8} {:>8} {:>8} {:>10}", "line", head[0], head[1], head[2], head[3])?;
        let total = (&*format!("{} lines", self.lines.len()), &self.total);
        for (name, tally) in self.lines.iter().map(|(name, tally)| (*name, tally)).chain([total]) {
            let excused = tally.excused.values().sum::<usize>();
            writeln!(
                f,
                "{name:36} {:>8} {:>8} {excused:>8} {:>10}",
                tally.equal, tally.signals, tally.mismatches
            )?;
        }
        for (reason, count) in &self.total.excused {
            writeln!(f, "{count:8} excused: {reason}")?;
        }
        Ok(())
    }
}

/// Cases of lines that need the same model of QEMU.
struct Work<'a> {
    model: &'static str,
    /// Indices into the table.
    lines: &'a [usize],
    /// Case `n` is number `n % per_line` of line `n / per_line`.
    cases: Range<usize>,
}

/// Runs `plan.cases` cases over all wanted lines.
pub fn run_lines(plan: &Plan) -> Result<Summary> {
    let wanted: Vec<usize> =
        (0..PATTERNS.len()).filter(|&i| is_wanted(PATTERNS[i].name, &plan.filter)).collect();
    if wanted.is_empty() {
        return Err(format!("no line is called like {:?}", plan.filter).into());
    }
    let per_line = plan.cases.div_ceil(wanted.len());
    let mut models: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for &line in &wanted {
        models.entry(known::model(PATTERNS[line].name)).or_default().push(line);
    }
    let mut work = Vec::new();
    for (&model, lines) in &models {
        let total = lines.len() * per_line;
        let starts = (0..total).step_by(BATCH);
        work.extend(starts.map(|at| Work { model, lines, cases: at..total.min(at + BATCH) }));
    }
    let mut tallies = run_work(plan, &work, per_line)?;
    let tally_of = |line: usize| (PATTERNS[line].name, tallies.remove(&line).unwrap_or_default());
    let lines: Vec<_> = wanted.into_iter().map(tally_of).collect();
    let mut total = Tally::default();
    lines.iter().for_each(|(_, tally)| total.add(tally, usize::MAX));
    let complete = plan.filter.is_empty() && plan.cases >= Plan::default().cases;
    Ok(Summary { lines, total, complete, engine: plan.engine })
}

/// Runs all work on all cores and returns the counts by line.
fn run_work(plan: &Plan, work: &[Work<'_>], per_line: usize) -> Result<BTreeMap<usize, Tally>> {
    let tallies: Mutex<BTreeMap<usize, Tally>> = Mutex::default();
    let next = AtomicUsize::new(0);
    let worker = |id| -> Result<()> {
        let (mut ours, mut qemu) = (plan.engine.make()?, Qemu::new(id)?);
        while let Some(work) = work.get(next.fetch_add(1, Ordering::Relaxed)) {
            let batch = generate_batch(plan, work, per_line);
            qemu.set_model(work.model);
            let counts = run_batch(&batch, &mut ours, &mut qemu, plan.reports)?;
            let mut tallies = tallies.lock().expect("no worker panicked");
            for (line, tally) in counts {
                tallies.entry(line).or_default().add(&tally, plan.reports);
            }
        }
        Ok(())
    };
    let threads = std::thread::available_parallelism()?.get().min(work.len());
    std::thread::scope(|scope| {
        let worker = &worker;
        let workers: Vec<_> = (0..threads).map(|id| scope.spawn(move || worker(id))).collect();
        workers.into_iter().try_for_each(|w| w.join().expect("a worker does not panic"))
    })?;
    Ok(tallies.into_inner().expect("no worker panicked"))
}

fn generate_batch(plan: &Plan, work: &Work<'_>, per_line: usize) -> Batch {
    let mut cases = Vec::with_capacity(work.cases.len());
    for number in work.cases.clone() {
        let line = work.lines[number / per_line];
        let seed = rng::derive(plan.seed, PATTERNS[line].name, (number % per_line) as u64);
        cases.extend(generate::case(line, seed, cases.len()));
    }
    Batch { cases, pool: generate::pool() }
}

fn run_batch(
    batch: &Batch,
    ours: &mut Ours,
    qemu: &mut Qemu,
    reports: usize,
) -> Result<BTreeMap<usize, Tally>> {
    let (left, right) = (ours.run(batch)?, qemu.run(batch)?);
    let mut tallies: BTreeMap<usize, Tally> = BTreeMap::new();
    for ((case, left), right) in batch.cases.iter().zip(&left).zip(&right) {
        let tally = tallies.entry(case.line.ok_or("a case of no line")?).or_default();
        let comparison = known::compare(case, left, right);
        tally.count(&comparison);
        tally.signals += usize::from(has_own_signal(case, right));
        if let Comparison::Mismatch(differences) = &comparison
            && tally.reports.len() < reports
        {
            let names = [ours.name(), qemu.name()];
            tally.reports.push(compare::report(batch, case, names, differences));
        }
    }
    Ok(tallies)
}

/// Whether the case ended before its slot's `BRK`.
pub fn has_own_signal(case: &Case, outcome: &Outcome) -> bool {
    let own = case.regs.pc..case.regs.pc + case.code.len() as u64 * 4;
    !matches!(outcome.stop, Stop::Signal { number: 5, .. }) || own.contains(&outcome.regs.pc)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filters() {
        assert!(is_wanted("LDR_literal", ""));
        assert!(is_wanted("LDR_literal", "_lit"));
        assert!(is_wanted("LDR_literal", "^LDR"));
        assert!(!is_wanted("FLDR", "^LDR"));
        assert!(is_wanted("B", "^B$"));
        assert!(!is_wanted("BR", "^B$"));
    }

    #[test]
    fn a_line_without_an_equal_case_is_wrong() {
        let tally = Tally { equal: 1, ..Tally::default() };
        assert!(tally.judge("ADC").is_ok());
        assert!(Tally::default().judge("ADC").is_err());
        assert!(Tally { mismatches: 1, ..tally }.judge("ADC").is_err());
    }
}

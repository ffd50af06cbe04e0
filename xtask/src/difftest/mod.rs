//! Random-instruction differential tests.
//!
//! Every line of the decoder table is executed many times, with random operands and a random state
//! biased towards what is difficult, by one of our engines and by `qemu-aarch64`; the two must
//! agree in every register, in memory, and in the signal if there is one. Cases are derived from a
//! seed, the line's name and a number, so a report names one that can be run again alone and stays
//! valid while the table grows.
//!
//! QEMU is a separate process that takes thousands of cases at once (`guest`): a process per case
//! would allow a thousandth of the tests, and linking with an emulator library would be a
//! dependency on its build.

mod case;
mod compare;
mod generate;
mod guest;
mod holes;
mod known;
mod memory;
mod ours;
mod qemu;
mod rng;
mod values;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::Result;
use jit::Interpreter;
use jit::a64::PATTERNS;

use case::{BATCH, Batch, Case, Executor, Outcome, Stop};
use known::Known;
use ours::Ours;
use qemu::Qemu;

/// The features of QEMU's `max` model that an Apple M1 does not have, as far as they can be
/// switched off, and pointer authentication, whose hint forms are then no-ops as with us.
const QEMU_CPU: &str = "max,pauth=off,sve=off,sme=off";

const USAGE: &str = "\
Usage: cargo xtask difftest [options]
  --cases N      how many states in all (default 1000000), shared equally among the lines
  --seed N       another seed (default 1)
  --filter TEXT  only lines whose name contains TEXT (^TEXT: begins with it; TEXT$: ends with it)
  --verbose      report every mismatch, not only the first two of a line
  --case LINE:SEED:SLOT  one case, as a report names it
  --holes        random words that the table does not have: which of them does QEMU execute?";

struct Options {
    cases: usize,
    seed: u64,
    filter: String,
    verbose: bool,
    one: Option<String>,
    holes: bool,
}

/// The command line's `difftest`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    use lexopt::prelude::*;
    let mut options = Options {
        cases: 1_000_000,
        seed: 1,
        filter: String::new(),
        verbose: false,
        one: None,
        holes: false,
    };
    while let Some(arg) = args.next()? {
        match arg {
            Long("cases") => options.cases = args.value()?.parse()?,
            Long("seed") => options.seed = number(&args.value()?.string()?)?,
            Long("filter") => options.filter = args.value()?.string()?,
            Long("verbose") => options.verbose = true,
            Long("case") => options.one = Some(args.value()?.string()?),
            Long("holes") => options.holes = true,
            Long("help") => {
                println!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    if let Some(name) = &options.one {
        one(name)?;
    } else if options.holes {
        holes::run(options.cases, options.seed)?;
    } else {
        compare_all(&options)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn number(text: &str) -> Result<u64> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("not a number: {text}").into())
}

fn interpreter() -> Result<Ours> {
    Ours::new(|space| Box::new(Interpreter::new(space)))
}

/// Whether a line's name is one that `filter` asks for.
fn is_wanted(name: &str, filter: &str) -> bool {
    let (starts, rest) = match filter.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, filter),
    };
    let (ends, text) = match rest.strip_suffix('$') {
        Some(text) => (true, text),
        None => (false, rest),
    };
    match (starts, ends) {
        (true, true) => name == text,
        (true, false) => name.starts_with(text),
        (false, true) => name.ends_with(text),
        (false, false) => name.contains(text),
    }
}

/// What became of one line's cases.
#[derive(Clone, Debug, Default)]
struct Tally {
    /// Compared, and equal.
    equal: usize,
    /// Not equal, and not known to be.
    mismatches: usize,
    /// Not equal, for a reason that [`known`] has.
    excused: BTreeMap<&'static str, usize>,
    /// Ended by a signal of its own on QEMU.
    signals: usize,
    /// The first few mismatches, or all.
    reports: Vec<String>,
}

/// Runs `options.cases` cases over all wanted lines.
fn compare_all(options: &Options) -> Result<()> {
    let lines: Vec<usize> =
        (0..PATTERNS.len()).filter(|&i| is_wanted(PATTERNS[i].name, &options.filter)).collect();
    if lines.is_empty() {
        return Err(format!("no line is called like {:?}", options.filter).into());
    }
    let per_line = options.cases.div_ceil(lines.len());
    let jobs = lines.len() * per_line;
    let tallies = Mutex::new(vec![Tally::default(); PATTERNS.len()]);
    let next_batch = AtomicUsize::new(0);
    let threads = std::thread::available_parallelism()?.get();
    std::thread::scope(|scope| -> Result<()> {
        let worker = |id| -> Result<()> {
            let mut executors = (interpreter()?, Qemu::new(QEMU_CPU, id)?);
            loop {
                let number = next_batch.fetch_add(1, Ordering::Relaxed);
                let range = number * BATCH..jobs.min((number + 1) * BATCH);
                if range.is_empty() {
                    return Ok(());
                }
                let mut batch = Batch { cases: Vec::new(), pool: generate::pool() };
                for job in range {
                    let line = lines[job / per_line];
                    let name = PATTERNS[line].name;
                    let seed = rng::derive(options.seed, name, (job % per_line) as u64);
                    let slot = batch.cases.len();
                    batch.cases.extend(generate::case(line, seed, slot));
                }
                compare_batch(&batch, &mut executors, &tallies, options.verbose)?;
            }
        };
        let workers: Vec<_> = (0..threads).map(|id| scope.spawn(move || worker(id))).collect();
        workers.into_iter().try_for_each(|w| w.join().expect("a worker does not panic"))
    })?;
    summarise(&lines, &tallies.into_inner().expect("no worker panicked"))
}

fn compare_batch(
    batch: &Batch,
    (ours, qemu): &mut (Ours, Qemu),
    tallies: &Mutex<Vec<Tally>>,
    verbose: bool,
) -> Result<()> {
    let (left, right) = (ours.run(batch)?, qemu.run(batch)?);
    let mut local: BTreeMap<usize, Tally> = BTreeMap::new();
    for ((case, left), right) in batch.cases.iter().zip(&left).zip(&right) {
        let tally = local.entry(case.line.expect("a line's case")).or_default();
        tally.signals += usize::from(has_own_signal(case, right));
        let differences = known::differences(case, left, right);
        match differences {
            Known::Excused(reason) => *tally.excused.entry(reason).or_default() += 1,
            Known::Differences(d) if d.is_empty() => tally.equal += 1,
            Known::Differences(d) => {
                tally.mismatches += 1;
                if verbose || tally.reports.len() < 2 {
                    let names = [ours.name(), qemu.name()];
                    tally.reports.push(compare::report(batch, case, names, &d));
                }
            }
        }
    }
    let mut tallies = tallies.lock().expect("no worker panicked");
    for (line, tally) in local {
        let total = &mut tallies[line];
        total.equal += tally.equal;
        total.mismatches += tally.mismatches;
        add_reasons(&mut total.excused, &tally.excused);
        total.signals += tally.signals;
        total.reports.extend(tally.reports);
        if !verbose {
            total.reports.truncate(2);
        }
    }
    Ok(())
}

fn add_reasons(total: &mut BTreeMap<&'static str, usize>, more: &BTreeMap<&'static str, usize>) {
    for (reason, count) in more {
        *total.entry(reason).or_default() += count;
    }
}

/// Whether the case ended before its slot's `BRK`.
fn has_own_signal(case: &Case, outcome: &Outcome) -> bool {
    let own = case.regs.pc..case.regs.pc + case.code.len() as u64 * 4;
    !matches!(outcome.stop, Stop::Signal { number: 5, .. }) || own.contains(&outcome.regs.pc)
}

/// Prints the table and fails if anything in it is wrong.
fn summarise(lines: &[usize], tallies: &[Tally]) -> Result<()> {
    println!("{:32} {:>8} {:>8} {:>8} {:>10}", "line", "equal", "signals", "excused", "mismatches");
    let mut sum = Tally::default();
    let mut empty = Vec::new();
    for &line in lines {
        let (name, tally) = (PATTERNS[line].name, &tallies[line]);
        println!(
            "{name:32} {:>8} {:>8} {:>8} {:>10}",
            tally.equal,
            tally.signals,
            tally.excused.values().sum::<usize>(),
            tally.mismatches
        );
        sum.equal += tally.equal;
        sum.signals += tally.signals;
        add_reasons(&mut sum.excused, &tally.excused);
        sum.mismatches += tally.mismatches;
        if tally.equal == 0 && !known::is_untested(name) {
            empty.push(name);
        }
    }
    println!(
        "{:32} {:>8} {:>8} {:>8} {:>10}",
        format!("{} lines", lines.len()),
        sum.equal,
        sum.signals,
        sum.excused.values().sum::<usize>(),
        sum.mismatches
    );
    for (reason, count) in &sum.excused {
        println!("excused {count:>8}: {reason}");
    }
    for report in lines.iter().flat_map(|&line| &tallies[line].reports) {
        println!("\n{report}");
    }
    if !empty.is_empty() {
        return Err(format!("no case of these lines was equal: {}", empty.join(", ")).into());
    }
    if sum.mismatches > 0 {
        return Err(format!("{} mismatches", sum.mismatches).into());
    }
    Ok(())
}

/// Runs one case, named as reports name it, and shows all of it.
fn one(name: &str) -> Result<()> {
    let parts: Vec<&str> = name.split(':').collect();
    let &[line, seed, slot] = parts.as_slice() else {
        return Err("a case is LINE:SEED:SLOT".into());
    };
    let index = PATTERNS.iter().position(|p| p.name == line).ok_or("no such line")?;
    let slot = usize::try_from(number(slot)?)?.min(BATCH - 1);
    let case = generate::case(index, number(seed)?, slot).ok_or("no word is this line's own")?;
    let batch = Batch { cases: vec![case], pool: generate::pool() };
    let case = &batch.cases[0];
    let (mut ours, mut qemu) = (interpreter()?, Qemu::new(QEMU_CPU, 0)?);
    let (left, right) = (&ours.run(&batch)?[0], &qemu.run(&batch)?[0]);
    let before = Outcome {
        stop: left.stop,
        regs: case.regs.clone(),
        window: batch.window_before(case).to_vec(),
    };
    let differences = compare::differences(left, right);
    println!("{}", compare::report(&batch, case, [ours.name(), qemu.name()], &differences));
    for (name, outcome) in [(ours.name(), left), (qemu.name(), right)] {
        println!("  {name}: {}; before | after", compare::describe(outcome.stop));
        for change in
            compare::differences(&Outcome { stop: outcome.stop, ..before.clone() }, outcome)
        {
            println!("    {change}");
        }
    }
    match known::differences(case, left, right) {
        Known::Differences(d) if !d.is_empty() => Err("they differ".into()),
        _ => Ok(()),
    }
}

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
pub mod known;
mod memory;
mod ours;
mod qemu;
pub mod rng;
mod run;
mod values;

use std::process::ExitCode;

use jit::a64::PATTERNS;
use lexopt::prelude::*;

use crate::Result;
use case::{BATCH, Batch, Executor, Outcome};
pub use holes::find as find_holes;
use known::Comparison;
pub use ours::OurEngine;
use qemu::Qemu;
pub use run::{Plan, run_lines};

const USAGE: &str = "\
Usage: cargo xtask difftest [OPTIONS]

  --cases N      how many states in all (default 1000000), shared equally among the lines
  --seed N       another seed (default 1)
  --filter TEXT  only lines whose name contains TEXT (^TEXT: begins with it; TEXT$: ends with it)
  --engine NAME  which engine of ours: interp (default) or jit, which then interprets nothing that it
                 can translate; jit:x86-64-v3, jit:x86-64-v3+aes ... for a lesser processor than this
  --verbose      report every mismatch, not only the first two of a line
  --case LINE:SEED:SLOT
                 one case, as a report names it, with all that it changes
  --holes        random words that the table does not have: which of them does QEMU execute?
";

/// The command line's `difftest`.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let mut plan = Plan::default();
    let (mut one, mut holes) = (None, false);
    while let Some(arg) = args.next()? {
        match arg {
            Long("cases") => plan.cases = args.value()?.parse()?,
            Long("seed") => plan.seed = number(&args.value()?.string()?)?,
            Long("filter") => plan.filter = args.value()?.string()?,
            Long("engine") => plan.engine = OurEngine::named(&args.value()?.string()?)?,
            Long("verbose") => plan.reports = usize::MAX,
            Long("case") => one = Some(args.value()?.string()?),
            Long("holes") => holes = true,
            Long("help") | Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            other => return Err(other.unexpected().into()),
        }
    }
    let good = match one {
        Some(name) => run_one(&name, plan.engine)?,
        None if holes => run_holes(&plan)?,
        None => compare_all(&plan)?,
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn number(text: &str) -> Result<u64> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|_| format!("not a number: {text}").into())
}

/// Runs the plan and prints the count of every line, then what went wrong.
fn compare_all(plan: &Plan) -> Result<bool> {
    let summary = run_lines(plan)?;
    print!("{summary}");
    summary.total.reports.iter().for_each(|report| println!("\n{report}"));
    let mut good = true;
    for (name, tally) in &summary.lines {
        if let Err(problem) = tally.judge(name) {
            println!("{name}: {problem}");
            good = false;
        }
    }
    for reason in summary.never_met() {
        println!("never met: {reason}");
        good = false;
    }
    Ok(good)
}

/// Prints what QEMU makes of words that the table does not have.
fn run_holes(plan: &Plan) -> Result<bool> {
    let holes = find_holes(plan.cases, plan.seed)?;
    print!("{holes}");
    Ok(holes.unexplained.is_empty())
}

/// Runs one case, named as reports name it, and shows all of it.
fn run_one(name: &str, engine: OurEngine) -> Result<bool> {
    let parts: Vec<&str> = name.split(':').collect();
    let &[line, seed, slot] = parts.as_slice() else {
        return Err("a case is LINE:SEED:SLOT".into());
    };
    let index = PATTERNS.iter().position(|p| p.name == line).ok_or("no such line")?;
    let slot = usize::try_from(number(slot)?)?.min(BATCH - 1);
    let case = generate::case(index, number(seed)?, slot).ok_or("no word is this line's own")?;
    let batch = Batch { cases: vec![case], pool: generate::pool() };
    let case = &batch.cases[0];
    let (mut ours, mut qemu) = (engine.make()?, Qemu::new(0)?);
    qemu.set_model(known::model(line));
    let (left, right) = (&ours.run(&batch)?[0], &qemu.run(&batch)?[0]);
    let differences = compare::differences(left, right);
    println!("{}", compare::report(&batch, case, [ours.name(), qemu.name()], &differences));
    for (name, outcome) in [(ours.name(), left), (qemu.name(), right)] {
        println!("  {name}: {}; before | after", outcome.stop);
        let window = batch.window_before(case).to_vec();
        let before = Outcome { stop: outcome.stop, regs: case.regs.clone(), window };
        for change in compare::differences(&before, outcome) {
            println!("    {change}");
        }
    }
    match known::compare(case, left, right) {
        Comparison::Equal => println!("equal"),
        Comparison::Excused(reason) => println!("excused: {reason}"),
        Comparison::Mismatch(_) => return Ok(false),
    }
    Ok(true)
}

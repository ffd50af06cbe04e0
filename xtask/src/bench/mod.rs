//! `cargo xtask bench`: native, qemu-aarch64 and elfuse, interleaved in one run.
//!
//! A machine has slow spells, so only what ran side by side is compared: each round runs every
//! benchmark once on each contestant, and what is reported are medians over the rounds and their
//! ratios. Each contestant does as much of a benchmark's work as fills the same time, which is found
//! once before the rounds: with equal work instead, the fastest would be timed over a millisecond
//! or the slowest would take minutes. A number whose checksum is not the native one is no number:
//! it is reported as a failure.

mod chroot;
mod contestants;
mod files;
mod machine;
mod measure;
mod plan;
mod plot;
mod promises;
mod report;
mod results;

use crate::test::process::work_directory;
use crate::{Result, fixtures, workspace};
use contestants::Contestant;
use lexopt::prelude::*;
use measure::Stopwatch;
use plan::Benchmark;
use results::Results;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

const USAGE: &str = "\
Usage: cargo xtask bench [OPTIONS]

  --rounds N        how often everything is run (default 5)
  --quick           two rounds of short runs: to see that it works, not for numbers
  --filter TEXT     only benchmarks with TEXT in their name or class; may be repeated
  --engine LIST     elfuse's engines, separated by commas: auto (default), interp, jit
  --sysroot DIR     an arm64 tree for the programs that need one
  --check           exit 1 when a ratio promised in bench/promises.txt is missed
  --out DIR         where the table and the plot go (default bench-out)
";

/// What the command line asks for.
struct Options {
    rounds: u32,
    /// How long a run shall take.
    target: Duration,
    filter: Vec<String>,
    engines: Vec<String>,
    sysroot: Option<PathBuf>,
    check: bool,
    out: PathBuf,
}

impl Options {
    /// Reads the command line; nothing when it only asks for help.
    fn parse(mut args: lexopt::Parser) -> Result<Option<Self>> {
        let mut options = Self {
            rounds: 5,
            target: Duration::from_millis(300),
            filter: Vec::new(),
            engines: vec!["auto".into()],
            sysroot: None,
            check: false,
            out: workspace::root().join("bench-out"),
        };
        while let Some(arg) = args.next()? {
            match arg {
                Long("rounds") => options.rounds = args.value()?.parse()?,
                Long("quick") => (options.rounds, options.target) = (2, Duration::from_millis(40)),
                Long("filter") => options.filter.push(args.value()?.string()?),
                Long("engine") => {
                    let list = args.value()?.string()?;
                    options.engines = list.split(',').map(str::to_owned).collect();
                }
                Long("sysroot") => options.sysroot = Some(args.value()?.into()),
                Long("check") => options.check = true,
                Long("out") => options.out = args.value()?.into(),
                Long("help") | Short('h') => return Ok(None),
                _ => return Err(arg.unexpected().into()),
            }
        }
        if options.rounds == 0 {
            return Err("--rounds must be at least 1".into());
        }
        if options.check && !options.filter.is_empty() {
            return Err("--check judges all promises, and a filter leaves some unmeasured".into());
        }
        Ok(Some(options))
    }

    fn wants(&self, benchmark: &Benchmark) -> bool {
        let mut texts = self.filter.iter();
        self.filter.is_empty()
            || texts.any(|text| benchmark.name.contains(text) || benchmark.class.contains(text))
    }
}

/// The command line's entry.
pub fn run(args: lexopt::Parser) -> Result<ExitCode> {
    let Some(options) = Options::parse(args)? else {
        print!("{USAGE}");
        return Ok(ExitCode::SUCCESS);
    };
    fixtures::install_host_tools()?;
    let fixtures = fixtures::fetch()?;
    let mut plan = plan::read(&fixtures, options.sysroot.as_deref())?;
    plan.retain(|benchmark| options.wants(benchmark));
    if plan.is_empty() {
        return Err("no benchmark matches the filter".into());
    }
    std::fs::create_dir_all(&options.out)?;
    contestants::build_programs(&options.out, &plan)?;
    let contestants = contestants::all(&options)?;
    if plan.iter().any(Benchmark::in_chroot) {
        chroot::prepare(&std::path::absolute(&options.out)?, &contestants)?;
    }
    let results = measure_all(&options, &plan, &contestants);
    std::fs::remove_dir_all(work_directory()).ok();
    let results = results?;
    report(&options, &plan, &contestants, &results)
}

/// Calibrates, then runs the rounds.
fn measure_all(
    options: &Options,
    plan: &[Benchmark],
    contestants: &[Contestant],
) -> Result<Results> {
    let mut results = Results::default();
    let mut stopwatch = Stopwatch::new(&options.out, options.target);
    for (done, benchmark) in plan.iter().enumerate() {
        eprint!("\rcalibrating {} of {}  ", done + 1, plan.len());
        for who in contestants {
            if let Err(why) = stopwatch.calibrate(benchmark, who, contestants) {
                results.fail(&benchmark.name, &who.name, why);
            }
        }
    }
    for round in 1..=options.rounds {
        eprint!("\rround {round} of {}             ", options.rounds);
        for benchmark in plan {
            for who in contestants {
                if results.failure(&benchmark.name, &who.name).is_some() {
                    continue;
                }
                match stopwatch.measure(benchmark, who) {
                    Ok(sample) => results.add(&benchmark.name, &who.name, sample),
                    Err(why) => results.fail(&benchmark.name, &who.name, why),
                }
            }
        }
    }
    eprintln!();
    Ok(results)
}

/// Writes the table and the plot, and judges: a wrong result always fails.
fn report(
    options: &Options,
    plan: &[Benchmark],
    contestants: &[Contestant],
    results: &Results,
) -> Result<ExitCode> {
    let engines: Vec<&str> =
        contestants.iter().filter(|who| who.ours).map(|who| &*who.name).collect();
    let mut text = machine::describe(options.rounds, &engines)?;
    text += &report::table(plan, &engines, results);
    text += &report::classes(plan, &engines, results);
    text += &report::failures(plan, contestants, results);
    let mut code = ExitCode::SUCCESS;
    if options.check {
        let verdicts = promises::check(plan, &engines, results)?;
        if !verdicts.kept {
            code = ExitCode::FAILURE;
        }
        text += &verdicts.text;
    }
    std::fs::write(options.out.join("bench.md"), &text)?;
    std::fs::write(options.out.join("bench.svg"), plot::svg(plan, &engines, results))?;
    print!("{text}");
    println!("\nTable and plot: {}", options.out.display());
    if results.wrong() {
        code = ExitCode::FAILURE;
    }
    Ok(code)
}

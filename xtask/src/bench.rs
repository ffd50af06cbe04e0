//! `cargo xtask bench`: native, qemu-aarch64 and elfuse, interleaved in one run.
//!
//! Each round runs every benchmark once on each of the three, so that a slow spell of the machine
//! hits them alike; the table has medians over the rounds, and the ratios that claims are made of.

use crate::{Result, fixtures, workspace};
use lexopt::prelude::*;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

const USAGE: &str = "\
Usage: cargo xtask bench [OPTIONS]

  --rounds N    how often everything is run (default 5)
  --out DIR     where the table and the plot go (default bench-out)
";

/// Who runs a benchmark.
#[derive(Clone, Debug)]
struct Contestant {
    name: &'static str,
    /// What stands before the program.
    prefix: Vec<PathBuf>,
    /// Where its build of the programs is.
    programs: PathBuf,
}

/// Nanoseconds by benchmark, in the order in which they were first seen, and contestant.
#[derive(Default)]
struct Results {
    order: Vec<String>,
    times: BTreeMap<(String, &'static str), Vec<f64>>,
}

impl Results {
    fn add(&mut self, benchmark: &str, who: &'static str, nanoseconds: f64) {
        if !self.order.iter().any(|known| known == benchmark) {
            self.order.push(benchmark.to_owned());
        }
        self.times.entry((benchmark.to_owned(), who)).or_default().push(nanoseconds);
    }

    fn median(&self, benchmark: &str, who: &'static str) -> Option<f64> {
        let mut times = self.times.get(&(benchmark.to_owned(), who))?.clone();
        times.sort_by(f64::total_cmp);
        times.get(times.len() / 2).copied()
    }
}

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let (mut rounds, mut out) = (5, workspace::root().join("bench-out"));
    while let Some(arg) = args.next()? {
        match arg {
            Long("rounds") => rounds = args.value()?.parse()?,
            Long("out") => out = args.value()?.into(),
            Long("help") | Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    fixtures::install_host_tools()?;
    let contestants = contestants(&out)?;
    let mut results = Results::default();
    for round in 1..=rounds {
        eprintln!("round {round} of {rounds}");
        for who in &contestants {
            startup(who, &mut results)?;
            programs(who, &mut results)?;
        }
    }
    let table = table(&results, rounds);
    std::fs::write(out.join("bench.md"), &table)?;
    std::fs::write(out.join("bench.svg"), plot(&results))?;
    print!("{table}");
    println!("\nTable and plot: {}", out.display());
    Ok(ExitCode::SUCCESS)
}

/// Builds everything for everyone.
fn contestants(out: &Path) -> Result<Vec<Contestant>> {
    let elfuse = workspace::build_elfuse()?;
    let build = |compiler: &str, name: &str| -> Result<PathBuf> {
        let dir = out.join(name);
        std::fs::create_dir_all(&dir)?;
        for program in ["kernels", "system", "true"] {
            let source = workspace::root().join(format!("bench/{program}.c"));
            let mut command = Command::new(compiler);
            command.args(["-O2", "-static", "-o"]).arg(dir.join(program)).arg(source).arg("-lm");
            if !command.status()?.success() {
                return Err(format!("{compiler} fails on {program}.c").into());
            }
        }
        Ok(dir)
    };
    let native = build("gcc", "native")?;
    let arm64 = build("aarch64-linux-gnu-gcc", "arm64")?;
    Ok(vec![
        Contestant { name: "native", prefix: vec![], programs: native },
        Contestant { name: "qemu", prefix: vec!["qemu-aarch64".into()], programs: arm64.clone() },
        Contestant { name: "elfuse", prefix: vec![elfuse], programs: arm64 },
    ])
}

fn command(who: &Contestant, program: &str) -> Command {
    let program = who.programs.join(program);
    match who.prefix.first() {
        Some(runner) => {
            let mut command = Command::new(runner);
            command.arg(program);
            command
        }
        None => Command::new(program),
    }
}

/// How long a program that does nothing takes, seen from outside.
fn startup(who: &Contestant, results: &mut Results) -> Result<()> {
    const RUNS: u32 = 20;
    let began = Instant::now();
    for _ in 0..RUNS {
        if !command(who, "true").status()?.success() {
            return Err(format!("{}: true fails", who.name).into());
        }
    }
    results.add("start-up", who.name, began.elapsed().as_nanos() as f64 / f64::from(RUNS));
    Ok(())
}

/// The benchmarks that time themselves and print `NAME NANOSECONDS`.
fn programs(who: &Contestant, results: &mut Results) -> Result<()> {
    for (program, arg) in [("system", Some(who.programs.join("true"))), ("kernels", None)] {
        // A guest of qemu-aarch64 without binfmt executes the host's programs, not the guest's.
        let arg = if who.name == "qemu" { None } else { arg };
        let output = command(who, program)
            .args(arg)
            .stderr(Stdio::inherit())
            .stdin(Stdio::null())
            .output()?;
        if !output.status.success() {
            return Err(format!("{}: {program} ends with {}", who.name, output.status).into());
        }
        for line in String::from_utf8(output.stdout)?.lines() {
            let (name, time) = line.rsplit_once(' ').ok_or("a benchmark prints NAME TIME")?;
            if who.name == "qemu" && name == "fork, exec and wait" {
                // It executed the host's /bin/true: not what the others did.
                continue;
            }
            results.add(name, who.name, time.parse()?);
        }
    }
    Ok(())
}

/// A time with a unit that fits.
fn time(nanoseconds: Option<f64>) -> String {
    match nanoseconds {
        None => "–".into(),
        Some(ns) if ns < 1e3 => format!("{ns:.1} ns"),
        Some(ns) if ns < 1e6 => format!("{:.1} µs", ns / 1e3),
        Some(ns) => format!("{:.2} ms", ns / 1e6),
    }
}

fn ratio(a: Option<f64>, b: Option<f64>) -> String {
    match (a, b) {
        (Some(a), Some(b)) => format!("{:.2}", a / b),
        _ => "–".into(),
    }
}

fn table(results: &Results, rounds: u32) -> String {
    let mut text = format!(
        "Medians of {rounds} interleaved rounds; ratios below 1 mean that elfuse is faster.\n\n\
         | benchmark | native | qemu | elfuse | elfuse / qemu | elfuse / native |\n\
         |---|--:|--:|--:|--:|--:|\n"
    );
    for name in &results.order {
        let [native, qemu, elfuse] =
            ["native", "qemu", "elfuse"].map(|who| results.median(name, who));
        let _ = writeln!(
            text,
            "| {name} | {} | {} | {} | {} | {} |",
            time(native),
            time(qemu),
            time(elfuse),
            ratio(elfuse, qemu),
            ratio(elfuse, native),
        );
    }
    text
}

/// Bars of elfuse's time as a multiple of qemu's, on a logarithmic scale from 1/100 to 100.
fn plot(results: &Results) -> String {
    const ROW: usize = 22;
    const LEFT: f64 = 180.0;
    const WIDTH: f64 = 500.0;
    let height = (results.order.len() + 2) * ROW;
    let x = |value: f64| LEFT + WIDTH * ((value.log10() + 2.0) / 4.0).clamp(0.0, 1.0);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"720\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{LEFT}\" y=\"15\">elfuse's time as a multiple of qemu's (logarithmic; left is faster)</text>\n"
    );
    for (mark, label) in [(0.01, "1/100"), (0.1, "1/10"), (1.0, "1"), (10.0, "10"), (100.0, "100")]
    {
        let _ = writeln!(
            svg,
            "<line x1=\"{0:.0}\" x2=\"{0:.0}\" y1=\"22\" y2=\"{1}\" stroke=\"#ccc\"/>\
             <text x=\"{0:.0}\" y=\"{2}\" text-anchor=\"middle\">{label}</text>",
            x(mark),
            height - ROW,
            height - 6,
        );
    }
    for (row, name) in results.order.iter().enumerate() {
        let y = (row + 1) * ROW + 4;
        let _ = writeln!(svg, "<text x=\"170\" y=\"{}\" text-anchor=\"end\">{name}</text>", y + 12);
        if let (Some(a), Some(b)) = (results.median(name, "elfuse"), results.median(name, "qemu")) {
            let (from, to) = (x(1.0).min(x(a / b)), x(1.0).max(x(a / b)));
            let colour = if a < b { "#3a7d44" } else { "#b23b3b" };
            let _ = writeln!(
                svg,
                "<rect x=\"{from:.0}\" y=\"{y}\" width=\"{:.0}\" height=\"15\" fill=\"{colour}\"/>",
                to - from,
            );
        }
    }
    svg.push_str("</svg>\n");
    svg
}

//! Runs one benchmark on one contestant, and checks what it computed.

use super::chroot;
use super::contestants::Contestant;
use super::plan::{Benchmark, How, Place};
use crate::test::process::{End, Program, Run};
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// More than any program takes to start, on a busy machine, too.
const START_UP: Duration = Duration::from_millis(500);

/// Why there is no number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// It is not meant to: a native machine and an arm64 program, for example.
    NotApplicable,
    /// It does not run to its end; what it said.
    DoesNotRun(String),
    /// It ran, and what it computed or claimed is not true.
    Wrong(String),
}

/// Starts benchmarks, and knows what they must answer.
pub struct Stopwatch {
    out: PathBuf,
    target: Duration,
    /// How often a kernel's work is done in one run, by kernel and contestant.
    counts: BTreeMap<(String, String), u64>,
    /// What a kernel answers to a count, or a program writes, from whom was asked first.
    answers: BTreeMap<(String, u64), Vec<u8>>,
}

/// One run of a kernel: its answer and its time.
struct Timed {
    answer: Vec<u8>,
    nanoseconds: f64,
}

impl Stopwatch {
    /// A stop-watch that keeps its files in `out` and aims at runs of `target`.
    pub fn new(out: &Path, target: Duration) -> Self {
        let out = std::path::absolute(out).unwrap_or_else(|_| out.to_owned());
        Self { out, target, counts: BTreeMap::new(), answers: BTreeMap::new() }
    }

    /// Finds out how much of a kernel's work fills the target time, and whether the answer is the
    /// one that the host gives.
    pub fn calibrate(
        &mut self,
        benchmark: &Benchmark,
        who: &Contestant,
        contestants: &[Contestant],
    ) -> Result<(), Failure> {
        let How::Kernel { .. } = &benchmark.how else {
            return self.program(benchmark, who, 1).map(|_| ());
        };
        // The host does most work in a given time and needs the least of it to be exact.
        let part = if who.emulates() { 1 } else { 3 };
        let target = (self.target / part).as_nanos() as f64;
        let mut count = 1;
        loop {
            let run = self.kernel(benchmark, who, count)?;
            let grow = target / run.nanoseconds.max(1.0);
            if grow < 4.0 || count > 1 << 40 {
                count = ((count as f64 * grow) as u64).max(1);
                break;
            }
            // A first run is slower than the ones that it is there to predict: not in one step.
            count = (count as f64 * grow.clamp(2.0, 32.0) / 1.5) as u64 + 1;
        }
        self.counts.insert((benchmark.name.clone(), who.name.clone()), count);
        let key = (benchmark.name.clone(), count);
        if !self.answers.contains_key(&key) {
            let native = contestants.iter().find(|who| !who.emulates()).unwrap_or(who);
            let answer = self.kernel(benchmark, native, count)?.answer;
            self.answers.insert(key, answer);
        }
        Ok(())
    }

    /// Runs a calibrated benchmark: nanoseconds for each unit of work, or bytes.
    pub fn measure(&mut self, benchmark: &Benchmark, who: &Contestant) -> Result<f64, Failure> {
        let How::Kernel { .. } = &benchmark.how else { return self.whole(benchmark, who) };
        let count = self.counts[&(benchmark.name.clone(), who.name.clone())];
        let run = self.kernel(benchmark, who, count)?;
        self.same_answer(&benchmark.name, count, run.answer)?;
        Ok(run.nanoseconds / count as f64)
    }

    /// The first answer to a question is the right one: that of the host where it has one, else
    /// that of qemu, which comes before elfuse.
    fn same_answer(&mut self, name: &str, count: u64, answer: Vec<u8>) -> Result<(), Failure> {
        let right = self.answers.entry((name.to_owned(), count)).or_insert_with(|| answer.clone());
        if *right == answer {
            return Ok(());
        }
        let [right, wrong] = [&right[..], &answer].map(excerpt);
        Err(Failure::Wrong(format!("it answers {wrong}, and {right} is right")))
    }

    fn kernel(
        &self,
        benchmark: &Benchmark,
        who: &Contestant,
        count: u64,
    ) -> Result<Timed, Failure> {
        let How::Kernel { program, args, execs, .. } = &benchmark.how else {
            return Err(Failure::NotApplicable);
        };
        let mut argv = Vec::new();
        if *execs {
            argv.extend(who.namespace.clone().ok_or(Failure::NotApplicable)?);
        }
        argv.extend(who.emulator.iter().cloned());
        argv.push(who.programs.join(program).into());
        argv.extend(args.iter().map(OsString::from));
        argv.push(count.to_string().into());
        let began = Instant::now();
        let run = execute(self.short(argv))?;
        let outside = began.elapsed().as_nanos() as f64;
        let text = String::from_utf8_lossy(&run.stdout);
        let (answer, time) = text
            .trim()
            .split_once(' ')
            .and_then(|(answer, time)| Some((answer, time.parse::<f64>().ok()?)))
            .ok_or_else(|| Failure::Wrong(format!("it writes {}", excerpt(&run.stdout))))?;
        // Its clock is part of what is tested: it runs neither faster than ours nor much slower.
        if time > outside || outside > 2.0 * time + START_UP.as_nanos() as f64 {
            return Err(Failure::Wrong(format!("it claims {time} ns of the {outside} ns it ran")));
        }
        Ok(Timed { answer: answer.into(), nanoseconds: time })
    }

    /// A program timed from outside.
    fn whole(&mut self, benchmark: &Benchmark, who: &Contestant) -> Result<f64, Failure> {
        /// Start-up is short: one run would measure the clock and the scheduler.
        const RUNS_OF_TRUE: u32 = 20;
        let count = match &benchmark.how {
            How::Whole { place: Place::Ours, .. } => RUNS_OF_TRUE,
            _ => 1,
        };
        let run = execute(self.program(benchmark, who, count)?)?;
        self.same_answer(&benchmark.name, 1, run.stdout)?;
        let said = String::from_utf8_lossy(&run.stderr);
        let last = said.lines().last().unwrap_or_default();
        let (bytes, time) = last
            .split_once(' ')
            .and_then(|(bytes, time)| Some((bytes.parse::<f64>().ok()?, time.parse::<f64>().ok()?)))
            .ok_or_else(|| Failure::DoesNotRun(excerpt(&run.stderr)))?;
        Ok(if benchmark.is_memory() { bytes } else { time / f64::from(count) })
    }

    /// The stop-watch, and behind it a program so many times.
    fn program(
        &self,
        benchmark: &Benchmark,
        who: &Contestant,
        count: u32,
    ) -> Result<Program, Failure> {
        if let How::Whole { argv, place: Place::Chroot, .. } = &benchmark.how {
            let argv = chroot::command(&self.out, who, Some(count), argv)
                .map_err(|error| Failure::DoesNotRun(error.to_string()))?;
            return Ok(chroot::program(argv.ok_or(Failure::NotApplicable)?, &self.out));
        }
        let command = whole_command(benchmark, who).ok_or(Failure::NotApplicable)?;
        let mut argv = who.namespace.clone().unwrap_or_default();
        argv.extend([self.out.join("native/timer").into(), count.to_string().into()]);
        argv.extend(command);
        Ok(self.short(argv))
    }

    /// A program that does not take long.
    fn short(&self, argv: Vec<OsString>) -> Program {
        let mut program = Program::new(argv, &self.out);
        program.limit = Duration::from_secs(30);
        program
    }
}

fn execute(program: Program) -> Result<Run, Failure> {
    let run = program.run().map_err(|error| Failure::DoesNotRun(error.to_string()))?;
    match run.end {
        End::Exited(0) => Ok(run),
        end => Err(Failure::DoesNotRun(format!("{end}: {}", excerpt(&run.stderr)))),
    }
}

/// The emulator and the guest's command line of a program that is timed from outside, and for which nothing is mounted.
fn whole_command(benchmark: &Benchmark, who: &Contestant) -> Option<Vec<OsString>> {
    let How::Whole { argv, place, cold, .. } = &benchmark.how else { return None };
    if *place == Place::Sysroot {
        return who.sysroot_command(argv);
    }
    if !who.emulates() && *place != Place::Ours {
        return None;
    }
    // `true` is ours wherever it stands: the program, or what a script executes.
    let argv = argv.iter().map(|word| match word.to_str() {
        Some("true") => who.programs.join("true").into(),
        _ => word.clone(),
    });
    let options = (*cold && who.ours).then(|| "--no-cache".into());
    Some(who.emulator.iter().cloned().chain(options).chain(argv).collect())
}

/// The beginning of what a program wrote, on one line.
fn excerpt(bytes: &[u8]) -> String {
    let text: String = String::from_utf8_lossy(bytes).chars().take(160).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Somebody whose only kernel is a shell script.
    fn contestant(name: &str, dir: &Path, script: &str) -> Contestant {
        let programs = dir.join(name);
        std::fs::create_dir_all(&programs).unwrap();
        std::fs::write(programs.join("kernel"), script).unwrap();
        Contestant {
            name: name.into(),
            ours: true,
            programs,
            namespace: Some(vec![]),
            emulator: vec!["/bin/sh".into()],
            in_sysroot: None,
        }
    }

    fn benchmark() -> Benchmark {
        let how = How::Kernel {
            program: "kernel".into(),
            level: "-O2".into(),
            args: vec![],
            execs: false,
        };
        Benchmark { class: "test".into(), name: "kernel".into(), how }
    }

    fn dir(name: &str) -> PathBuf {
        let dir = std::env::temp_dir().join(format!("elfuse-bench-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&dir).unwrap();
        dir
    }

    #[test]
    fn another_checksum_than_the_first_is_wrong() {
        let dir = dir("checksum");
        let right = contestant("right", &dir, "echo sum$1 5");
        let wrong = contestant("wrong", &dir, "echo sum 5");
        let mut stopwatch = Stopwatch::new(&dir, Duration::from_nanos(5));
        for who in [&right, &wrong] {
            stopwatch.calibrate(&benchmark(), who, std::slice::from_ref(&right)).unwrap();
        }
        assert_eq!(stopwatch.measure(&benchmark(), &right), Ok(5.0));
        assert!(matches!(stopwatch.measure(&benchmark(), &wrong), Err(Failure::Wrong(_))));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn the_amount_of_work_grows_to_the_target() {
        let dir = dir("target");
        let who = contestant("linear", &dir, "echo 0 $(($1 * 10))");
        let mut stopwatch = Stopwatch::new(&dir, Duration::from_nanos(10_000));
        stopwatch.calibrate(&benchmark(), &who, std::slice::from_ref(&who)).unwrap();
        assert_eq!(stopwatch.counts[&("kernel".into(), "linear".into())], 1000);
        assert_eq!(stopwatch.measure(&benchmark(), &who), Ok(10.0));
        std::fs::remove_dir_all(dir).unwrap();
    }

    #[test]
    fn a_clock_that_is_off_and_a_failing_program_are_noticed() {
        let dir = dir("clock");
        let ahead = contestant("ahead", &dir, "echo 0 999999999999");
        let fails = contestant("fails", &dir, "echo no such thing >&2; exit 1");
        let mut stopwatch = Stopwatch::new(&dir, Duration::from_millis(1));
        let ahead = stopwatch.calibrate(&benchmark(), &ahead, &[]);
        assert!(matches!(ahead, Err(Failure::Wrong(_))), "{ahead:?}");
        let behind = contestant("behind", &dir, "sleep 0.6; echo 0 1000");
        let behind = stopwatch.calibrate(&benchmark(), &behind, &[]);
        assert!(matches!(behind, Err(Failure::Wrong(_))), "{behind:?}");
        let fails = stopwatch.calibrate(&benchmark(), &fails, &[]);
        let why = "exit status 1: no such thing";
        assert_eq!(fails, Err(Failure::DoesNotRun(why.into())));
        std::fs::remove_dir_all(dir).unwrap();
    }
}

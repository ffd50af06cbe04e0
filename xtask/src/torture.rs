//! `cargo xtask torture`: the guest tests `torture/threads` and `torture/litmus` for as long as one likes.
//!
//! The suite `guests` runs two laps of the one and a few rounds of the other. What is lost once in a million times, or leaks a little each time, takes
//! longer to show. The test itself looks at what it can see as a guest; here the host's view of the process is
//! added, in which the runtime's own descriptors, threads and memory are, too.

use crate::test::guests::{self, ARM64, NATIVE};
use crate::{Result, fixtures, workspace};
use lexopt::prelude::*;
use std::fmt;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};

const USAGE: &str = "\
Usage: cargo xtask torture [OPTIONS]

  --minutes N       stop after the lap in which so many minutes are over (default: 10)
  --seed N          what the threads do follows from this number (default: 1)
  --litmus ROUNDS   instead: the tests of Arm's memory model, so many rounds of each
  --native          on the host's own kernel, which shows that the test is right
  --subject PROGRAM put PROGRAM in elfuse's place
";

const TEST: &str = "torture/threads";
const LITMUS: &str = "torture/litmus";

/// By how much a process may grow after the first lap: stacks of threads that the C library keeps, with a guard
/// each, and translations, which are thrown away only when their memory is full (`CODE` in the translator's cache,
/// and about as much again that is known about them).
const SLACK: Holdings =
    Holdings { descriptors: 0, threads: 0, mappings: 256, kilobytes: 256 << 10 };

/// The command line's entry.
pub fn run(mut args: lexopt::Parser) -> Result<ExitCode> {
    let (mut minutes, mut seed, mut native, mut subject) = (10.0f64, 1u64, false, None);
    let mut litmus = None;
    while let Some(arg) = args.next()? {
        match arg {
            Long("minutes") => minutes = args.value()?.parse()?,
            Long("seed") => seed = args.value()?.parse()?,
            Long("litmus") => litmus = Some(args.value()?.parse::<u64>()?),
            Long("native") => native = true,
            Long("subject") => subject = Some(PathBuf::from(args.value()?)),
            Long("help") | Short('h') => {
                print!("{USAGE}");
                return Ok(ExitCode::SUCCESS);
            }
            _ => return Err(arg.unexpected().into()),
        }
    }
    fixtures::install_host_tools()?;
    let test = if litmus.is_some() { LITMUS } else { TEST };
    let source = workspace::root().join("guests").join(test).with_extension("c");
    let program = guests::compile(&source, if native { NATIVE } else { ARM64 })??;
    let mut command = match (native, subject) {
        (true, _) => Command::new(&program),
        (false, Some(subject)) => Command::new(subject),
        (false, None) => Command::new(workspace::build_elfuse()?),
    };
    if !native {
        command.arg(&program);
    }
    match litmus {
        Some(rounds) => command.arg(rounds.to_string()),
        None => command.arg(((minutes * 60.0) as u64).max(1).to_string()).arg(seed.to_string()),
    };
    watch(&mut command)
}

/// Runs the test, and shows each of its lines beside what the host says of it at that time.
fn watch(command: &mut Command) -> Result<ExitCode> {
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let out = child.stdout.take().ok_or("no pipe")?;
    let mut first = None;
    let mut has_grown = false;
    for line in BufReader::new(out).lines() {
        let line = line?;
        if !line.starts_with("lap") {
            println!("{line}");
            continue;
        }
        let now = Holdings::of(child.id())?;
        println!("{line}; on the host: {now}");
        has_grown |= now.exceeds(first.get_or_insert(now));
    }
    let status = child.wait()?;
    if has_grown {
        println!("FAILED: on the host, the process holds more than after the first lap");
    }
    if !status.success() {
        println!("FAILED: {status}");
    }
    Ok(if status.success() && !has_grown { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// What a process holds of the host's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Holdings {
    descriptors: u64,
    threads: u64,
    mappings: u64,
    kilobytes: u64,
}

impl Holdings {
    fn of(process: u32) -> Result<Self> {
        let dir = PathBuf::from("/proc").join(process.to_string());
        let entries = |name| Ok::<_, std::io::Error>(fs::read_dir(dir.join(name))?.count() as u64);
        let status = fs::read_to_string(dir.join("status"))?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|value| value.split_whitespace().next());
        Ok(Self {
            descriptors: entries("fd")?,
            threads: entries("task")?,
            mappings: fs::read_to_string(dir.join("maps"))?.lines().count() as u64,
            kilobytes: resident.ok_or("no VmRSS")?.parse()?,
        })
    }

    /// Whether it is more than `first` by more than [`SLACK`].
    fn exceeds(&self, first: &Self) -> bool {
        self.descriptors > first.descriptors + SLACK.descriptors
            || self.threads > first.threads + SLACK.threads
            || self.mappings > first.mappings + SLACK.mappings
            || self.kilobytes > first.kilobytes + SLACK.kilobytes
    }
}

impl fmt::Display for Holdings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { descriptors, threads, mappings, kilobytes } = self;
        write!(f, "{descriptors}, {threads}, {mappings}, {kilobytes} kB")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_descriptor_more_is_a_leak_and_a_few_stacks_are_not() {
        let first = Holdings::of(std::process::id()).unwrap();
        assert!(first.threads > 0 && first.kilobytes > 0 && first.mappings > 0);
        assert!(!Holdings { mappings: first.mappings + 100, ..first }.exceeds(&first));
        assert!(Holdings { descriptors: first.descriptors + 1, ..first }.exceeds(&first));
    }
}

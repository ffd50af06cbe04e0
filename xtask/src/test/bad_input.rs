//! Suite `bad-input`: what cannot run ends in a sentence and the right status, never in a panic, a
//! hang or silence.
//!
//! elfuse's own failures: 126 if the program cannot be executed, 127 if there is none, with a
//! message that begins with `elfuse: `.

use super::Context;
use super::process::{End, Program, Run, finish};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::Result;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

/// How many mutated programs are tried.
const MUTANTS: u64 = 200;
/// Mutated headers that matter are in front; the rest of the file is code and data.
const HEADERS: u64 = 64 + 8 * 56;

/// What a program file is like, and how elfuse ends on it.
type BadProgram = (&'static str, fn(&Path, &Path) -> std::io::Result<()>, i32, &'static str);

/// Prepares the file at the first path, given a good program at the second; then the status, and a
/// part of the message.
const PROGRAMS: &[BadProgram] = &[
    ("missing", |_, _| Ok(()), 127, "No such file"),
    ("directory", |at, _| fs::create_dir(at), 126, "directory"),
    ("fifo", |at, _| make_fifo(at), 126, "not a regular file"),
    ("empty", |at, _| make(at, b"", 0o755), 126, "not an ELF file"),
    ("text", |at, _| make(at, b"just text\n", 0o755), 126, "not an ELF file"),
    ("not-executable", |at, good| make(at, &fs::read(good)?, 0o644), 126, "Permission denied"),
    ("truncated", |at, good| make(at, &fs::read(good)?[..100], 0o755), 126, "truncated"),
    ("for-this-host", |at, _| fs::copy("/bin/true", at).map(drop), 126, "not for AArch64"),
    ("script-without-interpreter", |at, _| make(at, b"#!\n", 0o755), 126, "no interpreter"),
    ("script-of-missing", |at, _| make(at, b"#!/no/such/shell\n", 0o755), 126, "/no/such/shell"),
    (
        "script-of-itself",
        |at, _| make(at, format!("#!{}\n", at.display()).as_bytes(), 0o755),
        126,
        "too many levels",
    ),
    ("script-of-directory", |at, _| make(at, b"#!/etc\n", 0o755), 126, "/etc"),
    (
        "interpreter-missing",
        |at, good| make(at, &with_interpreter(&fs::read(good)?), 0o755),
        126,
        "interpreter",
    ),
];

fn make(at: &Path, bytes: &[u8], mode: u32) -> std::io::Result<()> {
    fs::write(at, bytes)?;
    fs::set_permissions(at, fs::Permissions::from_mode(mode))
}

fn make_fifo(at: &Path) -> std::io::Result<()> {
    let made = std::process::Command::new("mkfifo").args(["-m", "755"]).arg(at).status()?;
    made.success().then_some(()).ok_or_else(|| std::io::Error::other("mkfifo failed"))
}

/// Turns the program header that says whether the stack is executable into `PT_INTERP` with a path
/// written behind everything else.
fn with_interpreter(good: &[u8]) -> Vec<u8> {
    const PT_INTERP: u32 = 3;
    const PT_GNU_STACK: u32 = 0x6474_e551;
    let mut file = good.to_vec();
    let path = b"/no/such/loader\0";
    let at = file.len() as u64;
    let header = (64..HEADERS as usize)
        .step_by(56)
        .find(|&header| file[header..header + 4] == PT_GNU_STACK.to_le_bytes());
    if let Some(header) = header {
        file[header..header + 4].copy_from_slice(&PT_INTERP.to_le_bytes());
        file[header + 8..header + 16].copy_from_slice(&at.to_le_bytes());
        file[header + 32..header + 40].copy_from_slice(&(path.len() as u64).to_le_bytes());
    }
    file.extend_from_slice(path);
    file
}

/// All cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    for &(name, prepare, status, message) in PROGRAMS {
        cases.push(case(context, format!("program-{name}"), move |context, dir| {
            let at = dir.join("program");
            prepare(&at, &context.fixtures.busybox)?;
            Ok(refused(&elfuse(context, dir, &["./program"]).run()?, status, message))
        }));
    }
    for seed in 0..MUTANTS {
        cases.push(case(context, format!("mutant-{seed:03}"), move |context, dir| {
            let mut file = fs::read(&context.fixtures.busybox)?;
            mutate(&mut file, seed);
            make(&dir.join("mutant"), &file, 0o755)?;
            let mut program = elfuse(context, dir, &["./mutant", "true"]);
            program.limit = Duration::from_secs(10);
            Ok(survived(&program.run()?))
        }));
    }
    cases.push(case(context, "full-disk".into(), full_disk));
    cases.push(case(context, "closed-streams".into(), closed_streams));
    cases.push(case(context, "trace-at-the-file-size-limit".into(), trace_at_the_limit));
    cases.push(case(context, "killed-in-a-pipeline".into(), killed_in_a_pipeline));
    Ok(cases)
}

fn case(
    context: &Arc<Context>,
    name: String,
    run: impl Fn(&Context, &Path) -> Result<Verdict> + Send + Sync + 'static,
) -> Case {
    let context = Arc::clone(context);
    let id = format!("bad-input/{name}");
    Case::new(id.clone(), move || {
        let scratch = Scratch::new(&context.work, &context.scratch(&id))?;
        run(&context, scratch.path())
    })
}

/// elfuse and its options in a shell's words.
fn quoted(context: &Context) -> String {
    let words = context.command_line([] as [&str; 0]);
    let words: Vec<_> = words.iter().map(|word| format!("'{}'", word.display())).collect();
    words.join(" ")
}

fn elfuse(context: &Context, dir: &Path, args: &[&str]) -> Program {
    Program::new(context.command_line(args), dir)
}

fn verdict(passed: bool, run: &Run) -> Verdict {
    if passed {
        return Verdict::Passed;
    }
    let text = String::from_utf8_lossy(&run.stderr);
    Verdict::Failed(format!("{:?}\n{}", run.end, text.chars().take(2000).collect::<String>()))
}

/// elfuse says why and ends with this status.
fn refused(run: &Run, status: i32, message: &str) -> Verdict {
    let text = String::from_utf8_lossy(&run.stderr);
    let said = text.starts_with("elfuse: ") && text.contains(message);
    verdict(said && run.end == End::Exited(status), run)
}

/// A mutant is refused, or runs and ends by itself or by a signal of its own; elfuse neither panics
/// nor fails.
fn survived(run: &Run) -> Verdict {
    let text = String::from_utf8_lossy(&run.stderr);
    let failed = text.contains("panicked") || text.contains("please report");
    let ended = match run.end {
        End::Exited(125) | End::TooMuchOutput => false,
        End::Exited(126) => text.starts_with("elfuse: "),
        // A mutant may well loop; it was ended from outside, as a person would.
        End::TimedOut | End::Exited(_) | End::Signalled(_) => true,
    };
    verdict(ended && !failed, run)
}

/// Changes a few bytes of the headers, deterministically.
fn mutate(file: &mut [u8], seed: u64) {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    for _ in 0..1 + seed % 4 {
        // Behind the magic number, which every file without it fails alike.
        let at = (4 + next() % (HEADERS - 4)) as usize;
        file[at] = match next() % 4 {
            0 => 0xff,
            1 => 0,
            2 => file[at] ^ 1 << (next() % 8),
            _ => next() as u8,
        };
    }
}

/// Writing to a full disk is the guest's error.
fn full_disk(context: &Context, dir: &Path) -> Result<Verdict> {
    let busybox = context.fixtures.busybox.display().to_string();
    let mut command = elfuse(context, dir, &[&busybox, "echo", "x"]).command();
    let full = fs::OpenOptions::new().write(true).open("/dev/full")?;
    command.stdin(Stdio::null()).stdout(full).stderr(Stdio::piped()).process_group(0);
    let run = finish(command.spawn()?, Duration::from_secs(20))?;
    let text = String::from_utf8_lossy(&run.stderr);
    Ok(verdict(run.end == End::Exited(1) && text.contains("No space left"), &run))
}

/// A trace that may not grow any more does not end the guest that is traced, nor does the guest hear
/// of it: it still dies of its own write.
fn trace_at_the_limit(context: &Context, dir: &Path) -> Result<Verdict> {
    let guest = "i=0; while [ $i -lt 200 ]; do i=$((i+1)); echo $i; done; cat /proc/self/exe >big";
    let script = format!(
        "ulimit -f 8; {} --strace=trace '{}' sh -c '{guest}'; echo $?",
        quoted(context),
        context.fixtures.busybox.display(),
    );
    let guest_file = dir.join("big");
    let run = Program::new(["/bin/sh", "-c", &script], dir).run()?;
    let cut_off = fs::metadata(dir.join("trace"))?.len() == 8 * 512;
    let ended = run.stdout.ends_with(b"199\n200\n153\n");
    Ok(verdict(cut_off && ended && guest_file.exists(), &run))
}

/// Closed streams are closed for the guest, too.
fn closed_streams(context: &Context, dir: &Path) -> Result<Verdict> {
    let script = format!(
        "{} '{}' sh -c 'ls /proc/self/fd | grep -c \"^[012]$\"; exit 5' <&- 2>&- ; echo $?",
        quoted(context),
        context.fixtures.busybox.display(),
    );
    let run = Program::new(["/bin/sh", "-c", &script], dir).run()?;
    // Only standard output is left, and the pipe to grep on 0 in the sub-process.
    let passed = run.end == End::Exited(0) && run.stdout.ends_with(b"5\n");
    Ok(verdict(passed, &run))
}

/// SIGKILL for one part of a pipeline ends the others as it does for native programs.
fn killed_in_a_pipeline(context: &Context, dir: &Path) -> Result<Verdict> {
    let script = "sh -c 'kill -9 $$; echo not reached' | cat; echo after";
    let busybox = context.fixtures.busybox.display().to_string();
    let run = elfuse(context, dir, &[&busybox, "sh", "-c", script]).run()?;
    Ok(verdict(run.end == End::Exited(0) && run.stdout == b"after\n", &run))
}

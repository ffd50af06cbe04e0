//! Suite `guests`: C programs that assert what Linux does.
//!
//! The same source is built three times. The host's build, on the real kernel, shows that the
//! assertions are right; the arm64 builds, static and dynamic, show that elfuse agrees. Each
//! program names the system calls that it covers on its first line ([`crate::syscalls`]); a second
//! run under `--strace` shows that it makes them, and that being traced changes nothing.

use super::binfmt::NOBODY;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use super::{Context, DEVIATIONS};
use crate::syscalls::{self, name};
use crate::{Result, workspace};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// How a source becomes a program.
#[derive(Clone, Copy, Debug)]
pub struct Build {
    name: &'static str,
    compiler: &'static [&'static str],
}

/// For the host.
pub const NATIVE: Build = Build { name: "native", compiler: &["gcc"] };
/// Static, for arm64.
pub const ARM64: Build = Build { name: "arm64", compiler: &["aarch64-linux-gnu-gcc", "-static"] };
/// Position-independent, with an interpreter and libraries: those that come with the compiler,
/// since `/lib` is the host's.
const DYNAMIC: Build = Build {
    name: "dynamic",
    compiler: &[
        "aarch64-linux-gnu-gcc",
        "-pie",
        "-fPIE",
        "-Wl,--dynamic-linker=/usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1",
        "-Wl,-rpath,/usr/aarch64-linux-gnu/lib",
        // For what libraries load on their own, libgcc_s at the end of a thread, too.
        "-Wl,--disable-new-dtags",
    ],
};

/// The static program, run by root of `--fakeroot`: what root may do, without a right of the host's.
const FAKEROOT: Build = Build { name: "fakeroot", compiler: ARM64.compiler };

/// Families that are about files and identity, which are others under `--fakeroot`.
const WITH_FAKEROOT: [&str; 2] = ["fs/", "identity/"];
/// The family that needs root: the host's, or that of `--fakeroot`.
const ROOTS: &str = "fakeroot/";
/// The family whose traces are larger than what is kept of a program's output.
const UNTRACED: &str = "torture";

/// Common arguments. The warnings that are off are about bad pointers and sizes, which tests pass
/// on purpose.
const FLAGS: [&str; 11] = [
    "-O1",
    "-pthread",
    "-Wall",
    "-Wextra",
    "-Wno-unused-result",
    "-Wno-stringop-overflow",
    "-Wno-stringop-overread",
    "-Wno-nonnull",
    "-Wno-array-bounds",
    "-Wno-format-truncation",
    "-Wno-infinite-recursion",
];

/// Cases for each build of a source, and the coverage of system calls.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let claims = syscalls::claims()?;
    let deviations = fs::read_to_string(workspace::root().join(DEVIATIONS))?;
    let gaps = syscalls::gaps(syscalls::served(), &syscalls::green(&claims, &deviations));
    let gaps: Vec<String> = gaps.iter().map(ToString::to_string).collect();
    let mut cases = Vec::new();
    for source in syscalls::sources()? {
        let name = name(&source).display().to_string();
        let of_root = name.starts_with(ROOTS);
        let builds = match () {
            () if of_root => &[NATIVE, FAKEROOT, DYNAMIC][..],
            () if WITH_FAKEROOT.iter().any(|family| name.starts_with(family)) => {
                &[NATIVE, ARM64, DYNAMIC, FAKEROOT]
            }
            () => &[NATIVE, ARM64, DYNAMIC],
        };
        for &build in builds {
            let context = Arc::clone(context);
            let source = source.clone();
            let calls = claims[&name].clone();
            let id = format!("guests/{}/{name}", build.name);
            cases.push(Case::new(id.clone(), move || {
                run(&context, &id, &source, build, &calls, of_root)
            }));
        }
    }
    cases.push(Case::new("guests/coverage", move || {
        Ok(if gaps.is_empty() { Verdict::Passed } else { Verdict::Failed(gaps.join("\n")) })
    }));
    Ok(cases)
}

fn run(
    context: &Context,
    id: &str,
    source: &Path,
    build: Build,
    calls: &[String],
    of_root: bool,
) -> Result<Verdict> {
    if of_root && build.name == NATIVE.name && !rustix::process::geteuid().is_root() {
        return Ok(Verdict::Skipped("the host's kernel asks for root".into()));
    }
    let program = match compile(source, build)? {
        Ok(program) => program,
        Err(errors) => return Ok(Verdict::Failed(errors)),
    };
    let dir = Scratch::new(&context.work, id)?;
    let lines = trace_lines(&fs::read_to_string(source)?);
    if build.name == NATIVE.name {
        let verdict = plain(context, Program::new([&program], dir.path()))?;
        return match verdict {
            Verdict::Passed if !lines.is_empty() => by_strace(context, &program, &dir, &lines),
            verdict => Ok(verdict),
        };
    }
    let mut subject = context.subject.plain();
    if of_root || build.name == FAKEROOT.name {
        subject = match subject.fakeroot() {
            Some(subject) => subject,
            None => return Ok(Verdict::Skipped("qemu has no --fakeroot".into())),
        };
        // Root has made the directory, and does not run the program.
        std::os::unix::fs::chown(dir.path(), Some(NOBODY), Some(NOBODY)).or_else(|error| {
            if rustix::process::geteuid().is_root() { Err(error) } else { Ok(()) }
        })?;
    }
    let verdict = plain(context, subject.program([&program], dir.path()))?;
    match subject.tracing() {
        _ if name(source).starts_with(UNTRACED) => Ok(verdict),
        Some(tracing) if verdict == Verdict::Passed => {
            traced(context, tracing.program([&program], dir.path()), calls, &lines)
        }
        _ => Ok(verdict),
    }
}

/// Gives a test the time that the context has; its own alarm knows of that by a variable (`check.h`).
fn with_patience(context: &Context, mut program: Program) -> Program {
    program.limit = context.limit();
    if context.patience != 1 {
        program.env.push(("PATIENCE".into(), context.patience.to_string().into()));
    }
    program
}

/// Runs a test, which says `ok` and nothing else.
fn plain(context: &Context, program: Program) -> Result<Verdict> {
    let program = with_patience(context, program);
    let run = program.run()?;
    if run.end == End::Exited(0) && run.stdout == b"ok\n" && run.stderr.is_empty() {
        return Ok(Verdict::Passed);
    }
    Ok(Verdict::Failed(format!(
        "{}\n{}{}",
        run.end,
        String::from_utf8_lossy(&run.stdout),
        String::from_utf8_lossy(&run.stderr)
    )))
}

/// Runs a test with a trace on standard error, in which every call that it names must be.
fn traced(
    context: &Context,
    program: Program,
    calls: &[String],
    lines: &[String],
) -> Result<Verdict> {
    let program = with_patience(context, program);
    let run = program.run()?;
    let trace = String::from_utf8_lossy(&run.stderr);
    if run.end != End::Exited(0) || run.stdout != b"ok\n" {
        let tail: Vec<&str> = trace.lines().rev().take(10).collect();
        let tail: Vec<&str> = tail.into_iter().rev().collect();
        return Ok(Verdict::Failed(format!("under --strace: {}\n{}", run.end, tail.join("\n"))));
    }
    Ok(match unmade(calls, &trace)[..] {
        [] => in_trace(lines, &trace),
        ref unmade => Verdict::Failed(format!("names calls that it does not make: {unmade:?}")),
    })
}

/// Compares the lines that a test expects with what strace writes of it.
fn by_strace(
    context: &Context,
    program: &Path,
    dir: &Scratch,
    lines: &[String],
) -> Result<Verdict> {
    let output = dir.path().join("strace");
    let arguments = ["strace", "-f", "-o"].map(OsStr::new);
    let arguments = arguments.into_iter().chain([output.as_os_str(), program.as_os_str()]);
    let mut strace = Program::new(arguments, dir.path());
    strace.limit = context.limit();
    // Not installed, or not allowed to trace: then our trace alone is compared.
    match strace.run() {
        Ok(run) if run.end == End::Exited(0) => {
            Ok(in_trace(lines, &String::from_utf8_lossy(&fs::read(output)?)))
        }
        _ => Ok(Verdict::Passed),
    }
}

/// What a test expects in its trace: what follows `//> `, line by line.
fn trace_lines(source: &str) -> Vec<String> {
    source.lines().filter_map(|line| Some(line.trim().strip_prefix("//> ")?.to_owned())).collect()
}

/// Whether all of `lines` are in the trace, in this order.
fn in_trace(lines: &[String], trace: &str) -> Verdict {
    let mut rest = trace.lines();
    for line in lines {
        if !rest.any(|found| occurs(line, found)) {
            // From where on it was not found.
            let call = line.split('(').next().unwrap_or_default();
            let similar: Vec<&str> = trace.lines().filter(|found| found.contains(call)).collect();
            let similar = similar.join("\n");
            return Verdict::Failed(format!("not in the trace: {line}\nsimilar:\n{similar}"));
        }
    }
    Verdict::Passed
}

/// Whether `pattern` occurs in `text`; `*` stands for anything.
fn occurs(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    pattern.split('*').all(|part| match rest.split_once(part) {
        Some((_, behind)) => {
            rest = behind;
            true
        }
        None => false,
    })
}

/// The calls that are not in a trace, whose lines are `call(…` or `[pid N] call(…`.
fn unmade<'a>(calls: &'a [String], trace: &str) -> Vec<&'a str> {
    let made: BTreeSet<&str> = trace
        .lines()
        .filter_map(|line| {
            let line = match line.strip_prefix("[pid ") {
                Some(line) => line.split_once("] ")?.1,
                None => line,
            };
            line.split_once('(')
        })
        .map(|(call, _)| if call == "newfstatat" { "fstatat" } else { call })
        .collect();
    calls.iter().map(String::as_str).filter(|call| !made.contains(call)).collect()
}

/// Builds the program unless it is newer than its sources; the inner error is the compiler's.
pub fn compile(source: &Path, build: Build) -> Result<std::result::Result<PathBuf, String>> {
    let output = workspace::target().join("guests").join(build.name).join(name(source));
    let header = workspace::root().join("guests/check.h");
    let changed = fs::metadata(source)?.modified()?.max(fs::metadata(header)?.modified()?);
    if fs::metadata(&output).is_ok_and(|built| built.modified().is_ok_and(|time| time > changed)) {
        return Ok(Ok(output));
    }
    fs::create_dir_all(output.parent().expect("it has a file name"))?;
    let (compiler, options) = build.compiler.split_first().expect("a compiler has a name");
    // The assertions print the source's name as it is given here.
    let guests = workspace::root().join("guests");
    let result = Command::new(compiler)
        .args(options)
        .args(FLAGS)
        .arg("-o")
        .arg(&output)
        .arg(name(source).with_extension("c"))
        .current_dir(guests)
        .output()?;
    Ok(match result.status.success() {
        true => Ok(output),
        false => Err(String::from_utf8_lossy(&result.stderr).into_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::{occurs, unmade};

    #[test]
    fn a_call_that_is_named_and_not_made_is_found() {
        let trace = "brk(NULL)   = 0x1000\n[pid 2] write(1, \"close(\", 6) = 6\n";
        let calls = ["brk", "close", "write"].map(str::to_owned);
        assert_eq!(unmade(&calls, trace), ["close"]);
    }

    #[test]
    fn stars_stand_for_anything_and_the_rest_for_itself() {
        assert!(occurs("read(3, *, 10) = 2", "12 read(3, \"ab\", 10) = 2"));
        assert!(!occurs("read(3, *, 10) = 2", "read(3, \"ab\", 11) = 2"));
        assert!(!occurs("a*a", "a"));
    }
}

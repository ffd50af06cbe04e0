//! Suite `guests`: C programs that assert what Linux does.
//!
//! The same source is built twice. The host's build, on the real kernel, shows that the assertions
//! are right; the arm64 build shows that elfuse agrees. Each program names the system calls that it
//! covers on its first line, which is how a call without a test is found.

use super::Context;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::Scratch;
use crate::{Result, workspace};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::str::FromStr;
use std::sync::Arc;

/// How a source becomes a program.
#[derive(Clone, Copy, Debug)]
struct Build {
    name: &'static str,
    compiler: &'static [&'static str],
}

const NATIVE: Build = Build { name: "native", compiler: &["gcc"] };
const ARM64: Build = Build { name: "arm64", compiler: &["aarch64-linux-gnu-gcc", "-static"] };

/// Common arguments. The warnings that are off are about bad pointers and sizes, which tests pass
/// on purpose.
const FLAGS: [&str; 10] = [
    "-O1",
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

/// Two cases per source, and the coverage of system calls.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let mut sources = Vec::new();
    find(&workspace::root().join("guests"), &mut sources)?;
    sources.sort();
    let mut covered = BTreeSet::new();
    let mut cases = Vec::new();
    for source in sources {
        covered.extend(calls(&source)?);
        for build in [NATIVE, ARM64] {
            let context = Arc::clone(context);
            let source = source.clone();
            let id = format!("guests/{}/{}", build.name, name(&source).display());
            cases.push(Case::new(id.clone(), move || run(&context, &id, &source, build)));
        }
    }
    cases.push(Case::new("guests/coverage", move || Ok(coverage(&covered))));
    Ok(cases)
}

fn find(dir: &Path, sources: &mut Vec<PathBuf>) -> Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            find(&path, sources)?;
        } else if path.extension().is_some_and(|extension| extension == "c") {
            sources.push(path);
        }
    }
    Ok(())
}

/// `fs/openat` for `.../guests/fs/openat.c`.
fn name(source: &Path) -> PathBuf {
    let guests = workspace::root().join("guests");
    source.strip_prefix(guests).expect("sources are below guests").with_extension("")
}

fn run(context: &Context, id: &str, source: &Path, build: Build) -> Result<Verdict> {
    let program = match compile(source, build)? {
        Ok(program) => program,
        Err(errors) => return Ok(Verdict::Failed(errors)),
    };
    let dir = Scratch::new(&context.work, id)?;
    let mut program = match build.name {
        "native" => Program::new([program], dir.path()),
        _ => context.subject.program([program], dir.path()),
    };
    program.limit = context.limit;
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

/// Builds the program unless it is newer than its sources; the inner error is the compiler's.
fn compile(source: &Path, build: Build) -> Result<std::result::Result<PathBuf, String>> {
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

/// The system calls that a source says it covers.
fn calls(source: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(source)?;
    let list = text
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// syscalls: "))
        .ok_or_else(|| format!("{} does not say what it covers", source.display()))?;
    Ok(list.split_whitespace().map(str::to_owned).collect())
}

/// Names that arm64 does not have are mistakes.
fn coverage(covered: &BTreeSet<String>) -> Verdict {
    let unknown: Vec<&str> = covered
        .iter()
        .map(String::as_str)
        .filter(|name| syscalls::aarch64::Sysno::from_str(name).is_err())
        .collect();
    match unknown[..] {
        [] => Verdict::Passed,
        _ => Verdict::Failed(format!("arm64 has no call of the name {}", unknown.join(", "))),
    }
}

//! Suites `sysroot` and `software`: Debian's dynamic arm64 programs at real work, under
//! `elfuse --sysroot`. The second is for what takes a large tree: compilers, git, databases.
//!
//! Each script of `guests/sysroot` or `guests/software` runs under the tree's own shell; what it prints must be what
//! `NAME.out` holds. Those are true results: of the same script under `qemu-aarch64` in a chroot of
//! the same tree, which is where a new one comes from. qemu itself is not asked here, because that
//! doubles the time, and results that depend on the machine have no place in a script anyway. The
//! scripts of `guests/sysroot/fakeroot` do what takes root, those of `guests/software/wheels` run
//! programs that are built for musl.

use super::Context;
use super::binfmt::NOBODY;
use super::compare::lines;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::{self, Scratch};
use crate::command::quietly;
use crate::{Result, sysroot, workspace};
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

/// Programs of a distribution are large, and the interpreter is slow.
const LIMIT: Duration = Duration::from_secs(120);

/// How a script becomes a verdict, in a tree.
type Runner = fn(&Context, &str, &Path, &Path) -> Result<Verdict>;

/// One case per script of `guests/sysroot`.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let tree = sysroot::fetch()?;
    let mut cases = scripts(context, "sysroot", tree.clone(), run)?;
    cases.extend(scripts(context, "sysroot/fakeroot", tree, run_as_root)?);
    Ok(cases)
}

/// One case per script of `guests/software`.
pub fn software_cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let mut cases = scripts(context, "software", sysroot::fetch_software()?, run)?;
    match sysroot::fetch_wheels()? {
        Some(tree) => cases.extend(scripts(context, "software/wheels", tree, run_by_busybox)?),
        None => cases.push(Case::new("software/wheels", || {
            Ok(Verdict::Skipped("python3 has no pip to fetch them with".into()))
        })),
    }
    Ok(cases)
}

fn scripts(context: &Arc<Context>, suite: &str, tree: PathBuf, run: Runner) -> Result<Vec<Case>> {
    let tree = Arc::new(tree);
    let mut scripts: Vec<_> = fs::read_dir(workspace::root().join("guests").join(suite))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    scripts.retain(|path| path.extension().is_some_and(|extension| extension == "sh"));
    scripts.sort();
    let mut cases = Vec::new();
    for script in scripts {
        let name = script.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (context, tree) = (Arc::clone(context), Arc::clone(&tree));
        let id = format!("{suite}/{name}");
        cases.push(Case::new(id.clone(), move || run(&context, &id, &tree, &script)));
    }
    Ok(cases)
}

fn run(context: &Context, id: &str, root: &Path, script: &Path) -> Result<Verdict> {
    run_by("/bin/bash", context, id, root, script)
}

/// The same in a tree whose only shell is busybox's.
fn run_by_busybox(context: &Context, id: &str, root: &Path, script: &Path) -> Result<Verdict> {
    run_by("/bin/sh", context, id, root, script)
}

fn run_by(shell: &str, context: &Context, id: &str, root: &Path, script: &Path) -> Result<Verdict> {
    let dir = Scratch::new(&context.work, id)?;
    tree::copy(&workspace::root().join("xtask/data/files"), dir.path())?;
    let words = ["--sysroot".as_ref(), root.as_os_str(), shell.as_ref(), script.as_os_str()];
    compare(context, Program::new(context.command_line(words), dir.path()), script)
}

/// Runs a script under `--fakeroot`, as somebody who is not root, in a copy of the tree: it may change what
/// it likes. The true result is root's.
fn run_as_root(context: &Context, id: &str, root: &Path, script: &Path) -> Result<Verdict> {
    let Some(subject) = context.subject.plain().fakeroot() else {
        return Ok(Verdict::Skipped("qemu has no --fakeroot".into()));
    };
    let dir = Scratch::new(&context.work, id)?;
    let copy = dir.path().join("tree");
    quietly(Command::new("cp").args(["-a", "--reflink=auto"]).args([root, copy.as_path()]))?;
    fs::create_dir_all(copy.join("root"))?;
    fs::copy(script, copy.join("root/script.sh"))?;
    if rustix::process::geteuid().is_root() {
        let owner = format!("{NOBODY}:{NOBODY}");
        quietly(Command::new("chown").args(["-R", &owner]).arg(dir.path()))?;
    }
    let words = ["--sysroot".as_ref(), copy.as_os_str()];
    let words = words.into_iter().chain(["/bin/bash", "/root/script.sh"].map(OsStr::new));
    compare(context, subject.program(words, dir.path()), script)
}

/// Runs a program, which is to print the true result of a script and nothing else.
fn compare(context: &Context, mut program: Program, script: &Path) -> Result<Verdict> {
    program.limit = LIMIT * context.patience;
    let run = program.run()?;
    let expected = fs::read(script.with_extension("out"))?;
    let mut text = String::new();
    lines(&mut text, "standard output", &expected, &run.stdout);
    lines(&mut text, "standard error", b"", &run.stderr);
    if run.end != End::Exited(0) {
        text.push_str(&format!("end: {}\n", run.end));
    }
    Ok(if text.is_empty() { Verdict::Passed } else { Verdict::Failed(text) })
}

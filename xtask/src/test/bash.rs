//! Suite `bash`: Debian's arm64 bash, script by script, compared with `qemu-aarch64`.
//!
//! `guests/bash/*.sh` run as they are; `guests/bash/*.pty` are conversations with an interactive
//! shell on a pseudo-terminal, for job control and line editing. Both sides start in a copy of the
//! same directory; what they say, how they end and what they leave must be equal.

use super::Context;
use super::binfmt::Launcher;
use super::compare::{self, Observed};
use super::process::{End, Program};
use super::pty;
use super::runner::{Case, Verdict};
use super::tree::{self, Scratch};
use crate::{Result, workspace};
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The fewest scripts that there may be.
const ENOUGH: usize = 30;

/// How often the oracle may try. On a busy machine qemu-user now and then sleeps through a signal, and
/// hangs; elfuse must not, and has one try.
const ORACLE_TRIES: usize = 3;

/// One case per script and conversation.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let mut cases = Vec::new();
    let mut paths: Vec<_> = fs::read_dir(workspace::root().join("guests/bash"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let id = format!("bash/{name}");
        let context = Arc::clone(context);
        cases.push(Case::new(id.clone(), move || compare(&context, &id, &path)));
    }
    let count = cases.len();
    cases.push(Case::new("bash/count", move || {
        Ok(match count {
            ENOUGH.. => Verdict::Passed,
            few => Verdict::Failed(format!("{few} scripts, not {ENOUGH}")),
        })
    }));
    Ok(cases)
}

fn compare(context: &Context, id: &str, path: &Path) -> Result<Verdict> {
    if !context.oracle.execs {
        return Ok(Verdict::Skipped("the oracle cannot start arm64 programs here".into()));
    }
    let mut oracle = observe(context, id, path, &context.oracle)?;
    for _ in 1..ORACLE_TRIES {
        if oracle.run.end == End::TimedOut {
            oracle = observe(context, id, path, &context.oracle)?;
        }
    }
    let subject = observe(context, id, path, &context.subject)?;
    let text = compare::differences(&oracle, &subject);
    Ok(if text.is_empty() { Verdict::Passed } else { Verdict::Failed(text) })
}

/// Runs a script or conversation on one side, in a fresh directory.
fn observe(context: &Context, id: &str, path: &Path, side: &Launcher) -> Result<Observed> {
    let dir = Scratch::new(&context.work, id)?;
    tree::copy(&workspace::root().join("xtask/data/files"), dir.path())?;
    let prepare = |argv: Vec<OsString>| {
        let mut program: Program = side.program(argv, dir.path());
        program.limit = context.limit();
        program.env.push(("BASH_PROGRAM".into(), context.fixtures.bash.clone().into()));
        program.env.push(("BUSYBOX".into(), context.fixtures.busybox.clone().into()));
        program.env.push(("PS1".into(), "$ ".into()));
        program
    };
    let run = if path.extension().is_some_and(|extension| extension == "pty") {
        let (command, steps) = pty::parse(&fs::read_to_string(path)?)?;
        let argv = command.iter().map(|word| match &**word {
            "bash" => context.fixtures.bash.clone().into(),
            "busybox" => context.fixtures.busybox.clone().into(),
            word => word.into(),
        });
        pty::converse(&prepare(argv.collect()), &steps)?
    } else {
        prepare(vec![context.fixtures.bash.clone().into(), path.into()]).run()?
    };
    Ok(Observed { run, files: tree::snapshot(dir.path())? })
}

//! Programs of an arm64 tree that start others: elfuse has `--sysroot`, qemu a chroot into the same
//! tree.
//!
//! `qemu-aarch64 -L` does not redirect `execve`, so a compiler that it measures might start the
//! host's own assembler. In a chroot there is no way to the host's, but then the host's kernel has
//! to start qemu, which takes a registration in a private user namespace, and a qemu that needs no
//! libraries. Both sides enter such a namespace, where a directory of ours is mounted as the tree's
//! `/tmp`: so the tree stays as it is, and paths are the same.

use super::contestants::Contestant;
use super::files;
use crate::Result;
use crate::apt::PrivateApt;
use crate::test::binfmt::{self, NAMESPACE};
use crate::test::process::{End, Program};
use crate::workspace;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Mounts `$2` as `/tmp` of the tree `$1`, and becomes the rest.
const MOUNT: &str = r#"/bin/mount --bind "$2" "$1/tmp" || exit 125; shift 2; exec "$@""#;

/// Roots itself in the tree `$1`, which gets the host's `/proc` and `/dev`, and becomes the rest.
const ENTER: &str = r#"
/bin/mount --rbind /proc "$1/proc" && /bin/mount --rbind /dev "$1/dev" || exit 125
exec /usr/sbin/chroot "$@"
"#;

/// The directory that is the guests' `/tmp`.
fn scratch(out: &Path) -> PathBuf {
    out.join("tmp")
}

/// Debian's qemu without libraries; the tests' own is the one with them.
fn qemu() -> Result<PathBuf> {
    let fixtures = workspace::root().join("fixtures");
    let file = fixtures.join("qemu-aarch64-static");
    if !file.exists() {
        println!("fetching Debian's qemu-user-static into {}", fixtures.display());
        let dir = fixtures.join("apt");
        PrivateApt::new(dir.clone(), "amd64")?.unpack("qemu-user-static", &dir.join("tree"))?;
        fs::rename(dir.join("tree/usr/bin/qemu-aarch64-static"), &file)?;
        fs::remove_dir_all(dir)?;
    }
    Ok(file)
}

/// Makes the files, and has git know its own.
pub fn prepare(out: &Path, contestants: &[Contestant]) -> Result<()> {
    let dir = scratch(out);
    if dir.exists() {
        fs::remove_dir_all(&dir)?;
    }
    fs::create_dir_all(&dir)?;
    files::generate(&dir)?;
    fs::copy(out.join("native/timer"), dir.join("timer"))?;
    qemu()?;
    let Some(ours) = contestants.iter().find(|who| who.ours) else { return Ok(()) };
    let identity = ["-c", "user.name=Bench", "-c", "user.email=bench@example.org"];
    for words in [&["init", "-q"][..], &["add", "."], &["commit", "-q", "-m", "All files"]] {
        let argv = ["/usr/bin/git", "-C", "/tmp/repository"].into_iter().chain(identity);
        let argv: Vec<OsString> = argv.chain(words.iter().copied()).map(OsString::from).collect();
        let Some(argv) = command(out, ours, None, &argv)? else { return Ok(()) };
        let run = program(argv, out).run()?;
        if run.end != End::Exited(0) {
            // A tree need not have git; those that want it say so themselves.
            eprintln!("git: {}: {}", run.end, String::from_utf8_lossy(&run.stderr).trim());
            break;
        }
    }
    files::change(&dir)
}

/// A program in one of these namespaces: what it is told of directories is true inside.
pub fn program(argv: Vec<OsString>, out: &Path) -> Program {
    let mut program = Program::new(argv, out);
    for (name, value) in &mut program.env {
        if *name == "HOME" || *name == "TMPDIR" {
            *value = "/tmp".into();
        }
    }
    // qemu compiles fifty files, maybe on a busy machine.
    program.limit = Duration::from_secs(300);
    program
}

/// The whole command line for a guest's, timed over so many runs; nothing where there is no tree.
pub fn command(
    out: &Path,
    who: &Contestant,
    runs: Option<u32>,
    argv: &[OsString],
) -> Result<Option<Vec<OsString>>> {
    let Some(tree) = who.in_sysroot.as_ref().filter(|_| who.emulates()) else { return Ok(None) };
    let tree = std::path::absolute(tree)?;
    let shell = |script: &str| ["/bin/sh", "-c", script, "sh"].map(OsString::from);
    let mut words: Vec<OsString> = NAMESPACE.map(OsString::from).into();
    words.extend(shell(MOUNT));
    words.extend([tree.clone().into(), scratch(out).into()]);
    if !who.ours {
        words.extend(shell(binfmt::REGISTER));
        words.push(qemu()?.into());
        words.extend(shell(ENTER));
        words.push(tree.clone().into());
    }
    if let Some(runs) = runs {
        let timer = if who.ours { scratch(out).join("timer") } else { "/tmp/timer".into() };
        words.extend([timer.into(), runs.to_string().into()]);
    }
    if who.ours {
        words.extend(who.emulator.iter().cloned());
        words.extend(["--sysroot".into(), tree.into()]);
    }
    words.extend(argv.iter().cloned());
    Ok(Some(words))
}

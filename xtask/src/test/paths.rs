//! Suite `paths`: elfuse's resolution of paths, in a sysroot and after chroot(2), against the
//! kernel's in a real chroot.
//!
//! Trees and paths are random, with fixed seeds: links that are relative, absolute, dangling or
//! loops, `..` in all places, slashes at the end, names and paths that are too long, directories
//! that may not be searched. [The probe](../../data/paths/probe.c) makes the same calls in equal
//! trees on both sides; what it prints and what it leaves behind must be equal.

use super::Context;
use super::process::{End, Program};
use super::runner::{Case, Verdict};
use super::tree::{Scratch, snapshot};
use crate::command::quietly;
use crate::difftest::rng::{Rng, derive};
use crate::{Result, workspace};
use rustix::fs::{AtFlags, CWD, Timespec, Timestamps, utimensat};
use std::ffi::{OsStr, OsString};
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// Cases, and trees in each of them.
const CASES: u64 = 8;
const TREES: u64 = 5;
/// Paths tried in each tree.
const PATHS: u64 = 60;
/// Files, directories and links in a tree.
const NODES: u64 = 24;
const SEED: u64 = 0x7061_7468;

/// Names in trees and paths; the last but one is as long as a name may be, the last too long.
const NAMES: [&[u8]; 12] = [
    b"a",
    b"b",
    b"c",
    b"dd",
    b"e.e",
    b"f g",
    b"...",
    b"..x",
    b".h",
    b"\xff\xfe\x80",
    &[b'n'; 255],
    &[b'n'; 256],
];

const LOOKUPS: [&str; 13] = [
    "stat",
    "lstat",
    "open",
    "open-directory",
    "open-path",
    "open-nofollow",
    "openat",
    "readlink",
    "access",
    "statfs",
    "getxattr",
    "chdir",
    "chdir",
];

const CHANGES: [&str; 15] = [
    "mkdir",
    "mkdir",
    "rmdir",
    "unlink",
    "rename",
    "rename",
    "link",
    "link-follow",
    "symlink",
    "mkfifo",
    "create",
    "create-new",
    "truncate",
    "chmod",
    "utimes",
];

/// All cases.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    let is_root = rustix::process::geteuid().is_root();
    // Without rights there is no chroot for the guest, and nobody else to become.
    let modes: &[Mode] = if is_root { &MODES } else { &MODES[..1] };
    let probes = Arc::new([probe("gcc", "native")?, probe("aarch64-linux-gnu-gcc", "arm64")?]);
    let mut cases = Vec::new();
    for mode in modes {
        for index in 0..CASES {
            let (context, probes) = (Arc::clone(context), Arc::clone(&probes));
            let id = format!("paths/{}-{index:02}", mode.name);
            cases.push(Case::new(id.clone(), move || {
                run(&context, &probes, &id, *mode, derive(SEED, mode.name, index))
            }));
        }
    }
    Ok(cases)
}

/// Builds the probe: static, because the trees have no libraries.
fn probe(compiler: &str, name: &str) -> Result<PathBuf> {
    let source = workspace::root().join("xtask/data/paths/probe.c");
    let output = workspace::target().join("paths").join(name);
    fs::create_dir_all(output.parent().expect("it has a file name"))?;
    quietly(
        Command::new(compiler).args(["-static", "-O1", "-Wall", "-o"]).arg(&output).arg(source),
    )?;
    Ok(output)
}

/// How the guest comes by its root.
#[derive(Clone, Copy, Debug)]
struct Mode {
    name: &'static str,
    sysroot: bool,
    nobody: bool,
}

const MODES: [Mode; 3] = [
    Mode { name: "sysroot", sysroot: true, nobody: false },
    Mode { name: "nobody", sysroot: true, nobody: true },
    Mode { name: "chroot", sysroot: false, nobody: false },
];

fn run(
    context: &Context,
    probes: &[PathBuf; 2],
    id: &str,
    mode: Mode,
    seed: u64,
) -> Result<Verdict> {
    for index in 0..TREES {
        let dir = Scratch::new(&context.work, id)?;
        fs::set_permissions(dir.path(), Permissions::from_mode(0o755))?;
        let mut rng = Rng::new(derive(seed, "tree", index));
        let tree = Tree::random(&mut rng);
        let script = tree.script(&mut rng, mode.nobody);
        let roots = ["real", "ours"].map(|name| dir.path().join(name));
        for (root, probe) in roots.iter().zip(probes) {
            tree.make(root, probe)?;
        }
        let input = dir.path().join("script");
        fs::write(&input, &script)?;
        let ours = subject(context, mode, &probes[1], &roots[1]);
        let [real, ours] = [oracle(&roots[0]), ours].map(|mut program| {
            if mode.nobody {
                program.argv.push("nobody".into());
            }
            program.stdin = Some(input.clone());
            program.run()
        });
        let (real, ours) = (real?, ours?);
        if real.end != End::Exited(0) {
            let errors = String::from_utf8_lossy(&real.stderr).into_owned();
            return Ok(Verdict::Failed(format!("no oracle: {}\n{errors}", real.end)));
        }
        if let Some(difference) = difference(&real.stdout, &ours.stdout) {
            let errors = String::from_utf8_lossy(&ours.stderr).into_owned();
            return Ok(Verdict::Failed(format!("tree {index}: {difference}\n{errors}")));
        }
        let [real, ours] = roots.map(|root| snapshot(&root));
        let (mut real, mut ours) = (real?, ours?);
        real.remove(Path::new("probe"));
        ours.remove(Path::new("probe"));
        if real != ours {
            return Ok(Verdict::Failed(format!("tree {index}: what is left differs")));
        }
    }
    Ok(Verdict::Passed)
}

/// The probe in a real chroot.
fn oracle(root: &Path) -> Program {
    let words: &[&str] = match rustix::process::geteuid().is_root() {
        true => &["/usr/sbin/chroot"],
        false => &["/usr/bin/unshare", "-r", "-R"],
    };
    let words = words.iter().map(OsStr::new);
    Program::new(words.chain([root.as_os_str(), "/probe".as_ref()]), root)
}

/// The probe under elfuse.
fn subject(context: &Context, mode: Mode, guest: &Path, root: &Path) -> Program {
    let plain = context.subject.plain();
    let argv: Vec<OsString> = match mode.sysroot {
        true => vec!["--sysroot".into(), root.into(), "/probe".into()],
        false => vec![guest.into(), root.into()],
    };
    plain.program(argv, root)
}

/// The first line that differs.
fn difference(real: &[u8], ours: &[u8]) -> Option<String> {
    let mut lines = ours.split(|&byte| byte == b'\n');
    for (number, real) in real.split(|&byte| byte == b'\n').enumerate() {
        let ours = lines.next().unwrap_or_default();
        if real != ours {
            return Some(format!(
                "call {number}\nthe kernel: {}\n    elfuse: {}",
                real.escape_ascii(),
                ours.escape_ascii()
            ));
        }
    }
    None
}

/// A tree to be made.
struct Tree(Vec<Node>);

struct Node {
    path: Vec<u8>,
    mode: u32,
    kind: Kind,
}

enum Kind {
    Directory,
    File,
    Link(Vec<u8>),
}

impl Tree {
    fn random(rng: &mut Rng) -> Self {
        let mut nodes: Vec<Node> = Vec::new();
        for _ in 0..NODES {
            let dirs = nodes.iter().filter(|node| matches!(node.kind, Kind::Directory));
            let dirs: Vec<&[u8]> = dirs.map(|node| &node.path[..]).chain([&b""[..]]).collect();
            // The name that is too long is for paths only.
            let name = NAMES[rng.below(NAMES.len() as u64 - 1) as usize];
            let parent = rng.pick(&dirs);
            let path = [parent, if parent.is_empty() { b"" } else { b"/" }, name].concat();
            if path.len() > 1000 || nodes.iter().any(|node| node.path == path) {
                continue;
            }
            let kind = match rng.below(10) {
                0..4 => Kind::Directory,
                4..6 => Kind::File,
                _ => Kind::Link(link(rng)),
            };
            let mode = match kind {
                Kind::Directory => {
                    rng.pick(&[0o755, 0o755, 0o755, 0o777, 0o777, 0o711, 0o744, 0o700])
                }
                _ => rng.pick(&[0o644, 0o666, 0o755, 0o600]),
            };
            nodes.push(Node { path, mode, kind });
        }
        Self(nodes)
    }

    /// Makes it in a new directory, with the probe.
    fn make(&self, root: &Path, probe: &Path) -> io::Result<()> {
        fs::create_dir(root)?;
        // A link: a copy might still be open for writing in what another case has just started.
        fs::hard_link(probe, root.join("probe"))?;
        fs::set_permissions(root, Permissions::from_mode(0o755))?;
        let places: Vec<PathBuf> =
            self.0.iter().map(|node| root.join(OsStr::from_bytes(&node.path))).collect();
        for (size, (node, place)) in self.0.iter().zip(&places).enumerate() {
            match &node.kind {
                Kind::Directory => fs::create_dir(place)?,
                Kind::File => fs::write(place, vec![b'x'; size])?,
                Kind::Link(target) => symlink(OsStr::from_bytes(target), place)?,
            }
            if !matches!(node.kind, Kind::Link(_)) {
                fs::set_permissions(place, Permissions::from_mode(node.mode))?;
            }
        }
        // Last, because making a file changes its directory.
        for (time, place) in places.iter().map(PathBuf::as_path).chain([root]).enumerate() {
            let time = Timespec { tv_sec: 1_000_000 + time as i64, tv_nsec: 0 };
            let times = Timestamps { last_access: time, last_modification: time };
            utimensat(CWD, place, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// The probe's input: look-ups first, while all times are those of [`Self::make`].
    fn script(&self, rng: &mut Rng, nobody: bool) -> Vec<u8> {
        let mut script = Vec::new();
        let mut call = |op: &str, paths: [Vec<u8>; 2]| {
            for text in [op.as_bytes(), &paths[0], &paths[1]] {
                script.extend_from_slice(text);
                script.push(0);
            }
        };
        for _ in 0..PATHS {
            let path = self.path(rng);
            for _ in 0..4 {
                let other = self.path(rng);
                call(rng.pick(&LOOKUPS), [path.clone(), other]);
            }
        }
        for _ in 0..PATHS {
            call(rng.pick(&CHANGES), [self.path(rng), self.path(rng)]);
        }
        // From another root on, once more.
        if !nobody {
            for _ in 0..4 {
                call("chroot", [self.path(rng), Vec::new()]);
            }
            for _ in 0..PATHS {
                call(
                    rng.pick(&["readlink", "access", "rmdir", "create", "rename"]),
                    [self.path(rng), self.path(rng)],
                );
            }
        }
        script
    }

    /// A path: half of the time, one that leads near something that is there.
    fn path(&self, rng: &mut Rng) -> Vec<u8> {
        if self.0.is_empty() || rng.one_in(2) {
            return target(rng);
        }
        let node = &self.0[rng.below(self.0.len() as u64) as usize];
        let slash: &[u8] = if rng.one_in(2) { b"/" } else { b"" };
        let path = [slash, &node.path].concat();
        match rng.below(6) {
            0 => [&path[..], b"/", &target(rng)].concat(),
            1 => [&path[..], b"/.."].concat(),
            2 => [&path[..], b"/"].concat(),
            _ => path,
        }
    }
}

/// What a link points to: as long as a path may be.
fn link(rng: &mut Rng) -> Vec<u8> {
    let mut path = target(rng);
    path.truncate(4095);
    path
}

/// A path of random names.
fn target(rng: &mut Rng) -> Vec<u8> {
    match rng.below(100) {
        // Just as long as a path may be, and one byte too long.
        0 => return [&b"./".repeat(2047)[..], b"a"].concat(),
        1 => return [&b"/".repeat(4095)[..], b"a"].concat(),
        2 => return b"/".to_vec(),
        _ => {}
    }
    let mut path = Vec::new();
    if rng.one_in(3) {
        path.push(b'/');
    }
    for _ in 0..=rng.below(4) {
        path.extend_from_slice(match rng.below(10) {
            0 => b".",
            1 | 2 => b"..",
            3 if rng.one_in(10) => NAMES[NAMES.len() - 1],
            _ => NAMES[rng.below(NAMES.len() as u64 - 1) as usize],
        });
        path.extend_from_slice(if rng.one_in(8) { b"//" } else { b"/" });
    }
    if !rng.one_in(6) {
        while path.len() > 1 && path.ends_with(b"/") {
            path.pop();
        }
    }
    path
}

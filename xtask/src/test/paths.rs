//! Suites `paths` and `paths-all`: elfuse's resolution of paths, in a sysroot, after chroot(2) and
//! on a volume that ignores case, against the kernel's in a real chroot.
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

/// Cases of each mode, and trees in each of them: in `paths-all` 10,000.
const CASES: u64 = 8;
const ALL_CASES: u64 = 500;
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

/// More names for a volume that ignores case: some are the same to it, one is stored for another.
const CASED: [&[u8]; 10] = [
    b"A",
    b"B",
    b"C",
    b"Dd",
    b"DD",
    b"^a",
    b"^dd",
    "\u{e9}".as_bytes(),
    "\u{c9}".as_bytes(),
    "e\u{301}".as_bytes(),
];

const LOOKUPS: [&str; 24] = [
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
    "resolve-01",
    "resolve-02",
    "resolve-04",
    "resolve-08",
    "resolve-08",
    "resolve-0c",
    "resolve-10",
    "resolve-10",
    "resolve-14",
    "resolve-18",
    "resolve-40",
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

/// A few.
pub fn cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    select(context, "paths", CASES)
}

/// Ten thousand trees.
pub fn all_cases(context: &Arc<Context>) -> Result<Vec<Case>> {
    select(context, "paths-all", ALL_CASES)
}

fn select(context: &Arc<Context>, suite: &str, count: u64) -> Result<Vec<Case>> {
    let is_root = rustix::process::geteuid().is_root();
    // Without rights there is no chroot for the guest, and nobody else to become.
    let modes: &[Mode] = if is_root { &MODES } else { &MODES[..1] };
    let probes = Arc::new([probe("gcc", "native")?, probe("aarch64-linux-gnu-gcc", "arm64")?]);
    let mut cases = Vec::new();
    for mode in modes {
        for index in 0..count {
            let (context, probes) = (Arc::clone(context), Arc::clone(&probes));
            let id = format!("{suite}/{}-{index:02}", mode.name);
            cases.push(Case::new(id.clone(), move || {
                run(&context, &probes, &id, *mode, derive(SEED, mode.name, index))
            }));
        }
    }
    let (context, id) = (Arc::clone(context), format!("{suite}/folding-events"));
    cases.push(Case::new(id.clone(), move || events(&context, &id)));
    Ok(cases)
}

/// The guest test of inotify(7), whose files have capitals in their names, on a volume that ignores case.
fn events(context: &Context, id: &str) -> Result<Verdict> {
    let Some(folding) = MODES.iter().find(|mode| mode.folding) else {
        return Err("no mode ignores case".into());
    };
    let dir = Scratch::new(&context.work, id)?;
    let root = dir.path().join("tree");
    fs::create_dir_all(root.join("tmp"))?;
    let source = workspace::root().join("guests/event/inotify.c");
    build("aarch64-linux-gnu-gcc", &source, &root.join("probe"))?;
    let mut program = subject(context, *folding, &root, &root);
    program.env.push(("TMPDIR".into(), "/tmp".into()));
    let run = program.run()?;
    if run.end == End::Exited(0) {
        return Ok(Verdict::Passed);
    }
    let errors = String::from_utf8_lossy(&run.stderr).into_owned();
    Ok(Verdict::Failed(format!("{}\n{errors}", run.end)))
}

/// Builds the probe: static, because the trees have no libraries.
fn probe(compiler: &str, name: &str) -> Result<PathBuf> {
    let source = workspace::root().join("xtask/data/paths/probe.c");
    let output = workspace::target().join("paths").join(name);
    fs::create_dir_all(output.parent().expect("it has a file name"))?;
    build(compiler, &source, &output)?;
    Ok(output)
}

fn build(compiler: &str, source: &Path, output: &Path) -> Result<()> {
    let options = ["-static", "-O1", "-Wall", "-o"];
    quietly(Command::new(compiler).args(options).arg(output).arg(source))
}

/// How the guest comes by its root.
#[derive(Clone, Copy, Debug)]
struct Mode {
    name: &'static str,
    sysroot: bool,
    nobody: bool,
    /// On a volume that ignores case, where the guest makes a part of the tree.
    folding: bool,
}

const MODES: [Mode; 4] = [
    Mode { name: "sysroot", sysroot: true, nobody: false, folding: false },
    Mode { name: "folding", sysroot: true, nobody: false, folding: true },
    Mode { name: "nobody", sysroot: true, nobody: true, folding: false },
    Mode { name: "chroot", sysroot: false, nobody: false, folding: false },
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
        let tree = Tree::random(&mut rng, mode.folding);
        let script = tree.script(&mut rng, mode);
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
        if mode.folding {
            // The probe has listed it, in the guest's names.
            continue;
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
    let mut program = plain.program(argv, root);
    if mode.folding {
        program.env.push(("ELFUSE_HOST".into(), "folding".into()));
    }
    program
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

/// The time of the first file of a tree, in seconds; each has the next one.
const TIME: usize = 1_000_000;

/// What a volume that ignores case takes for the same path.
fn fold(path: &[u8]) -> String {
    String::from_utf8_lossy(path).to_lowercase()
}

/// A tree to be made.
struct Tree {
    nodes: Vec<Node>,
    names: Vec<&'static [u8]>,
}

struct Node {
    path: Vec<u8>,
    /// Whether the guest makes it.
    is_guests: bool,
    mode: u32,
    kind: Kind,
}

enum Kind {
    Directory,
    File,
    Link(Vec<u8>),
}

impl Tree {
    fn random(rng: &mut Rng, folding: bool) -> Self {
        let mut names = NAMES.to_vec();
        if folding {
            names.splice(0..0, CASED);
        }
        let mut nodes: Vec<Node> = Vec::new();
        for _ in 0..NODES {
            let dirs = nodes.iter().filter(|node| matches!(node.kind, Kind::Directory));
            let dirs: Vec<(&[u8], bool)> = dirs
                .map(|node| (&node.path[..], node.is_guests))
                .chain([(&b""[..], false)])
                .collect();
            // The name that is too long is for paths only.
            let name = names[rng.below(names.len() as u64 - 1) as usize];
            let (parent, is_below) = rng.pick(&dirs);
            let path = [parent, if parent.is_empty() { b"" } else { b"/" }, name].concat();
            if path.len() > 1000 || nodes.iter().any(|node| node.path == path) {
                continue;
            }
            let kind = match rng.below(10) {
                0..4 => Kind::Directory,
                4..6 => Kind::File,
                _ => Kind::Link(link(rng, &names)),
            };
            let mode = match kind {
                Kind::Directory => {
                    rng.pick(&[0o755, 0o755, 0o755, 0o777, 0o777, 0o711, 0o744, 0o700])
                }
                _ => rng.pick(&[0o644, 0o666, 0o755, 0o600]),
            };
            // The volume has room for one of several that it cannot tell apart; and what is stored for
            // another name is that.
            let is_taken = || nodes.iter().any(|node| fold(&node.path) == fold(&path));
            let is_guests =
                folding && (is_below || name.contains(&b'^') || rng.one_in(2) || is_taken());
            nodes.push(Node { path, is_guests, mode, kind });
        }
        Self { nodes, names }
    }

    /// Makes it in a new directory, with the probe.
    fn make(&self, root: &Path, probe: &Path) -> io::Result<()> {
        fs::create_dir(root)?;
        // A link: a copy might still be open for writing in what another case has just started.
        fs::hard_link(probe, root.join("probe"))?;
        fs::set_permissions(root, Permissions::from_mode(0o755))?;
        let of_host = || self.nodes.iter().enumerate().filter(|(_, node)| !node.is_guests);
        let place = |node: &Node| root.join(OsStr::from_bytes(&node.path));
        for (size, node) in of_host() {
            let place = &place(node);
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
        let places = of_host().map(|(number, node)| (number, place(node)));
        for (number, place) in places.chain([(self.nodes.len(), root.to_owned())]) {
            let time = Timespec { tv_sec: (TIME + number) as i64, tv_nsec: 0 };
            let times = Timestamps { last_access: time, last_modification: time };
            utimensat(CWD, &place, &times, AtFlags::SYMLINK_NOFOLLOW)?;
        }
        Ok(())
    }

    /// What the probe has to do to make the guest's part, and to give all the times of [`Self::make`].
    fn making(&self) -> Vec<[Vec<u8>; 3]> {
        let path = |node: &Node| [b"/", &node.path[..]].concat();
        let mut calls = Vec::new();
        for (size, node) in self.nodes.iter().enumerate().filter(|(_, node)| node.is_guests) {
            let numbers = format!("{:o} {size} 0", node.mode).into_bytes();
            let (op, text) = match &node.kind {
                Kind::Directory => ("make-dir", numbers),
                Kind::File => ("make-file", numbers),
                Kind::Link(target) => ("make-link", target.clone()),
            };
            calls.push([op.into(), path(node), text]);
        }
        if !calls.is_empty() {
            let places = self.nodes.iter().map(path).chain([b"/".to_vec()]).enumerate();
            calls.extend(places.map(|(number, path)| {
                ["make-time".into(), path, format!("0 0 {}", TIME + number).into_bytes()]
            }));
        }
        calls
    }

    /// The probe's input: look-ups first, while all times are those of [`Self::make`].
    fn script(&self, rng: &mut Rng, mode: Mode) -> Vec<u8> {
        let mut script = Vec::new();
        for text in self.making().concat() {
            script.extend_from_slice(&text);
            script.push(0);
        }
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
        if mode.folding {
            call("list", [Vec::new(), Vec::new()]);
        }
        // From another root on, once more.
        if !mode.nobody {
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
        if self.nodes.is_empty() || rng.one_in(2) {
            return target(rng, &self.names);
        }
        let node = &self.nodes[rng.below(self.nodes.len() as u64) as usize];
        let slash: &[u8] = if rng.one_in(2) { b"/" } else { b"" };
        let path = [slash, &node.path].concat();
        match rng.below(6) {
            0 => [&path[..], b"/", &target(rng, &self.names)].concat(),
            1 => [&path[..], b"/.."].concat(),
            2 => [&path[..], b"/"].concat(),
            _ => path,
        }
    }
}

/// What a link points to: as long as a path may be.
fn link(rng: &mut Rng, names: &[&[u8]]) -> Vec<u8> {
    let mut path = target(rng, names);
    path.truncate(4095);
    path
}

/// A path of random names.
fn target(rng: &mut Rng, names: &[&[u8]]) -> Vec<u8> {
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
            3 if rng.one_in(10) => names[names.len() - 1],
            _ => names[rng.below(names.len() as u64 - 1) as usize],
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

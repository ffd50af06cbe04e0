//! What the guest sees under `/proc`, `/sys` and `/dev/fd` in place of the host's entries.
//!
//! On a Linux host most of `/proc` and `/sys` is the host's, and right: guest processes are host processes.
//! The entries here would describe the runtime instead of the guest, or the host's processor. What a
//! generated file says, and when, is in [`content`](super::content).

mod limits;
mod listing;
mod machine;
mod memory;
mod mounts;
mod others;
mod processors;

use std::ffi::CString;
use std::fmt::Write;
use std::os::fd::AsRawFd;

pub(crate) use listing::Listing;
pub(crate) use memory::{Resident, resident, resident_row};

use crate::Task;
use crate::process::info;

/// Makes the content of a file.
pub(crate) type Content = fn(&Task) -> Vec<u8>;

/// Something of ours in place of a host file.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// Another path of the host, in every respect.
    Alias(CString),
    /// A symbolic link.
    Link(CString),
    /// A regular file with this content.
    Content(Content),
    /// One with what is told from this file of the host's.
    Other(String, others::Content),
    /// A directory.
    Directory(Listing),
    /// A file that would tell of the runtime's memory, and cannot be opened: `EACCES`, as for
    /// another user's process.
    Refused,
}

/// Files of a process and of each of its threads.
const PROCESS: &[(&str, Content)] = &[
    ("auxv", info::auxv),
    ("cmdline", info::cmdline),
    ("environ", info::environ),
    ("limits", limits::limits),
    ("maps", info::maps),
    ("personality", info::personality),
    ("smaps", memory::smaps),
    ("smaps_rollup", memory::smaps_rollup),
    ("stat", info::stat),
    ("statm", info::statm),
    ("status", info::status),
];

/// The same, where the guest's root is not the host's.
const MOUNTS: &[(&str, Content)] = &[
    ("mountinfo", mounts::mountinfo),
    ("mounts", mounts::mounts),
    ("mountstats", mounts::mountstats),
];

/// Files of a process that speak of host addresses.
const REFUSED: &[&str] = &["map_files", "mem", "numa_maps", "pagemap", "syscall"];

/// Files of the machine, below `/proc`.
const MACHINE: &[(&str, Content)] = &[
    ("cpuinfo", processors::cpuinfo),
    ("sys/kernel/arch", machine::arch),
    ("sys/kernel/osrelease", machine::osrelease),
    ("sys/kernel/randomize_va_space", machine::randomize_va_space),
    ("sys/kernel/version", machine::version),
    ("sys/vm/mmap_min_addr", machine::mmap_min_addr),
    ("version", info::version),
];

impl Node {
    /// What a reader of a generated file finds.
    pub(super) fn content(&self, task: &Task) -> Option<Vec<u8>> {
        match self {
            Node::Content(make) => Some(make(task)),
            Node::Other(host, make) => Some(make(task, host)),
            Node::Alias(_) | Node::Link(_) | Node::Directory(_) | Node::Refused => None,
        }
    }
}

fn file(table: &[(&str, Content)], name: &str) -> Option<Node> {
    table.iter().find(|row| row.0 == name).map(|row| Node::Content(row.1))
}

/// Whether files below a path without symbolic links are looked up here, too.
pub(super) fn holds(path: &[u8]) -> bool {
    let is_below = |place: &[u8]| {
        path.strip_prefix(place).is_some_and(|rest| rest.is_empty() || rest.starts_with(b"/"))
    };
    is_below(b"/proc") || is_below(b"/sys")
}

/// Whether an absolute path may lead to something of ours.
pub(super) fn concerns(path: &[u8]) -> bool {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
    match names.next() {
        Some(b"proc" | b"sys") => true,
        // Links to `/proc/self/fd`.
        Some(b"dev") => matches!(names.next(), Some(b"fd" | b"stdin" | b"stdout" | b"stderr")),
        _ => false,
    }
}

/// What of ours is at a path without symbolic links, but for what `/proc/self` is.
pub(super) fn find(task: &Task, path: &[u8]) -> Option<Node> {
    let path = std::str::from_utf8(path).ok()?;
    let Some(rest) = path.strip_prefix("/proc/") else { return processors::find(path) };
    let (first, entry) = match rest.split_once('/') {
        Some(own) if is_own(own.0) => own,
        other => {
            let entry = other.and_then(|(pid, entry)| others::find(task, pid, entry));
            return entry.or_else(|| file(MACHINE, rest));
        }
    };
    // What is of the process is of each of its threads, too.
    let entry = match entry.strip_prefix("task/").and_then(|entry| entry.split_once('/')) {
        Some((tid, entry)) if is_thread(first, tid) => entry,
        _ => entry,
    };
    if let Some(node) = file(PROCESS, entry) {
        return Some(node);
    }
    match entry.split_once('/').unwrap_or((entry, "")) {
        ("exe", "") => Some(Node::Link(task.process.program.lock().exe.clone())),
        ("root", "") => Some(Node::Link(c"/".into())),
        ("fd", "") => Some(Node::Directory(Listing::new(listing::DT_LNK))),
        ("fdinfo", "") => Some(Node::Directory(Listing::new(listing::DT_REG))),
        (place @ ("fd" | "fdinfo"), number) => descriptor(task, place, number),
        _ if REFUSED.contains(&entry) => Some(Node::Refused),
        _ if !task.root().is_host() => file(MOUNTS, entry),
        _ => None,
    }
}

/// Whether a directory of `/proc` is this process's.
fn is_own(name: &str) -> bool {
    name == "self" || name == "thread-self" || decimal(name) == Some(host::process::getpid())
}

/// A number that is the name of an entry: no sign, no zero in front (`name_to_int()`).
fn decimal(name: &str) -> Option<i32> {
    name.parse().ok().filter(|number: &i32| number.to_string() == name)
}

/// Whether `tid` is a thread of process `pid`, which is this one.
fn is_thread(pid: &str, tid: &str) -> bool {
    let path = CString::new(format!("/proc/{pid}/task/{tid}"));
    let number = tid.bytes().all(|byte| byte.is_ascii_digit());
    number && path.is_ok_and(|path| host::fs::fstatat(host::fs::Dir::Cwd, &path, 0).is_ok())
}

/// The host's entry for a guest descriptor, in `fd` or `fdinfo`.
fn descriptor(task: &Task, place: &str, number: &str) -> Option<Node> {
    let host = match decimal(number).and_then(|fd| task.fds().get(fd).ok()) {
        Some(file) => file.host().as_raw_fd(),
        // A number that the host has not either.
        None => i32::MAX,
    };
    CString::new(format!("/proc/self/{place}/{host}")).ok().map(Node::Alias)
}

/// Appends a line; writing to a string cannot fail.
pub(crate) fn line(text: &mut String, args: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(args);
    text.push('\n');
}

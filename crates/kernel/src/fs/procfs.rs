//! What the guest sees under `/proc` and `/dev/fd` in place of the host's entries.
//!
//! On a Linux host most of `/proc` is the host's, and right: guest processes are host processes.
//! The entries here would describe the runtime instead of the guest, or the host's processor. A
//! generated file is a snapshot taken when it is opened.

use std::ffi::CString;
use std::fmt::Write;

use abi::Errno;

use crate::Task;
use crate::process::{info, lock};
use crate::syscall::SysResult;

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
    /// A directory.
    Directory(fn(&Task) -> Listing),
}

/// Entries of `/proc/self` that are ours.
const SELF: &[(&str, Content)] = &[
    ("auxv", info::auxv),
    ("cmdline", info::cmdline),
    ("environ", info::environ),
    ("maps", info::maps),
    ("stat", info::stat),
    ("statm", info::statm),
    ("status", info::status),
];

/// Entries of `/proc` that are ours.
const TOP: &[(&str, Content)] = &[("cpuinfo", info::cpuinfo), ("version", info::version)];

/// Whether an absolute path may lead to something of ours.
pub(super) fn concerns(path: &[u8]) -> bool {
    let mut names = path.split(|&byte| byte == b'/').filter(|name| !matches!(*name, b"" | b"."));
    match names.next() {
        Some(b"proc") => true,
        // Links to `/proc/self/fd`.
        Some(b"dev") => matches!(names.next(), Some(b"fd" | b"stdin" | b"stdout" | b"stderr")),
        _ => false,
    }
}

/// What of ours is at a path without symbolic links, but for what `/proc/self` is.
pub(super) fn find(task: &Task, path: &[u8]) -> Option<Node> {
    let path = std::str::from_utf8(path).ok()?;
    let mut parts = path.strip_prefix("/proc/")?.split('/');
    let (first, second, third) = (parts.next()?, parts.next(), parts.next());
    if parts.next().is_some() {
        return None;
    }
    let Some(entry) = second else {
        return TOP.iter().find(|row| row.0 == first).map(|row| Node::Content(row.1));
    };
    let own =
        first == "self" || first == "thread-self" || first.parse() == Ok(host::process::getpid());
    match (entry, third) {
        _ if !own => None,
        ("exe", None) => Some(Node::Link(lock(&task.process.program).exe.clone())),
        ("fd", None) => Some(Node::Directory(descriptors)),
        ("fd", Some(number)) => descriptor(task, number),
        (entry, None) => SELF.iter().find(|row| row.0 == entry).map(|row| Node::Content(row.1)),
        _ => None,
    }
}

/// The host's link for a guest descriptor.
fn descriptor(task: &Task, number: &str) -> Option<Node> {
    use std::os::fd::AsRawFd;
    let host = match number.parse().ok().and_then(|fd| task.process.fds().get(fd).ok()) {
        Some(file) => file.host().as_raw_fd(),
        // A number that the host has not either.
        None => i32::MAX,
    };
    CString::new(format!("/proc/self/fd/{host}")).ok().map(Node::Alias)
}

/// `/proc/self/fd`.
fn descriptors(task: &Task) -> Listing {
    let open = task.process.fds().open_in(0, u32::MAX);
    let mut listing = Listing::new();
    for fd in open {
        listing.push(&fd.to_string(), DT_LNK);
    }
    listing
}

const DT_DIR: u8 = 4;
const DT_LNK: u8 = 10;

/// The entries of a directory of ours, and how far a reader has come.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    entries: Vec<(String, u8)>,
    position: usize,
}

impl Listing {
    fn new() -> Self {
        Self { entries: vec![(".".into(), DT_DIR), ("..".into(), DT_DIR)], position: 0 }
    }

    fn push(&mut self, name: &str, kind: u8) {
        self.entries.push((name.into(), kind));
    }

    /// `struct linux_dirent64` records of up to `room` bytes; `EINVAL` if not even one fits.
    pub(super) fn next(&mut self, room: usize) -> Result<Vec<u8>, Errno> {
        /// Bytes before the name.
        const HEAD: usize = 19;
        let mut records = Vec::new();
        while let Some((name, kind)) = self.entries.get(self.position) {
            let len = (HEAD + name.len() + 1).next_multiple_of(8);
            if records.len() + len > room {
                if records.is_empty() {
                    return Err(Errno::EINVAL);
                }
                break;
            }
            self.position += 1;
            let end = records.len() + len;
            // Inode numbers only have to be there and to differ.
            records.extend_from_slice(&(self.position as u64 + 1).to_le_bytes());
            records.extend_from_slice(&(self.position as u64).to_le_bytes());
            records.extend_from_slice(&(len as u16).to_le_bytes());
            records.push(*kind);
            records.extend_from_slice(name.as_bytes());
            records.resize(end, 0);
        }
        Ok(records)
    }

    /// lseek(2) on the directory.
    pub(super) fn seek(&mut self, offset: i64, whence: i32) -> SysResult {
        let base = match whence {
            0 => 0,
            1 => self.position as i64,
            _ => return Err(Errno::EINVAL),
        };
        let target = base.checked_add(offset).filter(|at| *at >= 0).ok_or(Errno::EINVAL)?;
        self.position = (target as usize).min(self.entries.len());
        Ok(target as u64)
    }
}

/// Appends a line; writing to a string cannot fail.
pub(crate) fn line(text: &mut String, args: std::fmt::Arguments<'_>) {
    let _ = text.write_fmt(args);
    text.push('\n');
}

//! Files of `/proc` that we write: what is in them, and when.
//!
//! Linux makes such a file's text when it is read from its start, so that a program can keep it open
//! and look again (`seq_read()`). The host's descriptor is a file in memory that holds one version,
//! a new one each time a reader starts over. Rejected: our own answer to each of the calls that
//! read, seek and transfer, which the host's file gives for nothing. What is lost is little: somebody
//! who reads on behind the start while another one starts over may find the end of the one version
//! behind the beginning of the other.

use std::ffi::OsStr;
use std::os::fd::BorrowedFd;
use std::os::unix::ffi::OsStrExt;
use std::sync::atomic::{AtomicBool, Ordering};

use abi::Errno;
use abi::fs::o;

use super::path::At;
use super::{File, procfs};
use crate::Task;

/// lseek(2) from where the position is.
const SEEK_CUR: i32 = 1;

/// What a generated file is made from.
#[derive(Debug)]
pub(crate) struct Made {
    /// Its path, with numbers where the guest may have said `self`.
    path: Vec<u8>,
    /// Whether there is a version already.
    is_filled: AtomicBool,
}

impl Made {
    pub(super) fn from(path: Vec<u8>) -> Self {
        Self { path, is_filled: AtomicBool::new(false) }
    }

    pub(super) fn path(&self) -> &[u8] {
        &self.path
    }
}

/// What the guest has of a file at `at` whose content is ours.
pub(super) fn open(at: &At) -> Result<File, Errno> {
    // On a host without such files there is nothing to tell of.
    let place = host::fs::openat(at.dir(), at.path(), o::PATH | o::NOFOLLOW, 0).ok();
    let path = [&at.dir_path()?, &b"/"[..], at.path().to_bytes()].concat();
    Ok(File::content(host::fs::memfd_create(c"proc", 0)?, place, Made::from(path)))
}

fn fill(file: BorrowedFd<'_>, content: &[u8]) -> Result<(), Errno> {
    let mut rest = content;
    while !rest.is_empty() {
        let written = host::io::pwrite(file, rest.into(), (content.len() - rest.len()) as i64)?;
        rest = &rest[written..];
    }
    host::fs::ftruncate(file, content.len() as i64)
}

impl Task {
    /// To be called before `file` is read, at `position` or where its own is: a generated file says
    /// then how things are now. `ESRCH` if what it was about is gone.
    pub(crate) fn renew(&self, file: &File, position: Option<i64>) -> Result<(), Errno> {
        let Some(made) = file.made() else { return Ok(()) };
        let is_at_start = match position {
            Some(position) => position == 0,
            None => host::fs::lseek(file.host(), 0, SEEK_CUR)? == 0,
        };
        if !is_at_start && made.is_filled.load(Ordering::Relaxed) {
            return Ok(());
        }
        let content = match procfs::find(self, &made.path) {
            Some(node) => node.content(self),
            // A parent's, about itself: to its child it is another process, of which the host tells.
            None => std::fs::read(OsStr::from_bytes(&made.path)).ok(),
        };
        fill(file.host(), &content.ok_or(Errno::ESRCH)?)?;
        made.is_filled.store(true, Ordering::Relaxed);
        Ok(())
    }
}

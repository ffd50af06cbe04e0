//! Paths: the one way from a guest's path argument to a file of the host.
//!
//! Every call that takes a path goes through [`Task::at`]. Absolute paths are the host's, except
//! for what the guest must see differently: its own `/proc` entries ([`super::procfs`]), which
//! would otherwise describe the runtime.

use std::ffi::{CStr, CString};
use std::sync::Arc;

use abi::Errno;
use abi::fs::{AT_FDCWD, PATH_MAX, at};
use host::fs::Dir;
use mem::UserStr;

use super::File;
use super::procfs;
use crate::Task;
use crate::syscall::arg::{DirFd, Fd, Path};

/// A path as the host understands it: where it starts, and how it goes on from there.
#[derive(Debug)]
pub(crate) struct At {
    dir: Option<Arc<File>>,
    /// The path; empty only with `AT_EMPTY_PATH`.
    pub path: CString,
    /// What the guest sees there in place of the host's file.
    pub own: Option<procfs::Node>,
}

impl At {
    /// The starting directory.
    pub fn dir(&self) -> Dir<'_> {
        self.dir.as_ref().map_or(Dir::Cwd, |file| Dir::Fd(file.host()))
    }

    /// The path.
    pub fn path(&self) -> &CStr {
        &self.path
    }
}

impl Task {
    /// Reads a path argument. `ENAMETOOLONG` at `PATH_MAX`, `EFAULT`.
    pub(crate) fn read_path(&self, path: UserStr) -> Result<CString, Errno> {
        path.read(self.space(), PATH_MAX)
    }

    /// A path relative to a directory descriptor; `ENOENT` if it is empty.
    pub(crate) fn at(&self, dir: DirFd, path: Path, follow: bool) -> Result<At, Errno> {
        let path = self.read_path(path.0)?;
        if path.is_empty() {
            return Err(Errno::ENOENT);
        }
        self.resolve(dir, path, follow)
    }

    /// As [`Self::at`], where `AT_EMPTY_PATH` lets an empty path stand for the descriptor itself
    /// and `AT_SYMLINK_NOFOLLOW` names a final symbolic link.
    pub(crate) fn at_flags(&self, dir: DirFd, path: Path, flags: u32) -> Result<At, Errno> {
        let path = self.read_path(path.0)?;
        if path.is_empty() && flags & at::EMPTY_PATH == 0 {
            return Err(Errno::ENOENT);
        }
        self.resolve(dir, path, flags & at::SYMLINK_NOFOLLOW == 0)
    }

    /// A path exactly as the guest gave it, for calls in which even an absolute one depends on the
    /// directory.
    pub(crate) fn unresolved(&self, dir: DirFd, path: CString) -> Result<At, Errno> {
        let dir = if dir.0 == AT_FDCWD { None } else { Some(self.file(Fd(dir.0))?) };
        Ok(At { dir, path, own: None })
    }

    /// Finds out where a path leads. `follow`: through a final symbolic link.
    pub(crate) fn resolve(&self, dir: DirFd, path: CString, follow: bool) -> Result<At, Errno> {
        let absolute = path.as_bytes().first() == Some(&b'/');
        let dir = if absolute || dir.0 == AT_FDCWD { None } else { Some(self.file(Fd(dir.0))?) };
        match procfs::find(self, dir.as_deref(), &path) {
            Some(procfs::Node::Alias(path)) => Ok(At { dir: None, path, own: None }),
            Some(procfs::Node::Link(path)) if follow => Ok(At { dir: None, path, own: None }),
            own => Ok(At { dir, path, own }),
        }
    }
}

//! Files: descriptors, paths, and the calls on them.
//!
//! A guest descriptor is an index into the process's [`FdTable`]; behind it stands a [`File`],
//! which owns one host descriptor for an open file description of the host. Duplicates are
//! duplicates on the host too, so that locks, epoll registrations and offsets behave as Linux's.

mod content;
mod context;
pub mod descriptor;
pub mod dir;
pub mod eventfd;
mod fd_table;
mod file;
mod folding;
mod kept;
pub mod lock;
pub mod metadata;
pub mod open;
mod ownership;
mod path;
pub mod procfs;
mod quick;
pub mod root;
mod rules;
pub mod rw;
mod seen;
pub mod space;
pub mod stat;
pub mod transfer;
mod walk;
pub mod xattr;

pub(crate) use context::{FsContext, Place};
pub use fd_table::FdTable;
pub use file::File;
pub(crate) use ownership::Ownership;
pub(crate) use path::{At, Target};
pub(crate) use procfs::{Resident, line as procfs_line, resident, resident_row};
pub use root::Root;
pub(crate) use seen::Subject;
pub(crate) use walk::Last;

use std::sync::Arc;

use abi::Errno;
use host::sync::{Rank, RwLock, RwLockReadGuard, RwLockWriteGuard};

use crate::Task;
use crate::syscall::arg::Fd;

/// What `CLONE_FILES` shares (`struct files_struct`).
pub(crate) type Files = Arc<RwLock<FdTable>>;

impl Task {
    /// The file behind a guest descriptor; `EBADF` if there is none.
    pub(crate) fn file(&self, fd: Fd) -> Result<Arc<File>, Errno> {
        self.fds().get(fd.0)
    }

    /// The open files.
    pub(crate) fn fds(&self) -> RwLockReadGuard<'_, FdTable> {
        self.files.read()
    }

    /// The open files, to be changed.
    pub(crate) fn fds_mut(&self) -> RwLockWriteGuard<'_, FdTable> {
        self.files.write()
    }

    /// Gives the thread a table of open files of its own. The files themselves stay shared.
    pub(crate) fn unshare_files(&mut self) {
        if Arc::strong_count(&self.files) > 1 {
            self.files = self.copy_of_files();
        }
    }

    /// The open files, for another thread alone.
    pub(crate) fn copy_of_files(&self) -> Files {
        Arc::new(RwLock::new(Rank::Descriptors, self.fds().copy()))
    }
}

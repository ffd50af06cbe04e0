//! What `CLONE_FS` shares: the root and the current directory (`struct fs_struct`).
//!
//! All threads of a process share one, unless a thread is made without that flag or asks for its own
//! (unshare(2)): file servers do, to change the directory or the mask of new files for one client. The directory
//! itself and the mask are the host thread's; they are shared, or not, on the host as they are here.

use std::os::fd::{AsFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use abi::Errno;
use abi::fs::o;
use host::fs::Dir;
use host::handoff::{Inherited, Luggage};
use host::sync::{Rank, RwLock, RwLockWriteGuard};

use super::{Root, dir};
use crate::Task;
use crate::handoff::Handover;

/// Where paths begin.
#[derive(Debug)]
pub(crate) struct FsContext {
    root: RwLock<Arc<Root>>,
    /// Whether the current directory is in `/proc`.
    cwd_in_proc: AtomicBool,
}

impl Handover for FsContext {
    type Record = <Root as Handover>::Record;

    fn record(&self, luggage: &mut Luggage) -> Result<Self::Record, Errno> {
        let Self { root, cwd_in_proc: _ } = self;
        root.read().record(luggage)
    }

    fn resume(record: Self::Record, inherited: &mut Inherited) -> Result<Self, Errno> {
        Ok(Self::new(Root::resume(record, inherited)?))
    }
}

impl FsContext {
    /// With the current directory of the calling thread.
    pub(crate) fn new(root: Root) -> Self {
        Self {
            root: RwLock::new(Rank::Root, Arc::new(root)),
            cwd_in_proc: AtomicBool::new(dir::is_cwd_in_proc()),
        }
    }

    /// The same for another thread alone.
    pub(crate) fn copy(&self) -> Self {
        Self {
            root: RwLock::new(Rank::Root, self.root()),
            cwd_in_proc: AtomicBool::new(self.is_cwd_in_proc()),
        }
    }

    /// Where absolute paths begin.
    pub(crate) fn root(&self) -> Arc<Root> {
        self.root.read().clone()
    }

    /// chroot(2).
    pub(crate) fn set_root(&self, root: Root) {
        *self.root.write() = Arc::new(root);
    }

    /// Keeps others from changing the root.
    pub(crate) fn hold(&self) -> RwLockWriteGuard<'_, Arc<Root>> {
        self.root.write()
    }

    /// Whether the current directory is in `/proc`.
    pub(crate) fn is_cwd_in_proc(&self) -> bool {
        self.cwd_in_proc.load(Ordering::Relaxed)
    }

    /// After the current directory was changed.
    pub(crate) fn set_cwd_in_proc(&self, on: bool) {
        self.cwd_in_proc.store(on, Ordering::Relaxed);
    }
}

impl Task {
    /// Where absolute paths begin.
    pub(crate) fn root(&self) -> Arc<Root> {
        self.fs.root()
    }

    /// Gives the thread a directory, a mask and a root of its own. Errors: the host's.
    pub(crate) fn unshare_fs(&mut self) -> Result<(), Errno> {
        if Arc::strong_count(&self.fs) > 1 {
            host::process::unshare_fs()?;
            self.process.divide();
            self.fs = Arc::new(self.fs.copy());
        }
        Ok(())
    }
}

/// What the host knows of a thread's [`FsContext`], for another thread to go on with.
#[derive(Debug)]
pub(crate) struct Place {
    dir: OwnedFd,
    mask: u32,
}

impl Place {
    /// That of the calling thread. `EACCES` if the directory may not be searched.
    pub(crate) fn of_this_thread() -> Result<Self, Errno> {
        let dir = host::fs::openat(Dir::Cwd, c".", o::PATH | o::CLOEXEC, 0)?;
        let mask = host::fs::umask(0);
        host::fs::umask(mask);
        Ok(Self { dir, mask })
    }

    /// Makes it the calling thread's.
    pub(crate) fn enter(&self) -> Result<(), Errno> {
        host::fs::fchdir(self.dir.as_fd())?;
        host::fs::umask(self.mask);
        Ok(())
    }
}

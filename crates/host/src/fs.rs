//! Paths, directories, metadata, locks.
//!
//! Open flags are in `asm-generic` numbers ([`abi::fs::o`]); every descriptor comes back
//! close-on-exec, because no descriptor of the runtime may leak into a host program.

use std::collections::BTreeSet;
use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::sync::Arc;

use abi::Errno;
use abi::fs::at;

use crate::folding::actual;
use crate::interruptible::interruptible;
use crate::io::Dst;
use crate::process::check;
use crate::sys;

pub use crate::sys::fs::*;

/// The directory that a relative path starts from.
#[derive(Clone, Copy, Debug)]
pub enum Dir<'a> {
    /// The current directory.
    Cwd,
    /// An open directory.
    Fd(BorrowedFd<'a>),
}

impl Dir<'_> {
    /// The descriptor, or `AT_FDCWD` in this host's number.
    pub(crate) fn raw(self) -> i32 {
        match self {
            Dir::Cwd => libc::AT_FDCWD,
            Dir::Fd(fd) => fd.as_raw_fd(),
        }
    }
}

/// The file that the extended-attribute calls work on.
#[derive(Clone, Copy, Debug)]
pub enum XattrOf<'a> {
    /// A path, following a final symbolic link.
    Path(&'a CStr),
    /// A path, the link itself.
    Link(&'a CStr),
    /// An open file.
    Fd(BorrowedFd<'a>),
}

/// A file that a path call works on, held so that no link put in its place can lead elsewhere.
#[derive(Debug)]
pub struct Pinned {
    /// What keeps the file in its place, where the host can.
    pub(crate) _held: Option<OwnedFd>,
    /// A path of the host that leads to the file, following a final link.
    pub path: CString,
}

/// Below this, [`open_numbers`] asks for each descriptor if it is open.
const LOW: i32 = 32;

/// The descriptors that this process was started with, by number, in rising order.
///
/// Takes ownership of all of them: call once, before a descriptor is opened that the guest must
/// not see.
pub fn inherited() -> Vec<(i32, OwnedFd)> {
    open_numbers()
        .into_iter()
        // SAFETY: open, and nobody else's: the caller is the first to look.
        .map(|fd| (fd, unsafe { OwnedFd::from_raw_fd(fd) }))
        .collect()
}

/// Whether there is such a descriptor.
pub(crate) fn is_open(fd: i32) -> bool {
    // SAFETY: no pointers; fails with EBADF on a closed descriptor.
    unsafe { libc::fcntl(fd, libc::F_GETFD) >= 0 }
}

/// The descriptors that are open, but for standard streams that were not when the process started.
fn open_numbers() -> Vec<i32> {
    let mut numbers: Vec<i32> = Vec::new();
    // Most processes have few, with low numbers. To ask for those costs less than to list them.
    let count = sys::fs::descriptor_count();
    if let Some(count) = count {
        numbers.extend((0..LOW).filter(|&fd| is_open(fd)).take(count));
    }
    if count != Some(numbers.len()) {
        let Ok(listing) = std::fs::read_dir(sys::fs::DESCRIPTORS) else { return Vec::new() };
        numbers =
            listing.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect();
        // The listing's own descriptor is closed by now.
        numbers.retain(|&fd| is_open(fd));
        numbers.sort_unstable();
    }
    numbers.retain(|&fd| !crate::startup::stream_was_closed(fd));
    numbers
}

/// In the child of a fork, which has copies of all descriptors, also of those that other threads had open for a moment, and
/// that nobody is there to close: closes all but `kept`, those that live on.
pub fn close_all_but(kept: &BTreeSet<i32>) {
    // What stands in place of streams that were closed has no owner.
    let streams = (0..3).filter(|&fd| crate::startup::stream_was_closed(fd));
    let kept: BTreeSet<i32> = kept.iter().copied().chain(streams).collect();
    let mut first = 0;
    for &fd in kept.iter().chain([&i32::MAX]) {
        if first < fd && !sys::fs::close_range(first, fd - 1) {
            return close_one_by_one(&kept);
        }
        first = fd.saturating_add(1);
    }
}

/// As [`close_all_but`], on a host without close_range(2).
fn close_one_by_one(kept: &BTreeSet<i32>) {
    for fd in open_numbers().into_iter().filter(|fd| !kept.contains(fd)) {
        // SAFETY: no pointers. Whoever owned it is a thread of another process.
        unsafe { libc::close(fd) };
    }
}

/// A descriptor of `owner`, for the only thread in the child of a fork: others had a share in the owner, and never give it up,
/// so that it is not closed when the caller's own share ends. The owner is not to be used any more.
pub fn take_over<T>(owner: Arc<T>, which: impl FnOnce(&T) -> BorrowedFd<'_>) -> OwnedFd {
    let fd = which(&owner).as_raw_fd();
    std::mem::forget(owner);
    // SAFETY: open, and never closed by its owner, which is not dropped: one share of it was forgotten here.
    unsafe { OwnedFd::from_raw_fd(fd) }
}

/// readlinkat(2): as much of the target as fits.
pub fn readlinkat(dir: Dir<'_>, path: &CStr, to: Dst<'_>) -> Result<usize, Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string and memory that may be written to.
    let len = unsafe { libc::readlinkat(dir.raw(), path.as_ptr(), to.as_ptr().cast(), to.len()) };
    check(len).map(|len| len as usize)
}

/// mkdirat(2).
pub fn mkdirat(dir: Dir<'_>, path: &CStr, mode: u32) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: a C string.
    check(unsafe { libc::mkdirat(dir.raw(), path.as_ptr(), mode as libc::mode_t) }).map(drop)
}

/// symlinkat(2).
pub fn symlinkat(target: &CStr, dir: Dir<'_>, path: &CStr) -> Result<(), Errno> {
    let path = &*actual(dir, path);
    // SAFETY: C strings.
    check(unsafe { libc::symlinkat(target.as_ptr(), dir.raw(), path.as_ptr()) }).map(drop)
}

/// truncate(2).
pub fn truncate(path: &CStr, len: i64) -> Result<(), Errno> {
    // SAFETY: a C string.
    check(unsafe { libc::truncate(path.as_ptr(), len) }).map(drop)
}

/// ftruncate(2).
pub fn ftruncate(fd: BorrowedFd<'_>, len: i64) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::ftruncate(fd.as_raw_fd(), len) }).map(drop)
}

/// chdir(2). Changes the current directory of the host process, which is the guest's.
pub fn chdir(path: &CStr) -> Result<(), Errno> {
    // SAFETY: a C string.
    check(unsafe { libc::chdir(path.as_ptr()) }).map(drop)
}

/// fchdir(2).
pub fn fchdir(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::fchdir(fd.as_raw_fd()) }).map(drop)
}

/// umask(2).
pub fn umask(mask: u32) -> u32 {
    // SAFETY: no pointers. Cannot fail.
    (unsafe { libc::umask(mask as libc::mode_t) }) as u32
}

/// fchmod(2).
pub fn fchmod(fd: BorrowedFd<'_>, mode: u32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::fchmod(fd.as_raw_fd(), mode as libc::mode_t) }).map(drop)
}

/// fchown(2).
pub fn fchown(fd: BorrowedFd<'_>, uid: u32, gid: u32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    check(unsafe { libc::fchown(fd.as_raw_fd(), uid, gid) }).map(drop)
}

/// sync(2).
pub fn sync() {
    // SAFETY: no arguments.
    unsafe { libc::sync() }
}

/// A new descriptor for the same open file.
pub fn dup(fd: BorrowedFd<'_>) -> Result<OwnedFd, Errno> {
    // SAFETY: no pointers.
    let fd = check(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, 0) })?;
    // SAFETY: a new descriptor, which nobody else owns.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// flock(2). The operations have the same numbers.
pub fn flock(fd: BorrowedFd<'_>, operation: i32) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { interruptible!(FLOCK, fd.as_raw_fd(), operation) }.map(drop)
}

/// fdatasync(2).
pub fn fdatasync(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    // SAFETY: no pointers.
    unsafe { interruptible!(FDATASYNC, fd.as_raw_fd()) }.map(drop)
}

/// Whether the file may be executed: `EACCES` otherwise, also for a file system mounted `noexec`.
pub fn may_execute(fd: BorrowedFd<'_>) -> Result<(), Errno> {
    const X_OK: u32 = 1;
    faccessat(Dir::Fd(fd), c"", X_OK, at::EMPTY_PATH | at::EACCESS)?;
    let flags = fstatfs(fd)?.flags;
    /// `ST_NOEXEC` of statfs(2).
    const ST_NOEXEC: i64 = 8;
    if flags & ST_NOEXEC != 0 { Err(Errno::EACCES) } else { Ok(()) }
}

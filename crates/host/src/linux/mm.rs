//! Mapping memory inside an address range that the caller owns.

use std::os::fd::AsRawFd;

use abi::Errno;
use abi::mm::Prot;

use super::syscall::sys;
use crate::mm::{Backing, How, host_prot};

/// The size of a page.
pub const PAGE_SIZE: u64 = 4096;

/// mmap(2) at exactly `at`, replacing what is there.
///
/// # Safety
///
/// The range belongs to a slab: it holds no Rust objects.
pub unsafe fn map(
    at: *mut u8,
    len: u64,
    prot: Prot,
    backing: Backing<'_>,
    how: How,
) -> Result<(), Errno> {
    let mut flags = libc::MAP_FIXED;
    flags |= match (how.shared, how.sync) {
        (true, true) => libc::MAP_SHARED_VALIDATE | libc::MAP_SYNC,
        (true, false) => libc::MAP_SHARED,
        (false, _) => libc::MAP_PRIVATE,
    };
    for (wanted, flag) in [
        (how.no_reserve, libc::MAP_NORESERVE),
        (how.populate, libc::MAP_POPULATE),
        (how.locked, libc::MAP_LOCKED),
    ] {
        if wanted {
            flags |= flag;
        }
    }
    let (fd, offset) = match backing {
        Backing::Anonymous => {
            flags |= libc::MAP_ANONYMOUS;
            (-1, 0)
        }
        Backing::File(fd, offset) => (fd.as_raw_fd(), offset),
    };
    // SAFETY: the caller owns the range.
    unsafe { sys!(SYS_mmap, at, len, host_prot(prot), flags, fd, offset) }.map(drop)
}

/// mremap(2) of a whole mapping to exactly `to`, replacing what is there. `keep` leaves the old
/// range mapped but empty (`MREMAP_DONTUNMAP`); the old range is a hole otherwise, which the caller
/// fills with [`unmap`].
///
/// # Safety
///
/// As for [`map`], for both ranges.
pub unsafe fn remap(
    from: *mut u8,
    from_len: u64,
    to: *mut u8,
    to_len: u64,
    keep: bool,
) -> Result<(), Errno> {
    let mut flags = libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED;
    if keep {
        flags |= libc::MREMAP_DONTUNMAP;
    }
    // SAFETY: the caller owns both ranges.
    unsafe { sys!(SYS_mremap, from, from_len, to_len, flags, to) }.map(drop)
}

/// madvise(2).
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn advise(at: *mut u8, len: u64, advice: i32) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { sys!(SYS_madvise, at, len, advice) }.map(drop)
}

/// msync(2).
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn sync(at: *mut u8, len: u64, flags: i32) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { sys!(interruptible: SYS_msync, at, len, flags) }.map(drop)
}

/// mincore(2): a byte a page.
///
/// # Safety
///
/// As for [`map`]; `pages` has room for a byte a page.
pub unsafe fn resident(at: *mut u8, len: u64, pages: &mut [u8]) -> Result<(), Errno> {
    // SAFETY: the caller owns the range and made the room.
    unsafe { sys!(SYS_mincore, at, len, pages.as_mut_ptr()) }.map(drop)
}

/// mlock2(2); `on_fault` locks pages when they are touched.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn lock(at: *mut u8, len: u64, on_fault: bool) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { sys!(SYS_mlock2, at, len, u32::from(on_fault)) }.map(drop)
}

/// Locks what is mapped from now on (`MCL_FUTURE`).
pub fn lock_future(on_fault: bool) -> Result<(), Errno> {
    let flags = libc::MCL_FUTURE | if on_fault { libc::MCL_ONFAULT } else { 0 };
    // SAFETY: no pointers.
    unsafe { sys!(SYS_mlockall, flags) }.map(drop)
}

/// munlockall(2).
pub fn unlock_all() -> Result<(), Errno> {
    // SAFETY: no arguments.
    unsafe { sys!(SYS_munlockall) }.map(drop)
}

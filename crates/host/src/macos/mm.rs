//! Mapping memory inside an address range that the caller owns: mmap(2) and relatives.

use std::os::fd::AsRawFd;

use abi::Errno;
use abi::mm::{Prot, madv, ms};

use crate::interruptible::interruptible;
use crate::missing;
use crate::mm::{Backing, How, host_prot};
use crate::process::check;

/// The size of a page.
pub const PAGE_SIZE: u64 = 16384;

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
    if how.sync {
        // As for a file on Linux that is not kept in persistent memory.
        return Err(Errno::EOPNOTSUPP);
    }
    let mut flags = libc::MAP_FIXED;
    flags |= if how.shared { libc::MAP_SHARED } else { libc::MAP_PRIVATE };
    if how.no_reserve {
        flags |= libc::MAP_NORESERVE;
    }
    let (fd, offset) = match backing {
        Backing::Anonymous => {
            flags |= libc::MAP_ANON;
            (-1, 0)
        }
        Backing::File(fd, offset) => (fd.as_raw_fd(), offset as i64),
    };
    // SAFETY: the caller owns the range.
    let mapped = unsafe { libc::mmap(at.cast(), len as usize, host_prot(prot), flags, fd, offset) };
    if mapped == libc::MAP_FAILED {
        return Err(crate::process::last_errno());
    }
    // Populating and locking may fail without harm to the mapping, as on Linux.
    if how.populate {
        // SAFETY: the caller owns the range.
        unsafe { libc::madvise(at.cast(), len as usize, libc::MADV_WILLNEED) };
    }
    if how.locked {
        // SAFETY: the caller owns the range.
        unsafe { libc::mlock(at.cast(), len as usize) };
    }
    Ok(())
}

/// mremap(2). Not on this host.
///
/// # Safety
///
/// As for [`map`], for both ranges.
pub unsafe fn remap(
    _from: *mut u8,
    _from_len: u64,
    _to: *mut u8,
    _to_len: u64,
    _keep: bool,
) -> Result<(), Errno> {
    missing::MREMAP.refuse()
}

/// mremap(2) in place. Not on this host.
///
/// # Safety
///
/// As for [`map`], for the page below `end` and what is added.
pub unsafe fn grow(_end: *mut u8, _len: u64) -> Result<(), Errno> {
    missing::MREMAP.refuse()
}

/// Has the host find pages for `memory` now, which this one cannot be asked for. Only a hint.
pub fn populate<T>(_memory: &mut [T]) {}

/// remap_file_pages(2). Not on this host.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn remap_file_pages(
    _at: *mut u8,
    _len: u64,
    _page: u64,
    _flags: u32,
) -> Result<(), Errno> {
    missing::REMAP_FILE.refuse()
}

/// madvise(2). What this host knows nothing of is `EINVAL`, as from a Linux kernel built without.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn advise(at: *mut u8, len: u64, advice: i32) -> Result<(), Errno> {
    let host = match advice {
        madv::NORMAL => libc::MADV_NORMAL,
        madv::RANDOM => libc::MADV_RANDOM,
        madv::SEQUENTIAL => libc::MADV_SEQUENTIAL,
        madv::WILLNEED => libc::MADV_WILLNEED,
        madv::FREE => libc::MADV_FREE,
        madv::DONTNEED | madv::REMOVE => return missing::MADVISE.refuse(),
        _ => return Err(Errno::EINVAL),
    };
    // SAFETY: the caller owns the range.
    check(unsafe { libc::madvise(at.cast(), len as usize, host) }).map(drop)
}

/// msync(2).
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn sync(at: *mut u8, len: u64, flags: i32) -> Result<(), Errno> {
    let mut host = flags & (ms::ASYNC | ms::INVALIDATE);
    if flags & ms::SYNC != 0 {
        host |= libc::MS_SYNC;
    }
    // SAFETY: the caller owns the range.
    unsafe { interruptible!(MSYNC, at, len, host) }.map(drop)
}

/// mincore(2): a byte a page.
///
/// # Safety
///
/// As for [`map`]; `pages` has room for a byte a page.
pub unsafe fn resident(at: *mut u8, len: u64, pages: &mut [u8]) -> Result<(), Errno> {
    // SAFETY: the caller owns the range and made the room.
    check(unsafe { libc::mincore(at.cast(), len as usize, pages.as_mut_ptr().cast()) })?;
    for page in pages {
        // The other bits say how it was used.
        *page &= libc::MINCORE_INCORE as u8;
    }
    Ok(())
}

/// mlock2(2) without `on_fault`, which would lock pages when they are touched.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn lock(at: *mut u8, len: u64, on_fault: bool) -> Result<(), Errno> {
    if on_fault {
        return missing::MLOCK_ON_FAULT.refuse();
    }
    // SAFETY: the caller owns the range.
    check(unsafe { libc::mlock(at.cast(), len as usize) }).map(drop)
}

//! Mapping memory inside an address range that the caller owns: mmap(2) and relatives.

use std::ffi::CString;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};

use abi::Errno;
use abi::mm::{Prot, madv, ms};

use crate::interruptible::interruptible;
use crate::missing;
use crate::mm::{Backing, How, host_prot};
use crate::process::check;

/// The size of a page.
pub const PAGE_SIZE: u64 = 16384;

/// How many mappings a process may have: the host knows no limit.
pub fn most_mappings() -> usize {
    usize::MAX
}

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

/// Memory that several processes can map (`MAP_SHARED`), of zeros; close-on-exec.
pub fn shared_memory(len: u64) -> Result<OwnedFd, Errno> {
    // The name is needed for a moment only; other threads may do the same.
    let memory = (0..64)
        .map(|number| shared_object(&format!("/elfuse.{}.{number}", std::process::id())))
        .find(|result| !matches!(result, Err(Errno::EEXIST)))
        .unwrap_or(Err(Errno::EAGAIN))?;
    crate::fs::ftruncate(memory.as_fd(), i64::try_from(len).map_err(|_| Errno::ENOMEM)?)?;
    Ok(memory)
}

/// Makes shared memory under a name, and takes the name away.
fn shared_object(name: &str) -> Result<OwnedFd, Errno> {
    let name = CString::new(name).map_err(|_| Errno::EINVAL)?;
    let flags = libc::O_RDWR | libc::O_CREAT | libc::O_EXCL;
    // SAFETY: a C string; the mode is read because of `O_CREAT`. The descriptor is close-on-exec.
    unsafe {
        let fd = check(libc::shm_open(name.as_ptr(), flags, 0o600))?;
        libc::shm_unlink(name.as_ptr());
        Ok(OwnedFd::from_raw_fd(fd))
    }
}

/// Which pages of private memory hold something of this process: mincore(2) tells.
#[derive(Debug)]
pub struct OwnPages;

impl OwnPages {
    /// Cannot fail on this host.
    pub fn new() -> Result<Self, Errno> {
        Ok(Self)
    }

    /// Those between `at` and `at + len`, as ascending addresses: neither never touched, nor still what a file
    /// holds. May name a few more.
    pub fn within(&self, at: *const u8, len: u64) -> Result<Vec<Range<u64>>, Errno> {
        // sys/mman.h: `MINCORE_PAGED_OUT`, `MINCORE_COPIED`, `MINCORE_ANONYMOUS`.
        const OWN: u8 = 0x20 | 0x40 | 0x80;
        let mut found: Vec<Range<u64>> = Vec::new();
        let mut pages = vec![0u8; 4096];
        let (mut start, end) = (at.addr() as u64, at.addr() as u64 + len);
        while start < end {
            let part = ((end - start) / PAGE_SIZE).min(pages.len() as u64);
            let from = at.with_addr(start as usize);
            // SAFETY: only asks, with a byte for each page.
            check(unsafe {
                libc::mincore(from.cast(), (part * PAGE_SIZE) as usize, pages.as_mut_ptr().cast())
            })?;
            for page in &pages[..part as usize] {
                let range = start..start + PAGE_SIZE;
                match found.last_mut() {
                    _ if page & OWN == 0 => {}
                    Some(last) if last.end == range.start => last.end = range.end,
                    _ => found.push(range),
                }
                start += PAGE_SIZE;
            }
        }
        Ok(found)
    }
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

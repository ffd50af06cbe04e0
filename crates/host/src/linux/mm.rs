//! Mapping memory inside a slab: mmap(2) and relatives.
//!
//! mremap(2) leaves holes and needs them, which shapes the calls below.

use std::os::fd::AsRawFd;

use abi::Errno;
use abi::mm::Prot;

use super::syscall::sys;
use crate::mm::{Backing, How, host_prot, unmap};

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
        (how.no_huge_pages, libc::MAP_STACK),
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

/// Moves pages to exactly `to`, replacing what is there, and makes the mapping `to_len` long
/// (mremap(2)).
///
/// `keep` leaves the old range mapped but empty (`MREMAP_DONTUNMAP`); it becomes part of the
/// reservation otherwise. With `from_len` zero, a shared mapping is duplicated. What looks like one mapping to
/// the guest may be several to the host; they are moved one after the other.
///
/// # Safety
///
/// As for [`map`], for both ranges, which do not overlap.
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
    let result = unsafe { sys!(SYS_mremap, from, from_len, to_len, flags, to) };
    if result != Err(Errno::EFAULT) || from_len < 2 * PAGE_SIZE {
        result?;
        if !keep && from_len != 0 {
            // SAFETY: the hole that the call left. Until it is filled another thread's mapping
            // could land in it; see `Slab::reserve` for why it does not.
            unsafe { unmap(from, from_len) }?;
        }
        return Ok(());
    }
    // The range spans mappings of the host. Its borders are found by halving.
    let half = (from_len / 2).next_multiple_of(PAGE_SIZE);
    let (upper_from, upper_to) = (from.wrapping_add(half as usize), to.wrapping_add(half as usize));
    // SAFETY: parts of the caller's ranges. What has moved moves back if the rest cannot.
    unsafe {
        remap(from, half, to, half, keep)?;
        let result = remap(upper_from, from_len - half, upper_to, to_len - half, keep);
        if result.is_err() {
            remap(to, half, from, half, false)?;
        }
        result
    }
}

/// Lengthens the mapping that ends at `end` by `len` bytes of reservation (mremap(2) in place).
///
/// # Safety
///
/// As for [`map`], for the page below `end` and what is added.
pub unsafe fn grow(end: *mut u8, len: u64) -> Result<(), Errno> {
    let last = end.wrapping_sub(PAGE_SIZE as usize);
    // SAFETY: mremap grows into free space only, so the reservation gives way first; see
    // `Slab::reserve` for why nothing else takes its place.
    unsafe {
        sys!(SYS_munmap, end, len)?;
        let result = sys!(SYS_mremap, last, PAGE_SIZE, PAGE_SIZE + len, 0);
        if result.is_err() {
            unmap(end, len)?;
        }
        result.map(drop)
    }
}

/// Has the host find pages for `memory` now, in one go, rather than with a fault for each. Only a hint.
pub fn populate<T>(memory: &mut [T]) {
    let start = memory.as_mut_ptr().addr() as u64 / PAGE_SIZE * PAGE_SIZE;
    let len = memory.as_mut_ptr_range().end.addr() as u64 - start;
    // SAFETY: pages that hold a slice of ours are there, and keep their content. A kernel before 5.14 does not
    // know the advice.
    let _ = unsafe { sys!(SYS_madvise, start, len, libc::MADV_POPULATE_WRITE) };
}

/// remap_file_pages(2): shows the mapped file from `page` on.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn remap_file_pages(at: *mut u8, len: u64, page: u64, flags: u32) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    unsafe { sys!(SYS_remap_file_pages, at, len, 0, page, flags) }.map(drop)
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

//! Mapping memory inside an address range that the caller owns.
//!
//! Such a range, a *slab*, is kept whole: what is not in use is covered by an inaccessible
//! *reservation*, so that no other mapping of this process lands there.
//!
//! The guest's pages are the host's: [`PAGE_SIZE`] is 4 KiB on Linux and 16 KiB on Apple silicon, and
//! the guest is told so (`AT_PAGESZ`), as programs for arm64 must expect: Linux itself runs with
//! either size, and Debian links its arm64 programs for pages of up to 64 KiB. Programs that are
//! linked for 4 KiB alone cannot be mapped on Apple silicon.
//!
//! Rejected: pages of 4 KiB in host pages of 16, which would need file mappings and protections of
//! our own making, and a check at each access.

use std::os::fd::BorrowedFd;
use std::ptr::NonNull;

use abi::Errno;
use abi::mm::Prot;

use crate::process::{check, last_errno};

pub use crate::sys::mm::*;

/// What a mapping shows.
#[derive(Clone, Copy, Debug)]
pub enum Backing<'a> {
    /// Zeros.
    Anonymous,
    /// A file from an offset on, a multiple of the page size.
    File(BorrowedFd<'a>, u64),
}

/// How a mapping is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct How {
    /// Changes are seen by others (`MAP_SHARED`).
    pub shared: bool,
    /// `MAP_NORESERVE`.
    pub no_reserve: bool,
    /// `MAP_POPULATE`.
    pub populate: bool,
    /// `MAP_LOCKED`.
    pub locked: bool,
    /// `MAP_STACK`, which keeps huge pages away where the host has any.
    pub no_huge_pages: bool,
    /// `MAP_SYNC`, which only some files support.
    pub sync: bool,
}

/// Guest pages are never executable on the host; executing needs reading.
pub(crate) fn host_prot(prot: Prot) -> i32 {
    let mut bits = 0;
    if prot.intersects(Prot::READ | Prot::EXEC) {
        bits |= libc::PROT_READ;
    }
    if prot.contains(Prot::WRITE) {
        bits |= libc::PROT_WRITE;
    }
    bits
}

/// Reserves `len` bytes of address space: a slab with nothing in it.
///
/// At `hint` exactly if given, `EEXIST` where that is taken. `ENOSYS` on a host with larger pages
/// than [`PAGE_SIZE`].
pub fn reserve(len: u64, hint: Option<u64>) -> Result<NonNull<u8>, Errno> {
    // SAFETY: no pointers.
    if unsafe { libc::sysconf(libc::_SC_PAGESIZE) } as u64 > PAGE_SIZE {
        return Err(Errno::ENOSYS);
    }
    let flags = libc::MAP_PRIVATE | libc::MAP_ANON | libc::MAP_NORESERVE;
    let (near, bytes) = (hint.unwrap_or(0) as usize as *mut libc::c_void, len as usize);
    // SAFETY: replaces nothing; the address is a hint.
    let at = unsafe { libc::mmap(near, bytes, libc::PROT_NONE, flags, -1, 0) };
    if at == libc::MAP_FAILED {
        return Err(last_errno());
    }
    if hint.is_some_and(|hint| hint != at as u64) {
        // SAFETY: the mapping just made, of which nobody knows.
        unsafe { release(at.cast(), len) };
        return Err(Errno::EEXIST);
    }
    NonNull::new(at.cast()).ok_or(Errno::ENOMEM)
}

/// Gives a slab back to the host.
///
/// # Safety
///
/// The whole of a slab, which nobody uses any more.
pub unsafe fn release(at: *mut u8, len: u64) {
    // SAFETY: the caller's promise. It cannot fail for a whole mapping, and nothing could be done.
    unsafe { libc::munmap(at.cast(), len as usize) };
}

/// Whether each page of a range belongs to some mapping. After a failed [`map`] it may not: the
/// host's kernel removes what was there before it asks the file's driver.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn is_whole(at: *mut u8, len: u64) -> bool {
    // SAFETY: MS_ASYNC does nothing but look for holes on Linux (msync(2), NOTES), and begins to
    // write back on macOS.
    let result = check(unsafe { libc::msync(at.cast(), len as usize, libc::MS_ASYNC) });
    result != Err(Errno::ENOMEM)
}

/// Gives a range back to the reservation: no access, no memory.
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn unmap(at: *mut u8, len: u64) -> Result<(), Errno> {
    let how = How { no_reserve: true, ..How::default() };
    // SAFETY: passed on to the caller.
    unsafe { map(at, len, Prot::empty(), Backing::Anonymous, how) }
}

/// mprotect(2).
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn protect(at: *mut u8, len: u64, prot: Prot) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    check(unsafe { libc::mprotect(at.cast(), len as usize, host_prot(prot)) }).map(drop)
}

/// munlock(2).
///
/// # Safety
///
/// As for [`map`].
pub unsafe fn unlock(at: *mut u8, len: u64) -> Result<(), Errno> {
    // SAFETY: the caller owns the range.
    check(unsafe { libc::munlock(at.cast(), len as usize) }).map(drop)
}

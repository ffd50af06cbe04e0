//! Mapping memory inside an address range that the caller owns.
//!
//! The guest's pages are the host's: [`PAGE_SIZE`] is 4 KiB on Linux and 16 KiB on Apple silicon, and
//! the guest is told so (`AT_PAGESZ`), as programs for arm64 must expect: Linux itself runs with
//! either size, and Debian links its arm64 programs for pages of up to 64 KiB. Programs that are
//! linked for 4 KiB alone cannot be mapped on Apple silicon.
//!
//! Rejected: pages of 4 KiB in host pages of 16, which would need file mappings and protections of
//! our own making, and a check at each access.

use std::os::fd::BorrowedFd;

use abi::Errno;
use abi::mm::Prot;

use crate::process::check;

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

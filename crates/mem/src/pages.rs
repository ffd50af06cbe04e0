//! Changing what the pages of a slab are.
//!
//! The host's calls for that are unsafe, because elsewhere pages may hold Rust objects. A slab holds
//! none, and access to it survives faults: so any change within it is safe, and making sure that it
//! is within is all that these methods add. What is outside is `ENOMEM`, as an address that no
//! process can have.

use std::ops::Range;

use abi::Errno;
use abi::mm::Prot;
use host::mm::{self, Backing, How};

use crate::Slab;

impl Slab {
    /// The host's address and the size of a range.
    fn pages(&self, range: &Range<u64>) -> Result<(*mut u8, u64), Errno> {
        let len = range.end.checked_sub(range.start).ok_or(Errno::ENOMEM)?;
        if range.end > self.size() {
            return Err(Errno::ENOMEM);
        }
        Ok((self.base().wrapping_add(range.start as usize), len))
    }

    /// Maps `range`, replacing what is there. A refusal may leave a hole: see [`make_whole`](Self::make_whole).
    pub(crate) fn map(
        &self,
        range: &Range<u64>,
        prot: Prot,
        backing: Backing<'_>,
        how: How,
    ) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::map(at, len, prot, backing, how) }
    }

    /// Gives a range back to the reservation.
    pub(crate) fn unmap(&self, range: &Range<u64>) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::unmap(at, len) }
    }

    /// Puts the reservation back where a failed call of the host left a hole. Returns whether there
    /// was one: what was mapped there is gone then.
    pub(crate) fn make_whole(&self, range: &Range<u64>) -> bool {
        let Ok((at, len)) = self.pages(range) else { return false };
        // SAFETY: inside the slab.
        let whole = unsafe { mm::is_whole(at, len) };
        if !whole {
            // A failure of this call, too, would leave the guest with inaccessible memory, which is
            // what it is told.
            let _ = self.unmap(range);
        }
        !whole
    }

    /// mprotect(2).
    pub(crate) fn protect(&self, range: &Range<u64>, prot: Prot) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::protect(at, len, prot) }
    }

    /// Moves the pages of `from` to `to`, which does not overlap it; see [`mm::remap`].
    pub(crate) fn remap(
        &self,
        from: &Range<u64>,
        to: &Range<u64>,
        keep: bool,
    ) -> Result<(), Errno> {
        let ((from, from_len), (to, to_len)) = (self.pages(from)?, self.pages(to)?);
        // SAFETY: inside the slab. The host refuses ranges that overlap.
        unsafe { mm::remap(from, from_len, to, to_len, keep) }
    }

    /// Lengthens the mapping that ends where `free`, a part of the reservation, begins.
    pub(crate) fn grow_into(&self, free: &Range<u64>) -> Result<(), Errno> {
        let below = free.start.saturating_sub(mm::PAGE_SIZE)..free.start;
        self.pages(&below)?;
        let (end, len) = self.pages(free)?;
        // SAFETY: inside the slab, with the page in front.
        unsafe { mm::grow(end, len) }
    }

    /// remap_file_pages(2): what is mapped shows its file from `page` on.
    pub(crate) fn remap_file(
        &self,
        range: &Range<u64>,
        page: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::remap_file_pages(at, len, page, flags) }
    }

    /// Attaches a segment of System V shared memory, which fills the range.
    pub(crate) fn attach(&self, range: &Range<u64>, id: i32, read_only: bool) -> Result<(), Errno> {
        let (at, _) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { host::shm::attach(id, at, read_only) }
    }

    /// mbind(2).
    pub(crate) fn bind(
        &self,
        range: &Range<u64>,
        mode: i32,
        mask: Option<&[u64]>,
        bits: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { host::numa::bind(at, len, mode, mask, bits, flags) }
    }

    /// madvise(2).
    pub(crate) fn advise(&self, range: &Range<u64>, advice: i32) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::advise(at, len, advice) }
    }

    /// msync(2).
    pub(crate) fn sync(&self, range: &Range<u64>, flags: i32) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::sync(at, len, flags) }
    }

    /// mincore(2), for as many pages from `start` on as `states` has bytes.
    pub(crate) fn resident(&self, start: u64, states: &mut [u8]) -> Result<(), Errno> {
        let (at, len) = self.pages(&(start..start + states.len() as u64 * mm::PAGE_SIZE))?;
        // SAFETY: inside the slab, with a byte for each page.
        unsafe { mm::resident(at, len, states) }
    }

    /// mlock2(2).
    pub(crate) fn lock(&self, range: &Range<u64>, on_fault: bool) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::lock(at, len, on_fault) }
    }

    /// munlock(2).
    pub(crate) fn unlock(&self, range: &Range<u64>) -> Result<(), Errno> {
        let (at, len) = self.pages(range)?;
        // SAFETY: inside the slab.
        unsafe { mm::unlock(at, len) }
    }
}

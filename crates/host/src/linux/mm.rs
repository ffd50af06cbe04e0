//! Mapping memory inside a slab: mmap(2) and relatives.
//!
//! mremap(2) leaves holes and needs them, which shapes the calls below.

use std::fs::File;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;

use abi::Errno;
use abi::mm::Prot;
use abi::process::rlimit;

use super::syscall::sys;
use crate::mm::{Backing, How, host_prot, unmap};

/// The size of a page.
pub const PAGE_SIZE: u64 = 4096;

/// How many mappings a process may have (`vm.max_map_count`, Documentation/admin-guide/sysctl/vm.rst).
pub fn most_mappings() -> usize {
    /// `DEFAULT_MAX_MAP_COUNT`.
    const DEFAULT: usize = 65530;
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").unwrap_or_default();
    text.trim().parse().unwrap_or(DEFAULT)
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

/// Memory that several processes can map (`MAP_SHARED`), of zeros; close-on-exec. `ENOMEM` if it is larger than
/// files may be (`RLIMIT_FSIZE`), which the host's kernel would punish with a signal.
pub fn shared_memory(len: u64) -> Result<OwnedFd, Errno> {
    if super::process::prlimit(0, rlimit::FSIZE, None)?.current < len {
        return Err(Errno::ENOMEM);
    }
    let memory = super::fs::memfd_create(c"shared", 0)?;
    crate::fs::ftruncate(memory.as_fd(), i64::try_from(len).map_err(|_| Errno::ENOMEM)?)?;
    Ok(memory)
}

/// Which pages of private memory hold something of this process: `/proc/self/pagemap`.
#[derive(Debug)]
pub struct OwnPages(File);

/// `struct pm_scan_arg` (linux/fs.h, since Linux 6.7).
#[repr(C)]
#[derive(Default)]
struct ScanArgs {
    size: u64,
    flags: u64,
    start: u64,
    end: u64,
    walk_end: u64,
    vec: u64,
    vec_len: u64,
    max_pages: u64,
    category_inverted: u64,
    category_mask: u64,
    category_anyof_mask: u64,
    return_mask: u64,
}

/// `struct page_region`.
#[repr(C)]
#[derive(Clone, Copy, Default)]
struct PageRegion {
    start: u64,
    end: u64,
    categories: u64,
}

impl OwnPages {
    /// Errors: those of open(2); `/proc` may not be there.
    pub fn new() -> Result<Self, Errno> {
        File::open("/proc/self/pagemap")
            .map(Self)
            .map_err(|error| super::errno(error.raw_os_error().unwrap_or(libc::EIO)))
    }

    /// Those between `at` and `at + len`, as ascending addresses: neither never touched, nor still what a file
    /// holds. May name a few more.
    pub fn within(&self, at: *const u8, len: u64) -> Result<Vec<Range<u64>>, Errno> {
        let range = at.addr() as u64..at.addr() as u64 + len;
        // A kernel before 6.7 does not know the call.
        self.scan(range.clone()).or_else(|_| self.read(range))
    }

    /// `PAGEMAP_SCAN`, which passes over what is not there without a word for each page.
    fn scan(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Errno> {
        /// `_IOWR('f', 16, struct pm_scan_arg)`.
        const PAGEMAP_SCAN: u64 = 0xc060_6610;
        // `PAGE_IS_*`.
        const FILE: u64 = 1 << 2;
        const PRESENT: u64 = 1 << 3;
        const SWAPPED: u64 = 1 << 4;
        const ZERO: u64 = 1 << 5;
        let mut found: Vec<Range<u64>> = Vec::new();
        let mut regions = [PageRegion::default(); 128];
        let mut start = range.start;
        while start < range.end {
            let mut args = ScanArgs {
                size: size_of::<ScanArgs>() as u64,
                start,
                end: range.end,
                vec: regions.as_mut_ptr().addr() as u64,
                vec_len: regions.len() as u64,
                category_inverted: FILE | ZERO,
                category_mask: FILE | ZERO,
                category_anyof_mask: PRESENT | SWAPPED,
                ..ScanArgs::default()
            };
            let fd = self.0.as_raw_fd();
            // SAFETY: a whole structure, and the room that it tells of.
            let count = unsafe { sys!(SYS_ioctl, fd, PAGEMAP_SCAN, &raw mut args) }?;
            for &PageRegion { start, end, .. } in regions.iter().take(count) {
                extend(&mut found, start..end);
            }
            // Where it was when the room was used up, or the end.
            if args.walk_end <= start {
                return Err(Errno::EIO);
            }
            start = args.walk_end;
        }
        Ok(found)
    }

    /// A word for each page (Documentation/admin-guide/mm/pagemap.rst).
    fn read(&self, range: Range<u64>) -> Result<Vec<Range<u64>>, Errno> {
        const PRESENT: u64 = 1 << 63;
        const SWAPPED: u64 = 1 << 62;
        const FILE: u64 = 1 << 61;
        const WORD: usize = 8;
        let mut found = Vec::new();
        let mut words = vec![0; 4096 * WORD];
        let mut start = range.start;
        while start < range.end {
            let pages = ((range.end - start) / PAGE_SIZE) as usize;
            let part = pages.min(words.len() / WORD) * WORD;
            self.0
                .read_exact_at(&mut words[..part], start / PAGE_SIZE * WORD as u64)
                .map_err(|_| Errno::EIO)?;
            for word in words[..part].chunks_exact(WORD) {
                let word = word.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
                if word & (PRESENT | SWAPPED) != 0 && word & FILE == 0 {
                    extend(&mut found, start..start + PAGE_SIZE);
                }
                start += PAGE_SIZE;
            }
        }
        Ok(found)
    }
}

/// Adds a range to ascending ones.
fn extend(ranges: &mut Vec<Range<u64>>, range: Range<u64>) {
    match ranges.last_mut() {
        Some(last) if last.end == range.start => last.end = range.end,
        _ => ranges.push(range),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mm::{release, reserve};

    /// Both ways of asking the kernel, for memory and for a file of which one page was written.
    #[test]
    fn pages_that_were_written_are_this_process_s() {
        let page = PAGE_SIZE as usize;
        let file = shared_memory(8 * PAGE_SIZE).unwrap();
        let base = reserve(32 * PAGE_SIZE, None).unwrap().as_ptr();
        let prot = Prot::READ | Prot::WRITE;
        let write = |at: usize| {
            // SAFETY: mapped below.
            unsafe { base.wrapping_add(at * page).write_volatile(1) };
        };
        let from_file = base.wrapping_add(16 * page);
        // SAFETY: a range that belongs to this test.
        unsafe {
            map(base, 8 * PAGE_SIZE, prot, Backing::Anonymous, How::default()).unwrap();
            let backing = Backing::File(file.as_fd(), 0);
            map(from_file, 8 * PAGE_SIZE, prot, backing, How::default()).unwrap();
            // A page that is only read is still the file's.
            from_file.wrapping_add(4 * page).read_volatile();
        }
        [1, 3, 4, 18].into_iter().for_each(write);
        let pages = OwnPages::new().unwrap();
        let start = base.addr() as u64;
        let relative = |ranges: Vec<Range<u64>>| -> Vec<Range<u64>> {
            let page = |at| (at - start) / PAGE_SIZE;
            ranges.into_iter().map(|range| page(range.start)..page(range.end)).collect()
        };
        let range = start..start + 32 * PAGE_SIZE;
        for found in [pages.read(range), pages.within(base, 32 * PAGE_SIZE)] {
            assert_eq!(relative(found.unwrap()), [1..2, 3..5, 18..19]);
        }
        // SAFETY: nobody uses it any more.
        unsafe { release(base, 32 * PAGE_SIZE) };
    }
}

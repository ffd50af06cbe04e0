//! Memory on loan: what a child of vfork(2) has of its parent's.
//!
//! On Linux the two share it until the child executes a program or ends; the parent sleeps meanwhile.
//! Here the child is a copy, as of `fork`, and gives back what it changed. It notices the first write to
//! a page by the host's protection, which says less than the map, and keeps the page's *twin* from before.
//! The bytes in which pages and twins differ are what the parent gets: bytes, not pages, because the
//! parent's other threads may write beside them.
//!
//! Rejected: a host process that shares our address space. It would run the runtime on the parent's
//! heap and locks, and whoever killed it in the middle of a change would leave that to the parent; and it
//! could not execute a program in place. Also the host's "soft-dirty" marks of pages: they do not tell
//! the child's writes from those of the parent's other threads.
//!
//! What the child maps, unmaps or grows is its own, and the parent does not see it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::Ordering;

use abi::Errno;
use abi::mm::Prot;
use host::mm::PAGE_SIZE;

use super::{AddressSpace, Layout};

type Page = [u8; PAGE_SIZE as usize];

/// What has been lent.
#[derive(Debug, Default)]
pub(super) struct Loan {
    /// Private memory as it was when it was lent, ascending.
    ranges: Vec<Range<u64>>,
    /// Pages of it that may have been written, by address, as they were before or were given back last.
    twins: BTreeMap<u64, Box<Page>>,
}

impl Loan {
    /// Whether the page at `start` is lent and has not been written.
    fn is_clean(&self, start: u64) -> bool {
        let at = self.ranges.partition_point(|range| range.end <= start);
        self.ranges.get(at).is_some_and(|range| range.contains(&start))
            && !self.twins.contains_key(&start)
    }

    /// The parts of `range` that are lent and have not been written.
    fn clean_in(&self, range: &Range<u64>) -> Vec<Range<u64>> {
        let mut parts = Vec::new();
        for lent in self.ranges.iter().filter(|r| r.start < range.end && range.start < r.end) {
            let (mut start, end) = (lent.start.max(range.start), lent.end.min(range.end));
            for &twin in self.twins.range(start..end).map(|(at, _)| at) {
                parts.push(start..twin);
                start = twin + PAGE_SIZE;
            }
            parts.push(start..end);
        }
        parts.retain(|part| !part.is_empty());
        parts
    }

    /// Takes `range` out.
    fn forget(&mut self, range: &Range<u64>) {
        let split = |lent: &Range<u64>| {
            let below = lent.start..lent.end.min(range.start);
            let above = lent.start.max(range.end)..lent.end;
            [below, above]
        };
        self.ranges = self.ranges.iter().flat_map(split).filter(|part| !part.is_empty()).collect();
        self.twins.retain(|at, _| !range.contains(at));
    }
}

/// What the host is to allow where the guest may write, until it does. Memory that may be written may be read.
fn unwritten(prot: Prot) -> Prot {
    if prot.contains(Prot::WRITE) { prot.difference(Prot::WRITE) | Prot::READ } else { prot }
}

impl AddressSpace {
    /// In a child of vfork(2): all private memory is the parent's from now on. What the host refuses
    /// (it has a limit of mappings) is the child's own.
    pub fn borrow_all(&self) {
        let mut layout = self.change();
        let mut loan = Loan::default();
        for vma in layout.vmas.iter().filter(|vma| !vma.is_shared()) {
            let clean = unwritten(vma.prot);
            if clean == vma.prot || self.slab.protect(&vma.range(), clean).is_ok() {
                loan.ranges.push(vma.range());
            } else {
                // It may have come half the way. This is where it was before.
                let _ = self.slab.protect(&vma.range(), vma.prot);
            }
        }
        layout.loan = Some(loan);
        self.on_loan.store(true, Ordering::Relaxed);
    }

    /// Calls `tell` with the address and the new value of bytes that have changed since they were lent, or
    /// since they were told.
    pub fn take_changes(&self, mut tell: impl FnMut(u64, &[u8])) {
        if !self.on_loan.load(Ordering::Relaxed) {
            return;
        }
        let mut layout = self.change();
        let Some(loan) = &mut layout.loan else { return };
        let mut page = [0; PAGE_SIZE as usize];
        for (at, twin) in &mut loan.twins {
            if self.slab.read_bytes(*at, &mut page).is_ok() && page != **twin {
                for run in differences(&page, twin) {
                    tell(at + run.start as u64, &page[run]);
                }
                **twin = page;
            }
        }
    }

    /// Before a write to the page at `start`: whether it may happen now because the page has, or has got, a twin.
    pub(super) fn write_lent(&self, start: u64) -> bool {
        let mut layout = self.change();
        let Some(vma) = layout.vmas.at(start).filter(|vma| vma.permits(Prot::WRITE)) else {
            return false;
        };
        let prot = vma.prot;
        let Some(loan) = &mut layout.loan else { return false };
        if !loan.is_clean(start) {
            // Another thread may have written first. Guards are not in the map: only trying finds them.
            return loan.twins.contains_key(&start) && self.slab.load::<u8>(start).is_ok();
        }
        let mut twin = Box::new([0; PAGE_SIZE as usize]);
        if self.slab.read_bytes(start, &mut twin[..]).is_err()
            || self.slab.protect(&(start..start + PAGE_SIZE), prot).is_err()
        {
            return false;
        }
        loan.twins.insert(start, twin);
        true
    }

    /// Before the host writes to `len` bytes at `addr`, which knows nothing of twins.
    pub(crate) fn lend_for(&self, addr: u64, len: u64) {
        if !self.on_loan.load(Ordering::Relaxed) {
            return;
        }
        let (start, end) = (addr & !(PAGE_SIZE - 1), addr.saturating_add(len));
        let clean = self.read().loan.as_ref().map(|loan| loan.clean_in(&(start..end)));
        for page in clean.into_iter().flatten().flat_map(|part| part.step_by(PAGE_SIZE as usize)) {
            self.write_lent(page);
        }
    }

    /// Before pages of `range` go or move: they are not on loan any more, and as the map says.
    pub(super) fn settle(&self, layout: &mut Layout, range: &Range<u64>) {
        let Some(loan) = &mut layout.loan else { return };
        let clean = loan.clean_in(range);
        loan.forget(range);
        for vma in layout.vmas.overlapping(range.clone()).filter(|vma| vma.permits(Prot::WRITE)) {
            for part in clean.iter().filter(|p| p.start < vma.end && vma.start < p.end) {
                // A refusal leaves memory that cannot be written, as one of mprotect(2) would.
                let part = part.start.max(vma.start)..part.end.min(vma.end);
                let _ = self.slab.protect(&part, vma.prot);
            }
        }
    }

    /// Ends the loan; what was lent is the caller's own.
    pub(super) fn settle_all(&self, layout: &mut Layout) {
        if layout.loan.is_some() {
            self.settle(layout, &(0..self.size()));
            self.forgive(layout);
        }
    }

    /// Ends the loan of memory that is gone.
    pub(super) fn forgive(&self, layout: &mut Layout) {
        layout.loan = None;
        self.on_loan.store(false, Ordering::Relaxed);
    }

    /// mprotect(2) on the host, of a part of a mapping.
    pub(super) fn protect_part(
        &self,
        layout: &Layout,
        part: &Range<u64>,
        prot: Prot,
    ) -> Result<(), Errno> {
        self.slab.protect(part, prot)?;
        let clean = layout.loan.as_ref().map(|loan| loan.clean_in(part));
        let clean = clean.into_iter().flatten().filter(|_| unwritten(prot) != prot);
        for part in clean {
            self.slab.protect(&part, unwritten(prot))?;
        }
        Ok(())
    }
}

/// Where two pages differ.
fn differences(page: &Page, twin: &Page) -> Vec<Range<usize>> {
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in (0..page.len()).filter(|&at| page[at] != twin[at]) {
        match runs.last_mut() {
            Some(last) if last.end == at => last.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Slab;
    use abi::mm::map;
    use std::sync::Arc;

    const FIXED: u32 = map::PRIVATE | map::ANONYMOUS | map::FIXED;
    const AT: u64 = 1 << 20;

    fn lent() -> AddressSpace {
        let space = AddressSpace::new(Arc::new(Slab::reserve().unwrap()));
        space.mmap(AT, 4 * PAGE_SIZE, Prot::READ | Prot::WRITE, FIXED, None).unwrap();
        space.write_bytes(AT, &[1; 100]).unwrap();
        space.borrow_all();
        space
    }

    fn changes(space: &AddressSpace) -> Vec<(u64, Vec<u8>)> {
        let mut all = Vec::new();
        space.take_changes(|addr, bytes| all.push((addr, bytes.to_vec())));
        all
    }

    #[test]
    fn what_is_written_is_told_once_and_nothing_else() {
        let space = lent();
        space.write_bytes(AT + 10, &[1, 2, 1, 3, 4]).unwrap();
        space.write_bytes(AT + 2 * PAGE_SIZE - 1, &[7, 8]).unwrap();
        let second = AT + 2 * PAGE_SIZE;
        let expected =
            [(AT + 11, vec![2]), (AT + 13, vec![3, 4]), (second - 1, vec![7]), (second, vec![8])];
        assert_eq!(changes(&space), expected);
        assert_eq!(changes(&space), []);
        space.write_bytes(AT + 11, &[5]).unwrap();
        assert_eq!(changes(&space), [(AT + 11, vec![5])]);
    }

    #[test]
    fn the_host_may_write_to_what_it_is_given() {
        let space = lent();
        space.lend_for(AT + 4090, 10);
        // Past the calls of the space, as the host's kernel does it.
        space.slab.write_bytes(AT + 4090, &[9; 10]).unwrap();
        assert!(space.slab.write_bytes(AT + 2 * PAGE_SIZE, &[9]).is_err());
        assert_eq!(changes(&space), [(AT + 4090, vec![9; 6]), (AT + 4096, vec![9; 4])]);
    }

    #[test]
    fn protection_is_the_map_s_again_after_the_loan() {
        let space = lent();
        space.write_bytes(AT, &[2]).unwrap();
        space.after_fork();
        space.slab.write_bytes(AT, &[3; 4 * PAGE_SIZE as usize]).unwrap();
        assert_eq!(changes(&space), []);
    }

    #[test]
    fn what_is_made_writable_is_told_and_what_moves_is_not() {
        let space = lent();
        let len = 4 * PAGE_SIZE;
        space.mprotect(AT, len, Prot::READ, false).unwrap();
        assert!(space.write_bytes(AT, &[2]).is_err());
        space.mprotect(AT, len, Prot::READ | Prot::WRITE, false).unwrap();
        space.write_bytes(AT, &[2]).unwrap();
        assert_eq!(changes(&space), [(AT, vec![2])]);
        let moved = AT + 16 * PAGE_SIZE;
        let flags = abi::mm::mremap::MAYMOVE | abi::mm::mremap::FIXED;
        space.mremap(AT, len, len, flags, moved).unwrap();
        space.write_bytes(moved, &vec![3; len as usize]).unwrap();
        assert_eq!(changes(&space), []);
    }
}

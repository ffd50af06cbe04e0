//! madvise(2), msync(2) and mincore(2): the host does the work, mapping by mapping.
//!
//! The host must not be asked about a whole range: what is a hole to the guest is the reservation to
//! the host, and so no hole.

use std::ops::Range;

use abi::Errno;
use abi::mm::{Prot, madv, ms};
use host::mm::PAGE_SIZE;

use super::{AddressSpace, CodeChange, Layout, is_aligned, page_up};
use crate::vma::{Vma, VmaFlags};

/// A range as most of these calls take it. `overflow` is what they say if it has no end.
fn range(addr: u64, len: u64, overflow: Errno) -> Result<Range<u64>, Errno> {
    if !is_aligned(addr) {
        return Err(Errno::EINVAL);
    }
    let end = page_up(len).and_then(|len| addr.checked_add(len)).ok_or(overflow)?;
    Ok(addr..end)
}

/// The properties that advice gives to a mapping, and those that it takes away
/// (`madvise_vma_behavior()`).
fn recorded(advice: i32) -> Option<(VmaFlags, VmaFlags)> {
    let none = VmaFlags::empty();
    let access = VmaFlags::RANDOM | VmaFlags::SEQUENTIAL;
    let huge = VmaFlags::HUGE_PAGE | VmaFlags::NO_HUGE_PAGE;
    Some(match advice {
        madv::NORMAL => (none, access),
        madv::RANDOM => (VmaFlags::RANDOM, access),
        madv::SEQUENTIAL => (VmaFlags::SEQUENTIAL, access),
        madv::DONTFORK => (VmaFlags::DONT_FORK, none),
        madv::DOFORK => (none, VmaFlags::DONT_FORK),
        madv::WIPEONFORK => (VmaFlags::WIPE_ON_FORK, none),
        madv::KEEPONFORK => (none, VmaFlags::WIPE_ON_FORK),
        madv::HUGEPAGE => (VmaFlags::HUGE_PAGE, huge),
        madv::NOHUGEPAGE => (VmaFlags::NO_HUGE_PAGE, huge),
        madv::DONTDUMP => (VmaFlags::DONT_DUMP, none),
        madv::DODUMP => (none, VmaFlags::DONT_DUMP),
        madv::MERGEABLE => (VmaFlags::MERGEABLE, none),
        madv::UNMERGEABLE => (none, VmaFlags::MERGEABLE),
        _ => return None,
    })
}

/// Advice that amounts to discarding contents, which only writing could do otherwise, is refused for
/// sealed memory (`can_madvise_modify()`).
fn check_seal(vma: &Vma, advice: i32) -> Result<(), Errno> {
    const DISCARDS: [i32; 7] = [
        madv::FREE,
        madv::DONTNEED,
        madv::DONTNEED_LOCKED,
        madv::REMOVE,
        madv::DONTFORK,
        madv::WIPEONFORK,
        madv::GUARD_INSTALL,
    ];
    let kept = vma.is_sealed() && vma.object.is_none() && !vma.prot.contains(Prot::WRITE);
    if kept && DISCARDS.contains(&advice) { Err(Errno::EPERM) } else { Ok(()) }
}

impl AddressSpace {
    /// madvise(2). Like Linux, stops at the first refusal, but passes over holes and reports them
    /// in the end.
    pub fn madvise(&self, addr: u64, len: u64, advice: i32) -> Result<(), Errno> {
        let range = range(addr, len, Errno::EINVAL)?;
        if let Some((set, cleared)) = recorded(advice) {
            return self.advise_recorded(range, advice, set, cleared);
        }
        let result = self.advise_now(range.clone(), advice);
        self.code.tell(self.code_advised(&range, advice), CodeChange::Gone);
        result
    }

    /// Advice that is done with when it has been given.
    fn advise_now(&self, range: Range<u64>, advice: i32) -> Result<(), Errno> {
        let populates = matches!(advice, madv::POPULATE_READ | madv::POPULATE_WRITE);
        let layout = self.read();
        self.check_advice(&layout, &range, advice)?;
        let mut at = range.start;
        layout.for_mapped(range, |vma, part| {
            check_seal(vma, advice)?;
            // Populating ends at a hole.
            if populates && part.start > at {
                return Err(Errno::ENOMEM);
            }
            at = part.end;
            self.slab.advise(&part, advice)
        })
    }

    /// Advice that becomes a property of mappings.
    fn advise_recorded(
        &self,
        range: Range<u64>,
        advice: i32,
        set: VmaFlags,
        cleared: VmaFlags,
    ) -> Result<(), Errno> {
        let mut layout = self.change();
        layout.may_divide()?;
        self.check_advice(&layout, &range, advice)?;
        let mut done = Vec::new();
        let result = layout.for_mapped(range, |vma, part| {
            check_seal(vma, advice)?;
            self.slab.advise(&part, advice)?;
            // Linux passes over what it would never merge.
            if advice != madv::MERGEABLE || !vma.is_shared() {
                done.push(part);
            }
            Ok(())
        });
        for part in done {
            layout.vmas.update(part, |vma| vma.flags = vma.flags.difference(cleared).union(set));
        }
        result
    }

    /// Unknown advice is refused even for nothing.
    fn check_advice(&self, layout: &Layout, range: &Range<u64>, advice: i32) -> Result<(), Errno> {
        let nothing = layout.vmas.is_free(range.clone());
        if nothing { self.slab.advise(&(0..0), advice) } else { Ok(()) }
    }

    /// mseal(2): all of a range, or nothing if there is a hole.
    pub fn mseal(&self, addr: u64, len: u64) -> Result<(), Errno> {
        let range = range(addr, len, Errno::EINVAL)?;
        let mut layout = self.change();
        layout.for_mapped(range.clone(), |_, _| Ok(()))?;
        layout.vmas.update(range, |vma| vma.flags |= VmaFlags::SEALED);
        Ok(())
    }

    /// msync(2); `flags` are `abi::mm::ms`.
    pub fn msync(&self, addr: u64, len: u64, flags: i32) -> Result<(), Errno> {
        if flags & !(ms::ASYNC | ms::INVALIDATE | ms::SYNC) != 0
            || flags & ms::ASYNC != 0 && flags & ms::SYNC != 0
        {
            return Err(Errno::EINVAL);
        }
        let range = range(addr, len, Errno::ENOMEM)?;
        let mut parts = Vec::new();
        let holes = self.read().for_mapped(range, |_, part| {
            parts.push(part);
            Ok(())
        });
        // Without the lock: writing to a disk may take its time. If a part is unmapped meanwhile, there
        // is nothing left to be written.
        for part in parts {
            self.slab.sync(&part, flags)?;
        }
        holes
    }

    /// mincore(2): writes a byte for each page to guest address `to`. Like Linux, in portions, so
    /// that what comes before a hole is there.
    pub fn mincore(&self, addr: u64, len: u64, to: u64) -> Result<(), Errno> {
        if !is_aligned(addr) {
            return Err(Errno::EINVAL);
        }
        if addr.checked_add(len).is_none_or(|end| end > self.size()) {
            return Err(Errno::ENOMEM);
        }
        let pages = len.div_ceil(PAGE_SIZE);
        if to.checked_add(pages).is_none_or(|end| end > self.size()) {
            return Err(Errno::EFAULT);
        }
        let mut buffer = [0; PAGE_SIZE as usize];
        let mut done = 0;
        while done < pages {
            let at = addr + done * PAGE_SIZE;
            let count = {
                let layout = self.read();
                let vma = layout.vmas.at(at).ok_or(Errno::ENOMEM)?;
                let here = (vma.end - at) / PAGE_SIZE;
                let count = here.min(pages - done).min(buffer.len() as u64);
                self.slab.resident(at, &mut buffer[..count as usize])?;
                count
            };
            let states = &buffer[..count as usize];
            self.write_bytes(to + done, states).map_err(|_| Errno::EFAULT)?;
            done += count;
        }
        Ok(())
    }
}

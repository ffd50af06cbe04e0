//! brk(2), the main stack, and how stacks grow.

use std::ops::Range;
use std::sync::atomic::Ordering;

use abi::Errno;
use abi::mm::Prot;
use host::mm::{Backing, How, PAGE_SIZE};

use super::{AddressSpace, Layout, MMAP_MIN, page_up};
use crate::vma::{Vma, VmaFlags};
use crate::vma_map::STACK_GUARD;

/// Where mappings go down from: below what the stack may need (`mmap_base()` in mm/util.c, which
/// keeps at least 128 MiB free and leaves at least a sixth of the address space).
pub(super) fn mmap_base(size: u64, stack_limit: u64) -> u64 {
    let room = stack_limit.saturating_add(STACK_GUARD).max(128 << 20).min(size / 6 * 5);
    (size - room) & !(PAGE_SIZE - 1)
}

impl Layout {
    /// The addresses that stacks may grow into, as one range.
    pub(super) fn growth(&self) -> Range<u64> {
        let Some((low, high)) = self.vmas.stacks() else { return 0..0 };
        low.end.saturating_sub(self.limits.stack)..high.start
    }

    /// The stack that an access at `addr`, where nothing is mapped, would extend.
    fn stack_above(&self, addr: u64) -> Option<&Vma> {
        self.vmas.from(addr).filter(|vma| vma.grows_down())
    }
}

impl AddressSpace {
    /// Where the heap begins.
    pub fn brk_start(&self) -> u64 {
        self.read().brk_start
    }

    /// Sets where the heap begins, for execve(2).
    pub fn set_brk_start(&self, addr: u64) {
        let mut layout = self.change();
        layout.brk_start = addr;
        layout.brk = addr;
    }

    /// brk(2) as the kernel has it: the new end of the heap, or the present one if it cannot be
    /// had.
    pub fn brk(&self, wanted: u64) -> u64 {
        let mut layout = self.change();
        if wanted >= layout.brk_start && self.move_brk(&mut layout, wanted).is_ok() {
            layout.brk = wanted;
        }
        layout.brk
    }

    fn move_brk(&self, layout: &mut Layout, wanted: u64) -> Result<(), Errno> {
        if wanted - layout.brk_start > layout.limits.data {
            return Err(Errno::ENOMEM);
        }
        let (old, new) = (page_up(layout.brk), page_up(wanted));
        let (old, new) = (old.ok_or(Errno::ENOMEM)?, new.ok_or(Errno::ENOMEM)?);
        if new < old {
            // What is gone cannot shrink.
            let gone = layout.vmas.is_free(new..old);
            return if gone { Err(Errno::ENOMEM) } else { self.unmap(layout, new..old) };
        }
        if new == old {
            return Ok(());
        }
        if new > self.size() || old < MMAP_MIN {
            return Err(Errno::ENOMEM);
        }
        // Linux keeps a page free behind the heap, and a stack's guard.
        let above = layout.vmas.from(old);
        let guard = if above.is_some_and(Vma::grows_down) { STACK_GUARD } else { 0 };
        if above.is_some_and(|above| new + PAGE_SIZE > above.start.saturating_sub(guard)) {
            return Err(Errno::ENOMEM);
        }
        layout.may_expand(new - old, true)?;
        let vma = Vma::anonymous(old, new, Prot::READ | Prot::WRITE);
        self.add_anonymous(layout, Vma { flags: layout.future_locks(), ..vma })
    }

    /// Maps private anonymous memory in free space of the slab.
    fn add_anonymous(&self, layout: &mut Layout, vma: Vma) -> Result<(), Errno> {
        let how = How {
            no_reserve: vma.flags.contains(VmaFlags::NO_RESERVE),
            locked: vma.flags & VmaFlags::LOCKS == VmaFlags::LOCKED,
            ..How::default()
        };
        self.slab.map(&vma.range(), vma.prot, Backing::Anonymous, how)?;
        self.add_new(layout, vma);
        Ok(())
    }

    /// Makes the main stack of a new program: `len` bytes, a multiple of the page size, that end at
    /// the top of the address space and grow down. From now on mappings go below it.
    pub fn map_stack(&self, len: u64, prot: Prot) -> Result<Range<u64>, Errno> {
        // The last page stays free, as below `STACK_TOP` on arm64.
        let end = self.size() - PAGE_SIZE;
        let range = end.checked_sub(len).ok_or(Errno::ENOMEM)?..end;
        let mut layout = self.change();
        layout.mmap_base = mmap_base(self.size(), layout.limits.stack);
        layout.stack_mark = end - 1;
        let vma = Vma::anonymous(range.start, range.end, prot);
        let flags = VmaFlags::GROWS_DOWN | layout.future_locks();
        self.add_anonymous(&mut layout, Vma { flags, ..vma })?;
        Ok(range)
    }

    /// Grows a stack down to a fault at `addr`, of an access of the kind `wanted`, which is to be
    /// tried again then; or keeps a page on loan that is written. `false` if that fault is neither's: what is forbidden, too far away, or
    /// too close to another mapping (`expand_downwards()`).
    pub fn handle_fault(&self, addr: u64, wanted: Prot) -> bool {
        let start = addr & !(PAGE_SIZE - 1);
        if addr >= self.size() || start < MMAP_MIN {
            return false;
        }
        let writes = wanted != Prot::EXEC && self.on_loan.load(Ordering::Relaxed);
        if writes && self.write_lent(start) {
            return true;
        }
        let may_grow = |layout: &Layout| match layout.vmas.at(addr) {
            Some(vma) => Err(self.is_grown(vma, addr, wanted)),
            None => layout.stack_above(addr).cloned().ok_or(false),
        };
        // Most faults are none of a stack, and need no turn.
        if let Err(grown) = may_grow(&self.read()) {
            return grown;
        }
        let mut layout = self.change();
        let stack = match may_grow(&layout) {
            Ok(stack) => stack,
            Err(grown) => return grown,
        };
        let near = layout.vmas.below(start).filter(|below| start - below.end < STACK_GUARD);
        if near.is_some_and(|below| !below.prot.is_empty() && !below.grows_down())
            || stack.end - start > layout.limits.stack
            || layout.may_expand(stack.start - start, false).is_err()
        {
            return false;
        }
        self.add_anonymous(&mut layout, Vma { start, end: stack.start, ..stack }).is_ok()
    }

    /// Whether what is mapped at `addr` is a stack that allows the access, so that another thread's
    /// fault must have come first. Guards within a stack (`MADV_GUARD_INSTALL`) are not in the map:
    /// only trying finds them.
    fn is_grown(&self, vma: &Vma, addr: u64, wanted: Prot) -> bool {
        vma.grows_down() && vma.permits(wanted) && self.slab.load::<u8>(addr).is_ok()
    }

    /// Prepares memory for the host to access: what a stack would grow to under the guest's own
    /// access is mapped, because to the host's kernel it is no stack.
    pub(crate) fn grow_for(&self, addr: u64, len: u64) {
        let (low, high) = (&self.growth.0, &self.growth.1);
        let end = addr.saturating_add(len);
        if addr >= high.load(Ordering::Relaxed) || end <= low.load(Ordering::Relaxed) {
            return;
        }
        let mut at = addr;
        while at < end {
            let next = {
                let layout = self.read();
                match layout.vmas.from(at) {
                    Some(vma) if vma.start <= at => vma.end,
                    Some(vma) if vma.grows_down() => at,
                    _ => return,
                }
            };
            if next == at && !self.handle_fault(at, Prot::READ) {
                return;
            }
            at = at.max(next);
        }
    }
}

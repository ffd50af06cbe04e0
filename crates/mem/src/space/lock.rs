//! mlock(2) and relatives.
//!
//! The host judges limits and privileges. `mlockall` is made of single locks, because the host's
//! own would lock the runtime, and would count the reservation of the slab.

use std::ops::Range;

use abi::Errno;
use abi::mm::{MLOCK_ONFAULT, Prot, mcl};
use host::mm::PAGE_SIZE;

use super::{AddressSpace, Layout, page_up};
use crate::vma::{Vma, VmaFlags};

fn locks(on_fault: bool) -> VmaFlags {
    if on_fault { VmaFlags::LOCKS } else { VmaFlags::LOCKED }
}

impl Layout {
    /// The flags that `MCL_FUTURE` gives to a new mapping.
    pub(super) fn future_locks(&self) -> VmaFlags {
        self.lock_future.map_or(VmaFlags::empty(), locks)
    }
}

/// The pages that contain a range; `EINVAL` if it has no end.
fn pages(addr: u64, len: u64) -> Result<Range<u64>, Errno> {
    let start = addr & !(PAGE_SIZE - 1);
    let len = len.checked_add(addr - start).and_then(page_up);
    let end = len.and_then(|len| start.checked_add(len)).ok_or(Errno::EINVAL)?;
    Ok(start..end)
}

impl AddressSpace {
    /// mlock2(2); `flags` is zero or `MLOCK_ONFAULT`.
    pub fn mlock(&self, addr: u64, len: u64, flags: u32) -> Result<(), Errno> {
        if flags & !MLOCK_ONFAULT != 0 {
            return Err(Errno::EINVAL);
        }
        let on_fault = flags != 0;
        // Linux locks all of the range first and brings it in then. What cannot be brought in, such
        // as inaccessible memory, is locked all the same, but the call fails.
        let mut absent = Ok(());
        self.lock_range(pages(addr, len)?, locks(on_fault), |part| {
            match self.slab.lock(part, on_fault) {
                Err(errno) if !on_fault => {
                    // This brings nothing in: its refusal is that of the lock.
                    self.slab.lock(part, true)?;
                    absent = Err(errno);
                    Ok(())
                }
                result => result,
            }
        })?;
        absent
    }

    /// munlock(2).
    pub fn munlock(&self, addr: u64, len: u64) -> Result<(), Errno> {
        self.lock_range(pages(addr, len)?, VmaFlags::empty(), |part| self.slab.unlock(part))
    }

    /// Asks the host about each mapping in a range up to the first hole, and records `flags`.
    fn lock_range(
        &self,
        range: Range<u64>,
        flags: VmaFlags,
        mut host: impl FnMut(&Range<u64>) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let mut layout = self.change();
        layout.may_divide()?;
        let mut at = range.start;
        while at < range.end {
            let vma = layout.vmas.at(at).ok_or(Errno::ENOMEM)?;
            let part = at..vma.end.min(range.end);
            host(&part)?;
            at = part.end;
            layout.vmas.update(part, |vma| {
                vma.flags = vma.flags.difference(VmaFlags::LOCKS).union(flags);
            });
        }
        Ok(())
    }

    /// mlockall(2); `flags` are `abi::mm::mcl`.
    pub fn mlockall(&self, flags: u32) -> Result<(), Errno> {
        let known = mcl::CURRENT | mcl::FUTURE | mcl::ONFAULT;
        if flags & !known != 0 || flags & (mcl::CURRENT | mcl::FUTURE) == 0 {
            return Err(Errno::EINVAL);
        }
        let on_fault = flags & mcl::ONFAULT != 0;
        let mut layout = self.change();
        if flags & mcl::CURRENT != 0 {
            self.lock_current(&mut layout, on_fault)?;
        }
        layout.lock_future = (flags & mcl::FUTURE != 0).then_some(on_fault);
        Ok(())
    }

    /// Locks everything or, if the limit does not allow it, nothing more than before.
    fn lock_current(&self, layout: &mut Layout, on_fault: bool) -> Result<(), Errno> {
        let all: Vec<Vma> = layout.vmas.iter().cloned().collect();
        for (i, vma) in all.iter().enumerate() {
            // What cannot be touched cannot be brought in, which must not fail the call.
            let on_fault = on_fault || vma.prot.is_empty();
            if let Err(errno) = self.slab.lock(&vma.range(), on_fault) {
                for vma in all[..i].iter().filter(|vma| !vma.flags.contains(VmaFlags::LOCKED)) {
                    // It was locked just now and can be unlocked.
                    let _ = self.slab.unlock(&vma.range());
                }
                return Err(errno);
            }
        }
        layout.vmas.update(0..self.size(), |vma| {
            vma.flags = vma.flags.difference(VmaFlags::LOCKS).union(locks(on_fault));
        });
        Ok(())
    }

    /// munlockall(2).
    pub fn munlockall(&self) -> Result<(), Errno> {
        let mut layout = self.change();
        layout.lock_future = None;
        for vma in layout.vmas.iter().filter(|vma| vma.flags.contains(VmaFlags::LOCKED)) {
            self.slab.unlock(&vma.range())?;
        }
        layout.vmas.update(0..self.size(), |vma| vma.flags.remove(VmaFlags::LOCKS));
        Ok(())
    }

    /// Records a mapping that was just made. One that is to be locked when it is touched still has to
    /// be told so; if that is refused, the memory is there nevertheless, as it is when `MAP_LOCKED`
    /// cannot bring it in.
    pub(super) fn add_new(&self, layout: &mut Layout, mut vma: Vma) {
        let on_fault = vma.flags.contains(VmaFlags::LOCK_ON_FAULT);
        if on_fault && self.slab.lock(&vma.range(), true).is_err() {
            vma.flags.remove(VmaFlags::LOCKS);
        }
        if vma.is_shared() && vma.max_prot.contains(Prot::WRITE) {
            self.note_shared();
        }
        layout.vmas.insert(vma);
    }
}

//! shmat(2) and shmdt(2): segments of System V shared memory, which are the host's own.
//!
//! A segment is a shared mapping like any other, but for two things: it is found by where its first
//! byte is or would be, and pieces of it that are still mapped go together.

use std::sync::Arc;

use abi::Errno;
use abi::mm::{Prot, map};

use super::{AddressSpace, is_aligned, page_up};
use crate::vma::{Kept, Object, Vma, VmaFlags};

/// A segment, as much of it as an address space needs to know.
#[derive(Clone, Copy, Debug)]
pub struct Segment {
    /// What the host calls it.
    pub id: i32,
    /// What its creator called it.
    pub key: i32,
    /// Its size in bytes.
    pub size: u64,
}

impl AddressSpace {
    /// shmat(2): maps a segment at `addr`, a multiple of the page size; zero is wherever there is room.
    /// `replace` is `SHM_REMAP`.
    pub fn shmat(
        &self,
        segment: Segment,
        addr: u64,
        prot: Prot,
        replace: bool,
    ) -> Result<u64, Errno> {
        let len = page_up(segment.size).ok_or(Errno::ENOMEM)?;
        let mut layout = self.change();
        let taken = addr != 0 && {
            let end = addr.checked_add(len).ok_or(Errno::EINVAL)?;
            !replace && !layout.vmas.is_free(addr..end)
        };
        if taken {
            return Err(Errno::EINVAL);
        }
        let start = self.place(&layout, addr, len, if addr == 0 { 0 } else { map::FIXED })?;
        let range = start..start + len;
        layout.may_expand(len - layout.vmas.mapped_in(range.clone()), false)?;
        layout.check_unsealed(&range)?;
        let writable = prot.contains(Prot::WRITE);
        if let Err(errno) = self.slab.attach(&range, segment.id, !writable) {
            self.repair(&mut layout, range);
            return Err(errno);
        }
        layout.vmas.remove(range.clone());
        let object = Object {
            dev: 1,
            ino: segment.id as u64,
            path: format!("/SYSV{:08x} (deleted)", segment.key).into(),
            segment: Some(len),
            kept: Kept::default(),
        };
        let mut flags = VmaFlags::SHARED | layout.future_locks();
        if flags & VmaFlags::LOCKS == VmaFlags::LOCKED && self.slab.lock(&range, false).is_err() {
            flags.remove(VmaFlags::LOCKS);
        }
        let max_prot = if writable { Prot::all() } else { Prot::READ | Prot::EXEC };
        let object = Some(Arc::new(object));
        let vma = Vma { max_prot, flags, object, ..Vma::anonymous(start, range.end, prot) };
        self.add_new(&mut layout, vma);
        Ok(start)
    }

    /// shmdt(2): unmaps what is left of the segment that was attached at `addr`.
    pub fn shmdt(&self, addr: u64) -> Result<(), Errno> {
        if !is_aligned(addr) || addr >= self.size() {
            return Err(Errno::EINVAL);
        }
        let mut layout = self.change();
        let is_here = |vma: &&Vma| vma.start >= addr && vma.start - addr == vma.offset;
        let found = layout.vmas.overlapping(addr..self.size()).filter(is_here).find_map(|vma| {
            let object = vma.object.as_ref()?;
            Some((object.clone(), object.segment?))
        });
        let (object, len) = found.ok_or(Errno::EINVAL)?;
        // Each attachment has an object of its own.
        let end = addr.saturating_add(len).min(self.size());
        let pieces = layout.vmas.overlapping(addr..end).filter(is_here);
        let parts: Vec<_> = pieces
            .filter(|vma| vma.object.as_ref().is_some_and(|other| Arc::ptr_eq(other, &object)))
            .map(Vma::range)
            .collect();
        for part in parts {
            self.unmap(&mut layout, part)?;
        }
        Ok(())
    }
}

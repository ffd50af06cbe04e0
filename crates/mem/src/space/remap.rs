//! mremap(2).

use std::ops::Range;

use abi::Errno;
use abi::mm::{map, mremap};

use host::mm::PAGE_SIZE;

use super::{AddressSpace, Layout, is_aligned, page_up};
use crate::vma::{Vma, VmaFlags};

/// What is asked for, with lengths rounded up to pages.
struct Request {
    old: Range<u64>,
    new_len: u64,
    /// Where to, or a hint without `FIXED`.
    new: u64,
    flags: u32,
}

impl Request {
    fn has(&self, flag: u32) -> bool {
        self.flags & flag != 0
    }

    fn old_len(&self) -> u64 {
        self.old.end - self.old.start
    }

    /// The address to go to is part of the request.
    fn has_target(&self) -> bool {
        self.has(mremap::FIXED | mremap::DONTUNMAP)
    }
}

impl AddressSpace {
    /// mremap(2); `flags` are `abi::mm::mremap`. Grows one mapping at a time, but moves all that a
    /// range contains, as Linux does from 6.17 on.
    pub fn mremap(
        &self,
        old: u64,
        old_len: u64,
        new_len: u64,
        flags: u32,
        new: u64,
    ) -> Result<u64, Errno> {
        let request = self.check_remap(old, old_len, new_len, flags, new)?;
        let mut layout = self.change();
        layout.may_divide()?;
        self.settle(&mut layout, &request.old);
        if request.has(mremap::FIXED) && request.old_len() == request.new_len {
            return self.move_all(&mut layout, &request);
        }
        let vma = layout.vmas.at(old).cloned().ok_or(Errno::EFAULT)?;
        if vma.is_sealed() {
            return Err(Errno::EPERM);
        }
        if request.old_len() == 0 && !vma.is_shared() {
            return Err(Errno::EINVAL);
        }
        if request.has_target() {
            return self.remap_to(&mut layout, &vma, request);
        }
        if request.new_len <= request.old_len() {
            self.unmap(&mut layout, old + request.new_len..request.old.end)?;
            return Ok(old);
        }
        if request.old.end > vma.end {
            return Err(Errno::EFAULT);
        }
        layout.may_expand(request.new_len - request.old_len(), vma.is_data())?;
        if self.grow_in_place(&mut layout, &vma, &request)? {
            return Ok(old);
        }
        if !request.has(mremap::MAYMOVE) {
            return Err(Errno::ENOMEM);
        }
        let target = self.place(&layout, 0, request.new_len, 0)?;
        self.relocate(&mut layout, &vma, &request, target)?;
        Ok(target)
    }

    /// What can be refused without looking at the map.
    fn check_remap(
        &self,
        old: u64,
        old_len: u64,
        new_len: u64,
        flags: u32,
        new: u64,
    ) -> Result<Request, Errno> {
        let known = mremap::MAYMOVE | mremap::FIXED | mremap::DONTUNMAP;
        let has_target = flags & (mremap::FIXED | mremap::DONTUNMAP) != 0;
        if flags & !known != 0
            || has_target && flags & mremap::MAYMOVE == 0
            || flags & mremap::DONTUNMAP != 0 && old_len != new_len
            || !is_aligned(old)
        {
            return Err(Errno::EINVAL);
        }
        let old_end = page_up(old_len).and_then(|len| old.checked_add(len));
        let old_end = old_end.ok_or(Errno::EINVAL)?;
        let new_len = page_up(new_len).filter(|len| *len != 0).ok_or(Errno::EINVAL)?;
        if has_target {
            let last = self.size().checked_sub(new_len).ok_or(Errno::EINVAL)?;
            let overlap = new <= last && new < old_end && old < new + new_len;
            if !is_aligned(new) || new > last || overlap {
                return Err(Errno::EINVAL);
            }
        }
        Ok(Request { old: old..old_end, new_len, new, flags })
    }

    /// Moves the mappings of a range, with the gaps between them: what is at a gap's new place stays
    /// (`remap_move()`).
    fn move_all(&self, layout: &mut Layout, request: &Request) -> Result<u64, Errno> {
        let parts: Vec<Vma> = layout.vmas.overlapping(request.old.clone()).cloned().collect();
        if parts.first().is_none_or(|first| first.start > request.old.start) {
            return Err(Errno::EFAULT);
        }
        for vma in parts {
            if vma.is_sealed() {
                return Err(Errno::EPERM);
            }
            let old = vma.start.max(request.old.start)..vma.end.min(request.old.end);
            let new = request.new + (old.start - request.old.start);
            let new_len = old.end - old.start;
            self.remap_to(layout, &vma, Request { old, new_len, new, ..*request })?;
        }
        Ok(request.new)
    }

    /// `MREMAP_FIXED` and `MREMAP_DONTUNMAP`, for one mapping.
    fn remap_to(&self, layout: &mut Layout, vma: &Vma, mut request: Request) -> Result<u64, Errno> {
        if request.old_len().min(request.new_len) > vma.end - request.old.start {
            return Err(Errno::EFAULT);
        }
        let fixed = if request.has(mremap::FIXED) { map::FIXED } else { 0 };
        let target = self.place(layout, request.new, request.new_len, fixed)?;
        layout.check_unsealed(&(target..target + request.new_len))?;
        if request.old_len() > request.new_len {
            // Linux cuts a mapping that shrinks before it moves.
            let cut = request.old.start + request.new_len;
            self.unmap(layout, cut..request.old.end)?;
            request.old.end = cut;
        }
        let kept = if request.has(mremap::DONTUNMAP) { request.old_len() } else { 0 };
        let replaced = layout.vmas.mapped_in(target..target + request.new_len);
        let more = (request.new_len - request.old_len() + kept).saturating_sub(replaced);
        layout.may_expand(more, vma.is_data())?;
        self.relocate(layout, vma, &request, target)?;
        Ok(target)
    }

    /// remap_file_pages(2): has a part of a shared mapping of a file show that file from `page` on.
    /// Like Linux, which makes a new mapping of it, also over several mappings that differ only in
    /// what they show of the file.
    pub fn remap_file_pages(
        &self,
        addr: u64,
        len: u64,
        page: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        let (start, len) = (addr & !(PAGE_SIZE - 1), len & !(PAGE_SIZE - 1));
        let end = start.checked_add(len).filter(|end| *end > start).ok_or(Errno::EINVAL)?;
        let offset = page.checked_mul(PAGE_SIZE).filter(|offset| offset.checked_add(len).is_some());
        let offset = offset.ok_or(Errno::EINVAL)?;
        let range = start..end;
        let mut layout = self.change();
        let first = layout.vmas.at(start).filter(|vma| vma.is_shared()).ok_or(Errno::EINVAL)?;
        let alike = layout.vmas.overlapping(range.clone()).all(|vma| {
            (vma.prot, vma.flags, &vma.object) == (first.prot, first.flags, &first.object)
        });
        if !alike || layout.vmas.mapped_in(range.clone()) != len {
            return Err(Errno::EINVAL);
        }
        layout.check_unsealed(&range)?;
        if let Err(errno) = self.slab.remap_file(&range, page, flags) {
            self.repair(&mut layout, range);
            return Err(errno);
        }
        layout.vmas.note_moved(range.clone());
        layout.vmas.update(range, |vma| vma.offset = offset + (vma.start - start));
        Ok(())
    }

    /// Extends the end of a mapping into free space behind it. `false` if there is none.
    fn grow_in_place(
        &self,
        layout: &mut Layout,
        vma: &Vma,
        request: &Request,
    ) -> Result<bool, Errno> {
        let end = request.old.end;
        let new_end = request.old.start.saturating_add(request.new_len);
        if request.old_len() == 0
            || end != vma.end
            || new_end > self.size()
            || !layout.vmas.is_free(end..new_end)
        {
            return Ok(false);
        }
        self.slab.grow_into(&(end..new_end))?;
        layout.vmas.insert(Vma {
            start: end,
            end: new_end,
            offset: vma.offset_at(end),
            // What the file holds there now.
            stamp: None,
            ..vma.clone()
        });
        Ok(true)
    }

    /// Moves (a part of) a mapping.
    fn relocate(
        &self,
        layout: &mut Layout,
        vma: &Vma,
        request: &Request,
        target: u64,
    ) -> Result<(), Errno> {
        let Request { old, new_len, .. } = request;
        let keep = request.has(mremap::DONTUNMAP);
        let new = target..target + new_len;
        self.settle(layout, &new);
        if let Err(errno) = self.slab.remap(old, &new, keep) {
            self.repair(layout, new);
            return Err(errno);
        }
        if keep {
            layout.vmas.note_moved(old.clone());
            // Not only the part that moved (`dontunmap_complete()`).
            layout.vmas.update(vma.start..vma.end, |vma| vma.flags.remove(VmaFlags::LOCKS));
        } else {
            layout.vmas.remove(old.clone());
        }
        layout.vmas.remove(new.clone());
        let offset = vma.offset_at(old.start);
        layout.vmas.insert(Vma { start: new.start, end: new.end, offset, ..vma.clone() });
        Ok(())
    }
}

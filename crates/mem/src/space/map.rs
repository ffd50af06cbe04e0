//! mmap(2), munmap(2) and mprotect(2). The checks come in the order of Linux's `do_mmap()`.

use std::ops::Range;
use std::os::fd::AsFd;
use std::sync::Arc;

use abi::Errno;
use abi::mm::{Prot, map};
use host::mm::{Backing, How, PAGE_SIZE};

use super::{AddressSpace, Layout, MMAP_MIN, MappedFile, is_aligned, page_up};
use crate::vma::{Kept, Object, Stamp, Vma, VmaFlags};

/// What large mappings are aligned to, so that the host can use huge pages for them (`PMD_SIZE`).
const HUGE_PAGE: u64 = 2 << 20;

impl AddressSpace {
    /// mmap(2). `flags` are `abi::mm::map`; no `file` means anonymous memory.
    pub fn mmap(
        &self,
        addr: u64,
        len: u64,
        prot: Prot,
        flags: u32,
        file: Option<MappedFile<'_>>,
    ) -> Result<u64, Errno> {
        if len == 0 || file.as_ref().is_some_and(|file| !is_aligned(file.offset)) {
            return Err(Errno::EINVAL);
        }
        if flags & map::HUGETLB != 0 {
            // Such a file is none of hugetlbfs, and no pool of huge pages is set up.
            return Err(if file.is_some() { Errno::EINVAL } else { Errno::ENOMEM });
        }
        let len = page_up(len).ok_or(Errno::ENOMEM)?;
        let mut layout = self.change();
        layout.may_divide()?;
        let start = self.place(&layout, addr, len, flags)?;
        let range = start..start + len;
        let mut vma = match &file {
            Some(file) => describe_file(range.clone(), prot, flags, file)?,
            None => layout.describe_anonymous(range.clone(), prot, flags)?,
        };
        let replaced = layout.vmas.mapped_in(range.clone());
        layout.may_expand(len - replaced, vma.is_data())?;
        layout.check_unsealed(&range)?;
        vma.flags |= layout.future_locks();
        if flags & map::LOCKED != 0 {
            vma.flags |= VmaFlags::LOCKED;
        }
        let kept = self.keep(&mut layout, &mut vma, file.as_ref())?;
        let how = How {
            shared: vma.is_shared(),
            // Inaccessible memory costs nothing either way, and like this it is one with the
            // reservation for the host, whose number of mappings is limited.
            no_reserve: flags & map::NORESERVE != 0 || file.is_none() && prot.is_empty(),
            populate: flags & map::POPULATE != 0 && flags & map::NONBLOCK == 0,
            locked: vma.flags & VmaFlags::LOCKS == VmaFlags::LOCKED,
            no_huge_pages: vma.flags.contains(VmaFlags::NO_HUGE_PAGE),
            sync: flags & map::TYPE == map::SHARED_VALIDATE && flags & map::SYNC != 0,
        };
        let backing = match (&file, &kept) {
            (Some(file), _) => Backing::File(file.fd, file.offset),
            (None, Some(memory)) => Backing::File(memory.as_fd(), 0),
            (None, None) => Backing::Anonymous,
        };
        self.settle(&mut layout, &range);
        if let Err(errno) = self.slab.map(&range, prot, backing, how) {
            self.repair(&mut layout, range);
            return Err(errno);
        }
        layout.vmas.remove(range);
        self.add_new(&mut layout, vma);
        Ok(start)
    }

    /// Where a mapping of `len` bytes goes (`__get_unmapped_area()`).
    pub(super) fn place(
        &self,
        layout: &Layout,
        addr: u64,
        len: u64,
        flags: u32,
    ) -> Result<u64, Errno> {
        let last = self.size().checked_sub(len).ok_or(Errno::ENOMEM)?;
        if flags & (map::FIXED | map::FIXED_NOREPLACE) != 0 {
            if addr > last {
                return Err(Errno::ENOMEM);
            }
            if !is_aligned(addr) {
                return Err(Errno::EINVAL);
            }
            if addr < MMAP_MIN {
                return Err(Errno::EPERM);
            }
            let free = flags & map::FIXED_NOREPLACE == 0 || layout.vmas.is_free(addr..addr + len);
            return if free { Ok(addr) } else { Err(Errno::EEXIST) };
        }
        let gaps = layout.vmas.gaps();
        let hint = (addr & !(PAGE_SIZE - 1)).max(MMAP_MIN);
        if addr >= PAGE_SIZE && hint <= last && layout.vmas.fits(hint..hint + len) {
            return Ok(hint);
        }
        let below_stack = MMAP_MIN..layout.mmap_base;
        let aligned = if len.is_multiple_of(HUGE_PAGE) {
            gaps.highest_aligned(len, HUGE_PAGE, below_stack.clone())
        } else {
            None
        };
        aligned
            .or_else(|| gaps.highest(len, below_stack))
            // Linux, too, then looks upwards from `TASK_UNMAPPED_BASE`.
            .or_else(|| gaps.lowest(len, self.size() / 4..self.size()))
            .ok_or(Errno::ENOMEM)
    }

    /// munmap(2).
    pub fn munmap(&self, addr: u64, len: u64) -> Result<(), Errno> {
        let room = self.size().checked_sub(addr).ok_or(Errno::EINVAL)?;
        if !is_aligned(addr) || len == 0 || len > room {
            return Err(Errno::EINVAL);
        }
        let len = page_up(len).ok_or(Errno::EINVAL)?;
        let mut layout = self.change();
        if layout.vmas.is_inside(&(addr..addr + len)) {
            layout.may_divide()?;
        }
        self.unmap(&mut layout, addr..addr + len)
    }

    /// Unmaps what is mapped in a range of the slab.
    pub(super) fn unmap(&self, layout: &mut Layout, range: Range<u64>) -> Result<(), Errno> {
        if layout.vmas.is_free(range.clone()) {
            return Ok(());
        }
        layout.check_unsealed(&range)?;
        self.settle(layout, &range);
        self.slab.unmap(&range)?;
        layout.vmas.remove(range);
        Ok(())
    }

    /// mprotect(2); `grows_down` is `PROT_GROWSDOWN`. Like Linux, changes what comes before the
    /// first hole or refusal.
    pub fn mprotect(&self, addr: u64, len: u64, prot: Prot, grows_down: bool) -> Result<(), Errno> {
        if !is_aligned(addr) {
            return Err(Errno::EINVAL);
        }
        if len == 0 {
            return Ok(());
        }
        let end = page_up(len).and_then(|len| addr.checked_add(len)).ok_or(Errno::ENOMEM)?;
        let mut layout = self.change();
        layout.may_divide()?;
        let mut at = addr;
        if grows_down {
            let vma = layout.vmas.from(addr).filter(|vma| vma.start < end).ok_or(Errno::ENOMEM)?;
            if !vma.grows_down() {
                return Err(Errno::EINVAL);
            }
            at = vma.start;
        }
        while at < end {
            let vma = layout.vmas.at(at).ok_or(Errno::ENOMEM)?;
            let part = at..vma.end.min(end);
            at = part.end;
            if !vma.max_prot.contains(prot) {
                return Err(Errno::EACCES);
            }
            if vma.is_sealed() {
                return Err(Errno::EPERM);
            }
            if vma.prot == prot {
                continue;
            }
            let changed = Vma { prot, ..vma.clipped(part.start, part.end) };
            if changed.is_data() && !vma.is_data() {
                // It counts as data already mapped; only RLIMIT_DATA can be in the way.
                let data = layout.vmas.usage().data.saturating_add(changed.size());
                if data > layout.limits.data {
                    return Err(Errno::ENOMEM);
                }
            }
            self.protect_part(&layout, &part, prot)?;
            layout.vmas.update(part, |vma| {
                vma.prot = prot;
                vma.note_writable();
            });
        }
        Ok(())
    }
}

/// What mmap(2) makes of a file, or refuses.
fn describe_file(
    range: Range<u64>,
    prot: Prot,
    flags: u32,
    file: &MappedFile<'_>,
) -> Result<Vma, Errno> {
    let shared = match flags & map::TYPE {
        map::SHARED => true,
        // The host knows whether the file can do MAP_SYNC.
        map::SHARED_VALIDATE if flags & !(map::VALIDATED | map::SYNC) != 0 => {
            return Err(Errno::EOPNOTSUPP);
        }
        map::SHARED_VALIDATE => true,
        map::PRIVATE => false,
        _ => return Err(Errno::EINVAL),
    };
    let readable = file.max_prot.contains(Prot::READ);
    let writable = file.max_prot.contains(Prot::WRITE);
    if !readable || shared && prot.contains(Prot::WRITE) && !writable {
        return Err(Errno::EACCES);
    }
    if prot.contains(Prot::EXEC) && !file.max_prot.contains(Prot::EXEC) {
        return Err(Errno::EPERM);
    }
    if flags & map::GROWSDOWN != 0 {
        return Err(Errno::EINVAL);
    }
    let object = Object {
        dev: file.dev,
        ino: file.ino,
        path: file.path.clone(),
        segment: None,
        kept: Kept::default(),
    };
    let is_code = prot.contains(Prot::EXEC) && !prot.contains(Prot::WRITE) && !shared;
    let stamp = if is_code { Stamp::of(file.fd).ok() } else { None };
    let stamp = stamp.filter(Stamp::is_settled);
    let mut vma = Vma {
        // A private mapping may always be written to: the file does not see it.
        max_prot: if shared { file.max_prot } else { file.max_prot | Prot::WRITE },
        flags: mapping_flags(shared, flags),
        object: Some(Arc::new(object)),
        offset: file.offset,
        stamp: stamp.map(Arc::new),
        ..Vma::anonymous(range.start, range.end, prot)
    };
    vma.note_writable();
    Ok(vma)
}

impl Layout {
    /// What mmap(2) makes of no file.
    fn describe_anonymous(
        &mut self,
        range: Range<u64>,
        prot: Prot,
        flags: u32,
    ) -> Result<Vma, Errno> {
        let shared = match flags & map::TYPE {
            map::SHARED if flags & map::GROWSDOWN != 0 => return Err(Errno::EINVAL),
            map::SHARED => true,
            map::PRIVATE => false,
            _ => return Err(Errno::EINVAL),
        };
        Ok(Vma {
            flags: mapping_flags(shared, flags),
            object: shared.then(|| self.shared_memory()),
            ..Vma::anonymous(range.start, range.end, prot)
        })
    }

    /// The object behind a shared anonymous mapping, as Linux shows it. Each is one of its own.
    fn shared_memory(&mut self) -> Arc<Object> {
        self.shared_objects += 1;
        Arc::new(Object::shared_anonymous(self.shared_objects))
    }
}

fn mapping_flags(shared: bool, flags: u32) -> VmaFlags {
    let mut result = VmaFlags::empty();
    result.set(VmaFlags::SHARED, shared);
    result.set(VmaFlags::GROWS_DOWN, flags & map::GROWSDOWN != 0);
    result.set(VmaFlags::NO_RESERVE, flags & map::NORESERVE != 0);
    result.set(VmaFlags::NO_HUGE_PAGE, flags & map::STACK != 0);
    result
}

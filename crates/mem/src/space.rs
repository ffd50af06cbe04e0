//! The guest's address space: the slab, the map of mappings, and the calls that change them.
//!
//! Each call first asks the host and then records what the host did, so that a refusal (a limit,
//! no memory) leaves the map true. Placement is deterministic: from the top down below the stack,
//! as Linux does it without randomisation.

use std::ops::Range;
use std::os::fd::BorrowedFd;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock, RwLockReadGuard, RwLockWriteGuard};

use abi::Errno;
use abi::mm::{Prot, map, mremap};
use host::mm::{self, Backing, How, PAGE_SIZE};

use crate::Slab;
use crate::vma::{Vma, VmaMap};

/// Lowest address that may be mapped (`vm.mmap_min_addr`).
const MMAP_MIN: u64 = 0x1_0000;
/// Between a stack that grows and what is below it (`stack_guard_gap`).
const STACK_GUARD: u64 = 256 * PAGE_SIZE;
/// Address space kept free below the top for the stack to grow (`mmap_base()` with the default
/// 8 MiB limit keeps at least 128 MiB).
const STACK_ROOM: u64 = 128 << 20;

/// The guest address space of one process.
#[derive(Debug)]
pub struct AddressSpace {
    slab: Arc<Slab>,
    layout: RwLock<Layout>,
    /// Counts changes that may have affected executable pages.
    exec_generation: AtomicU64,
}

#[derive(Debug, Default)]
struct Layout {
    vmas: VmaMap,
    brk_start: u64,
    brk: u64,
    /// RLIMIT_STACK.
    stack_limit: u64,
}

/// The file of a mapping.
#[derive(Clone, Debug)]
pub struct MappedFile<'a> {
    /// The host's file.
    pub fd: BorrowedFd<'a>,
    /// Where the mapping begins in it, a multiple of the page size.
    pub offset: u64,
    /// What the file's access mode lets a mapping do.
    pub max_prot: Prot,
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// For `/proc/self/maps`.
    pub path: Arc<str>,
}

fn page_up(value: u64) -> Option<u64> {
    value.checked_next_multiple_of(PAGE_SIZE)
}

impl AddressSpace {
    /// An empty address space.
    pub fn new(slab: Arc<Slab>) -> Self {
        let layout = Layout { stack_limit: 8 << 20, ..Layout::default() };
        Self { slab, layout: RwLock::new(layout), exec_generation: AtomicU64::new(0) }
    }

    /// The memory itself.
    pub fn slab(&self) -> &Arc<Slab> {
        &self.slab
    }

    /// The address behind the last one that a guest may use (`TASK_SIZE`).
    pub fn size(&self) -> u64 {
        self.slab.size()
    }

    fn read(&self) -> RwLockReadGuard<'_, Layout> {
        self.layout.read().unwrap_or_else(|e| e.into_inner())
    }

    fn write(&self) -> RwLockWriteGuard<'_, Layout> {
        self.layout.write().unwrap_or_else(|e| e.into_inner())
    }

    /// The host address of a guest address inside the slab.
    fn host(&self, addr: u64) -> *mut u8 {
        self.slab.base().wrapping_add(addr as usize)
    }

    fn changed_code(&self) {
        self.exec_generation.fetch_add(1, Ordering::SeqCst);
    }

    /// Changes whenever what may be executed may have changed.
    pub fn exec_generation(&self) -> u64 {
        self.exec_generation.load(Ordering::Acquire)
    }

    /// The executable mapping that contains `addr`.
    pub fn is_executable(&self, addr: u64) -> Option<Range<u64>> {
        let layout = self.read();
        let vma = layout.vmas.at(addr).filter(|vma| vma.prot.contains(Prot::EXEC))?;
        Some(vma.start..vma.end)
    }

    /// Whether any mapping contains `addr`.
    pub fn is_mapped(&self, addr: u64) -> bool {
        self.read().vmas.at(addr).is_some()
    }

    /// Whether the mapping that contains `addr` allows an access of the kind `wanted`. What may be
    /// written or executed may be read.
    pub fn permits(&self, addr: u64, wanted: Prot) -> bool {
        self.read().vmas.at(addr).is_some_and(|vma| match wanted {
            Prot::READ => !vma.prot.is_empty(),
            wanted => vma.prot.contains(wanted),
        })
    }

    /// All mappings, in order.
    pub fn vmas(&self) -> Vec<Vma> {
        self.read().vmas.iter().cloned().collect()
    }

    /// A page-aligned range below the top. `ENOMEM` otherwise, as for addresses that cannot be
    /// mapped; `EINVAL` for an unaligned start.
    fn range(&self, addr: u64, len: u64) -> Result<Range<u64>, Errno> {
        if !addr.is_multiple_of(PAGE_SIZE) {
            return Err(Errno::EINVAL);
        }
        let end = page_up(len).and_then(|len| addr.checked_add(len)).ok_or(Errno::ENOMEM)?;
        if end > self.size() {
            return Err(Errno::ENOMEM);
        }
        Ok(addr..end)
    }

    /// mmap(2). `flags` are `abi::mm::map`; no `file` means anonymous memory.
    pub fn mmap(
        &self,
        addr: u64,
        len: u64,
        prot: Prot,
        flags: u32,
        file: Option<MappedFile<'_>>,
    ) -> Result<u64, Errno> {
        if len == 0 {
            return Err(Errno::EINVAL);
        }
        let len = page_up(len).filter(|len| *len <= self.size()).ok_or(Errno::ENOMEM)?;
        let shared = match flags & map::TYPE {
            map::SHARED | map::SHARED_VALIDATE => true,
            map::PRIVATE => false,
            _ => return Err(Errno::EINVAL),
        };
        if let Some(file) = &file {
            check_file(file, prot, shared, len)?;
        }
        if flags & map::HUGETLB != 0 {
            // No pool of huge pages is set up.
            return Err(Errno::ENOMEM);
        }
        let mut layout = self.write();
        let start = self.place(&layout, addr, len, flags)?;
        let how = How {
            shared,
            no_reserve: flags & map::NORESERVE != 0,
            populate: flags & map::POPULATE != 0,
            locked: flags & map::LOCKED != 0,
            sync: flags & map::TYPE == map::SHARED_VALIDATE && flags & map::SYNC != 0,
        };
        let backing = file.as_ref().map_or(Backing::Anonymous, |f| Backing::File(f.fd, f.offset));
        // SAFETY: `place` returns ranges inside the slab.
        unsafe { mm::map(self.host(start), len, prot, backing, how) }?;
        let removed = layout.vmas.remove(start, start + len);
        let all = Prot::all();
        layout.vmas.insert(Vma {
            start,
            end: start + len,
            prot,
            shared,
            grows_down: flags & map::GROWSDOWN != 0,
            max_prot: file.as_ref().filter(|_| shared).map_or(all, |f| f.max_prot),
            offset: file.as_ref().map_or(0, |f| f.offset),
            dev: file.as_ref().map_or(0, |f| f.dev),
            ino: file.as_ref().map_or(0, |f| f.ino),
            name: file.map_or_else(|| "".into(), |f| f.path),
        });
        drop(layout);
        if prot.contains(Prot::EXEC) || removed.iter().any(|vma| vma.prot.contains(Prot::EXEC)) {
            self.changed_code();
        }
        Ok(start)
    }

    /// Where a mapping of `len` bytes goes.
    fn place(&self, layout: &Layout, addr: u64, len: u64, flags: u32) -> Result<u64, Errno> {
        if flags & (map::FIXED | map::FIXED_NOREPLACE) != 0 {
            let range = self.range(addr, len)?;
            if addr < MMAP_MIN {
                return Err(Errno::EPERM);
            }
            let taken = layout.vmas.overlapping(range.start, range.end).next().is_some();
            if flags & map::FIXED_NOREPLACE != 0 && taken {
                return Err(Errno::EEXIST);
            }
            return Ok(addr);
        }
        let hint = addr & !(PAGE_SIZE - 1);
        if hint >= MMAP_MIN
            && let Ok(range) = self.range(hint, len)
            && layout.vmas.overlapping(range.start, range.end).next().is_none()
        {
            return Ok(hint);
        }
        let top = self.size() - STACK_ROOM;
        layout.vmas.find_gap(len, MMAP_MIN, top).ok_or(Errno::ENOMEM)
    }

    /// munmap(2).
    pub fn munmap(&self, addr: u64, len: u64) -> Result<(), Errno> {
        if len == 0 {
            return Err(Errno::EINVAL);
        }
        // Linux calls a range that cannot be mapped invalid here.
        let range = self.range(addr, len).map_err(|_| Errno::EINVAL)?;
        let mut layout = self.write();
        self.unmap_locked(&mut layout, range)
    }

    fn unmap_locked(&self, layout: &mut Layout, range: Range<u64>) -> Result<(), Errno> {
        if layout.vmas.overlapping(range.start, range.end).next().is_none() {
            return Ok(());
        }
        // SAFETY: `range` is inside the slab.
        unsafe { mm::unmap(self.host(range.start), range.end - range.start) }?;
        let removed = layout.vmas.remove(range.start, range.end);
        if removed.iter().any(|vma| vma.prot.contains(Prot::EXEC)) {
            self.changed_code();
        }
        Ok(())
    }

    /// mprotect(2). Like Linux, changes what comes before the first hole or refusal.
    pub fn mprotect(&self, addr: u64, len: u64, prot: Prot, grows_down: bool) -> Result<(), Errno> {
        let mut range = self.range(addr, len)?;
        if range.is_empty() {
            return Ok(());
        }
        let mut layout = self.write();
        if grows_down {
            let vma = layout.vmas.from(addr).filter(|vma| vma.start < range.end);
            let vma = vma.ok_or(Errno::ENOMEM)?;
            if !vma.grows_down {
                return Err(Errno::EINVAL);
            }
            range.start = vma.start;
        }
        let parts: Vec<Vma> = layout.vmas.overlapping(range.start, range.end).cloned().collect();
        let mut at = range.start;
        let mut code = prot.contains(Prot::EXEC);
        let mut result = Ok(());
        for vma in parts {
            if vma.start > at {
                result = Err(Errno::ENOMEM);
                break;
            }
            if !vma.max_prot.contains(prot) {
                result = Err(Errno::EACCES);
                break;
            }
            let end = vma.end.min(range.end);
            // SAFETY: a part of a mapping in the slab.
            result = unsafe { mm::protect(self.host(at), end - at, prot) };
            if result.is_err() {
                break;
            }
            for part in layout.vmas.remove(at, end) {
                code |= part.prot.contains(Prot::EXEC);
                layout.vmas.insert(Vma { prot, ..part });
            }
            at = end;
        }
        drop(layout);
        if code {
            self.changed_code();
        }
        if result.is_ok() && at < range.end { Err(Errno::ENOMEM) } else { result }
    }

    /// mremap(2).
    pub fn mremap(
        &self,
        old: u64,
        old_len: u64,
        new_len: u64,
        flags: u32,
        new: u64,
    ) -> Result<u64, Errno> {
        let known = mremap::MAYMOVE | mremap::FIXED | mremap::DONTUNMAP;
        let moves = flags & (mremap::FIXED | mremap::DONTUNMAP) != 0;
        if flags & !known != 0
            || moves && flags & mremap::MAYMOVE == 0
            || flags & mremap::DONTUNMAP != 0 && old_len != new_len
            || !old.is_multiple_of(PAGE_SIZE)
        {
            return Err(Errno::EINVAL);
        }
        let old_len = page_up(old_len).ok_or(Errno::EINVAL)?;
        let new_len = page_up(new_len).filter(|len| *len != 0).ok_or(Errno::EINVAL)?;
        let mut layout = self.write();
        if flags & mremap::FIXED != 0 {
            let target = self.range(new, new_len).map_err(|_| Errno::EINVAL)?;
            if target.start < old + old_len && old < target.end {
                return Err(Errno::EINVAL);
            }
            if new < MMAP_MIN {
                return Err(Errno::EPERM);
            }
        }
        let vma = layout.vmas.at(old).cloned().ok_or(Errno::EFAULT)?;
        if old_len == 0 && !vma.shared {
            return Err(Errno::EINVAL);
        }
        if !moves && new_len <= old_len {
            if new_len < old_len {
                self.unmap_locked(&mut layout, old + new_len..old + old_len)?;
            }
            return Ok(old);
        }
        // One mapping at a time may grow or move.
        if old + old_len > vma.end {
            return Err(Errno::EFAULT);
        }
        if !moves && self.grow_in_place(&mut layout, &vma, old, old_len, new_len)? {
            return Ok(old);
        }
        if flags & mremap::MAYMOVE == 0 {
            return Err(Errno::ENOMEM);
        }
        let target =
            if flags & mremap::FIXED != 0 { new } else { self.place(&layout, new, new_len, 0)? };
        self.relocate(&mut layout, &vma, old..old + old_len, target, new_len, flags)?;
        Ok(target)
    }

    /// Extends the end of a mapping into free space behind it.
    fn grow_in_place(
        &self,
        layout: &mut Layout,
        vma: &Vma,
        old: u64,
        old_len: u64,
        new_len: u64,
    ) -> Result<bool, Errno> {
        let (end, new_end) = (old + old_len, old.saturating_add(new_len));
        let free = layout.vmas.overlapping(end, new_end).next().is_none();
        if old_len == 0 || end != vma.end || new_end > self.size() || !free {
            return Ok(false);
        }
        if vma.ino == 0 && !vma.shared {
            // SAFETY: free space of the slab.
            unsafe {
                let how = How::default();
                mm::map(self.host(end), new_end - end, vma.prot, Backing::Anonymous, how)?;
            }
        } else {
            // The host knows the object; let it make the longer mapping elsewhere and bring it back.
            let Some(spare) = layout.vmas.find_gap(new_len, MMAP_MIN, self.size() - STACK_ROOM)
            else {
                return Ok(false);
            };
            // SAFETY: all three ranges are in the slab, and the spare one is free.
            unsafe {
                let (here, there) = (self.host(old), self.host(spare));
                mm::remap(here, old_len, there, new_len, false)?;
                mm::remap(there, new_len, here, new_len, false)?;
                mm::unmap(there, new_len)?;
            }
        }
        let offset = if vma.ino == 0 { 0 } else { vma.offset + (end - vma.start) };
        layout.vmas.insert(Vma { start: end, end: new_end, offset, ..vma.clone() });
        Ok(true)
    }

    /// Moves (a part of) a mapping.
    fn relocate(
        &self,
        layout: &mut Layout,
        vma: &Vma,
        from: Range<u64>,
        to: u64,
        to_len: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        let keep = flags & mremap::DONTUNMAP != 0;
        let from_len = from.end - from.start;
        // Linux cuts a mapping that shrinks before it moves.
        let moved = from_len.min(to_len);
        if from_len > to_len {
            self.unmap_locked(layout, from.start + to_len..from.end)?;
        }
        // SAFETY: both ranges are in the slab; the reservation is restored where the old one was.
        unsafe {
            mm::remap(self.host(from.start), moved, self.host(to), to_len, keep)?;
            if !keep && moved != 0 {
                mm::unmap(self.host(from.start), moved)?;
            }
        }
        if !keep {
            layout.vmas.remove(from.start, from.end);
        }
        layout.vmas.remove(to, to + to_len);
        let offset = if vma.ino == 0 { 0 } else { vma.offset + (from.start - vma.start) };
        layout.vmas.insert(Vma { start: to, end: to + to_len, offset, ..vma.clone() });
        if vma.prot.contains(Prot::EXEC) {
            self.changed_code();
        }
        Ok(())
    }

    /// Calls `f` for the mapped parts of a range. `ENOMEM` at the end if there were holes.
    fn for_mapped(
        &self,
        range: Range<u64>,
        mut f: impl FnMut(&Vma, *mut u8, u64) -> Result<(), Errno>,
    ) -> Result<(), Errno> {
        let layout = self.read();
        let mut at = range.start;
        let mut hole = false;
        for vma in layout.vmas.overlapping(range.start, range.end) {
            hole |= vma.start > at;
            let (start, end) = (vma.start.max(range.start), vma.end.min(range.end));
            f(vma, self.host(start), end - start)?;
            at = end;
        }
        if hole || at < range.end { Err(Errno::ENOMEM) } else { Ok(()) }
    }

    /// madvise(2).
    pub fn madvise(&self, addr: u64, len: u64, advice: i32) -> Result<(), Errno> {
        let range = self.range(addr, len).map_err(|_| Errno::EINVAL)?;
        if range.is_empty() {
            // Unknown advice is refused even for nothing.
            // SAFETY: no bytes.
            return unsafe { mm::advise(self.host(addr), 0, advice) };
        }
        // SAFETY: parts of mappings in the slab.
        self.for_mapped(range, |_, at, len| unsafe { mm::advise(at, len, advice) })
    }

    /// msync(2); `flags` are `abi::mm::ms`.
    pub fn msync(&self, addr: u64, len: u64, flags: i32) -> Result<(), Errno> {
        use abi::mm::ms;
        if flags & !(ms::ASYNC | ms::INVALIDATE | ms::SYNC) != 0
            || flags & ms::ASYNC != 0 && flags & ms::SYNC != 0
        {
            return Err(Errno::EINVAL);
        }
        let range = self.range(addr, len)?;
        // SAFETY: parts of mappings in the slab.
        self.for_mapped(range, |_, at, len| unsafe { mm::sync(at, len, flags) })
    }

    /// mincore(2): a byte a page.
    pub fn mincore(&self, addr: u64, len: u64) -> Result<Vec<u8>, Errno> {
        let range = self.range(addr, len)?;
        if !self.read().vmas.covers(range.start, range.end) {
            return Err(Errno::ENOMEM);
        }
        let mut pages = Vec::new();
        self.for_mapped(range, |_, at, len| {
            let before = pages.len();
            pages.resize(before + (len / PAGE_SIZE) as usize, 0);
            // SAFETY: a part of a mapping in the slab, and a byte for each of its pages.
            unsafe { mm::resident(at, len, &mut pages[before..]) }
        })?;
        Ok(pages)
    }

    /// mlock2(2).
    pub fn mlock(&self, addr: u64, len: u64, on_fault: bool) -> Result<(), Errno> {
        let start = addr & !(PAGE_SIZE - 1);
        let range = self.range(start, len.saturating_add(addr - start))?;
        // SAFETY: parts of mappings in the slab.
        self.for_mapped(range, |_, at, len| unsafe { mm::lock(at, len, on_fault) })
    }

    /// munlock(2).
    pub fn munlock(&self, addr: u64, len: u64) -> Result<(), Errno> {
        let start = addr & !(PAGE_SIZE - 1);
        let range = self.range(start, len.saturating_add(addr - start))?;
        // SAFETY: parts of mappings in the slab.
        self.for_mapped(range, |_, at, len| unsafe { mm::unlock(at, len) })
    }

    /// Where the heap begins.
    pub fn brk_start(&self) -> u64 {
        self.read().brk_start
    }

    /// Sets where the heap begins, for execve(2).
    pub fn set_brk_start(&self, addr: u64) {
        let mut layout = self.write();
        layout.brk_start = addr;
        layout.brk = addr;
    }

    /// brk(2): the new end of the heap, or the present one if it cannot be had. `limit` is
    /// RLIMIT_DATA, in bytes.
    pub fn brk(&self, wanted: u64, limit: u64) -> u64 {
        let mut layout = self.write();
        let grows = wanted > layout.brk;
        if wanted >= layout.brk_start
            && !(grows && wanted - layout.brk_start > limit)
            && self.move_brk(&mut layout, wanted).is_ok()
        {
            layout.brk = wanted;
        }
        layout.brk
    }

    fn move_brk(&self, layout: &mut Layout, wanted: u64) -> Result<(), Errno> {
        let (old, new) = (page_up(layout.brk), page_up(wanted));
        let (old, new) = (old.ok_or(Errno::ENOMEM)?, new.ok_or(Errno::ENOMEM)?);
        if new < old {
            return self.unmap_locked(layout, new..old);
        }
        if new == old {
            return Ok(());
        }
        let guard = new.checked_add(PAGE_SIZE).filter(|end| *end <= self.size());
        let guard = guard.ok_or(Errno::ENOMEM)?;
        if layout.vmas.overlapping(old, guard).next().is_some() {
            return Err(Errno::ENOMEM);
        }
        let prot = Prot::READ | Prot::WRITE;
        // SAFETY: free space of the slab.
        unsafe {
            mm::map(self.host(old), new - old, prot, Backing::Anonymous, How::default())?;
        }
        layout.vmas.insert(anonymous(old..new, prot, "[heap]"));
        Ok(())
    }

    /// Makes the main stack: `len` bytes that end at the top of the address space and grow down.
    pub fn map_stack(&self, len: u64, limit: u64, prot: Prot) -> Result<Range<u64>, Errno> {
        // The last page stays free, as below `STACK_TOP` on arm64.
        let end = self.size() - PAGE_SIZE;
        let range = end - len..end;
        let mut layout = self.write();
        layout.stack_limit = limit;
        // SAFETY: free space of the slab.
        unsafe {
            mm::map(self.host(range.start), len, prot, Backing::Anonymous, How::default())?;
        }
        let vma = anonymous(range.clone(), prot, "[stack]");
        layout.vmas.insert(Vma { grows_down: true, ..vma });
        Ok(range)
    }

    /// Gives a mapping a name, as Linux does for `[vdso]`.
    pub fn name(&self, addr: u64, name: &str) {
        let mut layout = self.write();
        if let Some(vma) = layout.vmas.at(addr).cloned() {
            layout.vmas.remove(vma.start, vma.end);
            layout.vmas.insert(Vma { name: name.into(), ..vma });
        }
    }

    /// Grows a stack down to a fault at `addr`. `false` if that fault is not a stack's.
    pub fn handle_fault(&self, addr: u64) -> bool {
        let mut layout = self.write();
        if addr >= self.size() || layout.vmas.at(addr).is_some() {
            return false;
        }
        let Some(stack) = layout.vmas.from(addr).filter(|vma| vma.grows_down).cloned() else {
            return false;
        };
        let start = addr & !(PAGE_SIZE - 1);
        if stack.end - start > layout.stack_limit {
            return false;
        }
        let neighbour = layout.vmas.below(start);
        if neighbour.is_some_and(|vma| !vma.prot.is_empty() && vma.end + STACK_GUARD > start) {
            return false;
        }
        let len = stack.start - start;
        // SAFETY: free space of the slab.
        let mapped = unsafe {
            mm::map(self.host(start), len, stack.prot, Backing::Anonymous, How::default())
        };
        if mapped.is_err() {
            return false;
        }
        layout.vmas.insert(Vma { start, end: stack.start, ..stack });
        true
    }

    /// Unmaps everything, for execve(2).
    pub fn reset(&self) -> Result<(), Errno> {
        let mut layout = self.write();
        // Piecewise: one call over the whole slab would make the host drop and rebuild more.
        let ranges: Vec<Range<u64>> = layout.vmas.iter().map(|vma| vma.start..vma.end).collect();
        for range in ranges {
            self.unmap_locked(&mut layout, range)?;
        }
        layout.brk = 0;
        layout.brk_start = 0;
        drop(layout);
        self.changed_code();
        Ok(())
    }
}

fn anonymous(range: Range<u64>, prot: Prot, name: &str) -> Vma {
    Vma {
        start: range.start,
        end: range.end,
        prot,
        shared: false,
        grows_down: false,
        max_prot: Prot::all(),
        offset: 0,
        dev: 0,
        ino: 0,
        name: name.into(),
    }
}

/// What mmap(2) asks of a file: a page-aligned offset, and an access mode that fits.
fn check_file(file: &MappedFile<'_>, prot: Prot, shared: bool, len: u64) -> Result<(), Errno> {
    if !file.offset.is_multiple_of(PAGE_SIZE) {
        return Err(Errno::EINVAL);
    }
    if file.offset.checked_add(len).is_none_or(|end| end > i64::MAX as u64) {
        return Err(Errno::EOVERFLOW);
    }
    if !file.max_prot.contains(Prot::READ)
        || shared && prot.contains(Prot::WRITE) && !file.max_prot.contains(Prot::WRITE)
    {
        return Err(Errno::EACCES);
    }
    Ok(())
}

//! An address space that goes on in another host process, for hosts and engines without `fork`.
//!
//! The other process maps everything anew at the same addresses: files from descriptors that were kept when the
//! guest mapped them, shared memory, which has such a descriptor, too, and private memory as zeros or as
//! what the file holds. Then it is sent what this process alone has: the pages that the host says were
//! written. Descriptors and not paths, because a file may have been renamed, deleted, or opened with
//! rights that are gone.
//!
//! A [`Record`] comes from outside as far as this process knows, so everything in it is checked: the worst that
//! a wrong one does is an error.
//!
//! Rejected: private memory as a copy-on-write mapping of a file that both have. It is quicker, but what is
//! discarded (`MADV_DONTNEED`) would come back as it was, where zeros must be.

use std::collections::BTreeMap;
use std::ops::Range;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use abi::Errno;
use abi::mm::{Prot, madv};
use host::handoff::{Inherited, Luggage};
use host::mm::{Backing, How, OwnPages, PAGE_SIZE};
use host::sync::{MutexGuard, RwLockReadGuard};
use serde::{Deserialize, Serialize};

use super::{AddressSpace, Layout, Limits, MMAP_MIN, MappedFile, is_aligned};
use crate::Slab;
use crate::vma::{Kept, KeptFile, Object, Stamp, Vma, VmaFlags};

/// So many bytes of memory are looked at, and sent, at a time.
const PART: u64 = 128 << 10;

/// Keeps descriptors of what is mapped.
#[derive(Debug, Default)]
pub(super) struct Keeper {
    has_locks: Arc<AtomicBool>,
}

/// Of files that are mapped, by number of the guest's descriptor, device and inode: a program that maps a file piece
/// by piece shares one.
pub(super) type KeptFiles = BTreeMap<(i32, u64, u64), Weak<KeptFile>>;

impl Keeper {
    fn keep(&self, files: &mut KeptFiles, file: &MappedFile<'_>) -> Result<Arc<KeptFile>, Errno> {
        let key = (file.fd.as_raw_fd(), file.dev, file.ino);
        if let Some(kept) = files.get(&key).and_then(Weak::upgrade) {
            return Ok(kept);
        }
        files.retain(|_, kept| kept.strong_count() != 0);
        let kept = self.own(host::fs::dup(file.fd)?);
        files.insert(key, Arc::downgrade(&kept));
        Ok(kept)
    }

    fn own(&self, fd: OwnedFd) -> Arc<KeptFile> {
        Arc::new(KeptFile::new(fd, self.has_locks.clone()))
    }
}

/// An address space, as another process needs it to go on with. What memory holds is not in it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    size: u64,
    mmap_base: u64,
    brk_start: u64,
    brk: u64,
    stack_mark: u64,
    shared_objects: u64,
    limits: Limits,
    is_shared: bool,
    /// Descriptors.
    files: Vec<i32>,
    objects: Vec<ObjectRecord>,
    /// Ascending.
    mappings: Vec<MappingRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct ObjectRecord {
    dev: u64,
    ino: u64,
    path: String,
    segment: Option<u64>,
    /// Which of the files; a segment has none.
    file: Option<u32>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct MappingRecord {
    start: u64,
    end: u64,
    prot: u32,
    max_prot: u32,
    flags: u16,
    /// Which of the objects.
    object: Option<u32>,
    offset: u64,
    name: Option<String>,
    stamp: Option<Stamp>,
}

impl Record {
    /// The size of the slab that it needs.
    pub fn size(&self) -> u64 {
        self.size
    }
}

/// An address space that does not change while it is told to another process.
pub struct Departure<'a> {
    space: &'a AddressSpace,
    layout: RwLockReadGuard<'a, Layout>,
    _turn: MutexGuard<'a, ()>,
}

impl AddressSpace {
    /// The guest uses record locks from now on: to be called before the first.
    pub fn note_record_locks(&self) {
        if let Some(keeper) = &self.keeper {
            keeper.has_locks.store(true, Ordering::Relaxed);
        }
    }

    /// Keeps what `vma` is about to show, if this is wanted. Returns the memory behind a shared anonymous mapping.
    pub(super) fn keep(
        &self,
        layout: &mut Layout,
        vma: &mut Vma,
        file: Option<&MappedFile<'_>>,
    ) -> Result<Option<Arc<KeptFile>>, Errno> {
        let (Some(keeper), Some(object)) = (&self.keeper, &mut vma.object) else { return Ok(None) };
        let kept = match file {
            Some(file) => keeper.keep(&mut layout.kept, file)?,
            None => keeper.own(host::mm::shared_memory(vma.end - vma.start)?),
        };
        if let Some(object) = Arc::get_mut(object) {
            object.kept = Kept(Some(kept.clone()));
        }
        Ok(Some(kept))
    }

    /// For a child in another host process: no change of the map begins until the result is dropped. No
    /// other thread may run guest code meanwhile.
    pub fn depart(&self) -> Departure<'_> {
        let turn = self.turn.lock();
        Departure { space: self, layout: self.layout.read(), _turn: turn }
    }
}

impl Departure<'_> {
    /// The map, as a child inherits it (fork(2)): locks are not, nor is what is marked `MADV_DONTFORK`.
    pub fn record(&self, luggage: &mut Luggage) -> Result<Record, Errno> {
        let AddressSpace {
            slab,
            layout: _,
            turn: _,
            code: _,
            growth: _,
            on_loan: _,
            is_shared,
            keeper: _,
        } = self.space;
        let Layout {
            vmas,
            mmap_base,
            brk_start,
            brk,
            stack_mark,
            limits,
            shared_objects,
            lock_future: _,
            loan: _,
            kept: _,
            most_mappings: _,
        } = &*self.layout;
        let mut record = Record {
            size: slab.size(),
            mmap_base: *mmap_base,
            brk_start: *brk_start,
            brk: *brk,
            stack_mark: *stack_mark,
            shared_objects: *shared_objects,
            limits: *limits,
            is_shared: is_shared.load(Ordering::Relaxed),
            files: Vec::new(),
            objects: Vec::new(),
            mappings: Vec::new(),
        };
        let mut seen = Seen::default();
        for vma in vmas.iter().filter(|vma| !vma.flags.contains(VmaFlags::DONT_FORK)) {
            let Vma { start, end, prot, max_prot, flags, object, offset, name, stamp } = vma;
            let object = object.as_ref().map(|object| seen.object(&mut record, luggage, object));
            record.mappings.push(MappingRecord {
                start: *start,
                end: *end,
                prot: prot.bits(),
                max_prot: max_prot.bits(),
                flags: flags.difference(VmaFlags::LOCKS).bits(),
                object: object.transpose()?,
                offset: *offset,
                name: name.as_deref().map(str::to_owned),
                stamp: stamp.as_deref().copied(),
            });
        }
        Ok(record)
    }

    /// Calls `send` with what private memory holds, in parts that [`AddressSpace::fill`] takes.
    pub fn contents(&self, mut send: impl FnMut(&[u8]) -> Result<(), Errno>) -> Result<(), Errno> {
        let pages = OwnPages::new();
        let base = self.space.slab.base();
        let absent = VmaFlags::SHARED | VmaFlags::DONT_FORK | VmaFlags::WIPE_ON_FORK;
        let mut parts = Parts { bytes: Vec::new(), send: &mut send };
        for vma in self.layout.vmas.iter().filter(|vma| !vma.flags.intersects(absent)) {
            let at = base.wrapping_add(vma.start as usize);
            let found = pages.as_ref().ok().and_then(|pages| pages.within(at, vma.size()).ok());
            match found {
                Some(found) => found.into_iter().try_for_each(|part| {
                    let guest = |host: u64| host - base.addr() as u64;
                    self.tell(vma, guest(part.start)..guest(part.end), &mut parts)
                }),
                // Where the host does not tell, all of it.
                None => self.tell(vma, vma.range(), &mut parts),
            }?;
        }
        parts.flush()
    }

    /// Adds the content of a part of a mapping.
    fn tell<S>(&self, vma: &Vma, part: Range<u64>, parts: &mut Parts<'_, S>) -> Result<(), Errno>
    where
        S: FnMut(&[u8]) -> Result<(), Errno>,
    {
        let slab = &self.space.slab;
        // No thread of the guest runs that could see it.
        let is_closed = vma.prot.is_empty();
        if is_closed {
            slab.protect(&part, Prot::READ)?;
        }
        let mut buffer = vec![0; PART.min(part.end - part.start) as usize];
        let mut at = part.start;
        while at < part.end {
            let bytes = &mut buffer[..PART.min(part.end - at) as usize];
            let (read, guard) = match slab.read_bytes(at, bytes) {
                Ok(()) => (bytes.len(), false),
                // The page is a guard (`MADV_GUARD_INSTALL`), or the file does not reach there.
                Err(error) => ((error.addr - at) as usize, !error.bus),
            };
            parts.pages(at, &bytes[..read], vma.object.is_none())?;
            at += read as u64;
            if at < part.end && (guard || read == 0) {
                if guard {
                    parts.add(at, PartKind::Guard, &[])?;
                }
                at += PAGE_SIZE;
            }
        }
        if is_closed { slab.protect(&part, vma.prot) } else { Ok(()) }
    }
}

/// Which files and objects are in a record already, by their addresses, and where.
#[derive(Default)]
struct Seen {
    files: BTreeMap<usize, u32>,
    objects: BTreeMap<usize, u32>,
}

impl Seen {
    /// The place of an object in `record`.
    fn object(
        &mut self,
        record: &mut Record,
        luggage: &mut Luggage,
        object: &Arc<Object>,
    ) -> Result<u32, Errno> {
        let key = Arc::as_ptr(object).addr();
        if let Some(place) = self.objects.get(&key) {
            return Ok(*place);
        }
        let Object { dev, ino, path, segment, kept } = &**object;
        let file = match &kept.0 {
            Some(kept) => Some(*self.files.entry(Arc::as_ptr(kept).addr()).or_insert_with(|| {
                record.files.push(luggage.add(kept.clone()));
                record.files.len() as u32 - 1
            })),
            None if segment.is_some() => None,
            None => return Err(Errno::ENOSYS),
        };
        let (path, place) = (path.to_string(), record.objects.len() as u32);
        record.objects.push(ObjectRecord { dev: *dev, ino: *ino, path, segment: *segment, file });
        self.objects.insert(key, place);
        Ok(place)
    }
}

/// What follows the head of a part: nothing, or bytes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum PartKind {
    Bytes = 0,
    /// A page that `MADV_GUARD_INSTALL` has been at.
    Guard = 1,
}

/// In front of a part: address, number of bytes, kind; little-endian, 8, 4 and 4 bytes.
const HEAD: usize = 16;

/// Content on its way.
struct Parts<'a, S> {
    bytes: Vec<u8>,
    send: &'a mut S,
}

impl<S: FnMut(&[u8]) -> Result<(), Errno>> Parts<'_, S> {
    /// Adds pages, but for those that are zero if that is what the other process has there anyway.
    fn pages(&mut self, at: u64, bytes: &[u8], zero_already: bool) -> Result<(), Errno> {
        let page = PAGE_SIZE as usize;
        let is_wanted = |page: &[u8]| !zero_already || page.iter().any(|&byte| byte != 0);
        let mut start = 0;
        while start < bytes.len() {
            let run = bytes[start..].chunks(page).take_while(|page| is_wanted(page)).count() * page;
            let end = (start + run).min(bytes.len());
            if end > start {
                self.add(at + start as u64, PartKind::Bytes, &bytes[start..end])?;
            }
            start = end + page;
        }
        Ok(())
    }

    fn add(&mut self, at: u64, kind: PartKind, bytes: &[u8]) -> Result<(), Errno> {
        self.bytes.extend_from_slice(&at.to_le_bytes());
        self.bytes.extend_from_slice(&(bytes.len() as u32).to_le_bytes());
        self.bytes.extend_from_slice(&(kind as u32).to_le_bytes());
        self.bytes.extend_from_slice(bytes);
        if self.bytes.len() as u64 >= PART { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<(), Errno> {
        let result = if self.bytes.is_empty() { Ok(()) } else { (self.send)(&self.bytes) };
        self.bytes.clear();
        result
    }
}

impl AddressSpace {
    /// The address space that `record` tells of, in an empty slab of that size. Its private memory holds nothing
    /// yet. `EINVAL` if the record cannot be one of ours.
    pub fn arrive(
        slab: Arc<Slab>,
        record: &Record,
        inherited: &mut Inherited,
    ) -> Result<Self, Errno> {
        let Record {
            size,
            mmap_base,
            brk_start,
            brk,
            stack_mark,
            shared_objects,
            limits,
            is_shared,
            files,
            objects,
            mappings,
        } = record;
        let is_sound = *size == slab.size()
            && is_aligned(*mmap_base)
            && [mmap_base, brk_start, brk, stack_mark].into_iter().all(|addr| addr <= size)
            && brk_start <= brk;
        if !is_sound {
            return Err(Errno::EINVAL);
        }
        let keeper = Keeper::default();
        let own = |number: &i32| Ok(keeper.own(inherited.take(*number)?));
        let files: Vec<_> = files.iter().map(own).collect::<Result<_, Errno>>()?;
        let objects: Vec<_> =
            objects.iter().map(|object| object.arrive(&files)).collect::<Result<_, Errno>>()?;
        let space = Self { keeper: Some(keeper), ..Self::new(slab) };
        space.is_shared.store(*is_shared, Ordering::Relaxed);
        {
            let mut layout = space.change();
            layout.mmap_base = *mmap_base;
            (layout.brk_start, layout.brk) = (*brk_start, *brk);
            layout.stack_mark = *stack_mark;
            layout.shared_objects = *shared_objects;
            layout.limits = *limits;
            let mut free_from = MMAP_MIN;
            let mut segments = Vec::new();
            for mapping in mappings {
                let vma = mapping.arrive(&objects, free_from..*size)?;
                free_from = vma.end;
                match vma.object.as_deref() {
                    Some(Object { segment: Some(len), .. }) => segments.push((vma.clone(), *len)),
                    _ => space.show(&vma)?,
                }
                layout.vmas.insert(vma);
            }
            // Now it is known where there is room.
            segments.iter().try_for_each(|(vma, len)| space.attach_again(&layout, vma, *len))?;
        }
        Ok(space)
    }

    /// Maps what is not a segment.
    fn show(&self, vma: &Vma) -> Result<(), Errno> {
        let how = How {
            shared: vma.is_shared(),
            no_reserve: vma.flags.contains(VmaFlags::NO_RESERVE)
                || vma.object.is_none() && vma.prot.is_empty(),
            no_huge_pages: vma.flags.contains(VmaFlags::NO_HUGE_PAGE),
            ..How::default()
        };
        let file = vma.object.as_ref().and_then(|object| object.kept.0.as_ref());
        let backing =
            file.map_or(Backing::Anonymous, |file| Backing::File(file.as_fd(), vma.offset));
        self.slab.map(&vma.range(), vma.prot, backing, how)?;
        let advice = [
            (VmaFlags::HUGE_PAGE, madv::HUGEPAGE),
            (VmaFlags::RANDOM, madv::RANDOM),
            (VmaFlags::SEQUENTIAL, madv::SEQUENTIAL),
            (VmaFlags::DONT_DUMP, madv::DONTDUMP),
            (VmaFlags::MERGEABLE, madv::MERGEABLE),
        ];
        for (_, advice) in advice.iter().filter(|(flag, _)| vma.flags.contains(*flag)) {
            // Changes what it costs, not what it is.
            let _ = self.slab.advise(&vma.range(), *advice);
        }
        Ok(())
    }

    /// Attaches the part of a segment of System V shared memory that `vma` shows: the host only attaches whole ones,
    /// so the part moves to its place from where there is room for all of it.
    fn attach_again(&self, layout: &Layout, vma: &Vma, len: u64) -> Result<(), Errno> {
        let object = vma.object.as_ref().ok_or(Errno::EINVAL)?;
        let id = i32::try_from(object.ino).map_err(|_| Errno::EINVAL)?;
        let end = vma.offset.checked_add(vma.size()).filter(|end| *end <= len && is_aligned(len));
        let end = end.ok_or(Errno::EINVAL)?;
        let place = layout.vmas.gaps().highest(len, MMAP_MIN..self.size()).ok_or(Errno::ENOMEM)?;
        let whole = place..place + len;
        self.slab.attach(&whole, id, !vma.max_prot.contains(Prot::WRITE))?;
        let moved = self.slab.remap(&(place + vma.offset..place + end), &vma.range(), false);
        let result = moved.and_then(|()| self.slab.protect(&vma.range(), vma.prot));
        self.slab.unmap(&whole)?;
        result
    }

    /// Takes in content that [`Departure::contents`] has sent. `EINVAL` if it is not that.
    pub fn fill(&self, mut parts: &[u8]) -> Result<(), Errno> {
        let layout = self.read();
        while !parts.is_empty() {
            let (head, rest) = parts.split_at_checked(HEAD).ok_or(Errno::EINVAL)?;
            let number = |bytes: &[u8]| bytes.iter().rev().fold(0, |n, b| n << 8 | u64::from(*b));
            let (at, len, kind) = (number(&head[..8]), number(&head[8..12]), number(&head[12..]));
            let (bytes, rest) = rest.split_at_checked(len as usize).ok_or(Errno::EINVAL)?;
            parts = rest;
            let is_guard = kind == PartKind::Guard as u64;
            let end = at.checked_add(if is_guard { PAGE_SIZE } else { len });
            let range = at..end.ok_or(Errno::EINVAL)?;
            let vma = layout.vmas.at(at).filter(|vma| range.end <= vma.end && !vma.is_shared());
            let vma = vma.filter(|_| is_aligned(at) && (is_guard || kind == 0));
            let vma = vma.ok_or(Errno::EINVAL)?;
            if is_guard {
                self.slab.advise(&range, madv::GUARD_INSTALL)?;
            } else {
                self.put(vma, &range, bytes)?;
            }
        }
        Ok(())
    }

    /// Writes where the guest may not be allowed to.
    fn put(&self, vma: &Vma, range: &Range<u64>, bytes: &[u8]) -> Result<(), Errno> {
        let is_closed = !vma.prot.contains(Prot::WRITE);
        let pages = range.start..range.end.next_multiple_of(PAGE_SIZE);
        if is_closed {
            self.slab.protect(&pages, Prot::READ | Prot::WRITE)?;
        }
        self.slab.write_bytes(range.start, bytes).map_err(|_| Errno::EINVAL)?;
        if is_closed { self.slab.protect(&pages, vma.prot) } else { Ok(()) }
    }
}

impl ObjectRecord {
    fn arrive(&self, files: &[Arc<KeptFile>]) -> Result<Arc<Object>, Errno> {
        let Self { dev, ino, path, segment, file } = self;
        let kept = match file {
            Some(file) => Some(files.get(*file as usize).ok_or(Errno::EINVAL)?.clone()),
            None if segment.is_some() => None,
            None => return Err(Errno::EINVAL),
        };
        let (path, kept) = (path.as_str().into(), Kept(kept));
        Ok(Arc::new(Object { dev: *dev, ino: *ino, path, segment: *segment, kept }))
    }
}

impl MappingRecord {
    /// A mapping in `room`.
    fn arrive(&self, objects: &[Arc<Object>], room: Range<u64>) -> Result<Vma, Errno> {
        let Self { start, end, prot, max_prot, flags, object, offset, name, stamp } = self;
        let object = match object {
            Some(object) => Some(objects.get(*object as usize).ok_or(Errno::EINVAL)?.clone()),
            None => None,
        };
        let prot_of = |bits: u32| Prot::from_bits(bits).ok_or(Errno::EINVAL);
        let vma = Vma {
            start: *start,
            end: *end,
            prot: prot_of(*prot)?,
            max_prot: prot_of(*max_prot)?,
            flags: VmaFlags::from_bits(*flags).ok_or(Errno::EINVAL)?,
            object,
            offset: *offset,
            name: name.as_deref().map(Arc::from),
            stamp: stamp.map(Arc::new),
        };
        let is_sound = room.start <= vma.start
            && vma.start < vma.end
            && vma.end <= room.end
            && [vma.start, vma.end, vma.offset].into_iter().all(is_aligned)
            && vma.offset.checked_add(vma.size()).is_some()
            && (!vma.is_shared() || vma.object.is_some())
            && !vma.flags.intersects(VmaFlags::LOCKS);
        if is_sound { Ok(vma) } else { Err(Errno::EINVAL) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::mm::map;
    use std::fs;
    use std::io::Write;
    use std::os::fd::BorrowedFd;

    const AT: u64 = 1 << 20;
    const LEN: u64 = 4 * PAGE_SIZE;
    const RW: Prot = Prot::READ.union(Prot::WRITE);
    const PRIVATE: u32 = map::PRIVATE | map::ANONYMOUS | map::FIXED;

    fn space() -> AddressSpace {
        AddressSpace::new(Arc::new(Slab::reserve_size(1 << 36).unwrap())).keeping()
    }

    /// The record, and what another process would have been given.
    fn record(space: &AddressSpace) -> (Record, Inherited) {
        let mut luggage = Luggage::default();
        let departure = space.depart();
        let record = departure.record(&mut luggage).unwrap();
        let copy = |file: BorrowedFd<'_>| (file.as_raw_fd(), file.try_clone_to_owned().unwrap());
        let inherited = Inherited::new(luggage.files().map(copy));
        (record, inherited)
    }

    fn arrive(record: &Record, inherited: &mut Inherited) -> Result<AddressSpace, Errno> {
        AddressSpace::arrive(Arc::new(Slab::reserve_size(1 << 36).unwrap()), record, inherited)
    }

    /// What another process would have.
    fn handed_over(from: &AddressSpace) -> AddressSpace {
        let (record, mut inherited) = record(from);
        let mut all = Vec::new();
        let keep = |parts: &[u8]| {
            all.push(parts.to_vec());
            Ok(())
        };
        from.depart().contents(keep).unwrap();
        let to = arrive(&record, &mut inherited).unwrap();
        all.iter().for_each(|parts| to.fill(parts).unwrap());
        to
    }

    fn read(space: &AddressSpace, at: u64) -> [u8; 3] {
        let mut bytes = [0; 3];
        space.read_bytes(at, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn private_memory_is_a_copy_whatever_may_be_done_with_it() {
        let space = space();
        for (i, prot) in [RW, Prot::READ, Prot::empty()].into_iter().enumerate() {
            let at = AT + i as u64 * 2 * LEN;
            space.mmap(at, LEN, RW, PRIVATE, None).unwrap();
            space.write_bytes(at + PAGE_SIZE + 1, b"abc").unwrap();
            space.mprotect(at, LEN, prot, false).unwrap();
        }
        let copy = handed_over(&space);
        for i in 0..3 {
            let at = AT + i * 2 * LEN;
            assert_eq!(copy.lookup(at), space.lookup(at));
            copy.mprotect(at, LEN, RW, false).unwrap();
            assert_eq!((read(&copy, at + PAGE_SIZE + 1), read(&copy, at)), (*b"abc", [0; 3]));
        }
        copy.write_bytes(AT + PAGE_SIZE + 1, b"xyz").unwrap();
        assert_eq!(read(&space, AT + PAGE_SIZE + 1), *b"abc");
        // Without access it is still without.
        assert!(space.read_bytes(AT + 4 * LEN, &mut [0]).is_err());
    }

    #[test]
    fn files_and_shared_memory_are_the_same_ones() {
        let space = space();
        let path = std::env::temp_dir().join(format!("elfuse-handoff-{}", std::process::id()));
        let mut file = fs::File::create_new(&path).unwrap();
        file.write_all(&[7; 3 * PAGE_SIZE as usize]).unwrap();
        let file = fs::File::open(&path).unwrap();
        fs::remove_file(&path).unwrap();
        let mapped = |offset| MappedFile {
            fd: file.as_fd(),
            offset,
            max_prot: Prot::READ | Prot::EXEC,
            dev: 1,
            ino: 2,
            path: "file".into(),
        };
        let flags = map::PRIVATE | map::FIXED;
        space.mmap(AT, LEN, RW, flags, Some(mapped(PAGE_SIZE))).unwrap();
        space.write_bytes(AT + 1, b"abc").unwrap();
        let shared = space.mmap(0, LEN, RW, map::SHARED | map::ANONYMOUS, None).unwrap();
        let copy = handed_over(&space);
        assert_eq!((read(&copy, AT + 1), read(&copy, AT + PAGE_SIZE)), (*b"abc", [7; 3]));
        // The file ends there.
        assert!(copy.read_bytes(AT + 2 * PAGE_SIZE, &mut [0]).unwrap_err().bus);
        copy.write_bytes(shared + 1, b"xyz").unwrap();
        assert_eq!(read(&space, shared + 1), *b"xyz");
        assert_eq!(copy.lookup(shared), space.lookup(shared));
    }

    #[test]
    fn a_record_that_cannot_be_is_refused() {
        let space = space();
        space.mmap(AT, LEN, RW, PRIVATE, None).unwrap();
        space.mmap(AT + 2 * LEN, LEN, RW, map::SHARED | map::ANONYMOUS | map::FIXED, None).unwrap();
        let (good, _) = record(&space);
        let wrong: [fn(&mut Record); 9] = [
            |r| r.size *= 2,
            |r| r.brk = u64::MAX,
            |r| r.mappings[0].end += 1,
            |r| r.mappings[0].end = r.mappings[0].start,
            |r| r.mappings[1].end = 1 << 40,
            |r| r.mappings.swap(0, 1),
            |r| r.mappings[1].object = Some(9),
            |r| r.mappings[1].object = None,
            |r| r.objects[0].file = Some(1),
        ];
        for (i, change) in wrong.iter().enumerate() {
            let mut bad = good.clone();
            change(&mut bad);
            let (_, mut inherited) = record(&space);
            assert_eq!(arrive(&bad, &mut inherited).err(), Some(Errno::EINVAL), "{i}");
        }
        // What was inherited is not the record's.
        let mut nothing = Inherited::new([]);
        assert_eq!(arrive(&good, &mut nothing).err(), Some(Errno::EBADF));
    }

    #[test]
    fn content_that_does_not_fit_is_refused() {
        let space = space();
        space.mmap(AT, LEN, RW, PRIVATE, None).unwrap();
        let part = |at: u64, len: u32, kind: u32, bytes: &[u8]| {
            [&at.to_le_bytes()[..], &len.to_le_bytes(), &kind.to_le_bytes(), bytes].concat()
        };
        space.fill(&part(AT, 3, 0, b"abc")).unwrap();
        assert_eq!(read(&space, AT), *b"abc");
        let long = [1; 2 * PAGE_SIZE as usize];
        for bad in [
            &part(AT, 3, 0, b"ab")[..],
            &part(AT, 0, 0, b"")[..HEAD - 1],
            &part(AT + 1, 3, 0, b"abc"),
            &part(AT, 3, 2, b"abc"),
            &part(AT - PAGE_SIZE, 3, 0, b"abc"),
            &part(AT + LEN - PAGE_SIZE, long.len() as u32, 0, &long),
            &part(u64::MAX - PAGE_SIZE + 1, 0, 1, b""),
        ] {
            assert_eq!(space.fill(bad), Err(Errno::EINVAL));
        }
    }
}

//! One mapping: a `struct vm_area_struct`.

use std::ops::Range;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use abi::Errno;
use abi::mm::Prot;
use bitflags::bitflags;
use serde::{Deserialize, Serialize};

bitflags! {
    /// Properties of a mapping besides its protection (`VM_*` of `linux/mm.h`).
    #[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
    pub struct VmaFlags: u16 {
        /// `VM_MAYSHARE`: writes go to the object.
        const SHARED = 1;
        /// `VM_GROWSDOWN`: a stack.
        const GROWS_DOWN = 2;
        /// `VM_NORESERVE`: not counted against overcommit.
        const NO_RESERVE = 4;
        /// `VM_LOCKED`.
        const LOCKED = 8;
        /// `VM_LOCKONFAULT`.
        const LOCK_ON_FAULT = 16;
        /// `VM_LOCKED_MASK`.
        const LOCKS = 8 | 16;
        /// `VM_DONTCOPY`: absent from children.
        const DONT_FORK = 0x20;
        /// `VM_WIPEONFORK`: empty in children.
        const WIPE_ON_FORK = 0x40;
        /// `VM_HUGEPAGE`.
        const HUGE_PAGE = 0x80;
        /// `VM_NOHUGEPAGE`: also what `MAP_STACK` asks for.
        const NO_HUGE_PAGE = 0x100;
        /// `VM_RAND_READ`.
        const RANDOM = 0x200;
        /// `VM_SEQ_READ`.
        const SEQUENTIAL = 0x400;
        /// `VM_DONTDUMP`: absent from core dumps.
        const DONT_DUMP = 0x800;
        /// `VM_MERGEABLE`: pages with the same contents may become one.
        const MERGEABLE = 0x1000;
        /// `VM_ACCOUNT` of private file memory: it is, or has been, writable. Other memory that is
        /// accounted for is told by its protection.
        const WAS_WRITABLE = 0x2000;
        /// `VM_SEALED`: what it is stays as it is.
        const SEALED = 0x4000;
    }
}

/// What a mapping shows: a file, or the memory behind a shared anonymous mapping.
#[derive(Debug, PartialEq, Eq)]
pub struct Object {
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// For `/proc/self/maps`.
    pub path: Arc<str>,
    /// The size of a segment of System V shared memory, in bytes and whole pages. Each of its
    /// attachments is an object of its own.
    pub segment: Option<u64>,
    /// What it can be mapped from once more, where that is kept.
    pub(crate) kept: Kept,
}

impl Object {
    /// What Linux shows for shared anonymous memory: a file of an internal file system.
    const ANONYMOUS: (u64, &str) = (1, "/dev/zero (deleted)");

    /// The memory behind a shared anonymous mapping, the `ino`th.
    pub(crate) fn shared_anonymous(ino: u64) -> Self {
        let (dev, path) = Self::ANONYMOUS;
        Self { dev, ino, path: path.into(), segment: None, kept: Kept::default() }
    }

    /// Whether it has no name by which anybody but a child could map it.
    pub fn is_anonymous(&self) -> bool {
        (self.dev, &*self.path) == Self::ANONYMOUS
    }
}

/// The file behind an [`Object`], for another process to map. Says nothing about what the object is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kept(pub Option<Arc<KeptFile>>);

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Kept {}

/// A descriptor of ours of a file that the guest has mapped.
#[derive(Debug)]
pub(crate) struct KeptFile {
    fd: Arc<OwnedFd>,
    /// Whether the guest has used record locks, which a process loses with *any* descriptor of the file
    /// (fcntl(2), "Advisory record locking").
    has_locks: Arc<AtomicBool>,
}

impl KeptFile {
    pub fn new(fd: OwnedFd, has_locks: Arc<AtomicBool>) -> Self {
        Self { fd: Arc::new(fd), has_locks }
    }
}

impl AsFd for KeptFile {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

impl Drop for KeptFile {
    fn drop(&mut self) {
        if self.has_locks.load(Ordering::Relaxed) {
            // It stays open until the process ends.
            std::mem::forget(self.fd.clone());
        }
    }
}

/// Which contents a file had when it was mapped: what changes whenever they do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// Device number.
    pub dev: u64,
    /// Inode number.
    pub ino: u64,
    /// Size in bytes.
    pub size: u64,
    /// When it was written last, in seconds and nanoseconds.
    pub mtime: [i64; 2],
    /// When that, or anything else about it, was changed last. Nobody can set this.
    pub ctime: [i64; 2],
}

impl Stamp {
    /// What a file must have been left alone for, in nanoseconds: two changes closer together than its
    /// clock's steps look the same. The coarsest clock is FAT's, with two seconds.
    const SETTLED: u64 = 2_000_000_000;

    /// The stamp of an open file.
    pub fn of(file: BorrowedFd<'_>) -> Result<Self, Errno> {
        let stat = host::fs::fstat(file)?;
        Ok(Self {
            dev: stat.dev,
            ino: stat.ino,
            size: stat.size as u64,
            mtime: [stat.mtime.sec, stat.mtime.nsec],
            ctime: [stat.ctime.sec, stat.ctime.nsec],
        })
    }

    /// Whether any change from now on will change it.
    pub(crate) fn is_settled(&self) -> bool {
        let [seconds, ns] = self.ctime.map(|time| u64::try_from(time).unwrap_or(u64::MAX));
        let changed = seconds.saturating_mul(1_000_000_000).saturating_add(ns);
        changed.saturating_add(Self::SETTLED) < host::time::realtime_ns()
    }
}

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vma {
    /// The first address.
    pub start: u64,
    /// The address behind the last one.
    pub end: u64,
    /// What may be done with it.
    pub prot: Prot,
    /// What mprotect(2) may allow: all, or what a file's access mode permits.
    pub max_prot: Prot,
    /// Its other properties.
    pub flags: VmaFlags,
    /// What it shows; private anonymous memory shows nothing.
    pub object: Option<Arc<Object>>,
    /// Where in the object it begins, in bytes.
    pub offset: u64,
    /// What `/proc/self/maps` calls memory that has no object, such as `[vdso]`.
    pub name: Option<Arc<str>>,
    /// Of a private mapping of a file that was executable from the start and has never been writable:
    /// what it shows.
    pub stamp: Option<Arc<Stamp>>,
}

impl Vma {
    /// Private anonymous memory.
    pub fn anonymous(start: u64, end: u64, prot: Prot) -> Self {
        Self {
            start,
            end,
            prot,
            max_prot: Prot::all(),
            flags: VmaFlags::empty(),
            object: None,
            offset: 0,
            name: None,
            stamp: None,
        }
    }

    /// The size in bytes.
    pub fn size(&self) -> u64 {
        self.end - self.start
    }

    /// Its addresses.
    pub fn range(&self) -> Range<u64> {
        self.start..self.end
    }

    /// mseal(2) was here.
    pub(crate) fn is_sealed(&self) -> bool {
        self.flags.contains(VmaFlags::SEALED)
    }

    /// `MAP_SHARED`.
    pub fn is_shared(&self) -> bool {
        self.flags.contains(VmaFlags::SHARED)
    }

    /// A stack.
    pub fn grows_down(&self) -> bool {
        self.flags.contains(VmaFlags::GROWS_DOWN)
    }

    /// Whether it allows an access of the kind `wanted`. What may be written or executed may be read.
    pub fn permits(&self, wanted: Prot) -> bool {
        match wanted {
            Prot::READ => !self.prot.is_empty(),
            wanted => self.prot.contains(wanted),
        }
    }

    /// What RLIMIT_DATA counts: private, writable and not a stack (`is_data_mapping()`).
    pub fn is_data(&self) -> bool {
        self.prot.contains(Prot::WRITE) && !self.is_shared() && !self.grows_down()
    }

    /// Notes what the present protection makes of private file memory.
    pub(crate) fn note_writable(&mut self) {
        if self.prot.contains(Prot::WRITE) {
            self.stamp = None;
        }
        let counts = self.object.is_some() && self.is_data();
        if counts && !self.flags.contains(VmaFlags::NO_RESERVE) {
            self.flags |= VmaFlags::WAS_WRITABLE;
        }
    }

    /// What `/proc/self/maps` shows in its last column.
    pub fn label(&self) -> &str {
        match (&self.object, &self.name) {
            (Some(object), _) => &object.path,
            (None, Some(name)) => name,
            (None, None) => "",
        }
    }

    /// The part of this mapping within `start..end`.
    pub(crate) fn clipped(&self, start: u64, end: u64) -> Vma {
        let from = self.start.max(start);
        let offset = self.offset_at(from);
        Vma { start: from, end: self.end.min(end), offset, ..self.clone() }
    }

    /// The offset in the object that belongs to an address of this mapping.
    pub(crate) fn offset_at(&self, addr: u64) -> u64 {
        if self.object.is_none() { 0 } else { self.offset + (addr - self.start) }
    }

    /// Whether `next`, which begins where this one ends, can become part of it.
    pub(crate) fn continues_in(&self, next: &Vma) -> bool {
        self.end == next.start
            && self.prot == next.prot
            && self.max_prot == next.max_prot
            && self.flags == next.flags
            && self.name == next.name
            && self.object == next.object
            && self.offset_at(self.end) == next.offset
    }
}

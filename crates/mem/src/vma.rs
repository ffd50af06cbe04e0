//! The map of mappings: which guest addresses mean something, and what.
//!
//! A [`VmaMap`] is pure bookkeeping: it never touches memory, so its rules can be tested without
//! any. Neighbours that Linux would merge are merged, so that `/proc/self/maps` reads as on Linux
//! and the map stays small.

use std::collections::BTreeMap;
use std::sync::Arc;

use abi::mm::Prot;

/// One mapping (`struct vm_area_struct`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vma {
    /// The first address.
    pub start: u64,
    /// The address behind the last one.
    pub end: u64,
    /// What may be done with it.
    pub prot: Prot,
    /// `MAP_SHARED`.
    pub shared: bool,
    /// `MAP_GROWSDOWN`: a stack.
    pub grows_down: bool,
    /// What protection the file's access mode allows; everything for anonymous memory.
    pub max_prot: Prot,
    /// Offset in the file; zero for anonymous memory.
    pub offset: u64,
    /// Device of the file; zero for anonymous memory.
    pub dev: u64,
    /// Inode of the file; zero for anonymous memory.
    pub ino: u64,
    /// What `/proc/self/maps` shows: a path, `[stack]`, `[heap]`, `[vdso]` or nothing.
    pub name: Arc<str>,
}

impl Vma {
    /// The part of this mapping within `start..end`.
    fn clipped(&self, start: u64, end: u64) -> Vma {
        let from = self.start.max(start);
        let offset = if self.ino == 0 { 0 } else { self.offset + (from - self.start) };
        Vma { start: from, end: self.end.min(end), offset, ..self.clone() }
    }

    /// Whether `next`, which begins where this one ends, can become part of it.
    fn continues_in(&self, next: &Vma) -> bool {
        self.end == next.start
            && self.prot == next.prot
            && self.shared == next.shared
            && self.grows_down == next.grows_down
            && self.max_prot == next.max_prot
            && (self.dev, self.ino) == (next.dev, next.ino)
            && self.name == next.name
            // Two anonymous shared mappings are two objects.
            && !(self.shared && self.ino == 0)
            && (self.ino == 0 || self.offset + (self.end - self.start) == next.offset)
    }
}

/// All mappings of a process, by address.
#[derive(Clone, Debug, Default)]
pub struct VmaMap {
    by_start: BTreeMap<u64, Vma>,
}

impl VmaMap {
    /// The mapping that contains `addr`.
    pub fn at(&self, addr: u64) -> Option<&Vma> {
        self.by_start.range(..=addr).next_back().map(|(_, vma)| vma).filter(|vma| addr < vma.end)
    }

    /// The first mapping that ends above `addr`.
    pub fn from(&self, addr: u64) -> Option<&Vma> {
        self.at(addr).or_else(|| self.by_start.range(addr..).next().map(|(_, vma)| vma))
    }

    /// The last mapping that begins below `addr`.
    pub fn below(&self, addr: u64) -> Option<&Vma> {
        self.by_start.range(..addr).next_back().map(|(_, vma)| vma)
    }

    /// The mappings that overlap `start..end`, in order.
    pub fn overlapping(&self, start: u64, end: u64) -> impl Iterator<Item = &Vma> {
        let first = self.at(start).map_or(start, |vma| vma.start);
        self.by_start.range(first..end).map(|(_, vma)| vma)
    }

    /// All mappings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Vma> {
        self.by_start.values()
    }

    /// Whether `start..end` is mapped without a hole.
    pub fn covers(&self, start: u64, end: u64) -> bool {
        let mut at = start;
        for vma in self.overlapping(start, end) {
            if vma.start > at {
                return false;
            }
            at = vma.end;
        }
        at >= end
    }

    /// Removes what lies in `start..end`, splitting mappings at its ends.
    pub fn remove(&mut self, start: u64, end: u64) -> Vec<Vma> {
        let affected: Vec<Vma> = self.overlapping(start, end).cloned().collect();
        for vma in &affected {
            self.by_start.remove(&vma.start);
            if vma.start < start {
                self.by_start.insert(vma.start, vma.clipped(0, start));
            }
            if vma.end > end {
                self.by_start.insert(end, vma.clipped(end, u64::MAX));
            }
        }
        affected.iter().map(|vma| vma.clipped(start, end)).collect()
    }

    /// Adds a mapping where there is none, merging it with its neighbours.
    pub fn insert(&mut self, mut vma: Vma) {
        if let Some(previous) = self.below(vma.start).filter(|previous| previous.continues_in(&vma))
        {
            let start = previous.start;
            vma = Vma { start, offset: previous.offset, ..vma };
            self.by_start.remove(&start);
        }
        if let Some(next) = self.by_start.get(&vma.end).filter(|next| vma.continues_in(next)) {
            let (start, end) = (next.start, next.end);
            vma.end = end;
            self.by_start.remove(&start);
        }
        self.by_start.insert(vma.start, vma);
    }

    /// The highest `len` free bytes in `low..high`, a multiple of the page size.
    pub fn find_gap(&self, len: u64, low: u64, high: u64) -> Option<u64> {
        let mut top = high;
        for vma in self.by_start.range(..high).rev().map(|(_, vma)| vma) {
            if vma.end < top && top - vma.end >= len {
                break;
            }
            top = top.min(vma.start);
        }
        top.checked_sub(len).filter(|start| *start >= low)
    }
}

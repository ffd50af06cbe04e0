//! The map of mappings: which guest addresses mean something, and what.
//!
//! A [`VmaMap`] is pure bookkeeping: it never touches memory, so its rules can be tested without
//! any. Neighbours that Linux would merge are merged, so that `/proc/self/maps` reads as on Linux
//! and the map stays small; the one exception is memory that Linux cannot merge because pages of
//! it were touched before it moved, of which nothing is known here.
//!
//! Sums and the index of gaps are kept by the two functions that add and remove an entry, `link` and
//! `unlink`; everything else is made of them.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use abi::mm::Prot;
use host::mm::PAGE_SIZE;

use crate::placement::GapIndex;
use crate::space::add_range;
use crate::vma::{Vma, VmaFlags};

/// What must stay free below a stack that grows, for a mapping that asks for no fixed place
/// (`stack_guard_gap`).
pub const STACK_GUARD: u64 = 256 * PAGE_SIZE;

/// Sums over all mappings, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All of them (`VmSize`, RLIMIT_AS).
    pub total: u64,
    /// Private writable memory without stacks (`VmData`, RLIMIT_DATA).
    pub data: u64,
    /// What grows down (`VmStk`).
    pub stack: u64,
    /// What is executable, without the stack (`VmExe` and `VmLib`).
    pub code: u64,
    /// What is locked (`VmLck`).
    pub locked: u64,
}

/// What happened to executable memory.
#[derive(Clone, Debug, Default)]
pub struct CodeChanges {
    /// Something executable came, went or was changed.
    pub any: bool,
    /// What was executable and went, moved or has another protection now.
    pub lost: Vec<Range<u64>>,
}

impl CodeChanges {
    fn lose(&mut self, vma: &Vma) {
        if vma.prot.contains(Prot::EXEC) {
            self.any = true;
            add_range(&mut self.lost, vma.range());
        }
    }
}

/// All mappings of a process, by address.
#[derive(Clone, Debug)]
pub struct VmaMap {
    by_start: BTreeMap<u64, Vma>,
    gaps: GapIndex,
    /// Mappings end there at the latest.
    size: u64,
    usage: Usage,
    /// The starts of what grows down.
    stacks: BTreeSet<u64>,
    code: CodeChanges,
}

impl VmaMap {
    /// An empty map of the addresses below `size`.
    pub fn new(size: u64) -> Self {
        let mut gaps = GapIndex::default();
        gaps.insert(0..size);
        Self {
            by_start: BTreeMap::new(),
            gaps,
            size,
            usage: Usage::default(),
            stacks: BTreeSet::new(),
            code: CodeChanges::default(),
        }
    }

    /// How many mappings the host has for them: one for each, and one for each piece of the reservation between.
    pub fn on_host(&self) -> usize {
        self.by_start.len() + self.gaps().len()
    }

    /// Whether `range` is in the middle of a mapping, so that its end would make two of that.
    pub fn is_inside(&self, range: &Range<u64>) -> bool {
        self.at(range.start).is_some_and(|vma| vma.start < range.start && range.end < vma.end)
    }

    /// The mapping that contains `addr`.
    pub fn at(&self, addr: u64) -> Option<&Vma> {
        self.by_start.range(..=addr).next_back().map(|(_, vma)| vma).filter(|vma| addr < vma.end)
    }

    /// The first mapping that ends above `addr` (`find_vma()`).
    pub fn from(&self, addr: u64) -> Option<&Vma> {
        self.at(addr).or_else(|| self.by_start.range(addr..).next().map(|(_, vma)| vma))
    }

    /// The last mapping that begins below `addr`.
    pub fn below(&self, addr: u64) -> Option<&Vma> {
        self.by_start.range(..addr).next_back().map(|(_, vma)| vma)
    }

    /// The mappings that overlap `range`, in order.
    pub fn overlapping(&self, range: Range<u64>) -> impl Iterator<Item = &Vma> {
        let first = self.at(range.start).map_or(range.start, |vma| vma.start);
        let end = if range.is_empty() { first } else { range.end };
        self.by_start.range(first..end).map(|(_, vma)| vma)
    }

    /// Whether nothing overlaps `range`.
    pub fn is_free(&self, range: Range<u64>) -> bool {
        self.overlapping(range).next().is_none()
    }

    /// All mappings, in order.
    pub fn iter(&self) -> impl Iterator<Item = &Vma> {
        self.by_start.values()
    }

    /// Sums over all mappings.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// The bytes of `range` that are mapped.
    pub fn mapped_in(&self, range: Range<u64>) -> u64 {
        self.overlapping(range.clone())
            .map(|vma| vma.end.min(range.end) - vma.start.max(range.start))
            .sum()
    }

    /// What has happened to executable memory since this was asked last.
    pub fn take_code_changes(&mut self) -> CodeChanges {
        std::mem::take(&mut self.code)
    }

    /// Notes that the contents of executable memory in `range` went elsewhere.
    pub fn note_moved(&mut self, range: Range<u64>) {
        let parts: Vec<Vma> = self
            .overlapping(range.clone())
            .map(|vma| vma.clipped(range.start, range.end))
            .collect();
        parts.iter().for_each(|part| self.code.lose(part));
    }

    /// The lowest and the highest of the mappings that grow down.
    pub fn stacks(&self) -> Option<(&Vma, &Vma)> {
        let (low, high) = (self.stacks.first()?, self.stacks.last()?);
        Some((self.by_start.get(low)?, self.by_start.get(high)?))
    }

    /// Whether a mapping that asks for no fixed place may be in `range`: nothing is there, nor is it
    /// too close to a stack above.
    pub fn fits(&self, range: Range<u64>) -> bool {
        let gap = self.gap(range.start, self.from(range.start));
        range.end <= gap.end
    }

    /// The gaps that a mapping may be placed in.
    pub fn gaps(&self) -> &GapIndex {
        &self.gaps
    }

    /// Removes what lies in `range`, splitting mappings at its ends.
    pub fn remove(&mut self, range: Range<u64>) {
        self.take(range).iter().for_each(|vma| self.code.lose(vma));
    }

    /// As [`remove`](Self::remove), of what is not gone for good. Returns what was there.
    fn take(&mut self, range: Range<u64>) -> Vec<Vma> {
        let affected: Vec<u64> = self.overlapping(range.clone()).map(|vma| vma.start).collect();
        let mut removed = Vec::with_capacity(affected.len());
        for start in affected {
            let Some(vma) = self.unlink(start) else { continue };
            if vma.start < range.start {
                self.link(vma.clipped(0, range.start));
            }
            if vma.end > range.end {
                self.link(vma.clipped(range.end, u64::MAX));
            }
            removed.push(vma.clipped(range.start, range.end));
        }
        removed
    }

    /// Adds a mapping where there is none, merging it with its neighbours.
    pub fn insert(&mut self, vma: Vma) {
        self.code.any |= vma.prot.contains(Prot::EXEC);
        self.put(vma);
    }

    fn put(&mut self, mut vma: Vma) {
        let below = self.below(vma.start).filter(|below| below.continues_in(&vma));
        if let Some(start) = below.map(|below| below.start)
            && let Some(below) = self.unlink(start)
        {
            let stamp = below.stamp.clone().filter(|_| below.stamp == vma.stamp);
            vma = Vma { end: vma.end, stamp, ..below };
        }
        let above = self.by_start.get(&vma.end).filter(|above| vma.continues_in(above));
        if let Some(start) = above.map(|above| above.start)
            && let Some(above) = self.unlink(start)
        {
            vma.end = above.end;
            vma.stamp = vma.stamp.filter(|stamp| above.stamp.as_ref() == Some(stamp));
        }
        self.link(vma);
    }

    /// Changes the mappings in `range`, splitting and merging as needed. `change` must leave the
    /// addresses alone.
    pub fn update(&mut self, range: Range<u64>, mut change: impl FnMut(&mut Vma)) {
        for mut vma in self.take(range) {
            let before = vma.clone();
            change(&mut vma);
            if vma.prot != before.prot {
                self.code.lose(&before);
                self.code.any |= vma.prot.contains(Prot::EXEC);
            }
            self.put(vma);
        }
    }

    /// Forgets all mappings.
    pub fn clear(&mut self) {
        // One range for all: nobody will want to keep anything.
        let mut code = CodeChanges::default();
        code.lose(&Vma::anonymous(0, self.size, Prot::EXEC));
        *self = Self { code, ..Self::new(self.size) };
    }

    /// The gap in front of `above`, or behind the last mapping.
    fn gap(&self, start: u64, above: Option<&Vma>) -> Range<u64> {
        let end = match above {
            // Linux, too, leaves the guard out of the search, but lets a fixed mapping be in it.
            Some(vma) if vma.grows_down() => vma.start.saturating_sub(STACK_GUARD),
            Some(vma) => vma.start,
            None => self.size,
        };
        start..end.max(start)
    }

    /// Where the gap below `addr` begins.
    fn gap_start(&self, addr: u64) -> u64 {
        self.below(addr).map_or(0, |below| below.end)
    }

    fn link(&mut self, vma: Vma) {
        self.count(&vma, u64::wrapping_add);
        if vma.grows_down() {
            self.stacks.insert(vma.start);
        }
        let (start, end) = (vma.start, vma.end);
        let gap_start = self.gap_start(start);
        let above = self.by_start.range(start..).next().map(|(_, above)| above);
        let (lower, upper) = (self.gap(gap_start, Some(&vma)), self.gap(end, above));
        self.gaps.remove(gap_start);
        self.gaps.insert(lower);
        self.gaps.insert(upper);
        self.by_start.insert(start, vma);
    }

    fn unlink(&mut self, start: u64) -> Option<Vma> {
        let vma = self.by_start.remove(&start)?;
        self.count(&vma, u64::wrapping_sub);
        self.stacks.remove(&start);
        let gap_start = self.gap_start(start);
        let above = self.by_start.range(start..).next().map(|(_, above)| above);
        let whole = self.gap(gap_start, above);
        self.gaps.remove(gap_start);
        self.gaps.remove(vma.end);
        self.gaps.insert(whole);
        Some(vma)
    }

    /// Adds a mapping to the sums or takes it out.
    fn count(&mut self, vma: &Vma, sum: fn(u64, u64) -> u64) {
        let usage = &mut self.usage;
        usage.total = sum(usage.total, vma.size());
        if vma.is_data() {
            usage.data = sum(usage.data, vma.size());
        }
        if vma.grows_down() {
            usage.stack = sum(usage.stack, vma.size());
        } else if vma.prot.contains(Prot::EXEC) {
            usage.code = sum(usage.code, vma.size());
        }
        if vma.flags.contains(VmaFlags::LOCKED) {
            usage.locked = sum(usage.locked, vma.size());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As many mappings as `vm.max_map_count` allows with gaps between them: the steps that a change
    /// takes must not grow with their number, nor those of a search by more than a block's.
    #[test]
    fn thirty_thousand_mappings_cost_no_more_each() {
        const COUNT: u64 = 30_000;
        const STEP: u64 = 4 * PAGE_SIZE;
        let mut map = VmaMap::new(2 * COUNT * STEP);
        // Each other one first, so that gaps come and go everywhere.
        for i in (0..COUNT).step_by(2).chain((1..COUNT).step_by(2)) {
            let start = i * STEP;
            map.insert(Vma::anonymous(start, start + PAGE_SIZE, Prot::READ));
        }
        assert_eq!(map.iter().count(), COUNT as usize);
        let mut most = 0;
        for i in 0..1000 {
            let before = map.gaps().looks();
            // Behind all mappings, in front of the first, in any of the gaps, and nowhere.
            let bounds = if i % 2 == 0 { 0..u64::MAX } else { 0..COUNT * STEP };
            let len = [1, 3, 4, 5][i % 4] * PAGE_SIZE;
            let place = map.gaps().highest(len, bounds.clone());
            map.gaps().highest_aligned(len, 16 * PAGE_SIZE, bounds);
            map.gaps().lowest(len, 0..u64::MAX);
            most = most.max(map.gaps().looks() - before);
            if let Some(start) = place {
                let prot = [Prot::READ, Prot::WRITE][i % 2];
                map.insert(Vma::anonymous(start, start + len, prot));
                map.update(start..start + PAGE_SIZE, |vma| vma.prot = Prot::EXEC);
                map.remove(start..start + len);
            }
        }
        // Three searches, each over all blocks (half full or more) and one block's gaps.
        assert!(most <= 3 * (COUNT / 128 + 256 + 2), "{most} steps");
        map.remove(0..u64::MAX);
        assert_eq!(map.usage(), Usage::default());
        assert!(map.gaps().iter().eq([&(0..2 * COUNT * STEP)]));
    }
}

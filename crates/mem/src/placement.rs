//! Where there is room: an index of the gaps between mappings.
//!
//! Linux keeps the largest gap below each node of its tree. Here the gaps stand in order in blocks
//! of bounded size, each block with its longest gap: a search passes over a block at a time. With
//! the tens of thousands of mappings that a host allows (`vm.max_map_count`) that is a few hundred
//! steps over packed memory, without recursion, and simpler than a balanced tree of our own.

use std::ops::Range;

/// A block is cut in two when it has this many gaps.
const BLOCK: usize = 256;

/// All gaps that a mapping may be placed in, by address.
#[derive(Clone, Debug, Default)]
pub struct GapIndex {
    /// None is empty; gaps ascend over all blocks.
    blocks: Vec<Block>,
    #[cfg(test)]
    looks: Looks,
}

/// How many blocks and gaps searches have looked at.
#[cfg(test)]
#[derive(Debug, Default)]
struct Looks(std::sync::atomic::AtomicU64);

#[cfg(test)]
impl Clone for Looks {
    fn clone(&self) -> Self {
        Self::default()
    }
}

#[derive(Clone, Debug)]
struct Block {
    gaps: Vec<Range<u64>>,
    longest: u64,
}

fn length(gap: &Range<u64>) -> u64 {
    gap.end - gap.start
}

impl Block {
    fn new(gaps: Vec<Range<u64>>) -> Self {
        let longest = gaps.iter().map(length).max().unwrap_or(0);
        Self { gaps, longest }
    }

    fn first(&self) -> u64 {
        self.gaps[0].start
    }
}

impl GapIndex {
    /// How many gaps there are.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.gaps.len()).sum()
    }

    /// The block that an address belongs to, if there is any block.
    fn block_of(&self, start: u64) -> usize {
        self.blocks.partition_point(|block| block.first() <= start).saturating_sub(1)
    }

    /// Adds a gap, which overlaps no other; an empty one is not kept.
    pub fn insert(&mut self, gap: Range<u64>) {
        if gap.is_empty() {
            return;
        }
        if self.blocks.is_empty() {
            self.blocks.push(Block::new(vec![gap]));
            return;
        }
        let at = self.block_of(gap.start);
        let block = &mut self.blocks[at];
        block.longest = block.longest.max(length(&gap));
        let position = block.gaps.partition_point(|other| other.start < gap.start);
        block.gaps.insert(position, gap);
        if block.gaps.len() >= BLOCK {
            let upper = block.gaps.split_off(BLOCK / 2);
            let lower = std::mem::take(&mut block.gaps);
            self.blocks[at] = Block::new(lower);
            self.blocks.insert(at + 1, Block::new(upper));
        }
    }

    /// Removes the gap that begins at `start`, if there is one.
    pub fn remove(&mut self, start: u64) {
        let at = self.block_of(start);
        let Some(block) = self.blocks.get_mut(at) else { return };
        let Ok(position) = block.gaps.binary_search_by_key(&start, |gap| gap.start) else { return };
        let gap = block.gaps.remove(position);
        if block.gaps.is_empty() {
            self.blocks.remove(at);
        } else if length(&gap) == block.longest {
            block.longest = block.gaps.iter().map(length).max().unwrap_or(0);
        }
    }

    /// The highest `len` bytes within `bounds` that lie in one gap; bounds and gaps are multiples of
    /// the page size.
    pub fn highest(&self, len: u64, bounds: Range<u64>) -> Option<u64> {
        let blocks = self.blocks.iter().rev().inspect(|_| self.look());
        let gaps = blocks.filter(|block| block.longest >= len).flat_map(|b| b.gaps.iter().rev());
        gaps.inspect(|_| self.look()).find_map(|gap| {
            let start = gap.end.min(bounds.end).checked_sub(len)?;
            (start >= gap.start.max(bounds.start)).then_some(start)
        })
    }

    /// The same, at a multiple of `align`, a power of two. As Linux does it, only in a gap that has
    /// room for `align` bytes more, so that the first one that is long enough will do.
    pub fn highest_aligned(&self, len: u64, align: u64, bounds: Range<u64>) -> Option<u64> {
        let padded = len.checked_add(align)?;
        let lowest = self.highest(padded, bounds)?;
        Some((lowest + align) & !(align - 1))
    }

    /// The lowest `len` bytes within `bounds` that lie in one gap; bounds and gaps are multiples of
    /// the page size.
    pub fn lowest(&self, len: u64, bounds: Range<u64>) -> Option<u64> {
        let blocks = self.blocks.iter().inspect(|_| self.look());
        let gaps = blocks.filter(|block| block.longest >= len).flat_map(|b| b.gaps.iter());
        gaps.inspect(|_| self.look()).find_map(|gap| {
            let start = gap.start.max(bounds.start);
            (start.checked_add(len)? <= gap.end.min(bounds.end)).then_some(start)
        })
    }

    /// Counts a step of a search.
    fn look(&self) {
        #[cfg(test)]
        self.looks.0.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }

    /// The steps of all searches so far.
    #[cfg(test)]
    pub fn looks(&self) -> u64 {
        self.looks.0.load(std::sync::atomic::Ordering::Relaxed)
    }

    /// All gaps in order.
    #[cfg(test)]
    pub fn iter(&self) -> impl Iterator<Item = &Range<u64>> {
        self.blocks.iter().flat_map(|block| block.gaps.iter())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_highest_and_lowest() {
        let mut index = GapIndex::default();
        for gap in [0x1000..0x5000, 0x8000..0x9000, 0xa000..0xd000] {
            index.insert(gap);
        }
        let all = 0..u64::MAX;
        assert_eq!(index.highest(0x1000, all.clone()), Some(0xc000));
        assert_eq!(index.highest(0x4000, all.clone()), Some(0x1000));
        assert_eq!(index.highest(0x5000, all.clone()), None);
        assert_eq!(index.highest(0x1000, 0..0xb000), Some(0xa000));
        assert_eq!(index.highest(0x1000, 0..0xa000), Some(0x8000));
        assert_eq!(index.highest_aligned(0x1000, 0x2000, all.clone()), Some(0xc000));
        assert_eq!(index.highest_aligned(0x2000, 0x2000, all.clone()), Some(0x2000));
        assert_eq!(index.highest_aligned(0x2000, 0x4000, all.clone()), None);
        assert_eq!(index.lowest(0x1000, all.clone()), Some(0x1000));
        assert_eq!(index.lowest(0x2000, 0x4000..u64::MAX), Some(0xa000));
        index.remove(0xa000);
        assert_eq!(index.highest(0x1000, all.clone()), Some(0x8000));
        index.remove(0x7000);
        assert_eq!(index.iter().count(), 2);
        assert_eq!(index.highest(u64::MAX, all), None);
    }

    #[test]
    fn blocks_are_cut_and_dropped() {
        let mut index = GapIndex::default();
        let gap = |i: u64| 0x1_0000 * i..0x1_0000 * i + 0x1000 * (1 + i % 7);
        // An order that touches blocks in the middle.
        for i in (0..3000).map(|i| i * 1009 % 3000) {
            index.insert(gap(i));
        }
        assert!(index.blocks.len() > 10);
        assert!(index.blocks.iter().all(|block| block.gaps.len() < BLOCK));
        assert!(index.iter().cloned().eq((0..3000).map(gap)));
        for i in (0..3000).filter(|i| i % 7 == 6) {
            assert_eq!(index.lowest(0x7000, 0..u64::MAX), Some(gap(i).start));
            index.remove(gap(i).start);
        }
        assert_eq!(index.lowest(0x7000, 0..u64::MAX), None);
        for i in 0..3000 {
            index.remove(gap(i).start);
        }
        assert!(index.blocks.is_empty());
    }
}

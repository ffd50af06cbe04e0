//! The guest's instructions that a translation was made from, to see later whether they are still there.
//!
//! Programs that generate code tell of more than they change: a cache line in which one instruction is new, or a whole
//! area that may be written for a moment and executed again. To read the words once more costs much
//! less than a translation, so what is told is not believed until it has been looked at. A checksum instead of the
//! words would save four bytes of a few hundred for each instruction, and might be the same for other code.

use std::ops::Range;

use mem::AddressSpace;

use crate::region::Region;

/// See the module's documentation.
#[derive(Debug, Default)]
pub struct Source {
    /// Runs of instructions: the address of the first one, and how many words there are up to its end.
    runs: Box<[(u64, u32)]>,
    words: Box<[u32]>,
}

impl Source {
    /// What `region` has been read from.
    pub fn of(region: &Region) -> Self {
        let mut runs: Vec<(u64, u32)> = Vec::new();
        let mut next = None;
        for (item, words) in region.items.iter().zip(1..) {
            match runs.last_mut() {
                Some((_, end)) if next == Some(item.pc) => *end = words,
                _ => runs.push((item.pc, words)),
            }
            next = item.pc.checked_add(4);
        }
        let words = region.items.iter().map(|item| item.insn.0).collect();
        Self { runs: runs.into(), words }
    }

    /// The addresses of each run, and its words.
    fn runs(&self) -> impl Iterator<Item = (u64, &[u32])> {
        let mut start = 0;
        self.runs.iter().map(move |&(pc, end)| {
            let words = &self.words[start..end as usize];
            start = end as usize;
            (pc, words)
        })
    }

    /// The addresses of its instructions, ascending, of each run.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.runs().map(|(pc, words)| pc..pc + 4 * words.len() as u64)
    }

    /// Whether those of its instructions that are in `range` still are what they were, and may be executed.
    pub fn is_unchanged(&self, space: &AddressSpace, range: &Range<u64>) -> bool {
        let mut executable = 0..0;
        let mut is_there = |pc: u64, word: u32| {
            if !executable.contains(&pc) {
                executable = space.is_executable(pc).unwrap_or(0..0);
            }
            executable.contains(&pc) && space.slab().load(pc) == Ok(word)
        };
        self.runs().all(|(pc, words)| {
            let mut pairs = (pc..).step_by(4).zip(words);
            pairs.all(|(pc, &word)| {
                let is_outside = pc + 4 <= range.start || range.end <= pc;
                is_outside || is_there(pc, word)
            })
        })
    }
}

//! Finding the instructions of a region.

use super::{Block, Edge, Flow, Item, Region, Uses};
use crate::a64::{Insn, Op, decode};

/// The most instructions in a region. Larger regions keep larger loops in registers, and translate
/// more that is never executed.
pub const MAX_ITEMS: usize = 256;

/// How far from the entry a region may reach, in instructions, to either side.
const REACH: usize = 2048;

/// No instruction of the window has been seen at this place.
const UNSEEN: u16 = u16::MAX;

/// What [`discover`] keeps between regions, for its allocations.
#[derive(Debug)]
pub struct Discovery {
    /// Per place in the window: the index of its item in order of discovery, or [`UNSEEN`].
    seen: Box<[u16; 2 * REACH]>,
    /// Per place: an edge leads here.
    leader: Box<[bool; 2 * REACH]>,
}

impl Default for Discovery {
    fn default() -> Self {
        Self { seen: Box::new([UNSEEN; 2 * REACH]), leader: Box::new([false; 2 * REACH]) }
    }
}

impl Discovery {
    /// The region entered at `entry`. `fetch` gives the word at an address, or `None` where code
    /// may not be executed; `uses` says what the translator makes of an instruction; `reached`
    /// whether a branch to an address has been seen to be taken.
    ///
    /// A branch forward that was never taken while the code was interpreted leads out of the
    /// region: most of those are for errors and other rare cases, and translating what is behind
    /// them would take most of the time. Behind the loop of a LuaJIT trace, for one, stands a jump to a call that does not
    /// return, and behind that another trace. If it is taken after all, often, what is there becomes the entry of a
    /// region which, if it is a way round a loop, holds the loop as well.
    ///
    /// `None` if there is nothing at `entry`.
    pub fn discover(
        &mut self,
        entry: u64,
        mut fetch: impl FnMut(u64) -> Option<u32>,
        uses: impl Fn(Op, Insn) -> Option<Uses>,
        reached: impl Fn(u64) -> bool,
    ) -> Option<Region> {
        let mut items: Vec<Item> = Vec::with_capacity(MAX_ITEMS);
        let origin = entry.wrapping_sub(4 * REACH as u64);
        let place = |pc: u64| {
            let place = pc.wrapping_sub(origin) / 4;
            (place < 2 * REACH as u64).then_some(place as usize)
        };
        let mut starts = vec![entry];
        let mut next_start = 0;
        self.leader[REACH] = true;
        while next_start < starts.len() && items.len() < MAX_ITEMS {
            let mut pc = starts[next_start];
            next_start += 1;
            while items.len() < MAX_ITEMS {
                let Some(at) = place(pc) else { break };
                if self.seen[at] != UNSEEN {
                    break;
                }
                let Some(word) = fetch(pc) else { break };
                let insn = Insn(word);
                let op = decode(word);
                let flow = Flow::of(op, insn, pc);
                let uses = match flow {
                    Flow::Next => op.and_then(|op| uses(op, insn)),
                    flow => flow.uses(op, insn),
                };
                self.seen[at] = items.len() as u16;
                items.push(Item { pc, insn, op, flow, uses });
                let is_wanted = |target: u64| target <= pc || reached(target);
                if let Some(target) = flow.inner_target()
                    && let Some(at) = place(target)
                    && (self.seen[at] != UNSEEN || is_wanted(target))
                {
                    self.leader[at] = true;
                    starts.push(target);
                }
                if flow != Flow::Next
                    && let Some(at) = place(pc.wrapping_add(4))
                {
                    self.leader[at] = true;
                }
                if !flow.falls_through() {
                    break;
                }
                pc = pc.wrapping_add(4);
            }
        }
        items.sort_unstable_by_key(|item| item.pc);
        let region = (!items.is_empty()).then(|| self.blocks(items, entry, origin));
        for start in starts {
            if let Some(at) = place(start) {
                self.leader[at] = false;
            }
        }
        if let Some(region) = &region {
            for item in &region.items {
                for pc in [item.pc, item.pc.wrapping_add(4)] {
                    if let Some(at) = place(pc) {
                        self.seen[at] = UNSEEN;
                        self.leader[at] = false;
                    }
                }
            }
        }
        self.leader[REACH] = false;
        region
    }

    /// Cuts the items, sorted by address, into blocks and connects these.
    fn blocks(&self, items: Vec<Item>, entry: u64, origin: u64) -> Region {
        let leader = |pc: u64| {
            self.leader.get((pc.wrapping_sub(origin) / 4) as usize).is_some_and(|leader| *leader)
        };
        let mut blocks: Vec<Block> = Vec::new();
        let mut start = 0;
        for i in 0..items.len() {
            let adjacent =
                items.get(i + 1).is_some_and(|next| next.pc == items[i].pc.wrapping_add(4));
            if !adjacent || items[i].flow != Flow::Next || leader(items[i + 1].pc) {
                blocks.push(Block {
                    items: start..i + 1,
                    taken: None,
                    next: None,
                    predecessors: 0,
                    is_loop: false,
                });
                start = i + 1;
            }
        }
        let find = |blocks: &[Block], pc: u64| {
            blocks.binary_search_by_key(&pc, |block| items[block.items.start].pc).ok()
        };
        for i in 0..blocks.len() {
            let last = items[blocks[i].items.end - 1];
            let edge = |blocks: &[Block], pc| find(blocks, pc).map_or(Edge::Exit(pc), Edge::Block);
            let taken = last.flow.inner_target().map(|pc| edge(&blocks, pc));
            let next = last.flow.falls_through().then(|| edge(&blocks, last.pc.wrapping_add(4)));
            for to in [taken, next].into_iter().flatten() {
                if let Edge::Block(to) = to {
                    blocks[to].predecessors += 1;
                    blocks[to].is_loop |= to <= i;
                }
            }
            blocks[i].taken = taken;
            blocks[i].next = next;
        }
        let entry = find(&blocks, entry).expect("the entry is a leader");
        blocks[entry].predecessors += 1;
        Region { items, blocks, entry }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A loop that is left by a jump to what nobody has seen yet.
    #[test]
    fn what_a_jump_leads_to_is_in_the_region_if_it_was_reached() {
        const LOOP: [u32; 6] = [
            0xf100_0400, // subs x0, x0, #1
            0x54ff_ffe1, // b.ne .-4
            0x1400_0002, // b .+8
            0xd503_201f, // nop
            0x9400_0040, // bl .+256
            0xd503_201f, // nop
        ];
        let len = |reached: bool| {
            let fetch = |pc: u64| LOOP.get((pc / 4).checked_sub(1024)? as usize).copied();
            let uses = |_, _| Some(Uses::NONE);
            let region = Discovery::default().discover(4096, fetch, uses, |_| reached);
            region.unwrap().items.len()
        };
        assert_eq!((len(false), len(true)), (3, 5));
    }
}

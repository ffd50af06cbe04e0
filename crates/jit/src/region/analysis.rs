//! What the code generator knows ahead about registers and flags.
//!
//! Every guest register that gets a host register keeps it for the whole region, so nothing needs
//! to be moved on inner edges. What varies is whether the host register holds the guest's value
//! (*valid*) and whether memory does not (*dirty*); both are settled per block here.

use super::{Block, Edge, Flow, Item, Region};

/// One bit per general register (31 is SP) and one per vector register.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Set {
    /// General registers.
    pub x: u32,
    /// Vector registers.
    pub v: u32,
}

impl Set {
    /// No register.
    pub const NONE: Self = Self { x: 0, v: 0 };

    /// Those in either set.
    pub const fn or(self, other: Self) -> Self {
        Self { x: self.x | other.x, v: self.v | other.v }
    }

    /// Those in both sets.
    pub const fn and(self, other: Self) -> Self {
        Self { x: self.x & other.x, v: self.v & other.v }
    }

    /// Those that are not in `other`.
    pub const fn without(self, other: Self) -> Self {
        Self { x: self.x & !other.x, v: self.v & !other.v }
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.x == 0 && self.v == 0
    }
}

/// Vector registers that are known to be zero but for a scalar.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Narrow {
    /// Above the lowest 64 bits.
    pub double: u32,
    /// Above the lowest 32 bits.
    pub single: u32,
}

impl Narrow {
    /// Nothing is known.
    pub const NONE: Self = Self { double: 0, single: 0 };
    const ALL: Self = Self { double: u32::MAX, single: u32::MAX };

    const fn and(self, other: Self) -> Self {
        Self { double: self.double & other.double, single: self.single & other.single }
    }

    /// What is known when the register `n` has got a scalar of so many bytes.
    pub fn with_scalar(self, n: usize, bytes: u32) -> Self {
        let single = if bytes <= 4 { 1 << n } else { 0 };
        Self { double: self.double | 1 << n, single: self.single & !(1 << n) | single }
    }

    /// What is known behind an instruction.
    pub fn after(self, item: &Item) -> Self {
        let Some(uses) = item.uses else { return Self::NONE };
        Self {
            double: self.double & !uses.v_write | uses.v_double,
            single: self.single & !uses.v_write | uses.v_single,
        }
    }
}

/// What is known at the start of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Start {
    /// Registers that are read before they are written.
    pub live: Set,
    /// Registers whose host register holds the value, on every way here.
    pub valid: Set,
    /// Registers whose memory is out of date, on some way here.
    pub dirty: Set,
    /// The condition flags are read before they are written.
    pub flags_live: bool,
    /// Vector registers that hold scalars, on every way here.
    pub narrow: Narrow,
}

/// How the registers of a region are assigned and used.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Per block.
    pub starts: Vec<Start>,
    /// Per instruction: the flags as it leaves them are read by someone.
    pub flags_live_after: Vec<bool>,
    /// Per general register: how often it is used, loops weighed.
    pub x_weight: [u32; 32],
    /// Per vector register.
    pub v_weight: [u32; 32],
    /// How often control enters or leaves the region, weighed alike.
    pub crossings: u32,
    /// Registers that are loaded on every way in, because they may be dirty where another way would
    /// leave them invalid.
    pub always: Set,
}

impl Analysis {
    /// Analyses a region. `flags_dead_at` says whether the flags are known to be overwritten by the code
    /// at an address outside before they are read.
    pub fn new(region: &Region, flags_dead_at: impl FnMut(u64) -> bool) -> Self {
        let mut analysis = Self {
            starts: vec![Start::default(); region.blocks.len()],
            flags_live_after: vec![false; region.items.len()],
            x_weight: [0; 32],
            v_weight: [0; 32],
            crossings: 1,
            always: Set::NONE,
        };
        analysis.weigh(region);
        analysis.registers_live(region);
        analysis.flags(region, flags_dead_at);
        analysis.narrow(region);
        analysis
    }

    /// Settles what is valid and dirty where, for the registers in `homed`.
    pub fn settle(&mut self, region: &Region, homed: Set) {
        for start in &mut self.starts {
            start.live = start.live.and(homed);
        }
        loop {
            self.forward(region, homed);
            let mut missing = Set::NONE;
            for start in &self.starts {
                missing = missing.or(start.dirty.without(start.valid));
            }
            if missing.is_empty() {
                return;
            }
            self.always = self.always.or(missing);
        }
    }

    /// What is loaded where control enters the region at `block`.
    pub fn loads(&self, block: usize) -> Set {
        self.starts[block].live.or(self.always)
    }

    fn weigh(&mut self, region: &Region) {
        let mut depth = vec![0_u32; region.blocks.len()];
        for (i, block) in region.blocks.iter().enumerate() {
            for edge in [block.taken, block.next].into_iter().flatten() {
                if let Edge::Block(to) = edge
                    && to <= i
                {
                    for depth in &mut depth[to..=i] {
                        *depth = (*depth + 1).min(4);
                    }
                }
            }
        }
        for (block, depth) in region.blocks.iter().zip(depth) {
            let weight = 1 << (3 * depth);
            for item in &region.items[block.items.clone()] {
                let Some(uses) = item.uses else { continue };
                add_weight(&mut self.x_weight, uses.x_read, weight);
                add_weight(&mut self.x_weight, uses.x_write, weight);
                add_weight(&mut self.v_weight, uses.v_read, weight);
                add_weight(&mut self.v_weight, uses.v_write, weight);
            }
            if is_call(region.terminator(block).flow) {
                self.crossings += weight;
            }
        }
    }

    fn registers_live(&mut self, region: &Region) {
        let effects: Vec<_> = region.blocks.iter().map(|block| effect(region, block)).collect();
        loop {
            let mut changed = false;
            for (i, block) in region.blocks.iter().enumerate().rev() {
                let mut live = Set::NONE;
                // Nothing stays in registers over a call.
                if !is_call(region.terminator(block).flow) {
                    for edge in [block.taken, block.next].into_iter().flatten() {
                        if let Edge::Block(to) = edge {
                            live = live.or(self.starts[to].live);
                        }
                    }
                }
                let (read, written) = effects[i];
                let live = read.or(live.without(written));
                changed |= live != self.starts[i].live;
                self.starts[i].live = live;
            }
            if !changed {
                return;
            }
        }
    }

    fn flags(&mut self, region: &Region, mut flags_dead_at: impl FnMut(u64) -> bool) {
        let mut exits = Vec::new();
        for block in &region.blocks {
            let mut live = false;
            for edge in [block.taken, block.next].into_iter().flatten() {
                if let Edge::Exit(pc) = edge {
                    live |= !flags_dead_at(pc);
                }
            }
            live |= match region.terminator(block).flow {
                Flow::Call(target) => !flags_dead_at(target),
                Flow::Next | Flow::Jump(_) | Flow::Branch(_) => false,
                _ => true,
            };
            exits.push(live);
        }
        // What a block makes of the flags being read behind it: all the same, or always one thing.
        let effects: Vec<Option<bool>> =
            region.blocks.iter().map(|b| flags_effect(region, b)).collect();
        let live_behind = |starts: &[Start], i: usize| {
            let block: &Block = &region.blocks[i];
            exits[i]
                || [block.taken, block.next]
                    .into_iter()
                    .flatten()
                    .any(|edge| matches!(edge, Edge::Block(to) if starts[to].flags_live))
        };
        let mut changed = true;
        while changed {
            changed = false;
            for i in (0..region.blocks.len()).rev() {
                let live = effects[i].unwrap_or_else(|| live_behind(&self.starts, i));
                changed |= live != self.starts[i].flags_live;
                self.starts[i].flags_live = live;
            }
        }
        for (i, block) in region.blocks.iter().enumerate() {
            let mut live = live_behind(&self.starts, i);
            for at in block.items.clone().rev() {
                self.flags_live_after[at] = live;
                live = match region.items[at].uses {
                    None => true,
                    Some(uses) => uses.flags_read || live && !uses.flags_write,
                };
            }
        }
    }

    fn narrow(&mut self, region: &Region) {
        for (i, start) in self.starts.iter_mut().enumerate() {
            start.narrow = if i == region.entry { Narrow::NONE } else { Narrow::ALL };
        }
        loop {
            let mut changed = false;
            for (i, block) in region.blocks.iter().enumerate() {
                let items = &region.items[block.items.clone()];
                let call = is_call(region.terminator(block).flow);
                let end = if call {
                    Narrow::NONE
                } else {
                    items.iter().fold(self.starts[i].narrow, Narrow::after)
                };
                for edge in [block.taken, block.next].into_iter().flatten() {
                    let Edge::Block(to) = edge else { continue };
                    let start = &mut self.starts[to].narrow;
                    changed |= *start != start.and(end);
                    *start = start.and(end);
                }
            }
            if !changed {
                return;
            }
        }
    }

    /// Forward over the blocks until nothing changes: valid by intersection, dirty by union.
    fn forward(&mut self, region: &Region, homed: Set) {
        let everything = homed;
        for (i, start) in self.starts.iter_mut().enumerate() {
            start.valid = everything;
            start.dirty = Set::NONE;
            if i == region.entry {
                start.valid = start.live.or(self.always);
            }
        }
        let writes: Vec<Writes> =
            region.blocks.iter().map(|b| Writes::of(region, b, homed)).collect();
        loop {
            let mut changed = false;
            for (i, block) in region.blocks.iter().enumerate() {
                let Start { valid, dirty, .. } = self.starts[i];
                let valid = valid.or(writes[i].all);
                let kept = if writes[i].flushes { Set::NONE } else { dirty };
                let dirty = kept.or(writes[i].last);
                let call = is_call(region.terminator(block).flow);
                for edge in [block.taken, block.next].into_iter().flatten() {
                    let Edge::Block(to) = edge else { continue };
                    let loads = self.loads(to);
                    let start = &mut self.starts[to];
                    let before = *start;
                    if call {
                        start.valid = start.valid.and(loads);
                    } else {
                        start.valid = start.valid.and(valid);
                        start.dirty = start.dirty.or(dirty);
                    }
                    changed |= before != *start;
                }
            }
            if !changed {
                return;
            }
        }
    }
}

/// What a block does to the registers with homes.
#[derive(Clone, Copy)]
struct Writes {
    /// Those that it writes.
    all: Set,
    /// It calls the interpreter, which finds everything in memory.
    flushes: bool,
    /// Those that it writes behind the last such call.
    last: Set,
}

impl Writes {
    fn of(region: &Region, block: &Block, homed: Set) -> Self {
        let mut writes = Self { all: Set::NONE, flushes: false, last: Set::NONE };
        for item in &region.items[block.items.clone()] {
            match item.uses {
                Some(uses) => {
                    let written = Set { x: uses.x_write, v: uses.v_write }.and(homed);
                    writes.all = writes.all.or(written);
                    writes.last = writes.last.or(written);
                }
                None => {
                    writes.flushes = true;
                    writes.last = Set::NONE;
                }
            }
        }
        writes
    }
}

/// Whether the flags are read at the start of a block, if that does not depend on what follows it.
fn flags_effect(region: &Region, block: &Block) -> Option<bool> {
    for item in &region.items[block.items.clone()] {
        match item.uses {
            None => return Some(true),
            Some(uses) if uses.flags_read => return Some(true),
            Some(uses) if uses.flags_write => return Some(false),
            Some(_) => {}
        }
    }
    None
}

/// Whether what follows is only reached through a return.
pub fn is_call(flow: Flow) -> bool {
    matches!(flow, Flow::Call(_) | Flow::CallRegister(_))
}

fn add_weight(weights: &mut [u32; 32], mut registers: u32, weight: u32) {
    while registers != 0 {
        let n = registers.trailing_zeros() as usize;
        weights[n] = weights[n].saturating_add(weight);
        registers &= registers - 1;
    }
}

/// What a block reads before writing it, and what it writes.
fn effect(region: &Region, block: &Block) -> (Set, Set) {
    let (mut read, mut written) = (Set::NONE, Set::NONE);
    for item in &region.items[block.items.clone()] {
        let Some(uses) = item.uses else { continue };
        read = read.or(Set { x: uses.x_read, v: uses.v_read }.without(written));
        written = written.or(Set { x: uses.x_write, v: uses.v_write });
    }
    (read, written)
}

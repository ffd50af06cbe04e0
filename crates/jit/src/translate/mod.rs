//! From a region of guest code to x86-64 code.
//!
//! [`Translator`] walks the blocks in order of address and calls, for each instruction, the emitter that
//! [`lines`] has for its line of the decoder table. What has none, or declines, is executed by the
//! interpreter, called from the generated code. That is also the way out for rare operands: an
//! emitter jumps to [`Translator::slow_path`] before it has changed any guest register.
//!
//! Register use: `rbp` points into the guest's [`Registers`], `gs` at guest memory, `rsp` into the
//! stack of predicted returns. `rax`, `rcx`, `rdx` and `xmm0` to `xmm2` are scratch. Between regions
//! [`PINNED`] says which guest registers live in host registers; within one, [`Homes`].
//!
//! What emitters must keep: no guest register changes before the last access to memory or jump to
//! a slow path, because the interpreter then executes the instruction from its start; and
//! [`Translator::clobber_flags`] comes before any host instruction that changes EFLAGS.

mod atomic;
mod branch;
mod crypto;
pub mod flags;
mod fp;
mod fp_compare;
mod fp_complex;
mod fp_convert;
mod fp_estimate;
mod fp_group;
mod fp_half;
mod fp_half_convert;
mod fp_mode;
mod fp_scalar;
mod fp_vector;
mod fp_vector_convert;
mod integer;
pub mod lines;
mod memory;
mod mode;
mod registers;
mod shift;
mod simd;
mod simd_integer;
mod simd_long;
mod simd_memory;
mod simd_move;
mod simd_multiply;
mod simd_permute;
mod simd_reduce;
mod simd_shift;
mod simd_shift_saturating;
mod system;

use crate::a64::Insn;
use crate::region::analysis::{Analysis, Narrow, Set};
use crate::region::{Edge, Flow, Item, Region};
use crate::runtime::frame::{self, word};
use crate::runtime::stubs::Stubs;
use crate::x64::vector::VMOVDQA;
use crate::x64::{Alu, Asm, Cond, Label, Mem, Reg, Width, Xmm};
pub use flags::Flags;
pub use mode::{Features, MXCSR_DEFAULT, Mode};
pub use registers::{Homes, PINNED, numbers};

/// The scratch registers.
pub const RAX: Reg = Reg::RAX;
/// The second.
pub const RCX: Reg = Reg::RCX;
/// The third.
pub const RDX: Reg = Reg::RDX;

/// The guest's zero register where registers are numbered as in [`Homes`], with 31 for SP.
pub const ZERO: usize = 32;

/// `n` as a register number in which 31 means the zero register.
pub const fn zr(n: usize) -> usize {
    if n == 31 { ZERO } else { n }
}

/// A way out of the region to a known address. It goes through a word of memory, its *slot*, which
/// holds the address of a stub until there is code to go to: generated code is never changed.
#[derive(Clone, Copy, Debug)]
pub struct Link {
    /// The host address of the stub, which reports the link's number.
    pub stub: usize,
    /// The guest address that it stands for.
    pub target: u64,
}

/// What is known about a host instruction that may fault.
#[derive(Clone, Copy, Debug)]
pub struct FaultPoint {
    /// The offset of its end in the region's code. Ends, because that is where the emitter is when it has
    /// written one; the point of a fault is the first whose end lies behind its start.
    pub end: u32,
    /// The guest instruction, in units of four bytes from the region's lowest address.
    pub item: u16,
    /// Where the flags are.
    pub flags: Flags,
    /// Registers that are only in host registers.
    pub dirty: Set,
}

/// Where the code for something begins, for listings.
#[derive(Clone, Copy, Debug)]
pub struct Mark {
    /// The offset in the region's code; it ends where the next mark's begins.
    pub at: u32,
    /// What it is for.
    pub part: Part,
}

/// What host code is for.
#[derive(Clone, Copy, Debug)]
pub enum Part {
    /// What is done on the way in from outside.
    Entry,
    /// What is done at the beginning of a block.
    Block(usize),
    /// An instruction of the region.
    Item(usize),
    /// Off the usual way of one.
    Aside {
        /// The instruction.
        item: usize,
        /// Why control comes here.
        what: &'static str,
    },
}

/// A translated region: what the cache keeps beside the code.
#[derive(Debug)]
pub struct Translation {
    /// Jumps out of it.
    pub links: Vec<Link>,
    /// Instructions that may fault, by offset.
    pub faults: Vec<FaultPoint>,
    /// Which guest register lives where.
    pub homes: Homes,
    /// The bytes of instructions; what follows are constants.
    pub instructions: usize,
    /// It has atomic operations that are not locked.
    pub unlocked: bool,
    /// What its code is for.
    pub marks: Vec<Mark>,
}

/// What the emitter knows about registers and flags at a point.
#[derive(Clone, Copy, Debug)]
struct State {
    valid: Set,
    dirty: Set,
    flags: Flags,
}

/// Code that is emitted behind the region, off the usual way.
struct Cold {
    label: Label,
    state: State,
    /// The item that it belongs to.
    item: usize,
    kind: ColdKind,
}

enum ColdKind {
    /// Leave for this address; the flags are live there.
    Exit { target: u64, flags_live: bool },
    /// The other end of a link that is not linked, which has this number.
    Unlinked { link: usize },
    /// The attention word is set: leave; the guest goes on at this address.
    Kicked { pc: u64 },
    /// Interpret the item and go on.
    Slow { resume: Label },
    /// The same for `count` items by way of shared code; first homes are restored from copies.
    Rare { resume: Label, restore: [Option<(Xmm, Xmm)>; 2], count: usize },
    /// What such items share: spills, interprets at RAX, goes on at RCX.
    Shared,
}

impl ColdKind {
    /// Why control comes here, for listings.
    fn describe(&self) -> &'static str {
        match self {
            Self::Exit { .. } => "leaves",
            Self::Unlinked { .. } => "leaves by a link that leads nowhere yet",
            Self::Kicked { .. } => "the attention word is set",
            Self::Slow { .. } => "interpreted, and goes on",
            Self::Rare { .. } => "rare operands",
            Self::Shared => "rare operands, interpreted; shared",
        }
    }
}

/// Translates one region.
pub struct Translator<'a> {
    /// The code under construction.
    pub asm: &'a mut Asm,
    mode: Mode,
    region: &'a Region,
    analysis: &'a Analysis,
    stubs: &'a Stubs,
    homes: Homes,
    state: State,
    /// The item that is being translated.
    current: usize,
    /// The items of its block.
    block_items: std::ops::Range<usize>,
    /// Items before this one have been emitted with one before them.
    run_end: usize,
    labels: Vec<Label>,
    /// Where the region is entered: behind the poll of a loop, so that who is kicked at every
    /// opportunity comes forward all the same.
    inside: Label,
    /// The state in which single predecessors leave for a block.
    entry_flags: Vec<Flags>,
    /// What this block has made constant, by general register.
    constants: [Option<u64>; 32],
    /// SP is known to be a multiple of 16.
    sp_aligned: bool,
    /// What V registers are known to hold.
    narrow: Narrow,
    cold: Vec<Cold>,
    /// [`ColdKind::Shared`], by the registers that are spilled and loaded.
    shared: Vec<(Set, Label)>,
    /// What stands behind the code.
    pool: Vec<(u128, Label)>,
    links: Vec<Link>,
    /// The number that the cache gives to the first of `links`.
    first_link: usize,
    faults: Vec<FaultPoint>,
    start: usize,
    /// Something has been left unlocked.
    unlocked: bool,
    marks: Vec<Mark>,
}

/// Translates `region` to code at the assembler's position.
pub fn translate(
    asm: &mut Asm,
    mode: Mode,
    region: &Region,
    analysis: &mut Analysis,
    stubs: &Stubs,
    first_link: usize,
) -> Translation {
    let homes = Homes::assign(analysis);
    analysis.settle(region, homes.dynamic());
    let labels = region.blocks.iter().map(|_| asm.label()).collect();
    let inside = asm.label();
    let start = asm.offset();
    let mut translator = Translator {
        asm,
        mode,
        region,
        analysis,
        stubs,
        homes,
        state: State { valid: Set::NONE, dirty: Set::NONE, flags: Flags::SAVED },
        current: 0,
        block_items: 0..0,
        run_end: 0,
        labels,
        inside,
        entry_flags: vec![Flags::SAVED; region.blocks.len()],
        constants: [None; 32],
        sp_aligned: false,
        narrow: Narrow::NONE,
        cold: Vec::new(),
        shared: Vec::new(),
        pool: Vec::new(),
        links: Vec::new(),
        first_link,
        faults: Vec::new(),
        start,
        unlocked: false,
        marks: Vec::with_capacity(2 * region.items.len()),
    };
    translator.region();
    let instructions = translator.asm.offset() - start;
    translator.emit_pool();
    let Translator { links, faults, homes, unlocked, marks, .. } = translator;
    Translation { links, faults, homes, instructions, unlocked, marks }
}

impl Translator<'_> {
    /// What is emitted from here on is for `part`.
    fn mark(&mut self, part: Part) {
        let at = (self.asm.offset() - self.start) as u32;
        self.marks.push(Mark { at, part });
    }

    fn region(&mut self) {
        let entry = self.region.entry;
        self.mark(Part::Entry);
        self.occupy(self.analysis.loads(entry));
        if entry != 0 || self.region.blocks[entry].is_loop {
            self.asm.jmp(self.inside);
        }
        for block in 0..self.region.blocks.len() {
            self.block(block);
        }
        let mut next = 0;
        // Cold code may add more of itself.
        while next < self.cold.len() {
            self.cold_code(next);
            next += 1;
        }
    }

    fn emit_pool(&mut self) {
        if !self.pool.is_empty() {
            self.asm.align(16);
        }
        for (value, label) in std::mem::take(&mut self.pool) {
            self.asm.bind(label);
            self.asm.data(&value.to_le_bytes());
        }
    }

    fn block(&mut self, index: usize) {
        let block = &self.region.blocks[index];
        let start = self.analysis.starts[index];
        self.mark(Part::Block(index));
        self.asm.bind(self.labels[index]);
        let flags = if block.predecessors == 1 { self.entry_flags[index] } else { Flags::SAVED };
        self.state = State { valid: start.valid, dirty: start.dirty, flags };
        self.current = block.items.start;
        self.block_items = block.items.clone();
        self.narrow = start.narrow;
        self.forget_constants();
        if block.is_loop {
            if start.flags_live {
                self.save_flags();
            }
            self.state.flags = Flags::SAVED;
            self.poll(self.region.items[block.items.start].pc);
        }
        if index == self.region.entry {
            self.asm.bind(self.inside);
        }
        for at in block.items.clone() {
            self.current = at;
            self.mark(Part::Item(at));
            let item = &self.region.items[at];
            match (item.flow, item.uses, item.op) {
                (Flow::Next, None, _) => self.interpret(item),
                (Flow::Next, Some(_), Some(op)) => {
                    let line = lines::line(op, item.insn).expect("only lines have uses");
                    let slow = self.unless_operands_are_special(line.fp_of(item.insn), item);
                    (line.emit)(self, item.insn);
                    self.after_special_operands(slow);
                }
                _ => self.terminator(index, item),
            }
            self.narrow = self.narrow.after(item);
        }
        if self.region.terminator(block).flow == Flow::Next {
            self.settle_flags(index);
            self.go_on(index, block.next);
        }
    }

    /// Leaves for an edge, unconditionally.
    fn go_on(&mut self, from: usize, edge: Option<Edge>) {
        match edge.expect("an edge where control goes on") {
            Edge::Block(to) => {
                self.entry_flags[to] = self.state.flags;
                if to != from + 1 {
                    self.asm.jmp(self.labels[to]);
                }
            }
            Edge::Exit(target) => self.exit(target, self.flags_live()),
        }
    }

    /// Whether somebody reads the flags as the current instruction leaves them.
    fn flags_live(&self) -> bool {
        self.analysis.flags_live_after[self.current]
    }

    /// The instruction that is being translated.
    fn item(&self) -> &Item {
        &self.region.items[self.current]
    }

    /// Where the current instruction stands.
    pub fn pc(&self) -> u64 {
        self.item().pc
    }

    // ---- Leaving ----

    /// Leaves the region for `target` by a link.
    fn exit(&mut self, target: u64, flags_live: bool) {
        self.flush(flags_live);
        if target <= self.pc() {
            self.poll(target);
        }
        let slot = self.link(target);
        self.asm.jmp_mem(slot);
    }

    /// The slot of a new link to `target`, in the state that this point has.
    fn link(&mut self, target: u64) -> Mem {
        let label = self.asm.label();
        let link = self.links.len();
        self.links.push(Link { stub: 0, target });
        self.add_cold(label, ColdKind::Unlinked { link });
        Mem::code(self.stubs.slot(self.first_link + link))
    }

    /// Makes memory exact, apart from the pinned registers; clobbers EFLAGS if they are saved.
    fn flush(&mut self, flags_live: bool) {
        if flags_live {
            self.save_flags();
        }
        self.vacate(self.state.dirty);
        self.state.dirty = Set::NONE;
    }

    /// Leaves if the thread's attention word is set; the guest then goes on at `pc`.
    fn poll(&mut self, pc: u64) {
        self.asm.mov(Width::W64, Reg::RAX, frame::word(word::ATTENTION));
        self.asm.alu_imm(Alu::Cmp, Width::W32, Mem::at(Reg::RAX, 0), 0);
        let label = self.asm.label();
        self.asm.jcc(Cond::NE, label);
        self.add_cold(label, ColdKind::Kicked { pc });
    }

    fn add_cold(&mut self, label: Label, kind: ColdKind) {
        self.cold.push(Cold { label, state: self.state, item: self.current, kind });
    }

    fn set_pc(&mut self, pc: u64) {
        self.asm.mov_imm(Reg::RAX, pc);
        self.asm.store(Width::W64, frame::pc(), Reg::RAX);
    }

    fn cold_code(&mut self, index: usize) {
        let Cold { label, state, item, ref kind } = self.cold[index];
        let at = (self.asm.offset() - self.start) as u32;
        self.marks.push(Mark { at, part: Part::Aside { item, what: kind.describe() } });
        self.asm.bind(label);
        self.state = state;
        self.current = item;
        match *kind {
            ColdKind::Exit { target, flags_live } => self.exit(target, flags_live),
            ColdKind::Unlinked { link } => {
                self.links[link].stub = self.asm.here();
                self.set_pc(self.links[link].target);
                let slot = Mem::code(self.stubs.slot(self.first_link + link));
                self.asm.lea(Width::W64, Reg::RAX, slot);
                self.asm.jmp_to(self.stubs.exit_link);
            }
            ColdKind::Kicked { pc } => {
                self.flush(false);
                self.set_pc(pc);
                self.asm.jmp_to(self.stubs.exit_kicked);
            }
            ColdKind::Slow { resume } => {
                self.call_interpreter(self.pc());
                self.asm.jmp(resume);
            }
            ColdKind::Rare { resume, restore, count } => self.rare(resume, restore, count),
            ColdKind::Shared => self.shared(),
        }
    }

    // ---- The interpreter ----

    /// Has the interpreter execute the current instruction.
    fn interpret(&mut self, item: &Item) {
        self.save_flags();
        self.call_interpreter(item.pc);
        self.state.dirty = Set::NONE;
        self.state.flags = Flags::SAVED;
        self.forget_constants();
    }

    /// Calls the interpreter for the instruction at `pc`. The flags have been saved if they matter.
    fn call_interpreter(&mut self, pc: u64) {
        self.vacate(self.state.dirty);
        let back = self.asm.label();
        self.asm.mov_imm(Reg::RAX, pc);
        self.asm.lea_label(Reg::RCX, back);
        self.asm.jmp_to(self.stubs.interpret);
        self.asm.bind(back);
        self.load_homes(self.state.valid);
    }

    /// RAX = the clock that a register is. Clobbers EFLAGS.
    pub(self) fn call_clock(&mut self, register: u32) {
        self.vacate(self.state.dirty);
        self.state.dirty = Set::NONE;
        let back = self.asm.label();
        self.asm.mov_imm(Reg::RAX, register.into());
        self.asm.lea_label(Reg::RCX, back);
        self.asm.jmp_to(self.stubs.clock);
        self.asm.bind(back);
        self.load_homes(self.state.valid);
    }

    /// A place to jump to instead of finishing the current instruction: the interpreter executes
    /// it, and execution goes on behind it. To be called with every guest register and the flags
    /// as before the instruction, and followed, at the end of the emitter, by [`Self::resume`].
    pub fn slow_path(&mut self) -> Slow {
        let label = self.asm.label();
        let resume = self.asm.label();
        let uses = self.item().uses.unwrap_or_default();
        let mut state = self.state;
        // What the instruction writes is valid behind it.
        let written = Set { x: uses.x_write, v: uses.v_write }.and(self.homes.dynamic());
        state.valid = state.valid.or(written);
        // Where the interpreter leaves them, or where they have been saved.
        state.flags = Flags::SAVED;
        let kind = ColdKind::Slow { resume };
        self.cold.push(Cold { label, state, item: self.current, kind });
        Slow { label, resume }
    }

    /// [`Self::slow_path`] for an instruction that cannot leave guest code: it takes little code,
    /// the guest's flags may be in EFLAGS, and the register that is written may have changed if
    /// it is not read.
    pub fn rare_path(&mut self) -> Slow {
        self.rare_path_restoring(None)
    }

    /// [`Self::rare_path`] from a point where a home has changed that the instruction reads; the
    /// second register has a copy.
    pub fn rare_path_restoring(&mut self, restore: Option<(Xmm, Xmm)>) -> Slow {
        let uses = self.item().uses.unwrap_or_default();
        let written = Set { x: uses.x_write, v: uses.v_write };
        self.rare_run(1, written, restore.as_slice())
    }

    /// [`Self::rare_path_restoring`] for a run of `count` items that write no registers but
    /// `written`.
    fn rare_run(&mut self, count: usize, written: Set, copies: &[(Xmm, Xmm)]) -> Slow {
        let label = self.asm.label();
        let resume = self.asm.label();
        let mut state = self.state;
        state.valid = state.valid.or(written.and(self.homes.dynamic()));
        let restore = [copies.first().copied(), copies.get(1).copied()];
        let kind = ColdKind::Rare { resume, restore, count };
        self.cold.push(Cold { label, state, item: self.current, kind });
        Slow { label, resume }
    }

    fn rare(&mut self, resume: Label, restore: [Option<(Xmm, Xmm)>; 2], count: usize) {
        for (home, copy) in restore.into_iter().flatten() {
            self.asm.v2(VMOVDQA, home, copy);
        }
        let flags = self.state.flags.host.filter(|_| self.flags_survive());
        let back = if flags.is_some() { self.asm.label() } else { resume };
        if flags.is_some() {
            self.save_flags();
        }
        let set = self.state.valid;
        let known = self.shared.iter().find(|(other, _)| *other == set);
        let shared = known.map(|(_, label)| *label).unwrap_or_else(|| {
            let label = self.asm.label();
            self.shared.push((set, label));
            self.add_cold(label, ColdKind::Shared);
            label
        });
        for number in 0..count {
            let next = if number + 1 < count { self.asm.label() } else { back };
            self.asm.mov_imm(Reg::RAX, self.pc().wrapping_add(4 * number as u64));
            self.asm.lea_label(Reg::RCX, next);
            self.asm.jmp(shared);
            if next != back {
                self.asm.bind(next);
            }
        }
        if let Some(carry) = flags {
            self.asm.bind(back);
            self.restore_flags(carry);
            self.asm.jmp(resume);
        }
    }

    /// Stores all registers that are valid, not only the dirty ones, so that more items can share
    /// it. The register that is being written may be stored too: what is in its home is no
    /// matter, because the interpreter writes it next.
    fn shared(&mut self) {
        let set = self.state.valid;
        let back = self.asm.label();
        self.asm.store(Width::W64, frame::word(word::RETURN), Reg::RCX);
        self.vacate(set);
        self.asm.lea_label(Reg::RCX, back);
        self.asm.jmp_to(self.stubs.interpret);
        self.asm.bind(back);
        self.load_homes(set);
        self.asm.jmp_mem(frame::word(word::RETURN));
    }

    /// Where the slow path comes back.
    pub fn resume(&mut self, slow: Slow) {
        self.asm.bind(slow.resume);
    }

    /// The same, if there is one.
    pub fn resume_all(&mut self, slow: Option<Slow>) {
        if let Some(slow) = slow {
            self.resume(slow);
        }
    }

    /// The host instruction just emitted accesses guest memory, and may fault.
    pub fn may_fault(&mut self) {
        let first = self.region.items[0].pc;
        self.faults.push(FaultPoint {
            end: (self.asm.offset() - self.start) as u32,
            item: ((self.pc() - first) / 4) as u16,
            flags: self.state.flags,
            dirty: self.state.dirty,
        });
    }

    /// 16 bytes of memory that hold `value`.
    pub fn constant(&mut self, value: u128) -> Mem {
        let known = self.pool.iter().find(|(other, _)| *other == value);
        let label = known.map(|(_, label)| *label).unwrap_or_else(|| {
            let label = self.asm.label();
            self.pool.push((value, label));
            label
        });
        Mem::label(label)
    }

    // ---- What is known at translation time ----

    /// The value of `n`, numbered as in [`Homes`], if this block has made it constant.
    pub fn known(&self, n: usize) -> Option<u64> {
        if n == ZERO { Some(0) } else { self.constants[n] }
    }

    fn forget_constants(&mut self) {
        self.constants = [None; 32];
        self.sp_aligned = false;
    }

    /// Whether the current instruction writes the flags and somebody reads them.
    pub fn writes_flags(&self) -> bool {
        self.item().uses.is_some_and(|uses| uses.flags_write)
    }
}

/// The way out of an instruction with rare operands, and back.
#[derive(Clone, Copy, Debug)]
pub struct Slow {
    /// Where to jump to.
    pub label: Label,
    resume: Label,
}

/// Turns an item's word into what emitters take.
pub type Emit = fn(&mut Translator<'_>, Insn);

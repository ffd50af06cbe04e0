//! The unit of translation: a region of guest code.
//!
//! A region is what can be reached from its entry by direct branches, within limits: loops, both
//! sides of conditions, and the code behind calls. It is found on the guest's own instructions
//! ([`discover`]), and what the code generator needs to know ahead is computed on them too
//! ([`analysis`]): which registers and flags are live where, and which guest registers get a host register for
//! the whole region.
//!
//! There is no other intermediate form. Guest code comes from an optimising compiler, so what an
//! SSA form would find again is small; what a translator loses, registers spilled at every edge and
//! flags computed for nobody, shows on the instructions themselves. A pass over an array of them
//! is cheap, and most code runs too seldom to repay more.

pub mod analysis;
pub mod discover;

use crate::a64::{Insn, Op};

/// The registers that an instruction reads and writes, as far as the translator handles it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Uses {
    /// General registers read; bit 31 is SP. The zero register never appears.
    pub x_read: u32,
    /// General registers written.
    pub x_write: u32,
    /// Vector registers read.
    pub v_read: u32,
    /// Vector registers written.
    pub v_write: u32,
    /// Those of them whose upper 64 bits become zero.
    pub v_double: u32,
    /// Those of them whose upper 96 bits become zero.
    pub v_single: u32,
    /// The condition flags are read.
    pub flags_read: bool,
    /// All condition flags are written.
    pub flags_write: bool,
}

impl Uses {
    /// Nothing at all.
    pub const NONE: Self = Self {
        x_read: 0,
        x_write: 0,
        v_read: 0,
        v_write: 0,
        v_double: 0,
        v_single: 0,
        flags_read: false,
        flags_write: false,
    };

    /// Reads the general register `n`; 31 is the zero register.
    pub const fn reads(mut self, n: usize) -> Self {
        self.x_read |= (1 << n) & 0x7fff_ffff;
        self
    }

    /// Writes the general register `n`; 31 is the zero register.
    pub const fn writes(mut self, n: usize) -> Self {
        self.x_write |= (1 << n) & 0x7fff_ffff;
        self
    }

    /// Reads the general register `n`, or SP for 31.
    pub const fn reads_or_sp(mut self, n: usize) -> Self {
        self.x_read |= 1 << n;
        self
    }

    /// Writes the general register `n`, or SP for 31.
    pub const fn writes_or_sp(mut self, n: usize) -> Self {
        self.x_write |= 1 << n;
        self
    }

    /// Reads the vector register `n` (modulo 32).
    pub const fn reads_v(mut self, n: usize) -> Self {
        self.v_read |= 1 << (n & 31);
        self
    }

    /// Writes the vector register `n` (modulo 32).
    pub const fn writes_v(mut self, n: usize) -> Self {
        self.v_write |= 1 << (n & 31);
        self
    }

    /// Writes the vector register `n` (modulo 32): `bytes` bytes, the rest becomes zero.
    pub const fn writes_scalar(mut self, n: usize, bytes: u32) -> Self {
        if bytes <= 8 {
            self.v_double |= 1 << (n & 31);
        }
        if bytes <= 4 {
            self.v_single |= 1 << (n & 31);
        }
        self.writes_v(n)
    }

    /// Reads the flags.
    pub const fn reads_flags(mut self) -> Self {
        self.flags_read = true;
        self
    }

    /// Writes the flags.
    pub const fn writes_flags(mut self) -> Self {
        self.flags_write = true;
        self
    }
}

/// How control leaves an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Flow {
    /// To the next instruction.
    Next,
    /// To an address.
    Jump(u64),
    /// To an address or to the next instruction.
    Branch(u64),
    /// To a function, which is expected to return behind the call.
    Call(u64),
    /// To the function in a register.
    CallRegister(usize),
    /// To the address in a register.
    JumpRegister(usize),
    /// To the address in a register, which is expected to be that behind a call.
    Return(usize),
    /// Into the kernel.
    Syscall,
    /// The interpreter executes it, and execution goes on wherever that leads. What changes
    /// code or the state that translations depend on, and what faults always.
    Interpret,
}

impl Flow {
    /// How the instruction at `pc` leaves; `None` stands for a word that no line has.
    pub fn of(op: Option<Op>, insn: Insn, pc: u64) -> Self {
        let Some(op) = op else { return Self::Interpret };
        let target = |hi, lo| pc.wrapping_add((insn.sbits(hi, lo) << 2) as u64);
        match op {
            Op::B => Self::Jump(target(25, 0)),
            Op::BL => Self::Call(target(25, 0)),
            // The conditions AL and NV hold always.
            Op::B_cond if insn.bits(3, 1) == 7 => Self::Jump(target(23, 5)),
            Op::B_cond | Op::CBZ | Op::CBNZ => Self::Branch(target(23, 5)),
            Op::TBZ | Op::TBNZ => Self::Branch(target(18, 5)),
            Op::BR => Self::JumpRegister(insn.rn()),
            Op::BLR => Self::CallRegister(insn.rn()),
            Op::RET => Self::Return(insn.rn()),
            Op::SVC => Self::Syscall,
            Op::UDF | Op::BRK | Op::IC_IVAU | Op::MSR_FPCR => Self::Interpret,
            _ => Self::Next,
        }
    }

    /// What an instruction that leaves so reads and writes; `None` for [`Self::Next`], which says
    /// nothing about it.
    pub fn uses(self, op: Option<Op>, insn: Insn) -> Option<Uses> {
        Some(match self {
            Self::Next => return None,
            Self::Jump(_) | Self::Syscall | Self::Interpret => Uses::NONE,
            Self::Branch(_) if op == Some(Op::B_cond) => Uses::NONE.reads_flags(),
            Self::Branch(_) => Uses::NONE.reads(insn.rd()),
            Self::Call(_) => Uses::NONE.writes(30),
            Self::CallRegister(n) => Uses::NONE.reads(n).writes(30),
            Self::JumpRegister(n) | Self::Return(n) => Uses::NONE.reads(n),
        })
    }

    /// Whether execution may fall through to the next instruction within the region.
    pub fn falls_through(self) -> bool {
        matches!(self, Self::Next | Self::Branch(_) | Self::Call(_) | Self::CallRegister(_))
    }

    /// The address that is named, if the region may go on there.
    pub fn inner_target(self) -> Option<u64> {
        match self {
            Self::Jump(target) | Self::Branch(target) => Some(target),
            _ => None,
        }
    }
}

/// One instruction of a region.
#[derive(Clone, Copy, Debug)]
pub struct Item {
    /// Where it stands.
    pub pc: u64,
    /// The word.
    pub insn: Insn,
    /// Its line in the decoder table.
    pub op: Option<Op>,
    /// How control leaves it.
    pub flow: Flow,
    /// What it does to registers, or `None` if the interpreter executes it.
    pub uses: Option<Uses>,
}

/// Where control goes from the end of a block.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Edge {
    /// To another block of the region.
    Block(usize),
    /// Out of the region, to this address.
    Exit(u64),
}

/// A straight run of instructions, entered only at its start.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its instructions: indices into [`Region::items`].
    pub items: std::ops::Range<usize>,
    /// The way of a taken direct branch.
    pub taken: Option<Edge>,
    /// The way of falling through; after a call, that of returning.
    pub next: Option<Edge>,
    /// The number of edges that lead here, the region's entry among them.
    pub predecessors: usize,
    /// Some edge that leads here comes from the same or a later address.
    pub is_loop: bool,
}

/// A region of guest code.
#[derive(Clone, Debug)]
pub struct Region {
    /// Its instructions, by address.
    pub items: Vec<Item>,
    /// Its blocks, by address.
    pub blocks: Vec<Block>,
    /// The block at which it is entered.
    pub entry: usize,
}

impl Region {
    /// The last instruction of a block.
    pub fn terminator(&self, block: &Block) -> &Item {
        &self.items[block.items.end - 1]
    }
}

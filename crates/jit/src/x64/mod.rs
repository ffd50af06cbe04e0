//! Writing x86-64 machine code.
//!
//! An encoder for what the translator emits and no more: general registers, VEX-encoded vector
//! instructions on XMM registers, memory operands with or without the `gs` segment that holds
//! guest memory. The processor must have AVX2, BMI1, BMI2, LZCNT and FMA (level `x86-64-v3`).
//! Encodings are those of the Intel SDM, volume 2; the golden listings show what a disassembler makes
//! of them.
//!
//! Rejected: an assembler crate. Translation time is start-up time, and what is needed is small.

mod asm;
pub mod vector;

pub use asm::{Alu, Asm, External, Label, Legacy, Shift};

/// A general register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reg(pub u8);

/// The general registers by name.
#[allow(missing_docs)]
impl Reg {
    pub const RAX: Self = Self(0);
    pub const RCX: Self = Self(1);
    pub const RDX: Self = Self(2);
    pub const RBX: Self = Self(3);
    pub const RSP: Self = Self(4);
    pub const RBP: Self = Self(5);
    pub const RSI: Self = Self(6);
    pub const RDI: Self = Self(7);
    pub const R8: Self = Self(8);
    pub const R9: Self = Self(9);
    pub const R10: Self = Self(10);
    pub const R11: Self = Self(11);
    pub const R12: Self = Self(12);
    pub const R13: Self = Self(13);
    pub const R14: Self = Self(14);
    pub const R15: Self = Self(15);
}

/// A vector register, `xmm0` to `xmm15`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Xmm(pub u8);

/// The width of an integer operation.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Width {
    /// 32 bits; the upper half of the destination becomes zero.
    W32,
    /// 64 bits.
    W64,
}

impl Width {
    /// The width that a guest instruction's `sf` bit asks for.
    pub const fn of(sf: bool) -> Self {
        if sf { Self::W64 } else { Self::W32 }
    }

    /// In bits.
    pub const fn bits(self) -> u32 {
        match self {
            Self::W32 => 32,
            Self::W64 => 64,
        }
    }

    const fn wide(self) -> bool {
        matches!(self, Self::W64)
    }
}

/// A memory operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mem {
    base: Base,
    /// The index register and log2 of its scale.
    index: Option<(Reg, u8)>,
    disp: i32,
    /// Relative to guest memory.
    gs: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Base {
    None,
    Reg(Reg),
    /// An address in the code arena, reached relative to the instruction pointer.
    Code(usize),
    /// A place in the code under construction.
    Label(Label),
}

impl Mem {
    /// `[base + disp]`.
    pub const fn at(base: Reg, disp: i32) -> Self {
        Self { base: Base::Reg(base), index: None, disp, gs: false }
    }

    /// `[disp]`: an address that fits in 31 bits.
    pub const fn absolute(disp: i32) -> Self {
        Self { base: Base::None, index: None, disp, gs: false }
    }

    /// The same, relative to guest memory.
    pub const fn in_guest(self) -> Self {
        Self { gs: true, ..self }
    }

    /// `[base + index << scale + disp]`.
    pub const fn indexed(base: Reg, index: Reg, scale: u8, disp: i32) -> Self {
        Self { base: Base::Reg(base), index: Some((index, scale)), disp, gs: false }
    }

    /// The bytes at `address`, which is within 2 GiB of the code.
    pub const fn code(address: usize) -> Self {
        Self { base: Base::Code(address), index: None, disp: 0, gs: false }
    }

    /// The bytes at a label of the same code.
    pub const fn label(label: Label) -> Self {
        Self { base: Base::Label(label), index: None, disp: 0, gs: false }
    }

    /// The same place, `bytes` further on.
    pub const fn plus(self, bytes: i32) -> Self {
        Self { disp: self.disp + bytes, ..self }
    }
}

/// A register or memory operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rm {
    /// A general register.
    Reg(Reg),
    /// Memory.
    Mem(Mem),
}

impl From<Reg> for Rm {
    fn from(reg: Reg) -> Self {
        Self::Reg(reg)
    }
}

impl From<Mem> for Rm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}

/// A vector register or memory operand.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Xm {
    /// A vector register.
    Reg(Xmm),
    /// Memory.
    Mem(Mem),
}

impl From<Xmm> for Xm {
    fn from(reg: Xmm) -> Self {
        Self::Reg(reg)
    }
}

impl From<Mem> for Xm {
    fn from(mem: Mem) -> Self {
        Self::Mem(mem)
    }
}

/// A condition as `jcc`, `setcc` and `cmovcc` encode it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
#[allow(missing_docs)]
pub enum Cond {
    O = 0,
    NO = 1,
    B = 2,
    AE = 3,
    E = 4,
    NE = 5,
    BE = 6,
    A = 7,
    S = 8,
    NS = 9,
    P = 10,
    NP = 11,
    L = 12,
    GE = 13,
    LE = 14,
    G = 15,
}

impl Cond {
    /// The condition that holds when this one does not.
    pub fn negate(self) -> Self {
        const ALL: [Cond; 16] = [
            Cond::O,
            Cond::NO,
            Cond::B,
            Cond::AE,
            Cond::E,
            Cond::NE,
            Cond::BE,
            Cond::A,
            Cond::S,
            Cond::NS,
            Cond::P,
            Cond::NP,
            Cond::L,
            Cond::GE,
            Cond::LE,
            Cond::G,
        ];
        ALL[self as usize ^ 1]
    }
}

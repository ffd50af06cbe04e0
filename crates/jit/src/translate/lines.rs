//! Which line of the decoder table the translator handles, and how.

use super::{
    Emit, Features, Mode, atomic, crypto, fp_compare, fp_complex, fp_convert, fp_estimate, fp_half,
    fp_half_convert, fp_scalar, fp_vector, fp_vector_convert, integer, memory, shift, simd_integer,
    simd_long, simd_memory, simd_move, simd_multiply, simd_permute, simd_reduce, simd_shift,
    simd_shift_saturating, system,
};
use crate::a64::{Insn, Op, PATTERNS};
use crate::region::Uses;

/// How a line depends on FPCR, and what its emitter looks at by itself.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fp {
    /// Not at all.
    Nothing,
    /// By the rounding mode alone.
    Rounds,
    /// In all ways; the emitter leaves results that are NaNs, and those that are to be flushed, to the interpreter.
    Computes,
    /// It flushes operands, and nothing else happens to its results.
    Compares,
    /// As `Compares`, and a NaN comes out of it that has to become the default one.
    Passes,
    /// As `Passes`, but what it makes of a number may have to be flushed.
    Converts,
    /// In all ways; translated for all rounding modes, and only for the default otherwise.
    Resizes,
    /// As `Resizes`, and by what FPCR says of halves alone.
    Halves,
    /// It writes what has been recorded of exceptions, on which the mode depends while denormals are flushed.
    Records,
}

impl Fp {
    fn is_translated(self, mode: Mode) -> bool {
        match self {
            Self::Nothing | Self::Rounds | Self::Compares | Self::Passes => true,
            Self::Computes | Self::Converts => !mode.flushes() || mode.inexact,
            Self::Resizes => mode.only_rounds(),
            Self::Halves => mode.only_rounds() && !mode.flushes_halves(),
            Self::Records => !mode.flushes(),
        }
    }
}

/// How the translator handles a line.
#[derive(Clone, Copy)]
pub struct Line {
    /// What an instance reads and writes, or `None` to have the interpreter execute it.
    pub uses: fn(Insn) -> Option<Uses>,
    /// Emits an instance for which `uses` gave something.
    pub emit: Emit,
    /// How it depends on FPCR.
    pub fp: Fp,
    /// What the processor must have.
    pub needs: Features,
}

impl Line {
    /// A line whose result does not depend on FPCR.
    pub const fn new(uses: fn(Insn) -> Option<Uses>, emit: Emit) -> Self {
        Self { uses, emit, fp: Fp::Nothing, needs: Features::NONE }
    }

    /// A line of floating-point arithmetic.
    pub const fn fp(fp: Fp, uses: fn(Insn) -> Option<Uses>, emit: Emit) -> Self {
        Self { fp, ..Self::new(uses, emit) }
    }

    /// How an instance depends on FPCR: conversions from and to halves have rules of their own.
    pub fn fp_of(&self, insn: Insn) -> Fp {
        let has_half = || insn.bits(23, 22) == 3 || insn.bits(16, 15) == 3;
        if self.fp == Fp::Converts && has_half() { Fp::Resizes } else { self.fp }
    }

    /// A line that only a processor with these extensions has an equivalent for.
    pub const fn needing(needs: Features, uses: fn(Insn) -> Option<Uses>, emit: Emit) -> Self {
        Self { needs, ..Self::new(uses, emit) }
    }
}

/// A family's part of the table.
pub(super) type Family = &'static [(Op, Line)];

const FAMILIES: &[Family] = &[
    integer::LINES,
    shift::LINES,
    memory::LINES,
    atomic::LINES,
    system::LINES,
    fp_scalar::LINES,
    fp_compare::LINES,
    fp_convert::LINES,
    fp_estimate::LINES,
    fp_vector::LINES,
    fp_vector_convert::LINES,
    fp_complex::LINES,
    fp_half::LINES,
    fp_half_convert::LINES,
    crypto::LINES,
    simd_move::LINES,
    simd_integer::LINES,
    simd_shift::LINES,
    simd_shift_saturating::LINES,
    simd_long::LINES,
    simd_multiply::LINES,
    simd_permute::LINES,
    simd_reduce::LINES,
    simd_memory::LINES,
];

/// For instances of half precision ([`is_half`]) of lines that handle singles and doubles.
const HALVES: &[Family] = &[fp_half::SCALARS, fp_half_convert::SCALARS, fp_compare::HALVES];

type Table = [Option<Line>; PATTERNS.len()];

const fn table(families: &[Family]) -> Table {
    let mut lines = [None; PATTERNS.len()];
    let mut family = 0;
    while family < families.len() {
        let mut i = 0;
        while i < families[family].len() {
            let (op, line) = families[family][i];
            assert!(lines[op as usize].is_none(), "a line belongs to one family");
            lines[op as usize] = Some(line);
            i += 1;
        }
        family += 1;
    }
    lines
}

static LINES: Table = table(FAMILIES);
static OF_HALVES: Table = table(HALVES);

/// Whether an instruction of the scalar floating-point classes is one of half precision.
pub(super) fn is_half(insn: Insn) -> bool {
    insn.bits(23, 22) == 3
}

/// How the translator handles an instance of a line, unless it leaves it to the interpreter.
pub fn line(op: Op, insn: Insn) -> Option<&'static Line> {
    let half = OF_HALVES[op as usize].as_ref().filter(|_| is_half(insn));
    half.or(LINES[op as usize].as_ref())
}

/// Whether it may be done without a lock while nobody shares the memory.
pub fn is_atomic(op: Op) -> bool {
    atomic::LINES.iter().any(|&(line, _)| line == op)
}

/// What an instruction reads and writes, if the translator handles it in `mode`.
pub fn uses(op: Op, insn: Insn, mode: Mode) -> Option<Uses> {
    let line = line(op, insn)?;
    let fp = line.fp_of(insn);
    if !fp.is_translated(mode) || !mode.features.has(line.needs) {
        return None;
    }
    (line.uses)(insn)
}

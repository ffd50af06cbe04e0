//! Integer arithmetic on one lane, shared by the Advanced SIMD classes.
//!
//! An operation is a function from a [`Lane`] to its exact result. The class (three registers of
//! one shape, by element, widening, ...) only decides where the operands come from, so that each
//! formula is written once. `i128` holds every intermediate value of the manual's unbounded
//! integers: sums of 64-bit elements and doubled products of 32-bit ones.

use std::cell::Cell;

use super::shape::Shape;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// `FPSR.QC`, the cumulative saturation flag.
pub const QC: u32 = 1 << 27;

/// How elements become numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// Unsigned if bit 29, `U`, is set: one function serves both instructions.
    ByU,
    /// Signed whatever bit 29 says.
    Signed,
}

impl Sign {
    #[inline]
    pub const fn is_signed(self, i: Insn) -> bool {
        matches!(self, Self::Signed) || !i.bit(29)
    }
}

/// The operands of one lane.
#[derive(Clone, Copy)]
pub struct Lane<'q> {
    /// From `Rn`.
    pub a: i128,
    /// From `Rm`; 0 if the class has none.
    pub b: i128,
    /// What the destination holds.
    pub d: i128,
    /// Bits of a destination element.
    pub esize: u32,
    /// How the operands were read.
    pub signed: bool,
    saturated: &'q Cell<bool>,
}

impl Lane<'_> {
    /// `SatQ(x, esize, unsigned)` with the signedness of the operands.
    #[inline]
    pub fn saturate(self, x: i128) -> i128 {
        if self.signed {
            self.clamp(x, -1 << (self.esize - 1), (1 << (self.esize - 1)) - 1)
        } else {
            self.saturate_unsigned(x)
        }
    }

    /// `UnsignedSatQ(x, esize)`.
    #[inline]
    pub fn saturate_unsigned(self, x: i128) -> i128 {
        self.clamp(x, 0, (1 << self.esize) - 1)
    }

    #[inline]
    fn clamp(self, x: i128, min: i128, max: i128) -> i128 {
        let fitting = x.clamp(min, max);
        if fitting != x {
            self.saturated.set(true);
        }
        fitting
    }

    /// An element of the destination's size, read as unsigned.
    #[inline]
    pub fn unsigned(self, x: i128) -> i128 {
        x & ((1 << self.esize) - 1)
    }

    /// An element of the destination's size, read as signed.
    #[inline]
    pub fn signed(self, x: i128) -> i128 {
        x << (128 - self.esize) >> (128 - self.esize)
    }
}

/// Builds a destination of `shape` from the results of `f`, given the `Rn` and `Rm` elements of
/// each lane, and accumulates `FPSR.QC`.
#[inline(always)]
pub fn each_lane(
    cpu: &mut Cpu<'_>,
    i: Insn,
    shape: Shape,
    signed: bool,
    operands: impl Fn(u32) -> (i128, i128),
    f: impl Fn(Lane<'_>) -> i128,
) -> u128 {
    let saturated = Cell::new(false);
    let old = cpu.regs.v[i.rd()];
    let result = shape.build(|n| {
        let (a, b) = operands(n);
        let d = shape.int(old, n, signed);
        f(Lane { a, b, d, esize: shape.esize, signed, saturated: &saturated }) as u64
    });
    if saturated.get() {
        cpu.regs.fpsr |= QC;
    }
    result
}

/// Defines the functions of a class: names that share one, then the arguments of the class's
/// driver behind `cpu` and the instruction.
macro_rules! instructions {
    ($driver:ident: $($first:ident $($also:ident)* = $($arg:expr),*;)*) => {$(
        pub fn $first(
            cpu: &mut $crate::interp::cpu::Cpu<'_>,
            i: $crate::a64::Insn,
        ) -> $crate::interp::exec::Outcome {
            $driver(cpu, i, $($arg),*)
        }
        $(pub use self::$first as $also;)*
    )*};
}
pub(super) use instructions;

/// `a` shifted left by `by`, or right if that is negative, rounding to nearest if `round`.
///
/// The result is exact, except that shifts of 64 and more to the left, which leave no bit in any
/// element, give a multiple of 2^64 of the right sign that every saturation sees as too large.
#[inline]
pub fn shift(a: i128, by: i32, round: bool) -> i128 {
    match by {
        64.. => a.signum() << 100,
        0.. => a << by,
        // Past 66 places, neither the sign nor the rounded result (0) changes any more.
        _ => {
            let n = (-by).min(66);
            (a + if round { 1 << (n - 1) } else { 0 }) >> n
        }
    }
}

/// All ones for true: the result of a comparison.
#[inline]
pub fn mask(condition: bool) -> i128 {
    -i128::from(condition)
}

/// The product of two polynomials over {0, 1}.
pub fn polynomial_multiply(a: u64, b: u64) -> u128 {
    (0..64).filter(|&n| b >> n & 1 != 0).fold(0, |product, n| product ^ (u128::from(a) << n))
}

// ---- Multiplication, for vectors and by element ----

pub fn mul(l: Lane<'_>) -> i128 {
    l.a * l.b
}

pub fn mla(l: Lane<'_>) -> i128 {
    l.d + l.a * l.b
}

pub fn mls(l: Lane<'_>) -> i128 {
    l.d - l.a * l.b
}

pub fn sqdmull(l: Lane<'_>) -> i128 {
    l.saturate(2 * l.a * l.b)
}

/// Saturates twice: the product, then the sum.
pub fn sqdmlal(l: Lane<'_>) -> i128 {
    l.saturate(l.d + sqdmull(l))
}

/// Saturates twice: the product, then the difference.
pub fn sqdmlsl(l: Lane<'_>) -> i128 {
    l.saturate(l.d - sqdmull(l))
}

pub fn sqdmulh(l: Lane<'_>) -> i128 {
    l.saturate((2 * l.a * l.b) >> l.esize)
}

pub fn sqrdmulh(l: Lane<'_>) -> i128 {
    high_half_rounded(l, 2 * l.a * l.b)
}

pub fn sqrdmlah(l: Lane<'_>) -> i128 {
    high_half_rounded(l, (l.d << l.esize) + 2 * l.a * l.b)
}

pub fn sqrdmlsh(l: Lane<'_>) -> i128 {
    high_half_rounded(l, (l.d << l.esize) - 2 * l.a * l.b)
}

fn high_half_rounded(l: Lane<'_>, x: i128) -> i128 {
    l.saturate((x + (1 << (l.esize - 1))) >> l.esize)
}

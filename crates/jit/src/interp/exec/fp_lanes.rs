//! What the floating-point instructions have in common: in which lanes of which precision they
//! work, and how an operation on numbers becomes one on registers.
//!
//! The precision is a type for the arithmetic but a field of the instruction word, so each
//! function picks one of three instances. Everything else is shared: a scalar instruction is a
//! vector instruction with one lane, since both clear the rest of the destination.

use engine::Exit;
use engine::aarch64::Registers;

use super::Outcome;
use super::lanes::elem;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;
use crate::interp::softfloat::{Format, Fp};

/// The precision of an element.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Precision {
    Half,
    Single,
    Double,
}

impl Precision {
    /// The `ptype` and `opc` fields of the scalar instructions.
    #[inline]
    pub fn of_ptype(i: Insn, ptype: u32) -> Result<Self, Exit> {
        match ptype {
            0b00 => Ok(Self::Single),
            0b01 => Ok(Self::Double),
            0b11 => Ok(Self::Half),
            _ => Err(Exit::Undefined(i.0)),
        }
    }
}

/// Evaluates an expression with `F` standing for the format of a [`Precision`].
macro_rules! with_format {
    ($precision:expr, $F:ident => $body:expr) => {
        match $precision {
            Precision::Half => {
                type $F = crate::interp::softfloat::Half;
                $body
            }
            Precision::Single => {
                type $F = crate::interp::softfloat::Single;
                $body
            }
            Precision::Double => {
                type $F = crate::interp::softfloat::Double;
                $body
            }
        }
    };
}
pub(super) use with_format;

/// Defines functions for lines of the table. `$lanes` finds the [`Lanes`] from the word, `$apply`
/// applies the operation on numbers of format `F` to the registers. The lines after the first of
/// an entry are other encodings that `$lanes` and `$apply` tell apart.
macro_rules! fp_lines {
    ($lanes:ident, $apply:ident: $($name:ident $(, $alias:ident)* = $op:expr;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            let lanes = Lanes::$lanes(i)?;
            with_format!(lanes.precision, F => $apply::<F>(cpu, i, lanes.count, $op))
        }
        $(pub use $name as $alias;)*
    )*};
}
pub(super) use fp_lines;

/// How many lanes of which precision.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lanes {
    pub precision: Precision,
    pub count: u32,
}

impl Lanes {
    /// The scalar instructions: one lane of the precision that `ptype` says.
    #[inline]
    pub fn scalar(i: Insn) -> Result<Self, Exit> {
        Ok(Self { precision: Precision::of_ptype(i, i.bits(23, 22))?, count: 1 })
    }

    /// The SIMD class with this precision: one lane in its scalar encodings (bit 28), else what
    /// fills 64 or 128 bits. A vector of one double is reserved.
    #[inline]
    pub fn simd(i: Insn, precision: Precision) -> Result<Self, Exit> {
        let (scalar, q) = (i.bit(28), u32::from(i.q()));
        let count = match precision {
            _ if scalar => 1,
            Precision::Half => 4 << q,
            Precision::Single => 2 << q,
            Precision::Double if i.q() => 2,
            Precision::Double => return Err(Exit::Undefined(i.0)),
        };
        Ok(Self { precision, count })
    }

    /// Half precision, or what bit 22 says.
    #[inline]
    fn half_or_sz(i: Insn, half: bool) -> Result<Self, Exit> {
        let precision = match (half, i.bit(22)) {
            (true, _) => Precision::Half,
            (false, false) => Precision::Single,
            (false, true) => Precision::Double,
        };
        Self::simd(i, precision)
    }

    /// Three registers of the same type: half precision has a class of its own.
    #[inline]
    pub fn three_same(i: Insn) -> Result<Self, Exit> {
        Self::half_or_sz(i, !i.bit(21))
    }

    /// Two registers: half precision has a class of its own.
    #[inline]
    pub fn two_registers(i: Insn) -> Result<Self, Exit> {
        Self::half_or_sz(i, i.bit(19))
    }

    /// Vector by element: `size` is 00 for half precision.
    #[inline]
    pub fn by_element(i: Insn) -> Result<Self, Exit> {
        Self::half_or_sz(i, !i.bit(23))
    }

    /// A pair reduced to a scalar: half precision has bit 29 clear.
    #[inline]
    pub fn pair(i: Insn) -> Result<Self, Exit> {
        Ok(Self { count: 2, ..Self::half_or_sz(i, !i.bit(29))? })
    }

    /// A vector reduced to a scalar: as pairs, but of what else fills a vector there are only
    /// four singles.
    #[inline]
    pub fn across(i: Insn) -> Result<Self, Exit> {
        let lanes = Self::half_or_sz(i, !i.bit(29))?;
        if lanes.precision != Precision::Half && lanes.count != 4 {
            return Err(Exit::Undefined(i.0));
        }
        Ok(lanes)
    }

    /// Shift by immediate: the leading one of `immh` says which precision; `immh` 000x is not one.
    #[inline]
    pub fn shift_immediate(i: Insn) -> Result<Self, Exit> {
        match i.bits(22, 19) {
            0b1000.. => Self::simd(i, Precision::Double),
            0b0100.. => Self::simd(i, Precision::Single),
            0b0010.. => Self::simd(i, Precision::Half),
            _ => Err(Exit::Undefined(i.0)),
        }
    }

    /// Complex numbers: `size` is the size of an element; bytes are reserved.
    #[inline]
    pub fn complex(i: Insn) -> Result<Self, Exit> {
        match i.size() {
            0b00 => Err(Exit::Undefined(i.0)),
            0b01 => Self::simd(i, Precision::Half),
            0b10 => Self::simd(i, Precision::Single),
            _ => Self::simd(i, Precision::Double),
        }
    }
}

/// Lane `n` of `v`.
#[inline]
pub fn lane<F: Format>(v: u128, n: u32) -> u64 {
    elem(v, n, F::BITS)
}

/// The vector of `count` lanes that `f` gives, the rest zero.
#[inline]
pub fn build<F: Format>(count: u32, mut f: impl FnMut(u32) -> u64) -> u128 {
    (0..count).fold(0, |v, n| v | u128::from(f(n)) << (n * F::BITS))
}

/// What a comparison leaves in a lane.
#[inline]
pub fn all_ones_if<F: Format>(condition: bool) -> u64 {
    if condition { u64::MAX >> (64 - F::BITS) } else { 0 }
}

/// Computes with the registers under their `FPCR` and adds the exceptions to their `FPSR`.
#[inline]
pub fn compute<T>(cpu: &mut Cpu<'_>, f: impl FnOnce(&mut Fp, &Registers) -> T) -> T {
    let mut fp = Fp::new(cpu.regs.fpcr);
    let result = f(&mut fp, cpu.regs);
    cpu.regs.fpsr |= fp.raised();
    result
}

/// `Vd[e] = op(Vn[e])`.
#[inline]
pub fn unary<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64) -> u64,
) -> Outcome {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let a = regs.v[i.rn()];
        build::<F>(count, |e| op(fp, lane::<F>(a, e)))
    });
    Ok(())
}

/// `Vd[e] = op(Vn[e], Vm[e])`.
#[inline]
pub fn binary<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u64) -> u64,
) -> Outcome {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (a, b) = (regs.v[i.rn()], regs.v[i.rm()]);
        build::<F>(count, |e| op(fp, lane::<F>(a, e), lane::<F>(b, e)))
    });
    Ok(())
}

/// `Vd[e] = op(Vd[e], Vn[e], Vm[e])`.
#[inline]
pub fn accumulate<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u64, u64) -> u64,
) -> Outcome {
    cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
        let (d, a, b) = (regs.v[i.rd()], regs.v[i.rn()], regs.v[i.rm()]);
        build::<F>(count, |e| op(fp, lane::<F>(d, e), lane::<F>(a, e), lane::<F>(b, e)))
    });
    Ok(())
}

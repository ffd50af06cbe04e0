//! Scalar conversions: between precisions, and between floating-point and general registers.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::fp_lanes::{Lanes, Precision, compute, lane, with_format};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;
use crate::interp::softfloat::{Double, Format, Rounding};

/// `FCVT`: `ptype` is the source's precision, `opc` the result's.
pub fn FCVT(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let from = Lanes::scalar(i)?.precision;
    let to = Precision::of_ptype(i, i.bits(16, 15))?;
    if from == to {
        return Err(Exit::Undefined(i.0));
    }
    let result = with_format!(from, F => with_format!(to, T => compute(cpu, |fp, regs| {
        fp.convert::<F, T>(lane::<F>(regs.v[i.rn()], 0), fp.rounding())
    })));
    cpu.regs.v[i.rd()] = result.into();
    Ok(())
}

// ---- Integers and fixed point ----

/// The width of the general register.
fn width(i: Insn) -> u32 {
    if i.sf() { 64 } else { 32 }
}

/// The number of fraction bits of the fixed-point forms. 32-bit registers have no more than 32.
fn fraction_bits(i: Insn) -> Result<u32, Exit> {
    let fbits = 64 - i.bits(15, 10);
    if fbits > width(i) { Err(Exit::Undefined(i.0)) } else { Ok(fbits) }
}

fn to_general(
    cpu: &mut Cpu<'_>,
    i: Insn,
    fbits: u32,
    unsigned: bool,
    rounding: Rounding,
) -> Outcome {
    let result = with_format!(Lanes::scalar(i)?.precision, F => compute(cpu, |fp, regs| {
        fp.fp_to_fixed::<F>(lane::<F>(regs.v[i.rn()], 0), fbits, width(i), unsigned, rounding)
    }));
    cpu.set_x(i.rd(), result);
    Ok(())
}

fn from_general(cpu: &mut Cpu<'_>, i: Insn, fbits: u32, unsigned: bool) -> Outcome {
    let value = cpu.x(i.rn()) & u64::MAX >> (64 - width(i));
    let result = with_format!(Lanes::scalar(i)?.precision, F => compute(cpu, |fp, _| {
        fp.fixed_to_fp::<F>(value, fbits, width(i), unsigned)
    }));
    cpu.regs.v[i.rd()] = result.into();
    Ok(())
}

macro_rules! to_integers {
    ($($name:ident = unsigned: $unsigned:literal, $rounding:ident;)*) => {$(
        pub fn $name(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
            to_general(cpu, i, 0, $unsigned, Rounding::$rounding)
        }
    )*};
}
to_integers! {
    FCVTNS_scalar = unsigned: false, TieEven;
    FCVTNU_scalar = unsigned: true, TieEven;
    FCVTAS_scalar = unsigned: false, TieAway;
    FCVTAU_scalar = unsigned: true, TieAway;
    FCVTPS_scalar = unsigned: false, PosInf;
    FCVTPU_scalar = unsigned: true, PosInf;
    FCVTMS_scalar = unsigned: false, NegInf;
    FCVTMU_scalar = unsigned: true, NegInf;
    FCVTZS_scalar_integer = unsigned: false, Zero;
    FCVTZU_scalar_integer = unsigned: true, Zero;
}

pub fn SCVTF_scalar_integer(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    from_general(cpu, i, 0, false)
}

pub fn UCVTF_scalar_integer(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    from_general(cpu, i, 0, true)
}

pub fn FCVTZS_scalar_fixed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    to_general(cpu, i, fraction_bits(i)?, false, Rounding::Zero)
}

pub fn FCVTZU_scalar_fixed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    to_general(cpu, i, fraction_bits(i)?, true, Rounding::Zero)
}

pub fn SCVTF_scalar_fixed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    from_general(cpu, i, fraction_bits(i)?, false)
}

pub fn UCVTF_scalar_fixed(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    from_general(cpu, i, fraction_bits(i)?, true)
}

/// Z says whether the conversion was exact.
pub fn FJCVTZS(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (result, exact) =
        compute(cpu, |fp, regs| fp.fp_to_fixed_js(lane::<Double>(regs.v[i.rn()], 0)));
    cpu.set_x(i.rd(), result.into());
    cpu.regs.nzcv = u32::from(exact) << 30;
    Ok(())
}

// ---- Moves ----

/// The precision of a move, whose width must be that of the general register, but for halves.
fn moved(i: Insn) -> Result<Precision, Exit> {
    match (Lanes::scalar(i)?.precision, i.sf()) {
        (Precision::Single, true) | (Precision::Double, false) => Err(Exit::Undefined(i.0)),
        (precision, _) => Ok(precision),
    }
}

pub fn FMOV_to_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = with_format!(moved(i)?, F => lane::<F>(cpu.regs.v[i.rn()], 0));
    cpu.set_x(i.rd(), value);
    Ok(())
}

pub fn FMOV_from_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = cpu.x(i.rn());
    let value = with_format!(moved(i)?, F => value & u64::MAX >> (64 - F::BITS));
    cpu.regs.v[i.rd()] = value.into();
    Ok(())
}

pub fn FMOV_top_to_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.set_x(i.rd(), lane::<Double>(cpu.regs.v[i.rn()], 1));
    Ok(())
}

/// Alone among the scalar instructions this leaves the rest of the register as it is.
pub fn FMOV_top_from_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let value = u128::from(cpu.x(i.rn()));
    let v = &mut cpu.regs.v[i.rd()];
    *v = *v & u128::from(u64::MAX) | value << 64;
    Ok(())
}

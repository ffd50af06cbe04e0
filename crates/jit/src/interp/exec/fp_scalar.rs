//! Scalar floating point: arithmetic, comparison, selection, and constants.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::fp_lanes::{Lanes, Precision, binary, compute, fp_lines, lane, unary, with_format};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;
use crate::interp::softfloat::{Format, Fp, Rounding};

// ---- One source ----

fp_lines! { scalar, unary:
    FMOV_register = |_, a| a;
    FABS_scalar = |_, a| F::abs(a);
    FNEG_scalar = |_, a| F::neg(a);
    FSQRT_scalar = |fp, a| fp.sqrt::<F>(a);
    FRINTN_scalar = |fp, a| fp.round_int::<F>(a, Rounding::TieEven, false);
    FRINTP_scalar = |fp, a| fp.round_int::<F>(a, Rounding::PosInf, false);
    FRINTM_scalar = |fp, a| fp.round_int::<F>(a, Rounding::NegInf, false);
    FRINTZ_scalar = |fp, a| fp.round_int::<F>(a, Rounding::Zero, false);
    FRINTA_scalar = |fp, a| fp.round_int::<F>(a, Rounding::TieAway, false);
    FRINTX_scalar = |fp, a| fp.round_int::<F>(a, fp.rounding(), true);
    FRINTI_scalar = |fp, a| fp.round_int::<F>(a, fp.rounding(), false);
    FRINT32Z_scalar = |fp, a| fp.round_int_n::<F>(a, Rounding::Zero, 32);
    FRINT32X_scalar = |fp, a| fp.round_int_n::<F>(a, fp.rounding(), 32);
    FRINT64Z_scalar = |fp, a| fp.round_int_n::<F>(a, Rounding::Zero, 64);
    FRINT64X_scalar = |fp, a| fp.round_int_n::<F>(a, fp.rounding(), 64);
}

// ---- Two sources ----

fp_lines! { scalar, binary:
    FMUL_scalar = |fp, a, b| fp.mul::<F>(a, b);
    FDIV_scalar = |fp, a, b| fp.div::<F>(a, b);
    FADD_scalar = |fp, a, b| fp.add::<F>(a, b);
    FSUB_scalar = |fp, a, b| fp.sub::<F>(a, b);
    FMAX_scalar = |fp, a, b| fp.max::<F>(a, b);
    FMIN_scalar = |fp, a, b| fp.min::<F>(a, b);
    FMAXNM_scalar = |fp, a, b| fp.max_num::<F>(a, b);
    FMINNM_scalar = |fp, a, b| fp.min_num::<F>(a, b);
    FNMUL_scalar = |fp, a, b| fp.neg_mul::<F>(a, b);
}

// ---- Three sources ----

/// `Vd = op(Va, Vn, Vm)`.
fn ternary<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    _one: u32,
    op: impl Fn(&mut Fp, u64, u64, u64) -> u64,
) -> Outcome {
    let result = compute(cpu, |fp, regs| {
        let [a, n, m] = [i.ra(), i.rn(), i.rm()].map(|r| lane::<F>(regs.v[r], 0));
        op(fp, a, n, m)
    });
    cpu.regs.v[i.rd()] = result.into();
    Ok(())
}

fp_lines! { scalar, ternary:
    FMADD = |fp, a, n, m| fp.mul_add::<F>(a, n, m);
    FMSUB = |fp, a, n, m| fp.mul_add::<F>(a, F::neg(n), m);
    FNMADD = |fp, a, n, m| fp.mul_add::<F>(F::neg(a), F::neg(n), m);
    FNMSUB = |fp, a, n, m| fp.mul_add::<F>(F::neg(a), n, m);
}

// ---- Comparison and selection ----

/// The flags from comparing `Vn` with `Vm`, or with zero.
fn flags(cpu: &mut Cpu<'_>, i: Insn, with_zero: bool, signal_nans: bool) -> Result<u32, Exit> {
    let precision = Lanes::scalar(i)?.precision;
    Ok(with_format!(precision, F => compute(cpu, |fp, regs| {
        let b = if with_zero { 0 } else { lane::<F>(regs.v[i.rm()], 0) };
        fp.compare::<F>(lane::<F>(regs.v[i.rn()], 0), b, signal_nans)
    })))
}

pub fn FCMP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.nzcv = flags(cpu, i, i.bit(3), false)?;
    Ok(())
}

pub fn FCMPE(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.nzcv = flags(cpu, i, i.bit(3), true)?;
    Ok(())
}

fn conditional_compare(cpu: &mut Cpu<'_>, i: Insn, signal_nans: bool) -> Outcome {
    Lanes::scalar(i)?;
    cpu.regs.nzcv = if cpu.condition(i.bits(15, 12)) {
        flags(cpu, i, false, signal_nans)?
    } else {
        i.bits(3, 0) << 28
    };
    Ok(())
}

pub fn FCCMP(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, false)
}

pub fn FCCMPE(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    conditional_compare(cpu, i, true)
}

pub fn FCSEL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let source = if cpu.condition(i.bits(15, 12)) { i.rn() } else { i.rm() };
    let result = with_format!(Lanes::scalar(i)?.precision, F => lane::<F>(cpu.regs.v[source], 0));
    cpu.regs.v[i.rd()] = result.into();
    Ok(())
}

// ---- Constants ----

pub fn FMOV_scalar_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let imm8 = i.bits(20, 13).into();
    let value = with_format!(Lanes::scalar(i)?.precision, F => F::expand_imm(imm8));
    cpu.regs.v[i.rd()] = value.into();
    Ok(())
}

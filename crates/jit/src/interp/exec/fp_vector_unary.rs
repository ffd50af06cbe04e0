//! Advanced SIMD floating point with one source: arithmetic, comparison with zero, conversions.
//! The scalar encodings of the same instructions included.
#![allow(non_snake_case)] // The table's names are the manual's.

use super::Outcome;
use super::fp_lanes::{
    Lanes, Precision, all_ones_if, build, compute, fp_lines, lane, unary, with_format,
};
use super::lanes::{elem, elements};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;
use crate::interp::softfloat::{
    Double, Format, Fp, Half, Rounding, Single, unsigned_recip, unsigned_rsqrt,
};

// ---- Arithmetic and rounding to integral values ----

fp_lines! { two_registers, unary:
    FABS_vector, FABS_vector_half = |_, a| F::abs(a);
    FNEG_vector, FNEG_vector_half = |_, a| F::neg(a);
    FSQRT_vector, FSQRT_vector_half = |fp, a| fp.sqrt::<F>(a);
    FRECPE, FRECPE_half, FRECPE_scalar, FRECPE_scalar_half = |fp, a| fp.recip_estimate::<F>(a);
    FRSQRTE, FRSQRTE_half, FRSQRTE_scalar, FRSQRTE_scalar_half =
        |fp, a| fp.rsqrt_estimate::<F>(a);
    FRECPX, FRECPX_half = |fp, a| fp.recip_exponent::<F>(a);
    FRINTN_vector, FRINTN_vector_half = |fp, a| fp.round_int::<F>(a, Rounding::TieEven, false);
    FRINTP_vector, FRINTP_vector_half = |fp, a| fp.round_int::<F>(a, Rounding::PosInf, false);
    FRINTM_vector, FRINTM_vector_half = |fp, a| fp.round_int::<F>(a, Rounding::NegInf, false);
    FRINTZ_vector, FRINTZ_vector_half = |fp, a| fp.round_int::<F>(a, Rounding::Zero, false);
    FRINTA_vector, FRINTA_vector_half = |fp, a| fp.round_int::<F>(a, Rounding::TieAway, false);
    FRINTX_vector, FRINTX_vector_half = |fp, a| fp.round_int::<F>(a, fp.rounding(), true);
    FRINTI_vector, FRINTI_vector_half = |fp, a| fp.round_int::<F>(a, fp.rounding(), false);
    FRINT32Z_vector = |fp, a| fp.round_int_n::<F>(a, Rounding::Zero, 32);
    FRINT32X_vector = |fp, a| fp.round_int_n::<F>(a, fp.rounding(), 32);
    FRINT64Z_vector = |fp, a| fp.round_int_n::<F>(a, Rounding::Zero, 64);
    FRINT64X_vector = |fp, a| fp.round_int_n::<F>(a, fp.rounding(), 64);
}

/// `Vd[e] = op(Vn[e])` on 32-bit integers.
fn unsigned_estimate(cpu: &mut Cpu<'_>, i: Insn, op: impl Fn(u32) -> u32) -> Outcome {
    let a = cpu.regs.v[i.rn()];
    cpu.regs.v[i.rd()] = build::<Single>(elements(i.q(), 32), |e| op(elem(a, e, 32) as u32).into());
    Ok(())
}

pub fn URECPE(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    unsigned_estimate(cpu, i, unsigned_recip)
}

pub fn URSQRTE(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    unsigned_estimate(cpu, i, unsigned_rsqrt)
}

// ---- Comparison with zero ----

fp_lines! { two_registers, unary:
    FCMEQ_zero, FCMEQ_zero_half, FCMEQ_zero_scalar, FCMEQ_zero_scalar_half =
        |fp, a| all_ones_if::<F>(fp.compare_eq::<F>(a, 0));
    FCMGE_zero, FCMGE_zero_half, FCMGE_zero_scalar, FCMGE_zero_scalar_half =
        |fp, a| all_ones_if::<F>(fp.compare_ge::<F>(a, 0));
    FCMGT_zero, FCMGT_zero_half, FCMGT_zero_scalar, FCMGT_zero_scalar_half =
        |fp, a| all_ones_if::<F>(fp.compare_gt::<F>(a, 0));
    FCMLE_zero, FCMLE_zero_half, FCMLE_zero_scalar, FCMLE_zero_scalar_half =
        |fp, a| all_ones_if::<F>(fp.compare_ge::<F>(0, a));
    FCMLT_zero, FCMLT_zero_half, FCMLT_zero_scalar, FCMLT_zero_scalar_half =
        |fp, a| all_ones_if::<F>(fp.compare_gt::<F>(0, a));
}

// ---- Integers, of the same width as the numbers ----

fn to_int<F: Format>(fp: &mut Fp, a: u64, unsigned: bool, rounding: Rounding) -> u64 {
    fp.fp_to_fixed::<F>(a, 0, F::BITS, unsigned, rounding)
}

fp_lines! { two_registers, unary:
    FCVTNS_vector, FCVTNS_vector_half, FCVTNS_vector_scalar, FCVTNS_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, false, Rounding::TieEven);
    FCVTNU_vector, FCVTNU_vector_half, FCVTNU_vector_scalar, FCVTNU_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, true, Rounding::TieEven);
    FCVTAS_vector, FCVTAS_vector_half, FCVTAS_vector_scalar, FCVTAS_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, false, Rounding::TieAway);
    FCVTAU_vector, FCVTAU_vector_half, FCVTAU_vector_scalar, FCVTAU_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, true, Rounding::TieAway);
    FCVTPS_vector, FCVTPS_vector_half, FCVTPS_vector_scalar, FCVTPS_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, false, Rounding::PosInf);
    FCVTPU_vector, FCVTPU_vector_half, FCVTPU_vector_scalar, FCVTPU_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, true, Rounding::PosInf);
    FCVTMS_vector, FCVTMS_vector_half, FCVTMS_vector_scalar, FCVTMS_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, false, Rounding::NegInf);
    FCVTMU_vector, FCVTMU_vector_half, FCVTMU_vector_scalar, FCVTMU_vector_scalar_half =
        |fp, a| to_int::<F>(fp, a, true, Rounding::NegInf);
    FCVTZS_vector_integer, FCVTZS_vector_integer_half,
    FCVTZS_vector_integer_scalar, FCVTZS_vector_integer_scalar_half =
        |fp, a| to_int::<F>(fp, a, false, Rounding::Zero);
    FCVTZU_vector_integer, FCVTZU_vector_integer_half,
    FCVTZU_vector_integer_scalar, FCVTZU_vector_integer_scalar_half =
        |fp, a| to_int::<F>(fp, a, true, Rounding::Zero);
    SCVTF_vector_integer, SCVTF_vector_integer_half,
    SCVTF_vector_integer_scalar, SCVTF_vector_integer_scalar_half =
        |fp, a| fp.fixed_to_fp::<F>(a, 0, F::BITS, false);
    UCVTF_vector_integer, UCVTF_vector_integer_half,
    UCVTF_vector_integer_scalar, UCVTF_vector_integer_scalar_half =
        |fp, a| fp.fixed_to_fp::<F>(a, 0, F::BITS, true);
}

// ---- Fixed point ----

/// The number of fraction bits, in the fixed-point encodings: `immh:immb` counts down from twice
/// the width of an element.
fn fraction_bits<F: Format>(i: Insn) -> u32 {
    2 * F::BITS - i.bits(22, 16)
}

fp_lines! { shift_immediate, unary_fixed:
    FCVTZS_vector_fixed, FCVTZS_vector_fixed_scalar =
        |fp, a, fbits| fp.fp_to_fixed::<F>(a, fbits, F::BITS, false, Rounding::Zero);
    FCVTZU_vector_fixed, FCVTZU_vector_fixed_scalar =
        |fp, a, fbits| fp.fp_to_fixed::<F>(a, fbits, F::BITS, true, Rounding::Zero);
    SCVTF_vector_fixed, SCVTF_vector_fixed_scalar =
        |fp, a, fbits| fp.fixed_to_fp::<F>(a, fbits, F::BITS, false);
    UCVTF_vector_fixed, UCVTF_vector_fixed_scalar =
        |fp, a, fbits| fp.fixed_to_fp::<F>(a, fbits, F::BITS, true);
}

/// `Vd[e] = op(Vn[e], fbits)`.
fn unary_fixed<F: Format>(
    cpu: &mut Cpu<'_>,
    i: Insn,
    count: u32,
    op: impl Fn(&mut Fp, u64, u32) -> u64,
) -> Outcome {
    let fbits = fraction_bits::<F>(i);
    unary::<F>(cpu, i, count, |fp, a| op(fp, a, fbits))
}

// ---- Precisions ----

/// Elements of half the width from 64 bits of the source, the upper ones if `Q` is set.
pub fn FCVTL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    fn lengthen<F: Format, T: Format>(cpu: &mut Cpu<'_>, i: Insn) {
        let count = 64 / F::BITS;
        let first = if i.q() { count } else { 0 };
        cpu.regs.v[i.rd()] = compute(cpu, |fp, regs| {
            let a = regs.v[i.rn()];
            build::<T>(count, |e| fp.convert::<F, T>(lane::<F>(a, first + e), fp.rounding()))
        });
    }
    if i.bit(22) {
        lengthen::<Single, Double>(cpu, i);
    } else {
        lengthen::<Half, Single>(cpu, i);
    }
    Ok(())
}

/// Writes elements of half the width to the lower 64 bits of the destination, clearing the upper
/// ones, or if `Q` is set to the upper ones, keeping the lower.
fn narrow<F: Format, T: Format>(cpu: &mut Cpu<'_>, i: Insn, rounding: Rounding) -> Outcome {
    let result = compute(cpu, |fp, regs| {
        let a = regs.v[i.rn()];
        build::<T>(64 / T::BITS, |e| fp.convert::<F, T>(lane::<F>(a, e), rounding))
    });
    let d = &mut cpu.regs.v[i.rd()];
    *d = if i.q() { *d & u128::from(u64::MAX) | result << 64 } else { result };
    Ok(())
}

pub fn FCVTN(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let rounding = Fp::new(cpu.regs.fpcr).rounding();
    if i.bit(22) {
        narrow::<Double, Single>(cpu, i, rounding)
    } else {
        narrow::<Single, Half>(cpu, i, rounding)
    }
}

pub fn FCVTXN(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    narrow::<Double, Single>(cpu, i, Rounding::Odd)
}

pub fn FCVTXN_scalar(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    unary::<Double>(cpu, i, 1, |fp, a| fp.convert::<Double, Single>(a, Rounding::Odd))
}

//! Scalar floating point: arithmetic, rounding, moves, constants.

use super::fp::{Ops, Precision, XMM0, XMM1, XMM2, d_n, d_n_m, d_n_m_a, predicate};
use super::lines::{Family, Fp, Line};
use super::{RAX, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VADDSD, VADDSS, VANDPS, VCMPSD, VCMPSS, VDIVSD, VDIVSS, VFMADD231SD, VFMADD231SS, VFMSUB231SD,
    VFMSUB231SS, VFNMADD231SD, VFNMADD231SS, VFNMSUB231SD, VFNMSUB231SS, VMAXSD, VMAXSS, VMINSD,
    VMINSS, VMOVDQA, VMOVQ_FROM_GPR, VMULSD, VMULSS, VORPS, VOp, VROUNDSD, VROUNDSS, VSQRTSD,
    VSQRTSS, VSUBSD, VSUBSS, VXORPS,
};
use crate::x64::{Xm, Xmm};

const ADD: Ops = (VADDSS, VADDSD);
const SUB: Ops = (VSUBSS, VSUBSD);
const MUL: Ops = (VMULSS, VMULSD);
const DIV: Ops = (VDIVSS, VDIVSD);
const MIN: Ops = (VMINSS, VMINSD);
const MAX: Ops = (VMAXSS, VMAXSD);
const ROUND: Ops = (VROUNDSS, VROUNDSD);

/// Rounding modes of `vroundsd` and its like.
pub(super) mod rounding {
    pub const NEAREST: u8 = 0;
    pub const DOWN: u8 = 1;
    pub const UP: u8 = 2;
    pub const ZERO: u8 = 3;
    /// As MXCSR says.
    pub const CURRENT: u8 = 4;
    /// Does not raise Inexact.
    pub const QUIET: u8 = 8;
}

use rounding::{CURRENT, DOWN, NEAREST, QUIET, UP, ZERO};

fn constant_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_scalar(i.rd(), Precision::scalar(i)?.bytes()))
}

pub(super) const LINES: Family = &[
    (Op::FMOV_register, Line::new(d_n, move_register)),
    (Op::FMOV_scalar_immediate, Line::new(constant_uses, move_immediate)),
    (Op::FABS_scalar, Line::new(d_n, absolute)),
    (Op::FNEG_scalar, Line::new(d_n, negate)),
    (Op::FADD_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| binary(t, i, ADD, true))),
    (Op::FSUB_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| binary(t, i, SUB, false))),
    (Op::FMUL_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| binary(t, i, MUL, true))),
    (Op::FDIV_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| binary(t, i, DIV, false))),
    (Op::FNMUL_scalar, Line::fp(Fp::Computes, d_n_m, |t, i| binary(t, i, MUL, true))),
    (Op::FMAX_scalar, Line::fp(Fp::Compares, d_n_m, |t, i| extreme(t, i, MAX, VANDPS))),
    (Op::FMIN_scalar, Line::fp(Fp::Compares, d_n_m, |t, i| extreme(t, i, MIN, VORPS))),
    (Op::FMAXNM_scalar, Line::fp(Fp::Compares, d_n_m, |t, i| extreme(t, i, MAX, VANDPS))),
    (Op::FMINNM_scalar, Line::fp(Fp::Compares, d_n_m, |t, i| extreme(t, i, MIN, VORPS))),
    (Op::FSQRT_scalar, Line::fp(Fp::Computes, d_n, square_root)),
    (Op::FMADD, Line::fp(Fp::Computes, d_n_m_a, |t, i| fused(t, i, (VFMADD231SS, VFMADD231SD)))),
    (Op::FMSUB, Line::fp(Fp::Computes, d_n_m_a, |t, i| fused(t, i, (VFNMADD231SS, VFNMADD231SD)))),
    (Op::FNMADD, Line::fp(Fp::Computes, d_n_m_a, |t, i| fused(t, i, (VFNMSUB231SS, VFNMSUB231SD)))),
    (Op::FNMSUB, Line::fp(Fp::Computes, d_n_m_a, |t, i| fused(t, i, (VFMSUB231SS, VFMSUB231SD)))),
    (Op::FRINTN_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, NEAREST | QUIET))),
    (Op::FRINTM_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, DOWN | QUIET))),
    (Op::FRINTP_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, UP | QUIET))),
    (Op::FRINTZ_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, ZERO | QUIET))),
    (Op::FRINTI_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, CURRENT | QUIET))),
    (Op::FRINTX_scalar, Line::fp(Fp::Passes, d_n, |t, i| round(t, i, CURRENT))),
    (Op::FRINTA_scalar, Line::fp(Fp::Passes, d_n, round_ties_away)),
];

// ---- Moves and constants ----

fn move_register(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    let (value, clean) = t.scalar(i.rn(), p, XMM0);
    t.set_scalar(i.rd(), p, value, clean);
}

/// `VFPExpandImm`: sign, exponent and four bits of fraction.
pub(super) fn expand_immediate(p: Precision, imm8: u32) -> u64 {
    let (sign, low) = (u64::from(imm8 >> 7), u64::from(imm8 & 0x3f));
    let negative_exponent = imm8 & 0x40 != 0;
    match p {
        Precision::Single => {
            let exponent = if negative_exponent { 0x1f << 25 } else { 1 << 30 };
            sign << 31 | exponent | low << 19
        }
        Precision::Double => {
            let exponent = if negative_exponent { 0xff << 54 } else { 1 << 62 };
            sign << 63 | exponent | low << 48
        }
    }
}

fn move_immediate(t: &mut Translator<'_>, i: Insn) {
    let value = expand_immediate(Precision::of(i), i.bits(20, 13));
    let target = t.v_target(i.rd(), XMM0);
    t.asm.mov_imm(RAX, value);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, target, RAX);
    t.set_v(i.rd(), target);
}

/// A mask that has no other element clears the rest by itself.
fn absolute(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    let mask = t.constant(p.sign() - 1);
    let value = t.v(i.rn(), XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VANDPS, target, value, mask);
    t.set_v(i.rd(), target);
}

fn negate(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    let sign = t.constant(p.sign());
    let (value, clean) = t.scalar(i.rn(), p, XMM0);
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v3(VXORPS, target, value, sign);
    t.set_scalar(i.rd(), p, target, clean);
}

// ---- Arithmetic ----

fn binary(t: &mut Translator<'_>, i: Insn, ops: Ops, commutes: bool) {
    if t.run_of_arithmetic() {
        return;
    }
    let (p, d) = (Precision::of(i), i.rd());
    let (mut n, mut m) = (i.rn(), i.rm());
    // The rest of the first operand is the rest of the result.
    if commutes && !t.is_narrow(n, p) && t.is_narrow(m, p) {
        (n, m) = (m, n);
    }
    let target = t.unread_target(d, &[n, m], XMM0);
    let (first, clean) = t.scalar(n, p, XMM1);
    let second = t.v_operand(m);
    t.asm.v3(p.pick(ops), target, first, second);
    let slow = t.unless_nan(p, target, target, None);
    if t.item().op == Some(Op::FNMUL_scalar) {
        let sign = t.constant(p.sign());
        t.asm.v3(VXORPS, target, target, sign);
    }
    t.set_scalar(d, p, target, clean);
    t.resume(slow);
}

/// If both are zeros, or equal, the host's operations give the second operand; combining the results
/// for both orders gives the right zero.
fn extreme(t: &mut Translator<'_>, i: Insn, ops: Ops, combine: VOp) {
    let (p, d) = (Precision::of(i), i.rd());
    let (n, clean) = t.scalar(i.rn(), p, XMM0);
    let (m, clean_m) = t.scalar(i.rm(), p, XMM1);
    let slow = t.unless_nan(p, n, m, None);
    let target = t.v_target(d, XMM0);
    t.asm.v3(p.pick(ops), XMM2, n, m);
    t.asm.v3(p.pick(ops), XMM1, m, n);
    t.asm.v3(combine, target, XMM1, XMM2);
    t.set_scalar(d, p, target, clean && clean_m);
    t.resume(slow);
}

fn square_root(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    let target = t.unread_target(i.rd(), &[i.rn()], XMM0);
    t.asm.v3(VXORPS, XMM2, XMM2, XMM2);
    let value = t.v_operand(i.rn());
    t.asm.v3(p.pick((VSQRTSS, VSQRTSD)), target, XMM2, value);
    let slow = t.unless_nan(p, target, target, None);
    t.set_scalar(i.rd(), p, target, true);
    t.resume(slow);
}

/// The host's operations add to the destination.
fn fused(t: &mut Translator<'_>, i: Insn, ops: Ops) {
    if t.run_of_arithmetic() {
        return;
    }
    let (p, d, n, m, a) = (Precision::of(i), i.rd(), i.rn(), i.rm(), i.ra());
    let target = t.unread_target(d, &[n, m, a], XMM0);
    let (sum, clean) = t.scalar(a, p, target);
    if clean && sum != target {
        t.asm.v2(VMOVDQA, target, sum);
    } else if !clean {
        t.copy_scalar(p, target, sum);
    }
    let (n, m) = (t.v(n, XMM1), t.v_operand(m));
    t.asm.v3(p.pick(ops), target, n, m);
    let slow = t.unless_nan(p, target, target, None);
    t.set_scalar(d, p, target, true);
    t.resume(slow);
}

// ---- Rounding to integral values ----

/// NaNs come out as Arm's do: the operand's, made quiet.
fn round(t: &mut Translator<'_>, i: Insn, mode: u8) {
    let p = Precision::of(i);
    let target = t.v_target(i.rd(), XMM0);
    round_scalar(t, p, i.rn(), target, mode);
    t.set_scalar(i.rd(), p, target, true);
}

/// `to = round(V[n])`, the rest zero. Clobbers XMM2.
pub(super) fn round_scalar(t: &mut Translator<'_>, p: Precision, n: usize, to: Xmm, mode: u8) {
    t.asm.v3(VXORPS, XMM2, XMM2, XMM2);
    let value = t.v_operand(n);
    t.asm.v3i(p.pick(ROUND), to, XMM2, value, mode);
}

fn round_ties_away(t: &mut Translator<'_>, i: Insn) {
    let p = Precision::of(i);
    round_away(t, p, i.rn());
    t.set_scalar(i.rd(), p, XMM0, true);
}

/// XMM0 = `V[n]` rounded to nearest, ties away from zero; the rest zero. Clobbers XMM1 and XMM2.
pub(super) fn round_away(t: &mut Translator<'_>, p: Precision, n: usize) {
    round_scalar(t, p, n, XMM0, ZERO | QUIET);
    let value = t.v_operand(n);
    let ops = Away { subtract: p.pick(SUB), add: p.pick(ADD), compare: p.pick((VCMPSS, VCMPSD)) };
    away(t, p, value, ops);
}

/// The operations of [`away`], for scalars or vectors.
pub(super) struct Away {
    pub subtract: VOp,
    pub add: VOp,
    pub compare: VOp,
}

/// From XMM0 = `value` rounded towards zero to ties away from zero: one more, with the sign of
/// the operand, if what was cut off is a half or more. Nothing of that is inexact, and infinities
/// are kept out of the subtraction. Clobbers XMM1 and XMM2.
pub(super) fn away(t: &mut Translator<'_>, p: Precision, value: Xm, ops: Away) {
    let (sign, one) = (p.splat(p.sign()), p.splat(p.one()));
    let half = p.pick((u128::from(0.5_f32.to_bits()), u128::from(0.5_f64.to_bits())));
    let [magnitude, half, one, sign] = [!sign, p.splat(half), one, sign].map(|c| t.constant(c));
    t.asm.v3i(ops.compare, XMM2, XMM0, value, predicate::NEQ_UQ);
    t.asm.v3(VANDPS, XMM1, XMM2, value);
    t.asm.v3(VANDPS, XMM2, XMM2, XMM0);
    t.asm.v3(ops.subtract, XMM1, XMM1, XMM2);
    t.asm.v3(VANDPS, XMM1, XMM1, magnitude);
    t.asm.v3i(ops.compare, XMM1, XMM1, half, predicate::GE_OQ);
    t.asm.v3(VANDPS, XMM1, XMM1, one);
    t.asm.v2(crate::x64::vector::VMOVDQU, XMM2, sign);
    t.asm.v3(VANDPS, XMM2, XMM2, value);
    t.asm.v3(VORPS, XMM1, XMM1, XMM2);
    t.asm.v3(ops.add, XMM0, XMM0, XMM1);
}

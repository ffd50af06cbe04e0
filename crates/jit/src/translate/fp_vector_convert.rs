//! Advanced SIMD conversions: between integers and floating point of the same width, in vectors and
//! in single elements, and between precisions.

use super::fp::{Ops, Precision, XMM0, XMM1, XMM2};
use super::fp_convert::{Rounding, from_unsigned, power_of_two, unless_below};
use super::fp_scalar::rounding::{CURRENT, DOWN, NEAREST, QUIET, UP, ZERO};
use super::fp_scalar::{self, round_scalar};
use super::fp_vector::{Shape, d_n, round_away, whole};
use super::lines::{Family, Fp, Line};
use super::{RAX, RDX, Slow, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VADDPD, VCVTDQ2PS, VCVTPD2PS, VCVTPH2PS, VCVTPS2DQ, VCVTPS2PD, VCVTPS2PH, VCVTSD2SI64,
    VCVTSI2SD64, VCVTSS2SI, VCVTTPS2DQ, VCVTTSD2SI64, VCVTTSS2SI, VCVTTSS2SI64, VFMADD231PS,
    VMOVDQU, VMOVQ_FROM_GPR, VMOVQ_TO_GPR, VMULPD, VMULPS, VPAND, VPANDN, VPBLENDD, VPCMPEQD,
    VPCMPEQQ, VPCMPGTD, VPCMPGTQ, VPINSRQ, VPOR, VPSHUFD, VPSRLD_IMM, VPSRLQ_IMM, VPUNPCKLQDQ,
    VPXOR, VROUNDPD, VROUNDPS, VSUBPD, VXORPS,
};
use crate::x64::{Alu, Cond, Reg, Width, Xm, Xmm};

use Rounding::{Away, Mode, Nearest, Zero};

const ROUND: Ops = (VROUNDPS, VROUNDPD);

/// The fixed-point forms: the precision and the number of fraction bits are in `immh:immb`.
fn fixed(i: Insn) -> Option<(Shape, u32)> {
    let p = match i.bits(22, 19) {
        0b1000.. => Precision::Double,
        0b0100.. => Precision::Single,
        _ => return None,
    };
    let bytes = match p {
        _ if i.bit(28) => p.bytes(),
        Precision::Double if !i.q() => return None,
        _ => {
            if i.q() {
                16
            } else {
                8
            }
        }
    };
    Some((Shape { p, bytes }, 16 * p.bytes() - i.bits(22, 16)))
}

fn fixed_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), fixed(i)?.0.bytes))
}

fn long_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes_v(i.rd()))
}

/// The second forms keep the lower half.
fn narrow_uses(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), if i.q() { 16 } else { 8 });
    Some(if i.q() { uses.reads_v(i.rd()) } else { uses })
}

macro_rules! lines {
    ($($fp:ident: { $($op:ident: $uses:ident, |$t:ident, $i:ident| $emit:expr;)* })*) => {
        &[$($((Op::$op, Line::fp(Fp::$fp, $uses, |$t, $i| $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    Rounds: {
        SCVTF_vector_integer: d_n, |t, i| from_integers(t, i, Shape::checked(i), true, 0);
        UCVTF_vector_integer: d_n, |t, i| from_integers(t, i, Shape::checked(i), false, 0);
        SCVTF_vector_integer_scalar: d_n, |t, i| from_integers(t, i, Shape::checked(i), true, 0);
        UCVTF_vector_integer_scalar: d_n, |t, i| from_integers(t, i, Shape::checked(i), false, 0);
        SCVTF_vector_fixed: fixed_uses, |t, i| from_fixed(t, i, true);
        UCVTF_vector_fixed: fixed_uses, |t, i| from_fixed(t, i, false);
        SCVTF_vector_fixed_scalar: fixed_uses, |t, i| from_fixed(t, i, true);
        UCVTF_vector_fixed_scalar: fixed_uses, |t, i| from_fixed(t, i, false);
    }
    Compares: {
        FCVTZS_vector_integer: d_n, |t, i| to_integers(t, i, Zero, true);
        FCVTNS_vector: d_n, |t, i| to_integers(t, i, Nearest, true);
        FCVTMS_vector: d_n, |t, i| to_integers(t, i, Mode(DOWN), true);
        FCVTPS_vector: d_n, |t, i| to_integers(t, i, Mode(UP), true);
        FCVTAS_vector: whole, |t, i| to_integers(t, i, Away, true);
        FCVTZU_vector_integer: d_n, |t, i| to_integers(t, i, Mode(ZERO), false);
        FCVTNU_vector: d_n, |t, i| to_integers(t, i, Mode(NEAREST), false);
        FCVTMU_vector: d_n, |t, i| to_integers(t, i, Mode(DOWN), false);
        FCVTPU_vector: d_n, |t, i| to_integers(t, i, Mode(UP), false);
        FCVTAU_vector: whole, |t, i| to_integers(t, i, Away, false);
        FCVTZS_vector_integer_scalar: d_n, |t, i| to_integer(t, i, Zero, true);
        FCVTNS_vector_scalar: d_n, |t, i| to_integer(t, i, Nearest, true);
        FCVTMS_vector_scalar: d_n, |t, i| to_integer(t, i, Mode(DOWN), true);
        FCVTPS_vector_scalar: d_n, |t, i| to_integer(t, i, Mode(UP), true);
        FCVTAS_vector_scalar: d_n, |t, i| to_integer(t, i, Away, true);
        FCVTZU_vector_integer_scalar: d_n, |t, i| to_integer(t, i, Mode(ZERO), false);
        FCVTNU_vector_scalar: d_n, |t, i| to_integer(t, i, Mode(NEAREST), false);
        FCVTMU_vector_scalar: d_n, |t, i| to_integer(t, i, Mode(DOWN), false);
        FCVTPU_vector_scalar: d_n, |t, i| to_integer(t, i, Mode(UP), false);
        FCVTAU_vector_scalar: d_n, |t, i| to_integer(t, i, Away, false);
    }
    Resizes: {
        FCVTL: long_uses, |t, i| lengthen(t, i);
        FCVTN: narrow_uses, |t, i| narrow(t, i);
    }
};

// ---- From integers ----

fn from_integers(t: &mut Translator<'_>, i: Insn, shape: Shape, signed: bool, fraction_bits: u32) {
    match (shape.p, shape.bytes, signed) {
        (Precision::Single, _, true) => {
            let n = t.elements(i.rn(), shape, XMM0);
            t.asm.v2(VCVTDQ2PS, XMM0, n);
        }
        (Precision::Single, ..) => from_unsigned_singles(t, i.rn(), shape),
        (Precision::Double, 16, _) => from_doublewords(t, i.rn(), signed),
        (Precision::Double, ..) => from_doubleword(t, i.rn(), signed),
    }
    if fraction_bits != 0 {
        // An exact scaling: no integer but zero is small enough to underflow.
        let scale = u128::from(power_of_two(shape.p, -(fraction_bits as i32)));
        let scale = t.constant(shape.splat(scale));
        t.asm.v3(shape.p.pick((VMULPS, VMULPD)), XMM0, XMM0, scale);
    }
    t.set_v(i.rd(), XMM0);
}

fn from_fixed(t: &mut Translator<'_>, i: Insn, signed: bool) {
    let (shape, fraction_bits) = fixed(i).expect("checked by the line");
    from_integers(t, i, shape, signed, fraction_bits);
}

/// Both halves of each integer, exactly; then the sum, rounded once.
fn from_unsigned_singles(t: &mut Translator<'_>, n: usize, shape: Shape) {
    let low = t.constant(shape.splat(0xffff));
    let scale = t.constant(shape.splat(power_of_two(shape.p, 16).into()));
    let n = t.elements(n, shape, XMM0);
    t.asm.vshift(VPSRLD_IMM, XMM1, n, 16);
    t.asm.v3(VPAND, XMM0, n, low);
    t.asm.v2(VCVTDQ2PS, XMM1, XMM1);
    t.asm.v2(VCVTDQ2PS, XMM0, XMM0);
    t.asm.v3(VFMADD231PS, XMM0, XMM1, scale);
}

/// The halves of each integer as the fractions of 2^52 and 2^84; for signed ones with 2^63 added.
/// What was added is subtracted from the upper part, exactly, and the sum is rounded once.
fn from_doublewords(t: &mut Translator<'_>, number: usize, signed: bool) {
    let p = Precision::Double;
    let two_52 = power_of_two(p, 52);
    let two_84 = power_of_two(p, 84);
    let bias = if signed { 1 << 31 } else { 0 };
    // In units of 2^32.
    let added = two_84 | bias | 1 << 20;
    let [low, high, added] =
        [two_52, two_84 | bias, added].map(|bits| t.constant(p.splat(bits.into())));
    let n = t.v(number, XMM0);
    t.asm.vshift(VPSRLQ_IMM, XMM1, n, 32);
    t.asm.v3(VPXOR, XMM1, XMM1, high);
    t.asm.v2(VMOVDQU, XMM2, low);
    // Doublewords 1 and 3 are the upper halves.
    t.asm.v3i(VPBLENDD, XMM0, n, XMM2, 0b1010);
    t.asm.v3(VSUBPD, XMM1, XMM1, added);
    t.asm.v3(VADDPD, XMM0, XMM0, XMM1);
    if t.mode.rounds_down() {
        // Zero is positive.
        let n = t.v_operand(number);
        t.asm.v3(VPXOR, XMM2, XMM2, XMM2);
        t.asm.v3(VPCMPEQQ, XMM2, XMM2, n);
        t.asm.v3(VPANDN, XMM0, XMM2, XMM0);
    }
}

fn from_doubleword(t: &mut Translator<'_>, n: usize, signed: bool) {
    if !signed {
        t.clobber_flags();
    }
    let n = t.v(n, XMM0);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, n);
    t.asm.v3(VXORPS, XMM1, XMM1, XMM1);
    if signed {
        t.asm.v3_from_reg(VCVTSI2SD64, XMM0, XMM1, RAX);
    } else {
        from_unsigned(t, Precision::Double, XMM0);
    }
}

// ---- To integers ----

/// Raises Inexact if some element of `V[n]` is not integral. Clobbers XMM0.
fn raise_inexact(t: &mut Translator<'_>, n: usize, shape: Shape) {
    let n = t.elements(n, shape, XMM0);
    t.asm.v2i(shape.p.pick(ROUND), XMM0, n, NEAREST);
}

/// Leaves for the interpreter unless all elements of `value` are from 0 to below the greatest
/// signed integer. Clobbers RCX and XMM2.
fn unless_all_below(t: &mut Translator<'_>, shape: Shape, value: Xmm) -> Slow {
    let p = shape.p;
    let (greater, limit) = p.pick(((VPCMPGTD, 31), (VPCMPGTQ, 63)));
    let largest = u128::from(power_of_two(p, limit)) - 1;
    let largest = t.constant(p.splat(largest));
    t.asm.v3(greater, XMM2, value, largest);
    t.asm.v3(VPOR, XMM2, XMM2, value);
    t.unless_any(p, XMM2, None)
}

fn to_integers(t: &mut Translator<'_>, i: Insn, rounding: Rounding, signed: bool) {
    let (shape, n) = (Shape::checked(i), i.rn());
    let rounding = rounding.under(t.mode);
    let by_host = signed && matches!(rounding, Zero | Nearest);
    let value = match rounding {
        Away => {
            round_away(t, n, shape.p);
            XMM0
        }
        Mode(mode) => {
            let n = t.elements(n, shape, XMM0);
            t.asm.v2i(shape.p.pick(ROUND), XMM0, n, mode | QUIET);
            XMM0
        }
        _ => t.elements(n, shape, XMM0),
    };
    let range = (!signed).then(|| unless_all_below(t, shape, value));
    let nearest = rounding == Nearest;
    let slow = match (shape.p, range) {
        (Precision::Single, Some(slow)) => {
            t.asm.v2(VCVTTPS2DQ, XMM1, value);
            slow
        }
        (Precision::Single, None) => {
            t.asm.v2(if nearest { VCVTPS2DQ } else { VCVTTPS2DQ }, XMM1, value);
            let smallest = t.constant(Precision::Single.splat(1 << 31));
            t.asm.v3(VPCMPEQD, XMM2, XMM1, smallest);
            t.unless_any(shape.p, XMM2, None)
        }
        (Precision::Double, range) => to_doublewords(t, value, nearest, range),
    };
    if !by_host {
        raise_inexact(t, n, shape);
    }
    t.set_v(i.rd(), XMM1);
    t.resume(slow);
}

/// XMM1 = both doubles of `value` as signed integers; `range` if they are known to fit. Clobbers
/// RAX, RDX and XMM2.
fn to_doublewords(t: &mut Translator<'_>, value: Xmm, nearest: bool, range: Option<Slow>) -> Slow {
    let convert = if nearest { VCVTSD2SI64 } else { VCVTTSD2SI64 };
    let is_checked = range.is_some();
    let slow = range.unwrap_or_else(|| {
        t.clobber_flags();
        t.rare_path()
    });
    t.asm.v2i(VPSHUFD, XMM1, value, 0xee);
    for (part, to) in [(value, RAX), (XMM1, RDX)] {
        t.asm.v_into_reg(convert, to, part);
        if !is_checked {
            unless_smallest(t, Width::W64, to, &slow);
        }
    }
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM1, RAX);
    t.asm.v3i_from_reg(VPINSRQ, XMM1, XMM1, RDX, 1);
    slow
}

/// Only the smallest integer overflows here: the host's answer to what does not fit.
fn unless_smallest(t: &mut Translator<'_>, width: Width, value: Reg, slow: &Slow) {
    t.asm.alu_imm(Alu::Cmp, width, value, 1);
    t.asm.jcc(Cond::O, slow.label);
}

/// A single element, through a general register.
fn to_integer(t: &mut Translator<'_>, i: Insn, rounding: Rounding, signed: bool) {
    let (p, n) = (Precision::of(i), i.rn());
    let rounding = rounding.under(t.mode);
    let by_host = signed && matches!(rounding, Zero | Nearest);
    t.clobber_flags();
    let slow = t.rare_path();
    let value: Xm = match rounding {
        Away => {
            fp_scalar::round_away(t, p, n);
            XMM0.into()
        }
        Mode(mode) => {
            round_scalar(t, p, n, XMM0, mode | QUIET);
            XMM0.into()
        }
        _ => t.v_operand(n),
    };
    if signed {
        let ops =
            if rounding == Nearest { (VCVTSS2SI, VCVTSD2SI64) } else { (VCVTTSS2SI, VCVTTSD2SI64) };
        t.asm.v_into_reg(p.pick(ops), RAX, value);
        unless_smallest(t, p.width(), RAX, &slow);
    } else {
        unless_below(t, p, XMM0, p.pick((32, 63)), &slow);
        t.asm.v_into_reg(p.pick((VCVTTSS2SI64, VCVTTSD2SI64)), RAX, XMM0);
    }
    if !by_host {
        round_scalar(t, p, n, XMM2, NEAREST);
    }
    let target = t.v_target(i.rd(), XMM0);
    t.asm.v_from_reg(VMOVQ_FROM_GPR, target, RAX);
    t.set_v(i.rd(), target);
    t.resume(slow);
}

// ---- Between precisions: NaNs keep sign and payload and become quiet on both architectures ----

fn lengthen(t: &mut Translator<'_>, i: Insn) {
    let op = if i.bit(22) { VCVTPS2PD } else { VCVTPH2PS };
    let target = t.v_target(i.rd(), XMM0);
    let mut n = t.v_operand(i.rn());
    if i.q() {
        t.asm.v2i(VPSHUFD, XMM0, n, 0xee);
        n = XMM0.into();
    }
    t.asm.v2(op, target, n);
    t.set_v(i.rd(), target);
}

fn narrow(t: &mut Translator<'_>, i: Insn) {
    if i.bit(22) {
        let n = t.v_operand(i.rn());
        t.asm.v2(VCVTPD2PS, XMM0, n);
    } else {
        let n = t.v(i.rn(), XMM0);
        t.asm.vextract(VCVTPS2PH, Reg(XMM0.0), n, CURRENT);
    }
    if !i.q() {
        return t.set_v(i.rd(), XMM0);
    }
    let lower = t.v(i.rd(), XMM1);
    t.asm.v3(VPUNPCKLQDQ, XMM0, lower, XMM0);
    t.set_v(i.rd(), XMM0);
}

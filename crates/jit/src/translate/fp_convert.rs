//! Conversions between precisions, and between floating point and integers in general registers.
//!
//! The host's conversions to integers give one value for everything that does not fit; where that
//! comes out, and for unsigned results outside the signed range, the interpreter decides. What is
//! raised before that is what the interpreter raises too: a conversion that does not fit raises
//! Invalid Operation alone, so Inexact is raised only when it is known to fit.

use super::fp::{Precision, XMM0, XMM1, XMM2, d_n};
use super::fp_scalar::rounding::{CURRENT, DOWN, NEAREST, QUIET, UP, ZERO};
use super::fp_scalar::{round_away, round_scalar};
use super::lines::{Family, Fp, Line};
use super::{RAX, RCX, RDX, Slow, Translator, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VADDSD, VADDSS, VCVTPH2PS, VCVTPS2PH, VCVTSD2SI, VCVTSD2SI64, VCVTSD2SS, VCVTSI2SD64,
    VCVTSI2SS64, VCVTSS2SD, VCVTSS2SI, VCVTSS2SI64, VCVTTSD2SI, VCVTTSD2SI64, VCVTTSS2SI,
    VCVTTSS2SI64, VMOVD_LOAD, VMOVD_TO_GPR, VMOVQ, VMOVQ_TO_GPR, VMULSD, VMULSS, VOp, VXORPS,
};
use crate::x64::{Alu, Cond, Rm, Shift, Width, Xm, Xmm};

/// How a number becomes an integer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// As the host's truncating conversions do.
    Zero,
    /// As the host's other conversions do if that is how MXCSR rounds.
    Nearest,
    /// By rounding to an integral value first.
    Mode(u8),
    Away,
}

use Rounding::{Away, Mode, Nearest, Zero};

impl Rounding {
    /// The same, for a host that rounds as `mode` says.
    pub fn under(self, mode: super::Mode) -> Self {
        if self == Nearest && !mode.rounds_to_nearest() { Mode(NEAREST) } else { self }
    }
}

fn to_uses(i: Insn) -> Option<Uses> {
    Precision::scalar(i)?;
    Some(Uses::NONE.reads_v(i.rn()).writes(i.rd()))
}

fn from_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rn()).writes_scalar(i.rd(), Precision::scalar(i)?.bytes()))
}

/// The fraction bits of the fixed-point forms: no more than the register has bits.
fn fraction_bits(i: Insn) -> Option<u32> {
    let bits = 64 - i.bits(15, 10);
    (bits <= Width::of(i.sf()).bits()).then_some(bits)
}

fn to_fixed_uses(i: Insn) -> Option<Uses> {
    fraction_bits(i)?;
    to_uses(i)
}

fn from_fixed_uses(i: Insn) -> Option<Uses> {
    fraction_bits(i)?;
    from_uses(i)
}

fn between_uses(i: Insn) -> Option<Uses> {
    let (from, to) = (i.bits(23, 22), i.bits(16, 15));
    match (from, to) {
        (1, 0) => d_n(i),
        (0, 1) => Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 8)),
        (0, 3) | (3, 0) => Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 4)),
        (3, 1) => Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 8)),
        (1, 3) => Some(Uses::NONE.reads_v(i.rn()).writes_scalar(i.rd(), 2)),
        _ => None,
    }
}

pub(super) const LINES: Family = &[
    (Op::FCVT, Line::fp(Fp::Converts, between_uses, between)),
    (Op::SCVTF_scalar_integer, Line::fp(Fp::Rounds, from_uses, |t, i| from_integer(t, i, true, 0))),
    (
        Op::UCVTF_scalar_integer,
        Line::fp(Fp::Rounds, from_uses, |t, i| from_integer(t, i, false, 0)),
    ),
    (Op::SCVTF_scalar_fixed, Line::fp(Fp::Rounds, from_fixed_uses, |t, i| from_fixed(t, i, true))),
    (Op::UCVTF_scalar_fixed, Line::fp(Fp::Rounds, from_fixed_uses, |t, i| from_fixed(t, i, false))),
    (Op::FCVTZS_scalar_integer, Line::fp(Fp::Compares, to_uses, |t, i| to_signed(t, i, Zero))),
    (Op::FCVTNS_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_signed(t, i, Nearest))),
    (Op::FCVTMS_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_signed(t, i, Mode(DOWN)))),
    (Op::FCVTPS_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_signed(t, i, Mode(UP)))),
    (Op::FCVTAS_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_signed(t, i, Away))),
    (
        Op::FCVTZU_scalar_integer,
        Line::fp(Fp::Compares, to_uses, |t, i| to_unsigned(t, i, Mode(ZERO))),
    ),
    (Op::FCVTNU_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_unsigned(t, i, Mode(NEAREST)))),
    (Op::FCVTMU_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_unsigned(t, i, Mode(DOWN)))),
    (Op::FCVTPU_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_unsigned(t, i, Mode(UP)))),
    (Op::FCVTAU_scalar, Line::fp(Fp::Compares, to_uses, |t, i| to_unsigned(t, i, Away))),
    (Op::FJCVTZS, Line::fp(Fp::Compares, to_script_uses, to_script_integer)),
    (Op::FCVTZS_scalar_fixed, Line::fp(Fp::Compares, to_fixed_uses, to_fixed)),
    (Op::FCVTZU_scalar_fixed, Line::fp(Fp::Compares, to_fixed_uses, to_fixed)),
];

/// By precision, then width.
type Conversions = ((VOp, VOp), (VOp, VOp));

const TRUNCATE: Conversions = ((VCVTTSS2SI, VCVTTSS2SI64), (VCVTTSD2SI, VCVTTSD2SI64));
const ROUND: Conversions = ((VCVTSS2SI, VCVTSS2SI64), (VCVTSD2SI, VCVTSD2SI64));

fn conversion(p: Precision, width: Width, ops: Conversions) -> VOp {
    let (narrow, wide) = p.pick(ops);
    if width == Width::W32 { narrow } else { wide }
}

// ---- Between precisions ----

/// NaNs keep sign and payload and become quiet on both architectures.
fn between(t: &mut Translator<'_>, i: Insn) {
    let target = t.v_target(i.rd(), XMM0);
    let value = t.v_operand(i.rn());
    match (i.bits(23, 22), i.bits(16, 15)) {
        (1, 0) => {
            t.asm.v3(VXORPS, XMM2, XMM2, XMM2);
            if t.mode.flushes() {
                t.asm.v3(VCVTSD2SS, XMM0, XMM2, value);
                t.clobber_flags();
                let slow = t.rare_path();
                t.unless_tiny(Precision::Single, XMM0, &slow);
                t.set_v(i.rd(), XMM0);
                return t.resume(slow);
            }
            t.asm.v3(VCVTSD2SS, target, XMM2, value);
        }
        (0, 1) => {
            t.asm.v3(VXORPS, XMM2, XMM2, XMM2);
            t.asm.v3(VCVTSS2SD, target, XMM2, value);
        }
        (1, _) => {
            t.asm.v2(VMOVQ, XMM0, value);
            t.narrow_doubles(XMM0, XMM1);
            return t.set_v(i.rd(), XMM0);
        }
        (0, _) => {
            // The other elements, zeros, raise nothing.
            let (value, clean) = t.scalar(i.rn(), Precision::Single, XMM0);
            if !clean {
                t.copy_scalar(Precision::Single, XMM0, value);
            }
            let value = if clean { value } else { XMM0 };
            t.asm.vextract(VCVTPS2PH, crate::x64::Reg(target.0), value, CURRENT);
        }
        (_, to) => {
            half_to_single(t, i.rn(), target);
            if to == 1 {
                t.asm.v3(VXORPS, XMM2, XMM2, XMM2);
                t.asm.v3(VCVTSS2SD, target, XMM2, target);
            }
        }
    }
    t.set_v(i.rd(), target);
}

/// The half alone: the host converts four. Clobbers RAX.
fn half_to_single(t: &mut Translator<'_>, n: usize, to: Xmm) {
    let value: Rm = match t.v_operand(n) {
        Xm::Reg(n) => {
            t.asm.v_to_reg(VMOVD_TO_GPR, RAX, n);
            RAX.into()
        }
        Xm::Mem(mem) => mem.into(),
    };
    t.asm.load_zero(1, RAX, value);
    t.asm.v_from_reg(VMOVD_LOAD, to, RAX);
    t.asm.v2(VCVTPH2PS, to, to);
}

// ---- From integers ----

/// The result in XMM0, the rest zero. Clobbers RAX, RCX and XMM1.
fn from_integer(t: &mut Translator<'_>, i: Insn, signed: bool, fraction_bits: u32) {
    let (p, n) = (Precision::of(i), zr(i.rn()));
    let target = t.v_target(i.rd(), XMM0);
    let convert = p.pick((VCVTSI2SS64, VCVTSI2SD64));
    t.asm.v3(VXORPS, XMM1, XMM1, XMM1);
    if i.sf() && !signed {
        t.clobber_flags();
        t.copy_x(Width::W64, n, RAX);
        from_unsigned(t, p, target);
    } else {
        let value: Rm = if n == super::ZERO {
            t.x(n, RAX).into()
        } else if i.sf() {
            t.x_operand(n)
        } else {
            let n = t.x_operand(n);
            if signed {
                t.asm.load_sign(2, Width::W64, RAX, n);
            } else {
                t.asm.load_zero(2, RAX, n);
            }
            RAX.into()
        };
        t.asm.v3_from_reg(convert, target, XMM1, value);
    }
    if fraction_bits != 0 {
        // An exact scaling: no integer but zero is small enough to underflow.
        let scale = power_of_two(p, -(fraction_bits as i32));
        let scale = t.constant(scale.into());
        t.asm.v3(p.pick((VMULSS, VMULSD)), target, target, scale);
    }
    t.set_v(i.rd(), target);
}

fn from_fixed(t: &mut Translator<'_>, i: Insn, signed: bool) {
    from_integer(t, i, signed, fraction_bits(i).expect("checked by the line"));
}

/// Converts RAX, with XMM1 zero. The host's conversion is signed: what has the top bit set is
/// halved first, with the bit that goes away kept in the last one so that rounding sees it.
pub(super) fn from_unsigned(t: &mut Translator<'_>, p: Precision, target: Xmm) {
    let convert = p.pick((VCVTSI2SS64, VCVTSI2SD64));
    let (large, done) = (t.asm.label(), t.asm.label());
    t.asm.test(Width::W64, RAX, RAX);
    t.asm.jcc(Cond::S, large);
    t.asm.v3_from_reg(convert, target, XMM1, RAX);
    t.asm.jmp(done);
    t.asm.bind(large);
    t.asm.mov(Width::W32, RCX, RAX);
    t.asm.alu_imm(Alu::And, Width::W32, RCX, 1);
    t.asm.shift_imm(Shift::Shr, Width::W64, RAX, 1);
    t.asm.alu(Alu::Or, Width::W64, RAX, RCX);
    t.asm.v3_from_reg(convert, target, XMM1, RAX);
    t.asm.v3(p.pick((VADDSS, VADDSD)), target, target, target);
    t.asm.bind(done);
}

/// The bits of 2 to the power of `exponent`.
pub(super) fn power_of_two(p: Precision, exponent: i32) -> u64 {
    match p {
        Precision::Single => ((exponent + 127) as u64) << 23,
        Precision::Double => ((exponent + 1023) as u64) << 52,
    }
}

// ---- To integers ----

/// Rounds `V[n]` to an integral value in XMM0, raising nothing. Clobbers XMM1 and XMM2.
fn round(t: &mut Translator<'_>, p: Precision, n: usize, rounding: Rounding) {
    match rounding {
        Mode(mode) => round_scalar(t, p, n, XMM0, mode | QUIET),
        _ => round_away(t, p, n),
    }
}

/// Raises Inexact if `V[n]` is not integral. Clobbers XMM2.
fn raise_inexact(t: &mut Translator<'_>, p: Precision, n: usize) {
    round_scalar(t, p, n, XMM2, NEAREST);
}

fn to_signed(t: &mut Translator<'_>, i: Insn, rounding: Rounding) {
    let rounding = rounding.under(t.mode);
    let (p, n, width) = (Precision::of(i), i.rn(), Width::of(i.sf()));
    t.clobber_flags();
    let slow = t.rare_path();
    match rounding {
        Zero | Nearest => {
            let ops = if rounding == Zero { TRUNCATE } else { ROUND };
            let value = t.v_operand(n);
            t.asm.v_into_reg(conversion(p, width, ops), RAX, value);
        }
        _ => {
            round(t, p, n, rounding);
            t.asm.v_into_reg(conversion(p, width, TRUNCATE), RAX, XMM0);
        }
    }
    // Only the smallest integer overflows here: the host's answer to what does not fit.
    t.asm.alu_imm(Alu::Cmp, width, RAX, 1);
    t.asm.jcc(Cond::O, slow.label);
    if !matches!(rounding, Zero | Nearest) {
        raise_inexact(t, p, n);
    }
    t.set_x(zr(i.rd()), RAX);
    t.resume(slow);
}

/// Through the signed conversion of 64 bits. As integers, the bits of numbers from 0 to the limit
/// are less than those of the limit, and those of all others are not.
fn to_unsigned(t: &mut Translator<'_>, i: Insn, rounding: Rounding) {
    let (p, n) = (Precision::of(i), i.rn());
    let limit = if i.sf() { 63 } else { 32 };
    t.clobber_flags();
    let slow = t.rare_path();
    round(t, p, n, rounding);
    unless_below(t, p, XMM0, limit, &slow);
    t.asm.v_into_reg(conversion(p, Width::W64, TRUNCATE), RAX, XMM0);
    raise_inexact(t, p, n);
    t.set_x(zr(i.rd()), RAX);
    t.resume(slow);
}

/// Leaves for the interpreter unless the bits of `value` are those of a number from 0 to below
/// 2 to the power of `limit`. Clobbers RAX and RCX.
pub(super) fn unless_below(
    t: &mut Translator<'_>,
    p: Precision,
    value: Xmm,
    limit: i32,
    slow: &Slow,
) {
    let width = p.width();
    t.asm.v_to_reg(p.pick((VMOVD_TO_GPR, VMOVQ_TO_GPR)), RAX, value);
    t.asm.mov_imm(RCX, power_of_two(p, limit));
    t.asm.alu(Alu::Cmp, width, RAX, RCX);
    t.asm.jcc(Cond::AE, slow.label);
}

fn to_script_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes(i.rd()).writes_flags())
}

/// The lowest 32 bits of an integer that fits in 64, as JavaScript wants them; the flags say whether they are the
/// number, to the sign of zero.
fn to_script_integer(t: &mut Translator<'_>, i: Insn) {
    let (p, n) = (Precision::Double, i.rn());
    t.clobber_flags();
    let slow = t.rare_path();
    let value = t.v(n, XMM0);
    // For what it raises: Invalid Operation for all that is beyond 32 bits, Inexact otherwise.
    t.asm.v_into_reg(VCVTTSD2SI, RAX, value);
    round_scalar(t, p, n, XMM1, ZERO | QUIET);
    t.asm.v_into_reg(VCVTTSD2SI64, RAX, XMM1);
    t.asm.alu_imm(Alu::Cmp, Width::W64, RAX, 1);
    t.asm.jcc(Cond::O, slow.label);
    t.asm.load_sign(2, Width::W64, RCX, RAX);
    t.asm.v3_from_reg(VCVTSI2SD64, XMM1, XMM2, RCX);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RCX, XMM1);
    t.asm.v_to_reg(VMOVQ_TO_GPR, RDX, value);
    t.asm.mov(Width::W32, RAX, RAX);
    t.set_x(zr(i.rd()), RAX);
    t.asm.mov_imm(RAX, 0);
    t.asm.alu(Alu::Cmp, Width::W64, RCX, RDX);
    t.asm.setcc(Cond::E, RAX);
    // Z in the flags' saved form.
    t.asm.shift_imm(Shift::Shl, Width::W32, RAX, 14);
    t.flags_are_in_eax();
    t.resume(slow);
}

/// Only numbers from 0 to below the largest signed integer; scaling them is exact.
fn to_fixed(t: &mut Translator<'_>, i: Insn) {
    let (p, n, width) = (Precision::of(i), i.rn(), Width::of(i.sf()));
    let bits = fraction_bits(i).expect("checked by the line") as i32;
    let scale = t.constant(power_of_two(p, bits).into());
    t.clobber_flags();
    let slow = t.rare_path();
    let (value, _) = t.scalar(n, p, XMM0);
    t.asm.v2(crate::x64::vector::VMOVDQA, XMM0, value);
    unless_below(t, p, XMM0, width.bits() as i32 - 1 - bits, &slow);
    t.asm.v3(p.pick((VMULSS, VMULSD)), XMM0, XMM0, scale);
    t.asm.v_into_reg(conversion(p, width, TRUNCATE), RAX, XMM0);
    t.set_x(zr(i.rd()), RAX);
    t.resume(slow);
}

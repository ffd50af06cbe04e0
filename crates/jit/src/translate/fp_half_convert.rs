//! Conversions between halves and integers.
//!
//! Every half is a single, and every integer of 32 bits a double; a larger one that a double rounds is beyond all
//! halves. So these are the host's conversions with another step before or behind.

use super::fp::{Precision, XMM0, XMM1, XMM2};
use super::fp_convert::{from_unsigned, unless_below};
use super::fp_half::{Halves, d_n};
use super::fp_scalar::rounding::{DOWN, NEAREST, QUIET, UP, ZERO};
use super::lines::{Family, Fp, Line};
use super::{RAX, Translator, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::{
    VCVTDQ2PS, VCVTSI2SD64, VCVTTSS2SI, VCVTTSS2SI64, VPBROADCASTW, VPMOVSXWD, VPMOVZXWD, VPSHUFD,
    VROUNDSS, VXORPS,
};
use crate::x64::{Alu, Cond, Width};

macro_rules! lines {
    ($($op:ident: $uses:ident, |$t:ident, $i:ident| $emit:expr;)*) => {
        &[$((Op::$op, Line::fp(Fp::Halves, $uses, |$t, $i| $emit)),)*]
    };
}

fn to_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes(i.rd()))
}

fn from_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rn()).writes_scalar(i.rd(), 2))
}

/// Lines that are of halves alone.
pub(super) const LINES: Family = lines! {
    SCVTF_vector_integer_half: d_n, |t, i| from_integers(t, i, true);
    UCVTF_vector_integer_half: d_n, |t, i| from_integers(t, i, false);
    SCVTF_vector_integer_scalar_half: d_n, |t, i| from_integers(t, i, true);
    UCVTF_vector_integer_scalar_half: d_n, |t, i| from_integers(t, i, false);
};

/// Instances of half precision of the lines for scalars.
pub(super) const SCALARS: Family = lines! {
    SCVTF_scalar_integer: from_uses, |t, i| from_integer(t, i, true);
    UCVTF_scalar_integer: from_uses, |t, i| from_integer(t, i, false);
    FCVTZS_scalar_integer: to_uses, |t, i| to_integer(t, i, ZERO, true);
    FCVTNS_scalar: to_uses, |t, i| to_integer(t, i, NEAREST, true);
    FCVTMS_scalar: to_uses, |t, i| to_integer(t, i, DOWN, true);
    FCVTPS_scalar: to_uses, |t, i| to_integer(t, i, UP, true);
    FCVTZU_scalar_integer: to_uses, |t, i| to_integer(t, i, ZERO, false);
    FCVTNU_scalar: to_uses, |t, i| to_integer(t, i, NEAREST, false);
    FCVTMU_scalar: to_uses, |t, i| to_integer(t, i, DOWN, false);
    FCVTPU_scalar: to_uses, |t, i| to_integer(t, i, UP, false);
};

/// Integers of 16 bits, all of which are singles.
fn from_integers(t: &mut Translator<'_>, i: Insn, signed: bool) {
    let shape = Halves::of(i);
    let extend = if signed { VPMOVSXWD } else { VPMOVZXWD };
    t.compute_in_singles(shape, |t, part, to, _| {
        let n = t.v_operand(i.rn());
        match (shape, part) {
            (Halves::SCALAR, _) => t.asm.v2(VPBROADCASTW, to, n),
            _ => t.asm.v2i(VPSHUFD, to, n, [0x44, 0xee][part as usize]),
        }
        t.asm.v2(extend, to, to);
        t.asm.v2(VCVTDQ2PS, to, to);
    });
    t.set_computed_halves(i.rd(), shape);
}

fn from_integer(t: &mut Translator<'_>, i: Insn, signed: bool) {
    t.asm.v3(VXORPS, XMM1, XMM1, XMM1);
    if !signed && i.sf() {
        t.clobber_flags();
    }
    t.copy_x(Width::of(i.sf()), zr(i.rn()), RAX);
    match (signed, i.sf()) {
        (false, true) => from_unsigned(t, Precision::Double, XMM0),
        (true, false) => {
            t.asm.load_sign(2, Width::W64, RAX, RAX);
            t.asm.v3_from_reg(VCVTSI2SD64, XMM0, XMM1, RAX);
        }
        _ => t.asm.v3_from_reg(VCVTSI2SD64, XMM0, XMM1, RAX),
    }
    t.narrow_doubles(XMM0, XMM1);
    t.set_halves(i.rd(), Halves::SCALAR, XMM0);
}

/// All but infinities and NaNs fit, and what is negative and wants to be unsigned.
fn to_integer(t: &mut Translator<'_>, i: Insn, mode: u8, signed: bool) {
    const BEYOND: i32 = 17;
    t.clobber_flags();
    let slow = t.rare_path();
    t.singles(i.rn(), Halves::SCALAR, 0, XMM0);
    t.asm.v3i(VROUNDSS, XMM1, XMM0, XMM0, mode | QUIET);
    if !signed {
        unless_below(t, Precision::Single, XMM1, BEYOND, &slow);
    }
    let convert = if i.sf() { VCVTTSS2SI64 } else { VCVTTSS2SI };
    t.asm.v_into_reg(convert, RAX, XMM1);
    if signed {
        // Only the smallest integer overflows here: the host's answer to what does not fit.
        t.asm.alu_imm(Alu::Cmp, Width::of(i.sf()), RAX, 1);
        t.asm.jcc(Cond::O, slow.label);
    }
    // For what it raises.
    t.asm.v3i(VROUNDSS, XMM2, XMM0, XMM0, NEAREST);
    t.set_x(zr(i.rd()), RAX);
    t.resume(slow);
}

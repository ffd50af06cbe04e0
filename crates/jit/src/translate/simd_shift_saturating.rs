//! Advanced SIMD shifts to the left that saturate.
//!
//! What is shifted back and is not what it was has lost bits. Elements of 16 bits by a register are done as of
//! 32, in two parts, and brought into range afterwards.

use super::lines::{Family, Line};
use super::simd::{
    BHSD, D, EQUAL, GREATER, HS, Lanes, XMM0, XMM1, XMM2, d_n, d_n_m, extreme, is_signed,
};
use super::simd_shift::{Part, by_register_part, left_amount};
use super::{RAX, RDX, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::*;

/// Lines that share their functions.
macro_rules! lines {
    ($($($op:ident)* = $uses:expr, $emit:expr;)*) => {
        &[$($((Op::$op, Line::new($uses, $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    SQSHL_immediate SQSHL_immediate_scalar UQSHL_immediate UQSHL_immediate_scalar
        = immediate_uses, |t, i| by_immediate(t, i, false);
    SQSHLU SQSHLU_scalar = immediate_uses, |t, i| by_immediate(t, i, true);
    SQSHL_register SQSHL_register_scalar UQSHL_register UQSHL_register_scalar
        = register_uses, |t, i| by_register(t, i, false);
    SQRSHL SQRSHL_scalar UQRSHL UQRSHL_scalar = register_uses, |t, i| by_register(t, i, true);
};

/// The lanes that `immh` says; scalars have all sizes.
fn immediate_lanes(i: Insn) -> Option<Lanes> {
    Lanes::sized(i, i.bits(22, 19).checked_ilog2()?, BHSD, BHSD)
}

fn immediate_uses(i: Insn) -> Option<Uses> {
    immediate_lanes(i).map(|_| d_n(i))
}

/// Of 8 bits compilers make none.
fn register_uses(i: Insn) -> Option<Uses> {
    Lanes::of(i, HS | D, HS | D).map(|_| d_n_m(i))
}

/// The greatest signed element.
fn most(lanes: Lanes) -> u64 {
    (1 << (lanes.esize() - 1)) - 1
}

impl Translator<'_> {
    /// `XMM1 =` what elements of `V[n]` become that do not fit: the limit on the side of their sign.
    fn limit_v(&mut self, n: usize, lanes: Lanes, signed: bool) {
        if !signed {
            return self.ones_v(XMM1);
        }
        let most = self.splat(lanes.size, most(lanes));
        self.negative_v(n, lanes);
        self.asm.v3(VPXOR, XMM1, XMM1, most);
    }

    /// `XMM1 =` all ones in elements of `V[n]` that are negative.
    fn negative_v(&mut self, n: usize, lanes: Lanes) {
        let n = self.v_operand(n);
        self.zero_v(XMM1);
        self.asm.v3(GREATER[lanes.index()], XMM1, XMM1, n);
    }

    /// Ends with the elements of XMM2 where XMM0 has all ones, and those of XMM1 elsewhere, which sets QC.
    fn finish_saturating_v(&mut self, i: Insn, bits: u32) {
        self.asm.v4(VPBLENDVB, XMM2, XMM1, XMM2, XMM0);
        self.ones_v(XMM1);
        self.asm.v3(VPXOR, XMM1, XMM1, XMM0);
        self.saturated_if(bits, XMM1);
        self.finish_v(i.rd(), bits, XMM2);
    }
}

/// `to_unsigned`: of signed elements.
fn by_immediate(t: &mut Translator<'_>, i: Insn, to_unsigned: bool) {
    let (lanes, n) = (immediate_lanes(i).expect("checked by the line"), i.rn());
    let by = left_amount(i, lanes);
    let signed = is_signed(i) && !to_unsigned;
    let a = t.v(n, XMM0);
    t.shift_left_v(lanes.size, XMM1, a, by);
    t.shift_right_as_v(signed, lanes.size, XMM0, XMM1, by);
    t.asm.v2(VMOVDQA, XMM2, XMM1);
    let same = t.v_operand(n);
    t.asm.v3(EQUAL[lanes.index()], XMM0, XMM0, same);
    if to_unsigned {
        // Nothing negative fits; it becomes zero.
        t.negative_v(n, lanes);
        t.asm.v3(VPANDN, XMM0, XMM1, XMM0);
        let ones = t.splat(3, u64::MAX);
        t.asm.v3(VPXOR, XMM1, XMM1, ones);
    } else {
        t.limit_v(n, lanes, signed);
    }
    t.finish_saturating_v(i, lanes.bits);
}

fn by_register(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = Lanes::checked(i);
    // RAX and RDX keep something.
    t.clobber_flags();
    if lanes.size == 1 {
        return halves_by_register(t, i, round);
    }
    by_register_part(t, i, lanes.size, Part::Whole, round, None);
    stash(t);
    fits(t, i, lanes);
    t.limit_v(i.rn(), lanes, is_signed(i));
    unstash(t);
    t.finish_saturating_v(i, lanes.bits);
}

/// RAX and RDX keep XMM0.
fn stash(t: &mut Translator<'_>) {
    t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM0);
    t.asm.vextract(VPEXTRQ, RDX, XMM0, 1);
}

/// XMM2 = what [`stash`] has kept.
fn unstash(t: &mut Translator<'_>) {
    t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM2, RAX);
    t.asm.v3i_from_reg(VPINSRQ, XMM2, XMM2, RDX, 1);
}

/// XMM0 = all ones in elements of 32 or 64 bits that lose nothing on the way left, or go right. Clobbers the other two.
fn fits(t: &mut Translator<'_>, i: Insn, lanes: Lanes) {
    let wide = lanes.size == 3;
    let low = t.splat(lanes.size, 0xff);
    let by = t.v(i.rm(), XMM1);
    t.asm.v3(VPAND, XMM1, by, low);
    let a = t.v(i.rn(), XMM0);
    t.asm.v3(if wide { VPSLLVQ } else { VPSLLVD }, XMM0, a, XMM1);
    match (is_signed(i), wide) {
        (false, false) => t.asm.v3(VPSRLVD, XMM0, XMM0, XMM1),
        (false, true) => t.asm.v3(VPSRLVQ, XMM0, XMM0, XMM1),
        (true, false) => t.asm.v3(VPSRAVD, XMM0, XMM0, XMM1),
        (true, true) => {
            t.zero_v(XMM2);
            t.asm.v3(VPCMPGTQ, XMM2, XMM2, XMM0);
            t.asm.v3(VPXOR, XMM0, XMM0, XMM2);
            t.asm.v3(VPSRLVQ, XMM0, XMM0, XMM1);
            t.asm.v3(VPXOR, XMM0, XMM0, XMM2);
        }
    }
    let a = t.v_operand(i.rn());
    t.asm.v3(EQUAL[lanes.index()], XMM0, XMM0, a);
    // The amount's sign, to the top of the element.
    t.shift_left_v(lanes.size, XMM1, XMM1, lanes.esize() - 8);
    t.zero_v(XMM2);
    t.asm.v3(GREATER[lanes.index()], XMM2, XMM2, XMM1);
    t.asm.v3(VPOR, XMM0, XMM0, XMM2);
}

/// A shift by 16 brings all that is not zero out of range, and nothing out of 32 bits.
fn halves_by_register(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = Lanes::checked(i);
    for part in [Part::Even, Part::Odd] {
        by_register_part(t, i, 2, part, round, Some(16));
        let greatest = if is_signed(i) { most(lanes) } else { 0xffff };
        let limit = t.splat(2, greatest);
        t.asm.v3(extreme(2, false, is_signed(i)), XMM2, XMM0, limit);
        if is_signed(i) {
            let least = t.splat(2, !greatest);
            t.asm.v3(extreme(2, true, true), XMM2, XMM2, least);
        }
        t.asm.v3(VPXOR, XMM1, XMM0, XMM2);
        t.saturated_if(lanes.bits.max(32), XMM1);
        if let Part::Even = part {
            t.asm.v2(VMOVDQA, XMM0, XMM2);
            stash(t);
        }
        if lanes.bits == 16 {
            // A scalar has no other part.
            return t.finish_v(i.rd(), lanes.bits, XMM0);
        }
    }
    t.asm.vshift(VPSLLD_IMM, XMM0, XMM2, 16);
    unstash(t);
    t.asm.v3i(VPBLENDW, XMM0, XMM0, XMM2, 0x55);
    t.finish_v(i.rd(), lanes.bits, XMM0);
}

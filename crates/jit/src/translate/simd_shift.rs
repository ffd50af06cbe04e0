//! Advanced SIMD shifts, and what widens or narrows elements by a shift or none.
//!
//! `immh:immb` holds size and amount together: its highest set bit gives the element size, and the
//! rest is the amount for left shifts, or what is left to twice the size for right shifts.

use super::lines::{Family, Line};
use super::simd::{
    ADD, B, BHSD, D, GREATER, Lanes, SUB, Sizes, XMM0, XMM1, XMM2, d_n, d_n_m, extreme, is_signed,
};
use super::{RAX, RDX, Translator};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::*;
use crate::x64::{Xm, Xmm};

/// Lines that share their functions.
macro_rules! lines {
    ($($($op:ident)* = $uses:expr, $emit:expr;)*) => {
        &[$($((Op::$op, Line::new($uses, $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    SHL SHL_scalar = same_uses, left;
    SSHR SSHR_scalar USHR USHR_scalar = same_uses, |t, i| right(t, i, false);
    SRSHR SRSHR_scalar URSHR URSHR_scalar = same_uses, |t, i| right(t, i, true);
    SSRA SSRA_scalar USRA USRA_scalar = changing_uses, |t, i| right_accumulate(t, i, false);
    SRSRA SRSRA_scalar URSRA URSRA_scalar = changing_uses, |t, i| right_accumulate(t, i, true);
    SLI SLI_scalar = changing_uses, insert_left;
    SRI SRI_scalar = changing_uses, insert_right;
    SSHLL USHLL = long_uses, left_long;
    SHLL = extend_uses, extend_left;
    SHRN = narrow_uses, |t, i| right_narrow(t, i, false);
    RSHRN = narrow_uses, |t, i| right_narrow(t, i, true);
    SQSHRN UQSHRN = narrow_uses, |t, i| right_saturating(t, i, false, Clamp::SameSign);
    SQRSHRN UQRSHRN = narrow_uses, |t, i| right_saturating(t, i, true, Clamp::SameSign);
    SQSHRUN = narrow_uses, |t, i| right_saturating(t, i, false, Clamp::ToUnsigned);
    SQRSHRUN = narrow_uses, |t, i| right_saturating(t, i, true, Clamp::ToUnsigned);
    XTN = truncate_uses, truncate;
    SQXTN UQXTN = truncate_uses, |t, i| truncate_saturating(t, i, Clamp::SameSign);
    SQXTUN = truncate_uses, |t, i| truncate_saturating(t, i, Clamp::ToUnsigned);
    SSHL SSHL_scalar USHL USHL_scalar = by_register_uses, |t, i| by_register(t, i, false);
    SRSHL SRSHL_scalar URSHL URSHL_scalar = rounding_by_register_uses, |t, i| by_register(t, i, true);
    SQXTN_scalar UQXTN_scalar
        = truncate_uses, |t, i| truncate_saturating(t, i, Clamp::SameSign);
    SQXTUN_scalar
        = truncate_uses, |t, i| truncate_saturating(t, i, Clamp::ToUnsigned);
    SQSHRN_scalar UQSHRN_scalar
        = narrow_uses, |t, i| right_saturating(t, i, false, Clamp::SameSign);
    SQRSHRN_scalar UQRSHRN_scalar
        = narrow_uses, |t, i| right_saturating(t, i, true, Clamp::SameSign);
    SQSHRUN_scalar = narrow_uses, |t, i| right_saturating(t, i, false, Clamp::ToUnsigned);
    SQRSHRUN_scalar = narrow_uses, |t, i| right_saturating(t, i, true, Clamp::ToUnsigned);
};

// ---- Size and amount ----

/// The lanes that `immh` says.
fn lanes(i: Insn, vector: Sizes) -> Option<Lanes> {
    Lanes::sized(i, i.bits(22, 19).checked_ilog2()?, vector, D)
}

/// In an emitter, whose `uses` has checked them.
fn checked(i: Insn) -> Lanes {
    lanes(i, BHSD).expect("checked by the line")
}

pub(super) fn left_amount(i: Insn, lanes: Lanes) -> u32 {
    i.bits(22, 16) - lanes.esize()
}

fn right_amount(i: Insn, lanes: Lanes) -> u32 {
    2 * lanes.esize() - i.bits(22, 16)
}

// ---- One size ----

fn same_uses(i: Insn) -> Option<Uses> {
    lanes(i, BHSD).map(|_| d_n(i))
}

fn changing_uses(i: Insn) -> Option<Uses> {
    same_uses(i).map(|uses| uses.reads_v(i.rd()))
}

fn left(t: &mut Translator<'_>, i: Insn) {
    t.unary_v(i, checked(i).bits, |t, i, to, a| {
        let lanes = checked(i);
        t.shift_left_v(lanes.size, to, a, left_amount(i, lanes));
    });
}

/// `a >> by` for the amount of the instruction. Clobbers XMM0 to XMM2.
fn shifted_right(t: &mut Translator<'_>, i: Insn, round: bool, to: Xmm, a: Xmm) {
    let lanes = checked(i);
    right_shift(t, lanes.size, is_signed(i), right_amount(i, lanes), round, to, a);
}

/// As [`shifted_right`], rounding, if asked, by adding the last bit that is lost: the usual half
/// added before might overflow.
fn right_shift(
    t: &mut Translator<'_>,
    size: u32,
    signed: bool,
    by: u32,
    round: bool,
    to: Xmm,
    a: Xmm,
) {
    if !round {
        return t.shift_right_as_v(signed, size, to, a, by);
    }
    let one = t.splat(size, 1);
    t.shift_right_v(size, XMM1, a, by - 1);
    t.asm.v3(VPAND, XMM1, XMM1, one);
    t.shift_right_as_v(signed, size, XMM0, a, by);
    t.asm.v3(ADD[size as usize], to, XMM0, XMM1);
}

fn right(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = checked(i);
    let a = t.v(i.rn(), XMM0);
    let to = t.result_v(i.rd(), lanes.bits);
    shifted_right(t, i, round, to, a);
    t.finish_v(i.rd(), lanes.bits, to);
}

fn right_accumulate(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = checked(i);
    let a = t.v(i.rn(), XMM0);
    shifted_right(t, i, round, XMM0, a);
    t.accumulate_v(i, lanes.bits, ADD[lanes.index()], XMM0);
}

/// The bits that `XMM0` does not have come from the destination.
fn insert(t: &mut Translator<'_>, i: Insn, lanes: Lanes, kept: u64) {
    let kept = t.splat(lanes.size, kept);
    match t.v_operand(i.rd()) {
        Xm::Reg(old) => t.asm.v3(VPAND, XMM1, old, kept),
        Xm::Mem(old) => {
            t.asm.v2(VMOVDQU, XMM1, old);
            t.asm.v3(VPAND, XMM1, XMM1, kept);
        }
    }
    let to = t.result_v(i.rd(), lanes.bits);
    t.asm.v3(VPOR, to, XMM0, XMM1);
    t.finish_v(i.rd(), lanes.bits, to);
}

fn insert_left(t: &mut Translator<'_>, i: Insn) {
    let lanes = checked(i);
    let by = left_amount(i, lanes);
    let a = t.v(i.rn(), XMM0);
    t.shift_left_v(lanes.size, XMM0, a, by);
    insert(t, i, lanes, (1 << by) - 1);
}

fn insert_right(t: &mut Translator<'_>, i: Insn) {
    let lanes = checked(i);
    let by = right_amount(i, lanes);
    let a = t.v(i.rn(), XMM0);
    t.shift_right_v(lanes.size, XMM0, a, by);
    let ones = u64::MAX >> (64 - lanes.esize());
    insert(t, i, lanes, !ones.checked_shr(by).unwrap_or(0));
}

// ---- Widening ----

fn long_uses(i: Insn) -> Option<Uses> {
    let size = i.bits(22, 19).checked_ilog2()?;
    (size < 3).then_some(d_n(i))
}

fn left_long(t: &mut Translator<'_>, i: Insn) {
    t.unary_v(i, 128, |t, i, to, a| {
        let lanes = checked_narrow(i);
        let by = left_amount(i, lanes);
        t.widen_v(lanes.size, is_signed(i), i.q(), to, a);
        if by != 0 {
            t.shift_left_v(lanes.size + 1, to, to, by);
        }
    });
}

fn extend_uses(i: Insn) -> Option<Uses> {
    (i.size() < 3).then_some(d_n(i))
}

fn extend_left(t: &mut Translator<'_>, i: Insn) {
    t.unary_v(i, 128, |t, i, to, a| {
        t.widen_v(i.size(), false, i.q(), to, a);
        t.shift_left_v(i.size() + 1, to, to, 8 << i.size());
    });
}

// ---- Narrowing ----

/// The narrow side of an instruction that [`long_uses`] or [`narrow_uses`] has checked.
fn checked_narrow(i: Insn) -> Lanes {
    let size = i.bits(22, 19).checked_ilog2().expect("checked by the line");
    Lanes { size, bits: 64 }
}

/// The upper half's forms keep the lower one.
fn with_half(i: Insn) -> Uses {
    if i.q() && !i.bit(28) { d_n(i).reads_v(i.rd()) } else { d_n(i) }
}

fn narrow_uses(i: Insn) -> Option<Uses> {
    long_uses(i).map(|_| with_half(i))
}

fn truncate_uses(i: Insn) -> Option<Uses> {
    (i.size() < 3).then_some(with_half(i))
}

fn truncate(t: &mut Translator<'_>, i: Insn) {
    let a = t.v(i.rn(), XMM0);
    t.narrow_v(i.size(), false, XMM0, a);
    t.finish_half_v(i, XMM0);
}

fn right_narrow(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = checked_narrow(i);
    let (by, wide) = (right_amount(i, lanes), lanes.size + 1);
    let mut a = t.v(i.rn(), XMM0);
    if round {
        // What overflows has no place in the narrow result.
        let half = t.splat(wide, 1 << (by - 1));
        t.asm.v3(ADD[wide as usize], XMM0, a, half);
        a = XMM0;
    }
    let whole = by == lanes.esize();
    if !whole {
        t.shift_right_v(wide, XMM0, a, by);
        a = XMM0;
    }
    t.narrow_v(lanes.size, whole, XMM0, a);
    t.finish_half_v(i, XMM0);
}

/// What a narrow element can be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Clamp {
    /// As signed as the wide one.
    SameSign,
    /// Unsigned, of a signed one.
    ToUnsigned,
}

fn right_saturating(t: &mut Translator<'_>, i: Insn, round: bool, clamp: Clamp) {
    let lanes = checked_narrow(i);
    let signed = clamp == Clamp::ToUnsigned || is_signed(i);
    let by = right_amount(i, lanes);
    let a = t.v(i.rn(), XMM0);
    right_shift(t, lanes.size + 1, signed, by, round, XMM0, a);
    narrow_saturating(t, i, lanes.size, clamp, XMM0);
}

fn truncate_saturating(t: &mut Translator<'_>, i: Insn, clamp: Clamp) {
    let a = t.v(i.rn(), XMM0);
    narrow_saturating(t, i, i.size(), clamp, a);
}

/// Brings the wide elements of `a` into the range of narrow ones, and narrows them. Of 64 bits the host has
/// no minimum and maximum.
fn narrow_saturating(t: &mut Translator<'_>, i: Insn, size: u32, clamp: Clamp, a: Xmm) {
    let (wide, esize) = (size + 1, 8_u32 << size);
    let signed = clamp == Clamp::ToUnsigned || is_signed(i);
    let max =
        if clamp == Clamp::SameSign && signed { 1 << (esize - 1) } else { 1_u64 << esize } - 1;
    let most = t.splat(wide, max);
    match (wide, signed) {
        (3, true) => {
            t.asm.v3(VPCMPGTQ, XMM1, a, most);
            t.asm.v4(VPBLENDVB, XMM2, a, most, XMM1);
        }
        (3, false) => {
            let zero = t.constant(0);
            t.asm.vshift(VPSRLQ_IMM, XMM1, a, 32);
            t.asm.v3(VPCMPGTQ, XMM1, XMM1, zero);
            t.asm.v4(VPBLENDVB, XMM2, a, most, XMM1);
        }
        _ => t.asm.v3(extreme(wide, false, signed), XMM2, a, most),
    }
    if signed {
        let min = if clamp == Clamp::SameSign { !max } else { 0 };
        let least = t.splat(wide, min);
        if wide == 3 {
            t.asm.v2(VMOVDQU, XMM1, least);
            t.asm.v3(VPCMPGTQ, XMM1, XMM1, XMM2);
            t.asm.v4(VPBLENDVB, XMM2, XMM2, least, XMM1);
        } else {
            t.asm.v3(extreme(wide, true, true), XMM2, XMM2, least);
        }
    }
    t.asm.v3(VPXOR, XMM1, a, XMM2);
    if i.bit(28) {
        // A scalar: the lowest element alone.
        t.saturated_if(8 << wide, XMM1);
        return t.finish_v(i.rd(), esize, XMM2);
    }
    t.saturated_if(128, XMM1);
    t.narrow_v(size, false, XMM0, XMM2);
    t.finish_half_v(i, XMM0);
}

// ---- By register ----

fn by_register_uses(i: Insn) -> Option<Uses> {
    Lanes::of(i, BHSD, D).map(|_| d_n_m(i))
}

/// Of 16 bits they are done as of 32; of 8 bits compilers make none.
fn rounding_by_register_uses(i: Insn) -> Option<Uses> {
    Lanes::of(i, BHSD & !B, D).map(|_| d_n_m(i))
}

/// Where [`by_register`] finds its operands, as elements that the host can shift each by its own
/// amount.
#[derive(Clone, Copy)]
pub(super) enum Part {
    Whole,
    /// The even 16-bit elements, extended to 32 bits.
    Even,
    Odd,
}

impl Translator<'_> {
    fn shifted(&mut self, i: Insn, part: Part, scratch: Xmm) -> Xmm {
        let a = self.v(i.rn(), scratch);
        match part {
            Part::Whole => return a,
            Part::Even => {
                self.asm.vshift(VPSLLD_IMM, scratch, a, 16);
                self.shift_right_as_v(is_signed(i), 2, scratch, scratch, 16);
            }
            Part::Odd => self.shift_right_as_v(is_signed(i), 2, scratch, a, 16),
        }
        scratch
    }

    /// The amounts, no more than `most`; only the low bytes count.
    fn amounts(&mut self, i: Insn, part: Part, most: Option<u8>, scratch: Xmm) -> Xmm {
        let mut by = self.v(i.rm(), scratch);
        if let Part::Odd = part {
            self.asm.vshift(VPSRLD_IMM, scratch, by, 16);
            by = scratch;
        }
        if let Some(most) = most {
            let most = self.splat(0, most.into());
            self.asm.v3(VPMINSB, scratch, by, most);
            by = scratch;
        }
        by
    }
}

fn by_register(t: &mut Translator<'_>, i: Insn, round: bool) {
    let lanes = Lanes::checked(i);
    if lanes.size == 0 {
        bytes_by_register(t, i);
    } else if lanes.size == 1 {
        by_register_part(t, i, 2, Part::Even, round, None);
        t.asm.v_to_reg(VMOVQ_TO_GPR, RAX, XMM0);
        t.asm.vextract(VPEXTRQ, RDX, XMM0, 1);
        by_register_part(t, i, 2, Part::Odd, round, None);
        t.asm.vshift(VPSLLD_IMM, XMM0, XMM0, 16);
        t.asm.v_from_reg(VMOVQ_FROM_GPR, XMM1, RAX);
        t.asm.v3i_from_reg(VPINSRQ, XMM1, XMM1, RDX, 1);
        t.asm.v3i(VPBLENDW, XMM0, XMM0, XMM1, 0x55);
    } else {
        by_register_part(t, i, lanes.size, Part::Whole, round, None);
    }
    t.finish_v(i.rd(), lanes.bits, XMM0);
}

/// As multiplications of 16 bits, which host processors do have: a shift by `n`, from -8 to 7, is the upper half of the
/// product of the byte, moved to the top, and 2 to the power of `n` + 8. Farther to the right is like -8, and
/// farther to the left there is no factor.
fn bytes_by_register(t: &mut Translator<'_>, i: Insn) {
    let power = |n: u32| 1_u128 << (8 * n + n % 8);
    let right = (0..8).fold(0, |table, n| table | power(n));
    let left = (8..16).fold(0, |table, n| table | power(n));
    // The indices into these tables; a set top bit stands for zero.
    let [least, eight, beyond] = [0xf8, 8, 0x70].map(|n| t.splat(0, n));
    let by = t.v(i.rm(), XMM0);
    t.asm.v3(VPMAXSB, XMM0, by, least);
    t.asm.v3(VPADDB, XMM0, XMM0, eight);
    t.asm.v3(VPADDUSB, XMM0, XMM0, beyond);
    for (table, to) in [(left, XMM1), (right, XMM2)] {
        t.set_constant_v(to, table);
        t.asm.v3(VPSHUFB, to, to, XMM0);
    }
    t.asm.v3(VPUNPCKLBW, XMM0, XMM2, XMM1);
    t.asm.v3(VPUNPCKHBW, XMM2, XMM2, XMM1);
    let high = if is_signed(i) { VPMULHW } else { VPMULHUW };
    let (a, low) = (t.v_operand(i.rn()), t.splat(1, 0xff));
    for (unpack, factor) in [(VPUNPCKLBW, XMM0), (VPUNPCKHBW, XMM2)] {
        t.zero_v(XMM1);
        t.asm.v3(unpack, XMM1, XMM1, a);
        t.asm.v3(high, factor, factor, XMM1);
        t.asm.v3(VPAND, factor, factor, low);
    }
    t.asm.v3(VPACKUSWB, XMM0, XMM0, XMM2);
}

/// The amount is the signed low byte of each element. As an unsigned number, what is negative is too
/// large for a shift, which then gives zero: so of the shifts left by the amount and right by its
/// opposite one counts, or both do, which are then the same. The right shift of signed elements,
/// which does not give zero, is masked; the rounding one does, at any amount that is too large. The
/// result is in XMM0. Left shifts are by no more than `most`.
pub(super) fn by_register_part(
    t: &mut Translator<'_>,
    i: Insn,
    size: u32,
    part: Part,
    round: bool,
    most: Option<u8>,
) {
    let index = size as usize;
    let low = t.splat(size, 0xff);
    let by = t.amounts(i, part, most, XMM1);
    t.zero_v(XMM2);
    t.asm.v3(SUB[index], XMM2, XMM2, by);
    t.asm.v3(VPAND, XMM2, XMM2, low);
    if round {
        // One place less, for the bit that rounds.
        let less = t.splat(size, u64::MAX);
        t.asm.v3(ADD[index], XMM2, XMM2, less);
    }
    let a = t.shifted(i, part, XMM0);
    match (is_signed(i), size) {
        (false, 2) => t.asm.v3(VPSRLVD, XMM0, a, XMM2),
        (false, _) => t.asm.v3(VPSRLVQ, XMM0, a, XMM2),
        (true, 2) => t.asm.v3(VPSRAVD, XMM0, a, XMM2),
        (true, _) => {
            t.zero_v(XMM1);
            t.asm.v3(VPCMPGTQ, XMM1, XMM1, a);
            t.asm.v3(VPXOR, XMM0, a, XMM1);
            t.asm.v3(VPSRLVQ, XMM0, XMM0, XMM2);
            t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
        }
    }
    if round {
        // The other half of an odd number is the greater one.
        t.shift_right_as_v(is_signed(i), size, XMM1, XMM0, 1);
        t.asm.v3(SUB[index], XMM0, XMM0, XMM1);
    } else if is_signed(i) {
        let most = t.splat(size, 0x80);
        t.asm.v3(GREATER[index], XMM2, XMM2, most);
        t.asm.v3(VPANDN, XMM0, XMM2, XMM0);
    }
    let by = t.amounts(i, part, most, XMM1);
    t.asm.v3(VPAND, XMM1, by, low);
    let a = t.shifted(i, part, XMM2);
    t.asm.v3([VPSLLVD, VPSLLVQ][index - 2], XMM1, a, XMM1);
    t.asm.v3(VPOR, XMM0, XMM0, XMM1);
}

//! Advanced SIMD arithmetic, comparison and logic on elements of one size.

use super::Translator;
use super::lines::{Family, Line};
use super::simd::{
    ADD, BHS, BHSD, D, EQUAL, GREATER, Lanes, SUB, XMM0, XMM1, XMM2, bits, d_n, d_n_m, extreme,
    is_signed,
};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::*;

// ---- Three registers of the same shape ----

/// Lines with the element sizes of their vector and scalar forms.
macro_rules! lines {
    ($($class:ident: { $($op:ident = $vector:expr, $scalar:expr, $f:expr;)* })*) => { &[
        $($((Op::$op, Line::new(
            |i| $class::uses(i, $vector, $scalar),
            |t, i| $class::emit(t, i, $f),
        )),)*)*
    ] };
}

pub(super) const LINES: Family = lines! {
    three_same: {
        ADD_vector = BHSD, 0, |t, i, to, a, b| t.sized(i, ADD, to, a, b);
        ADD_scalar = 0, D, |t, i, to, a, b| t.sized(i, ADD, to, a, b);
        SUB_vector = BHSD, 0, |t, i, to, a, b| t.sized(i, SUB, to, a, b);
        SUB_scalar = 0, D, |t, i, to, a, b| t.sized(i, SUB, to, a, b);
        CMEQ_register = BHSD, 0, |t, i, to, a, b| t.sized(i, EQUAL, to, a, b);
        CMEQ_register_scalar = 0, D, |t, i, to, a, b| t.sized(i, EQUAL, to, a, b);
        CMGT_register = BHSD, 0, |t, i, to, a, b| t.sized(i, GREATER, to, a, b);
        CMGT_register_scalar = 0, D, |t, i, to, a, b| t.sized(i, GREATER, to, a, b);
        CMGE_register = BHSD, 0, at_least;
        CMGE_register_scalar = 0, D, at_least;
        CMHS_register = BHSD, 0, at_least;
        CMHS_register_scalar = 0, D, at_least;
        CMHI_register = BHSD, 0, higher;
        CMHI_register_scalar = 0, D, higher;
        CMTST = BHSD, 0, common_bits;
        CMTST_scalar = 0, D, common_bits;
        SMAX = BHS, 0, |t, i, to, a, b| t.extreme(i, true, to, a, b);
        UMAX = BHS, 0, |t, i, to, a, b| t.extreme(i, true, to, a, b);
        SMIN = BHS, 0, |t, i, to, a, b| t.extreme(i, false, to, a, b);
        UMIN = BHS, 0, |t, i, to, a, b| t.extreme(i, false, to, a, b);
        SABD = BHS, 0, absolute_difference;
        UABD = BHS, 0, absolute_difference;
        SHADD = BHS, 0, halving_add;
        UHADD = BHS, 0, halving_add;
        SRHADD = BHS, 0, halving_add_rounded;
        URHADD = BHS, 0, halving_add_rounded;
        SHSUB = BHS, 0, halving_subtract;
        UHSUB = BHS, 0, halving_subtract;
    }
    accumulating: {
        SABA = BHS, 0, absolute_difference;
        UABA = BHS, 0, absolute_difference;
    }
    saturating: {
        SQADD = BHSD, 0, Sum::Add;
        SQADD_scalar = 0, BHSD, Sum::Add;
        SQSUB = BHSD, 0, Sum::Subtract;
        SQSUB_scalar = 0, BHSD, Sum::Subtract;
        UQADD = BHS, 0, Sum::Add;
        UQADD_scalar = 0, BHS, Sum::Add;
        UQSUB = BHS, 0, Sum::Subtract;
        UQSUB_scalar = 0, BHS, Sum::Subtract;
    }
    saturating_unary: {
        SQABS = BHSD, 0, absolute;
        SQABS_scalar = 0, BHSD, absolute;
        SQNEG = BHSD, 0, negate;
        SQNEG_scalar = 0, BHSD, negate;
    }
    logical: {
        AND_vector = 0, 0, |t, to, a, b| t.asm.v3(VPAND, to, a, b);
        BIC_vector_register = 0, 0, |t, to, a, b| t.asm.v3(VPANDN, to, b, a);
        ORR_vector_register = 0, 0, |t, to, a, b| {
            if a == b { t.asm.v2(VMOVDQA, to, a) } else { t.asm.v3(VPOR, to, a, b) }
        };
        ORN_vector = 0, 0, |t, to, a, b| {
            t.ones_v(XMM2);
            t.asm.v3(VPXOR, XMM2, XMM2, b);
            t.asm.v3(VPOR, to, XMM2, a);
        };
        EOR_vector = 0, 0, |t, to, a, b| t.asm.v3(VPXOR, to, a, b);
    }
    // Of the register that decides bit by bit, the one for ones, the one for zeros.
    select: {
        BSL = 0, 0, |i| (i.rd(), i.rn(), i.rm());
        BIT = 0, 0, |i| (i.rm(), i.rn(), i.rd());
        BIF = 0, 0, |i| (i.rm(), i.rd(), i.rn());
    }
    two_registers: {
        ABS = BHSD, 0, absolute;
        ABS_scalar = 0, D, absolute;
        NEG_vector = BHSD, 0, negate;
        NEG_scalar = 0, D, negate;
        CMEQ_zero = BHSD, 0, |t, i, to, a| t.with_zero(i, EQUAL, to, a);
        CMEQ_zero_scalar = 0, D, |t, i, to, a| t.with_zero(i, EQUAL, to, a);
        CMGT_zero = BHSD, 0, |t, i, to, a| t.with_zero(i, GREATER, to, a);
        CMGT_zero_scalar = 0, D, |t, i, to, a| t.with_zero(i, GREATER, to, a);
        CMGE_zero = BHSD, 0, not_negative;
        CMGE_zero_scalar = 0, D, not_negative;
        CMLE_zero = BHSD, 0, not_positive;
        CMLE_zero_scalar = 0, D, not_positive;
        CMLT_zero = BHSD, 0, negative;
        CMLT_zero_scalar = 0, D, negative;
        NOT = super::simd::B, 0, |t, _, to, a| {
            t.ones_v(XMM2);
            t.asm.v3(VPXOR, to, a, XMM2);
        };
        RBIT_vector = super::simd::H, 0, reverse_bits;
        CNT = super::simd::B, 0, count_ones;
        CLZ_vector = BHS, 0, leading_zeros;
        CLS_vector = BHS, 0, leading_sign_bits;
    }
};

mod three_same {
    use super::*;
    use crate::translate::simd::{Binary, Sizes};

    pub(super) fn uses(i: Insn, vector: Sizes, scalar: Sizes) -> Option<Uses> {
        Lanes::of(i, vector, scalar).map(|_| d_n_m(i))
    }

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, f: Binary) {
        t.binary_v(i, Lanes::checked(i).bits, f);
    }
}

/// The result is added to the destination.
mod accumulating {
    use super::*;
    use crate::translate::simd::{Binary, Sizes};

    pub(super) fn uses(i: Insn, vector: Sizes, scalar: Sizes) -> Option<Uses> {
        three_same::uses(i, vector, scalar).map(|uses| uses.reads_v(i.rd()))
    }

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, f: Binary) {
        let (a, b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
        f(t, i, XMM0, a, b);
        let lanes = Lanes::checked(i);
        t.accumulate_v(i, lanes.bits, ADD[lanes.index()], XMM0);
    }
}

impl Translator<'_> {
    fn sized(&mut self, i: Insn, ops: [VOp; 4], to: Xmm, a: Xmm, b: Xmm) {
        self.asm.v3(ops[i.size() as usize], to, a, b);
    }

    fn extreme(&mut self, i: Insn, max: bool, to: Xmm, a: Xmm, b: Xmm) {
        self.asm.v3(extreme(i.size(), max, is_signed(i)), to, a, b);
    }

    fn with_zero(&mut self, i: Insn, ops: [VOp; 4], to: Xmm, a: Xmm) {
        self.zero_v(XMM2);
        self.sized(i, ops, to, a, XMM2);
    }
}

/// `a >= b`: `a` is the greater of both; of 64 bits, where there is no such operation, `!(b > a)`.
fn at_least(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    if i.size() < 3 {
        t.extreme(i, true, XMM2, a, b);
        return t.sized(i, EQUAL, to, XMM2, a);
    }
    if is_signed(i) {
        t.asm.v3(VPCMPGTQ, XMM2, b, a);
    } else {
        let flip = t.splat(3, 1 << 63);
        t.asm.v3(VPXOR, XMM2, b, flip);
        t.asm.v3(VPXOR, XMM0, a, flip);
        t.asm.v3(VPCMPGTQ, XMM2, XMM2, XMM0);
    }
    t.ones_v(XMM1);
    t.asm.v3(VPXOR, to, XMM2, XMM1);
}

/// `a > b`, unsigned: signed, with the highest bits flipped.
fn higher(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    let lanes = Lanes::checked(i);
    let flip = t.splat(lanes.size, 1 << (lanes.esize() - 1));
    t.asm.v3(VPXOR, XMM2, a, flip);
    t.asm.v3(VPXOR, XMM1, b, flip);
    t.sized(i, GREATER, to, XMM2, XMM1);
}

fn common_bits(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    t.asm.v3(VPAND, XMM0, a, b);
    t.zero_v(XMM1);
    t.sized(i, EQUAL, XMM0, XMM0, XMM1);
    t.ones_v(XMM1);
    t.asm.v3(VPXOR, to, XMM0, XMM1);
}

fn absolute_difference(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    t.extreme(i, true, XMM2, a, b);
    t.extreme(i, false, XMM0, a, b);
    t.sized(i, SUB, to, XMM2, XMM0);
}

/// `(a + b) >> 1` without the ninth bit: what both have, and half of what one has.
fn halving_add(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    t.asm.v3(VPXOR, XMM2, a, b);
    t.asm.v3(VPAND, XMM0, a, b);
    t.shift_right_as_v(is_signed(i), i.size(), XMM2, XMM2, 1);
    t.sized(i, ADD, to, XMM0, XMM2);
}

/// `(a + b + 1) >> 1`: what either has, less half of what one has.
fn halving_add_rounded(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    match (is_signed(i), i.size()) {
        (false, 0) => t.asm.v3(VPAVGB, to, a, b),
        (false, 1) => t.asm.v3(VPAVGW, to, a, b),
        (signed, size) => {
            t.asm.v3(VPXOR, XMM2, a, b);
            t.asm.v3(VPOR, XMM0, a, b);
            t.shift_right_as_v(signed, size, XMM2, XMM2, 1);
            t.sized(i, SUB, to, XMM0, XMM2);
        }
    }
}

/// `(a - b) >> 1`: half of what one has, less what only `b` has.
fn halving_subtract(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    t.asm.v3(VPXOR, XMM2, a, b);
    t.asm.v3(VPANDN, XMM0, a, b);
    t.shift_right_as_v(is_signed(i), i.size(), XMM2, XMM2, 1);
    t.sized(i, SUB, to, XMM2, XMM0);
}

// ---- Saturation ----

/// What saturates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    Add,
    Subtract,
}

pub(super) mod saturating {
    use super::*;
    pub(super) use three_same::uses;

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, sum: Sum) {
        let lanes = Lanes::checked(i);
        let (a, b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
        match (is_signed(i), lanes.size) {
            (signed, 0 | 1) => by_host(t, i, signed, sum, a, b),
            (true, size) => signed(t, size, sum, a, b),
            (false, _) => unsigned_words(t, sum, a, b),
        }
        t.saturated_if(lanes.bits, XMM1);
        t.finish_v(i.rd(), lanes.bits, XMM0);
    }

    /// The result in XMM0, and in XMM1 how it differs from that of wrapping.
    fn by_host(t: &mut Translator<'_>, i: Insn, signed: bool, sum: Sum, a: Xmm, b: Xmm) {
        let (wrapping, saturating) = match (sum, signed) {
            (Sum::Add, true) => (ADD, [VPADDSB, VPADDSW]),
            (Sum::Add, false) => (ADD, [VPADDUSB, VPADDUSW]),
            (Sum::Subtract, true) => (SUB, [VPSUBSB, VPSUBSW]),
            (Sum::Subtract, false) => (SUB, [VPSUBUSB, VPSUBUSW]),
        };
        t.sized(i, wrapping, XMM2, a, b);
        t.asm.v3(saturating[i.size() as usize], XMM0, a, b);
        t.asm.v3(VPXOR, XMM1, XMM0, XMM2);
    }

    /// As [`by_host`], of 32- and 64-bit elements.
    pub(in crate::translate) fn signed(
        t: &mut Translator<'_>,
        size: u32,
        sum: Sum,
        a: Xmm,
        b: Xmm,
    ) {
        let (at, esize) = (size as usize, 8 << size);
        // An overflow shows in the sign: that of the sum differs from both operands', or that of
        // the difference from the first one's, and the second one's does, too.
        if sum == Sum::Add {
            t.asm.v3(ADD[at], XMM2, a, b);
            t.asm.v3(VPXOR, XMM1, b, XMM2);
        } else {
            t.asm.v3(SUB[at], XMM2, a, b);
            t.asm.v3(VPXOR, XMM1, a, b);
        }
        t.asm.v3(VPXOR, XMM0, a, XMM2);
        t.asm.v3(VPAND, XMM0, XMM0, XMM1);
        // All of the element for its sign.
        t.zero_v(XMM1);
        t.asm.v3(GREATER[at], XMM0, XMM1, XMM0);
        // Where the wrapped result is negative, the exact one was positive.
        t.asm.v3(GREATER[at], XMM1, XMM1, XMM2);
        let least = t.splat(size, 1 << (esize - 1));
        t.asm.v3(VPXOR, XMM1, XMM1, least);
        t.asm.v4(VPBLENDVB, XMM2, XMM2, XMM1, XMM0);
        t.asm.v2(VMOVDQA, XMM1, XMM0);
        t.asm.v2(VMOVDQA, XMM0, XMM2);
    }

    fn unsigned_words(t: &mut Translator<'_>, sum: Sum, a: Xmm, b: Xmm) {
        if sum == Sum::Add {
            // No more than what is missing to all ones.
            t.ones_v(XMM2);
            t.asm.v3(VPXOR, XMM2, XMM2, a);
            t.asm.v3(VPMINUD, XMM2, XMM2, b);
            t.asm.v3(VPADDD, XMM2, XMM2, a);
            t.asm.v3(VPADDD, XMM0, a, b);
        } else {
            t.asm.v3(VPMAXUD, XMM2, a, b);
            t.asm.v3(VPSUBD, XMM2, XMM2, b);
            t.asm.v3(VPSUBD, XMM0, a, b);
        }
        t.asm.v3(VPXOR, XMM1, XMM0, XMM2);
        t.asm.v2(VMOVDQA, XMM0, XMM2);
    }
}

/// Of the least number, which is its own opposite.
mod saturating_unary {
    use super::*;
    use crate::translate::simd::Unary;
    pub(super) use two_registers::uses;

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, f: Unary) {
        let lanes = Lanes::checked(i);
        let a = t.v(i.rn(), XMM0);
        f(t, i, XMM0, a);
        let least = t.splat(lanes.size, 1 << (lanes.esize() - 1));
        t.asm.v3(EQUAL[lanes.index()], XMM1, XMM0, least);
        t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
        t.saturated_if(lanes.bits, XMM1);
        t.finish_v(i.rd(), lanes.bits, XMM0);
    }
}

// ---- Logic ----

mod logical {
    use super::*;
    use crate::translate::simd::Sizes;

    /// Bits have no size; the fields of the table stay empty.
    pub(super) fn uses(i: Insn, _: Sizes, _: Sizes) -> Option<Uses> {
        Some(d_n_m(i))
    }

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, f: fn(&mut Translator<'_>, Xmm, Xmm, Xmm)) {
        let a = t.v(i.rn(), XMM0);
        let b = if i.rm() == i.rn() { a } else { t.v(i.rm(), XMM1) };
        let to = t.result_v(i.rd(), bits(i));
        f(t, to, a, b);
        t.finish_v(i.rd(), bits(i), to);
    }
}

mod select {
    use super::*;
    use crate::translate::simd::Sizes;

    pub(super) fn uses(i: Insn, _: Sizes, _: Sizes) -> Option<Uses> {
        Some(d_n_m(i).reads_v(i.rd()))
    }

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, of: fn(Insn) -> (usize, usize, usize)) {
        let (which, ones, zeros) = of(i);
        let which = t.v(which, XMM2);
        let (ones, zeros) = (t.v_operand(ones), t.v_operand(zeros));
        t.asm.v3(VPAND, XMM0, which, ones);
        t.asm.v3(VPANDN, XMM1, which, zeros);
        let to = t.result_v(i.rd(), bits(i));
        t.asm.v3(VPOR, to, XMM0, XMM1);
        t.finish_v(i.rd(), bits(i), to);
    }
}

// ---- Two registers ----

mod two_registers {
    use super::*;
    use crate::translate::simd::{Sizes, Unary};

    pub(super) fn uses(i: Insn, vector: Sizes, scalar: Sizes) -> Option<Uses> {
        Lanes::of(i, vector, scalar).map(|_| d_n(i))
    }

    pub(super) fn emit(t: &mut Translator<'_>, i: Insn, f: Unary) {
        t.unary_v(i, Lanes::checked(i).bits, f);
    }
}

fn absolute(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    match i.size() {
        3 => {
            t.zero_v(XMM1);
            t.asm.v3(VPCMPGTQ, XMM1, XMM1, a);
            t.asm.v3(VPXOR, XMM2, a, XMM1);
            t.asm.v3(VPSUBQ, to, XMM2, XMM1);
        }
        size => t.asm.v2([VPABSB, VPABSW, VPABSD][size as usize], to, a),
    }
}

fn negate(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    t.zero_v(XMM2);
    t.sized(i, SUB, to, XMM2, a);
}

fn negative(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    t.zero_v(XMM2);
    t.sized(i, GREATER, to, XMM2, a);
}

/// `a > -1`.
fn not_negative(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    t.ones_v(XMM2);
    t.sized(i, GREATER, to, a, XMM2);
}

/// `1 > a`.
fn not_positive(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    let one = t.splat(i.size(), 1);
    t.asm.v2(VMOVDQU, XMM2, one);
    t.sized(i, GREATER, to, XMM2, a);
}

// ---- Bits within elements, by tables of the sixteen values of half a byte ----

/// A byte for each value of four bits.
fn table(f: impl Fn(u8) -> u8) -> u128 {
    (0..16).fold(0, |table, n| table | u128::from(f(n)) << (8 * n))
}

/// Combines what `low` and `high` say about the halves of each byte.
fn by_halves(t: &mut Translator<'_>, op: VOp, to: Xmm, a: Xmm, low: u128, high: u128) {
    let half = t.splat(0, 0x0f);
    t.asm.vshift(VPSRLW_IMM, XMM1, a, 4);
    t.asm.v3(VPAND, XMM1, XMM1, half);
    t.asm.v3(VPAND, XMM0, a, half);
    let table = t.constant(low);
    t.asm.v2(VMOVDQU, XMM2, table);
    t.asm.v3(VPSHUFB, XMM0, XMM2, XMM0);
    if low != high {
        let table = t.constant(high);
        t.asm.v2(VMOVDQU, XMM2, table);
    }
    t.asm.v3(VPSHUFB, XMM1, XMM2, XMM1);
    t.asm.v3(op, to, XMM0, XMM1);
}

fn count_ones(t: &mut Translator<'_>, _: Insn, to: Xmm, a: Xmm) {
    let ones = table(|n| n.count_ones() as u8);
    by_halves(t, VPADDB, to, a, ones, ones);
}

fn reverse_bits(t: &mut Translator<'_>, _: Insn, to: Xmm, a: Xmm) {
    by_halves(t, VPOR, to, a, table(u8::reverse_bits), table(|n| (n << 4).reverse_bits()));
}

fn leading_zeros(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    // The upper half decides unless it is zero, when it says 8.
    let low = table(|n| n.leading_zeros() as u8);
    let high = table(|n| (n << 4).leading_zeros() as u8);
    let first = if i.size() == 0 { to } else { XMM0 };
    by_halves(t, VPMINUB, first, a, low, high);
    // From the counts of two halves that of the whole: the lower one matters if the upper one is all
    // zeros.
    for size in 1..=i.size() {
        let half = 4 << size;
        let (all, low) = (t.splat(size, half), t.splat(size, (1 << half) - 1));
        t.shift_right_v(size, XMM1, XMM0, half as u32);
        t.asm.v3(EQUAL[size as usize], XMM2, XMM1, all);
        t.asm.v3(VPAND, XMM0, XMM0, XMM2);
        t.asm.v3(VPAND, XMM0, XMM0, low);
        let last = if size == i.size() { to } else { XMM0 };
        t.asm.v3(ADD[size as usize], last, XMM0, XMM1);
    }
}

/// Leading zeros of where a bit differs from the next, apart from the first.
fn leading_sign_bits(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    t.shift_right_signed_v(i.size(), XMM1, a, 1);
    t.asm.v3(VPXOR, XMM0, a, XMM1);
    leading_zeros(t, i, XMM0, XMM0);
    let one = t.splat(i.size(), 1);
    t.asm.v3(SUB[i.size() as usize], to, XMM0, one);
}

//! Advanced SIMD multiplication: of vectors and by element, long, high halves, dot products.
//!
//! A form by element is the form of vectors after the element has been copied to all lanes.

use super::Translator;
use super::lines::{Family, Line};
use super::simd::{
    ADD, BHS, EQUAL, HS, Lanes, S, SUB, Sizes, UNPACK_HIGH, UNPACK_LOW, XMM0, XMM1, XMM2, bits,
    d_n, d_n_m, is_signed,
};
use super::simd_integer::{Sum, saturating};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::*;

/// Lines that share their functions.
macro_rules! lines {
    ($($($op:ident)* = $uses:expr, $emit:expr;)*) => {
        &[$($((Op::$op, Line::new($uses, $emit)),)*)*]
    };
}

pub(super) const LINES: Family = lines! {
    MUL_vector = |i| vector_uses(i, BHS, 0, false), |t, i| same(t, i, Rm::Vector, Then::Nothing);
    MLA_vector = |i| vector_uses(i, BHS, 0, true), |t, i| same(t, i, Rm::Vector, Then::Add);
    MLS_vector = |i| vector_uses(i, BHS, 0, true), |t, i| same(t, i, Rm::Vector, Then::Subtract);
    MUL_element = |i| element_uses(i, false), |t, i| same(t, i, Rm::Element, Then::Nothing);
    MLA_element = |i| element_uses(i, true), |t, i| same(t, i, Rm::Element, Then::Add);
    MLS_element = |i| element_uses(i, true), |t, i| same(t, i, Rm::Element, Then::Subtract);
    SMULL_vector UMULL_vector = |i| vector_uses(i, BHS, 0, false), |t, i| long(t, i, Rm::Vector, Then::Nothing);
    SMLAL_vector UMLAL_vector = |i| vector_uses(i, BHS, 0, true), |t, i| long(t, i, Rm::Vector, Then::Add);
    SMLSL_vector UMLSL_vector = |i| vector_uses(i, BHS, 0, true), |t, i| long(t, i, Rm::Vector, Then::Subtract);
    SMULL_element UMULL_element = |i| element_uses(i, false), |t, i| long(t, i, Rm::Element, Then::Nothing);
    SMLAL_element UMLAL_element = |i| element_uses(i, true), |t, i| long(t, i, Rm::Element, Then::Add);
    SMLSL_element UMLSL_element = |i| element_uses(i, true), |t, i| long(t, i, Rm::Element, Then::Subtract);
    SQDMULH_vector SQDMULH_scalar = |i| vector_uses(i, HS, HS, false), |t, i| high(t, i, Rm::Vector, Round::Down);
    SQRDMULH_vector SQRDMULH_scalar = |i| vector_uses(i, HS, HS, false), |t, i| high(t, i, Rm::Vector, Round::TiesUp);
    SQDMULH_element SQDMULH_element_scalar = |i| element_uses(i, false), |t, i| high(t, i, Rm::Element, Round::Down);
    SQRDMULH_element SQRDMULH_element_scalar = |i| element_uses(i, false), |t, i| high(t, i, Rm::Element, Round::TiesUp);
    SQRDMLAH_vector SQRDMLAH_scalar = |i| vector_uses(i, HS, HS, true), |t, i| high_sum(t, i, Rm::Vector, Sum::Add);
    SQRDMLSH_vector SQRDMLSH_scalar = |i| vector_uses(i, HS, HS, true), |t, i| high_sum(t, i, Rm::Vector, Sum::Subtract);
    SQRDMLAH_element SQRDMLAH_element_scalar = |i| element_uses(i, true), |t, i| high_sum(t, i, Rm::Element, Sum::Add);
    SQRDMLSH_element SQRDMLSH_element_scalar = |i| element_uses(i, true), |t, i| high_sum(t, i, Rm::Element, Sum::Subtract);
    SQDMULL_vector SQDMULL_scalar = |i| vector_uses(i, HS, HS, false),
        |t, i| doubled_long(t, i, Rm::Vector, None);
    SQDMLAL_vector SQDMLAL_scalar = |i| vector_uses(i, HS, HS, true),
        |t, i| doubled_long(t, i, Rm::Vector, Some(Sum::Add));
    SQDMLSL_vector SQDMLSL_scalar = |i| vector_uses(i, HS, HS, true),
        |t, i| doubled_long(t, i, Rm::Vector, Some(Sum::Subtract));
    SQDMULL_element SQDMULL_element_scalar = |i| element_uses(i, false),
        |t, i| doubled_long(t, i, Rm::Element, None);
    SQDMLAL_element SQDMLAL_element_scalar = |i| element_uses(i, true),
        |t, i| doubled_long(t, i, Rm::Element, Some(Sum::Add));
    SQDMLSL_element SQDMLSL_element_scalar = |i| element_uses(i, true),
        |t, i| doubled_long(t, i, Rm::Element, Some(Sum::Subtract));
    PMUL = |i| Some(d_n_m(i)), polynomials;
    PMULL = |i| Some(d_n_m(i)), polynomials_long;
    SDOT_vector UDOT_vector = |i| vector_uses(i, S, 0, true), |t, i| dot_product(t, i, Rm::Vector);
    SDOT_element UDOT_element = |i| element_uses(i, true), |t, i| dot_product(t, i, Rm::Element);
};

/// What the second operand is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rm {
    Vector,
    Element,
}

/// What becomes of the product.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Then {
    Nothing,
    Add,
    Subtract,
}

fn vector_uses(i: Insn, vector: Sizes, scalar: Sizes, accumulates: bool) -> Option<Uses> {
    Lanes::of(i, vector, scalar)?;
    let uses = d_n_m(i);
    Some(if accumulates { uses.reads_v(i.rd()) } else { uses })
}

/// Register and index, from `H`, `L` and `M`: of 16-bit elements only V0 to V15, as `M` is part of
/// their index.
fn element(i: Insn) -> Option<(usize, u32)> {
    let (h, l, m) = (i.bits(11, 11), i.bits(21, 21), i.bits(20, 20));
    match i.size() {
        1 => Some((i.bits(19, 16) as usize, h << 2 | l << 1 | m)),
        2 => Some((i.rm(), h << 1 | l)),
        _ => None,
    }
}

fn element_uses(i: Insn, accumulates: bool) -> Option<Uses> {
    let uses = d_n(i).reads_v(element(i)?.0);
    Some(if accumulates { uses.reads_v(i.rd()) } else { uses })
}

impl Translator<'_> {
    /// The operand in a register: that of a vector, or XMM1 with the element in all lanes.
    fn multiplier(&mut self, i: Insn, rm: Rm, scratch: Xmm) -> Xmm {
        if rm == Rm::Vector {
            return self.v(i.rm(), scratch);
        }
        let (register, index) = element(i).expect("checked by the line");
        self.broadcast_v(i.size(), scratch, register, index);
        scratch
    }
}

// ---- Elements of one size ----

fn same(t: &mut Translator<'_>, i: Insn, rm: Rm, then: Then) {
    let lanes = Lanes::checked(i);
    let a = t.v(i.rn(), XMM0);
    let b = t.multiplier(i, rm, XMM1);
    let to = if then == Then::Nothing { t.result_v(i.rd(), lanes.bits) } else { XMM0 };
    match lanes.size {
        0 => multiply_bytes(t, to, a, b),
        1 => t.asm.v3(VPMULLW, to, a, b),
        _ => t.asm.v3(VPMULLD, to, a, b),
    }
    finish(t, i, lanes.size, lanes.bits, then, to);
}

/// Ends an instruction with the product in `product`.
fn finish(t: &mut Translator<'_>, i: Insn, size: u32, bits: u32, then: Then, product: Xmm) {
    let ops = match then {
        Then::Nothing => return t.finish_v(i.rd(), bits, product),
        Then::Add => ADD,
        Then::Subtract => SUB,
    };
    t.accumulate_v(i, bits, ops[size as usize], product);
}

/// As 16-bit elements: the even bytes' products at the bottom, the odd ones' at the top, where a
/// factor that is there already leaves them.
fn multiply_bytes(t: &mut Translator<'_>, to: Xmm, a: Xmm, b: Xmm) {
    let (low, high) = (t.splat(1, 0x00ff), t.splat(1, 0xff00));
    t.asm.vshift(VPSRLW_IMM, XMM2, a, 8);
    t.asm.v3(VPMULLW, XMM0, a, b);
    t.asm.v3(VPAND, XMM1, b, high);
    t.asm.v3(VPMULLW, XMM2, XMM2, XMM1);
    t.asm.v3(VPAND, XMM0, XMM0, low);
    t.asm.v3(VPOR, to, XMM0, XMM2);
}

// ---- Products of twice the size ----

fn long(t: &mut Translator<'_>, i: Insn, rm: Rm, then: Then) {
    let to = if then == Then::Nothing { t.v_target(i.rd(), XMM0) } else { XMM0 };
    long_product(t, i, rm, to);
    finish(t, i, i.size() + 1, 128, then, to);
}

/// The products of the lower elements, or of the upper ones for the "2" mnemonics.
fn long_product(t: &mut Translator<'_>, i: Insn, rm: Rm, to: Xmm) {
    let (upper, signed) = (i.q() && !i.bit(28), is_signed(i));
    let a = t.v(i.rn(), XMM0);
    let b = t.multiplier(i, rm, XMM1);
    match i.size() {
        0 => {
            t.widen_v(0, signed, upper, XMM2, a);
            t.widen_v(0, signed, upper, XMM1, b);
            t.asm.v3(VPMULLW, to, XMM2, XMM1);
        }
        1 => {
            // The two halves of each product, side by side.
            let high = if signed { VPMULHW } else { VPMULHUW };
            let unpack = if upper { UNPACK_HIGH } else { UNPACK_LOW };
            t.asm.v3(VPMULLW, XMM2, a, b);
            t.asm.v3(high, XMM1, a, b);
            t.asm.v3(unpack[1], to, XMM2, XMM1);
        }
        _ => {
            // Elements 0 and 1, or 2 and 3, to where the host multiplies.
            let spread = if upper { 0b11_11_10_10 } else { 0b01_01_00_00 };
            t.asm.v2i(VPSHUFD, XMM2, a, spread);
            t.asm.v2i(VPSHUFD, XMM1, b, spread);
            t.asm.v3(if signed { VPMULDQ } else { VPMULUDQ }, to, XMM2, XMM1);
        }
    }
}

/// Only the square of the least number saturates, doubled; then perhaps the sum.
fn doubled_long(t: &mut Translator<'_>, i: Insn, rm: Rm, sum: Option<Sum>) {
    let size = i.size() + 1;
    let bits = if i.bit(28) { 8 << size } else { 128 };
    long_product(t, i, rm, XMM0);
    t.asm.v3(ADD[size as usize], XMM0, XMM0, XMM0);
    let least = t.splat(size, 1 << ((8 << size) - 1));
    t.asm.v3(EQUAL[size as usize], XMM1, XMM0, least);
    t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
    t.saturated_if(bits, XMM1);
    if let Some(sum) = sum {
        t.asm.v2(VMOVDQA, XMM1, XMM0);
        let old = t.v(i.rd(), XMM0);
        saturating::signed(t, size, sum, old, XMM1);
        t.saturated_if(bits, XMM1);
    }
    t.finish_v(i.rd(), bits, XMM0);
}

// ---- Upper halves of doubled products ----

/// What becomes of the half that is lost.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Down,
    TiesUp,
    /// What subtracting needs, to round ties up itself.
    TiesDown,
}

/// Saturates only the square of the least number, which would be that number.
fn high(t: &mut Translator<'_>, i: Insn, rm: Rm, round: Round) {
    let lanes = Lanes::checked(i);
    high_product(t, i, rm, round);
    t.saturated_if(lanes.bits, XMM1);
    t.finish_v(i.rd(), lanes.bits, XMM0);
}

/// The product in XMM0, which is too small by one where XMM1 has all ones.
fn high_product(t: &mut Translator<'_>, i: Insn, rm: Rm, round: Round) {
    let lanes = Lanes::checked(i);
    let a = t.v(i.rn(), XMM0);
    let b = t.multiplier(i, rm, XMM1);
    if lanes.size == 1 {
        high_of_halves(t, round, a, b);
    } else {
        high_of_words(t, round, a, b);
    }
    let least = t.splat(lanes.size, 1 << (lanes.esize() - 1));
    t.asm.v3(EQUAL[lanes.index()], XMM1, XMM0, least);
    t.asm.v3(VPXOR, XMM0, XMM0, XMM1);
}

/// The sum is exact before it saturates, so the one that a product may lack comes second.
fn high_sum(t: &mut Translator<'_>, i: Insn, rm: Rm, sum: Sum) {
    let lanes = Lanes::checked(i);
    let (round, opposite) = match sum {
        Sum::Add => (Round::TiesUp, Sum::Subtract),
        Sum::Subtract => (Round::TiesDown, Sum::Add),
    };
    high_product(t, i, rm, round);
    t.asm.v2(VMOVDQA, XMM1, XMM0);
    let old = t.v(i.rd(), XMM0);
    saturating::signed(t, lanes.size, sum, old, XMM1);
    t.saturated_if(lanes.bits, XMM1);
    // Minus one where both factors are the least number.
    let least = t.splat(lanes.size, 1 << (lanes.esize() - 1));
    let a = t.v(i.rn(), XMM1);
    t.asm.v3(EQUAL[lanes.index()], XMM1, a, least);
    let b = t.multiplier(i, rm, XMM2);
    t.asm.v3(EQUAL[lanes.index()], XMM2, b, least);
    t.asm.v3(VPAND, XMM1, XMM1, XMM2);
    saturating::signed(t, lanes.size, opposite, XMM0, XMM1);
    t.saturated_if(lanes.bits, XMM1);
    t.finish_v(i.rd(), lanes.bits, XMM0);
}

fn high_of_halves(t: &mut Translator<'_>, round: Round, a: Xmm, b: Xmm) {
    if round != Round::TiesUp {
        t.asm.v3(VPMULLW, XMM2, a, b);
    }
    if round == Round::Down {
        t.asm.v3(VPMULHW, XMM0, a, b);
        t.asm.v3(VPADDW, XMM0, XMM0, XMM0);
        t.asm.vshift(VPSRLW_IMM, XMM2, XMM2, 15);
        return t.asm.v3(VPOR, XMM0, XMM0, XMM2);
    }
    t.asm.v3(VPMULHRSW, XMM0, a, b);
    if round == Round::TiesDown {
        let half = t.splat(1, 1 << 15);
        t.asm.v3(VPADDW, XMM2, XMM2, XMM2);
        t.asm.v3(VPCMPEQW, XMM2, XMM2, half);
        t.asm.v3(VPADDW, XMM0, XMM0, XMM2);
    }
}

fn high_of_words(t: &mut Translator<'_>, round: Round, a: Xmm, b: Xmm) {
    // The even elements' products, then the odd ones'.
    t.asm.v3(VPMULDQ, XMM2, a, b);
    t.asm.vshift(VPSRLQ_IMM, XMM0, a, 32);
    t.asm.vshift(VPSRLQ_IMM, XMM1, b, 32);
    t.asm.v3(VPMULDQ, XMM0, XMM0, XMM1);
    for product in [XMM0, XMM2] {
        let half = match round {
            Round::Down => 0,
            Round::TiesUp => 1 << 30,
            Round::TiesDown => (1 << 30) - 1,
        };
        if half != 0 {
            let half = t.splat(3, half);
            t.asm.v3(VPADDQ, product, product, half);
        }
        t.asm.v3(VPADDQ, product, product, product);
    }
    t.asm.vshift(VPSRLQ_IMM, XMM2, XMM2, 32);
    t.asm.v3i(VPBLENDD, XMM0, XMM2, XMM0, 0b1010);
}

// ---- Polynomials over {0, 1}: sums without carries, one bit of the second operand after the other ----

/// From the top: the sum is doubled, and the first operand joins it if the bit is set.
fn polynomials(t: &mut Translator<'_>, i: Insn) {
    let (a, b) = (t.v_operand(i.rn()), t.v_operand(i.rm()));
    t.asm.v2(VMOVDQU, XMM1, b);
    t.zero_v(XMM2);
    for bit in (0..8).rev() {
        t.zero_v(XMM0);
        t.asm.v3(VPCMPGTB, XMM0, XMM0, XMM1);
        t.asm.v3(VPAND, XMM0, XMM0, a);
        t.asm.v3(VPXOR, XMM2, XMM2, XMM0);
        if bit != 0 {
            t.asm.v3(VPADDB, XMM2, XMM2, XMM2);
            t.asm.v3(VPADDB, XMM1, XMM1, XMM1);
        }
    }
    t.finish_v(i.rd(), bits(i), XMM2);
}

/// The same with elements of 16 bits, whose top is where the bit is moved to.
fn polynomials_long(t: &mut Translator<'_>, i: Insn) {
    let a = t.v(i.rn(), XMM0);
    t.widen_v(0, false, i.q(), XMM0, a);
    t.zero_v(XMM2);
    for bit in (0..8).rev() {
        let b = t.v(i.rm(), XMM1);
        t.widen_v(0, false, i.q(), XMM1, b);
        t.asm.vshift(VPSLLW_IMM, XMM1, XMM1, 15 - bit);
        t.asm.vshift(VPSRAW_IMM, XMM1, XMM1, 15);
        t.asm.v3(VPAND, XMM1, XMM1, XMM0);
        t.asm.v3(VPXOR, XMM2, XMM2, XMM1);
        if bit != 0 {
            t.asm.v3(VPADDW, XMM2, XMM2, XMM2);
        }
    }
    t.set_v(i.rd(), XMM2);
}

// ---- Dot products ----

/// The even and the odd bytes as 16-bit elements, whose products the host adds in pairs.
fn dot_product(t: &mut Translator<'_>, i: Insn, rm: Rm) {
    for (odd, sum) in [(false, XMM0), (true, XMM1)] {
        let a = t.v(i.rn(), sum);
        halves_of_pairs(t, i, odd, sum, a);
        let b = t.multiplier(i, rm, XMM2);
        halves_of_pairs(t, i, odd, XMM2, b);
        t.asm.v3(VPMADDWD, sum, sum, XMM2);
    }
    t.asm.v3(VPADDD, XMM0, XMM0, XMM1);
    t.accumulate_v(i, bits(i), VPADDD, XMM0);
}

/// The even or odd bytes of `a`, extended to 16 bits.
fn halves_of_pairs(t: &mut Translator<'_>, i: Insn, odd: bool, to: Xmm, a: Xmm) {
    let shift = if is_signed(i) { VPSRAW_IMM } else { VPSRLW_IMM };
    if odd {
        t.asm.vshift(shift, to, a, 8);
    } else if is_signed(i) {
        t.asm.vshift(VPSLLW_IMM, to, a, 8);
        t.asm.vshift(VPSRAW_IMM, to, to, 8);
    } else {
        let low = t.splat(1, 0x00ff);
        t.asm.v3(VPAND, to, a, low);
    }
}

//! Advanced SIMD operations on neighbouring elements of one register, and across all of them.

use super::Translator;
use super::lines::{Family, Line};
use super::simd::{ADD, BHS, BHSD, Lanes, Sizes, XMM0, XMM1, XMM2, d_n, d_n_m, extreme, is_signed};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::*;

pub(super) const LINES: Family = &[
    (Op::ADDP_vector, Line::new(|i| pair_uses(i, BHSD), |t, i| pairwise(t, i, add))),
    (Op::SMAXP, Line::new(|i| pair_uses(i, BHS), |t, i| pairwise(t, i, greatest))),
    (Op::UMAXP, Line::new(|i| pair_uses(i, BHS), |t, i| pairwise(t, i, greatest))),
    (Op::SMINP, Line::new(|i| pair_uses(i, BHS), |t, i| pairwise(t, i, smallest))),
    (Op::UMINP, Line::new(|i| pair_uses(i, BHS), |t, i| pairwise(t, i, smallest))),
    (Op::SADDLP, Line::new(uses, add_long_pairs)),
    (Op::UADDLP, Line::new(uses, add_long_pairs)),
    (Op::SADALP, Line::new(accumulating_uses, accumulate_long_pairs)),
    (Op::UADALP, Line::new(accumulating_uses, accumulate_long_pairs)),
    (Op::ADDV, Line::new(across_uses, |t, i| across(t, i, add(i)))),
    (Op::SMAXV, Line::new(across_uses, |t, i| across(t, i, greatest(i)))),
    (Op::UMAXV, Line::new(across_uses, |t, i| across(t, i, greatest(i)))),
    (Op::SMINV, Line::new(across_uses, |t, i| across(t, i, smallest(i)))),
    (Op::UMINV, Line::new(across_uses, |t, i| across(t, i, smallest(i)))),
    (Op::SADDLV, Line::new(across_uses, add_long_across)),
    (Op::UADDLV, Line::new(across_uses, add_long_across)),
    (Op::ADDP_scalar, Line::new(|i| Some(d_n(i)), add_halves)),
];

fn pair_uses(i: Insn, sizes: Sizes) -> Option<Uses> {
    Lanes::of(i, sizes, 0).map(|_| d_n_m(i))
}

fn uses(i: Insn) -> Option<Uses> {
    Lanes::of(i, BHS, 0).map(|_| d_n(i))
}

fn accumulating_uses(i: Insn) -> Option<Uses> {
    uses(i).map(|uses| uses.reads_v(i.rd()))
}

/// Two 32-bit lanes are reserved.
fn across_uses(i: Insn) -> Option<Uses> {
    if i.size() == 2 && !i.q() { None } else { uses(i) }
}

fn add(i: Insn) -> VOp {
    ADD[i.size() as usize]
}

fn greatest(i: Insn) -> VOp {
    extreme(i.size(), true, is_signed(i))
}

fn smallest(i: Insn) -> VOp {
    extreme(i.size(), false, is_signed(i))
}

// ---- Pairs ----

/// Adjacent elements of `Rn`, then those of `Rm`. Of two 64-bit registers, those of both at once; of one
/// register twice, as the C library's string functions have it, those of that.
fn pairwise(t: &mut Translator<'_>, i: Insn, op: fn(Insn) -> VOp) {
    let (lanes, op) = (Lanes::checked(i), op(i));
    let (mut a, mut b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    let one = lanes.bits == 64 || i.rn() == i.rm();
    if lanes.bits == 64 {
        t.asm.v3(VPUNPCKLQDQ, XMM0, a, b);
        (a, b) = (XMM0, XMM0);
    }
    let to = t.result_v(i.rd(), lanes.bits);
    match lanes.size {
        0 | 1 => {
            fold_pairs(t, lanes.size, op, XMM0, a);
            if !one {
                fold_pairs(t, lanes.size, op, XMM1, b);
            }
            let pack = [VPACKUSWB, VPACKUSDW][lanes.index()];
            t.asm.v3(pack, to, XMM0, if one { XMM0 } else { XMM1 });
        }
        2 => {
            t.asm.v3i(VSHUFPS, XMM2, a, b, 0b10_00_10_00);
            t.asm.v3i(VSHUFPS, XMM0, a, b, 0b11_01_11_01);
            t.asm.v3(op, to, XMM2, XMM0);
        }
        _ => {
            t.asm.v3(VPUNPCKLQDQ, XMM2, a, b);
            t.asm.v3(VPUNPCKHQDQ, XMM0, a, b);
            t.asm.v3(op, to, XMM2, XMM0);
        }
    }
    t.finish_v(i.rd(), lanes.bits, to);
}

/// Combines the pairs of `a`, each result zero-extended to the place of the pair.
fn fold_pairs(t: &mut Translator<'_>, size: u32, op: VOp, to: Xmm, a: Xmm) {
    let esize = 8 << size;
    t.shift_right_v(size + 1, XMM2, a, esize);
    t.asm.v3(op, to, a, XMM2);
    let low = t.splat(size + 1, (1 << esize) - 1);
    t.asm.v3(VPAND, to, to, low);
}

/// Sums of adjacent elements, twice as wide. Clobbers XMM0 to XMM2.
fn long_pairs(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm) {
    let signed = is_signed(i);
    let ones = t.splat(i.size(), 1);
    match i.size() {
        // The first operand is unsigned, the second one signed.
        0 if signed => {
            t.asm.v2(VMOVDQU, XMM2, ones);
            t.asm.v3(VPMADDUBSW, to, XMM2, a);
        }
        0 => t.asm.v3(VPMADDUBSW, to, a, ones),
        1 if signed => t.asm.v3(VPMADDWD, to, a, ones),
        size => {
            let wide = size + 1;
            let (esize, mut a) = (8 << size, a);
            if signed {
                // Unsigned numbers, each too large by half their range.
                let flip = t.splat(size, 1 << (esize - 1));
                t.asm.v3(VPXOR, XMM0, a, flip);
                a = XMM0;
            }
            let low = t.splat(wide, (1 << esize) - 1);
            t.shift_right_v(wide, XMM2, a, esize as u32);
            t.asm.v3(VPAND, XMM0, a, low);
            if signed {
                let excess = t.splat(wide, 1 << esize);
                t.asm.v3(SUB_WIDE[size as usize], XMM0, XMM0, excess);
            }
            t.asm.v3(ADD[wide as usize], to, XMM0, XMM2);
        }
    }
}

/// Subtraction of elements of twice the size.
const SUB_WIDE: [VOp; 3] = [VPSUBW, VPSUBD, VPSUBQ];

fn add_long_pairs(t: &mut Translator<'_>, i: Insn) {
    t.unary_v(i, Lanes::checked(i).bits, long_pairs);
}

fn accumulate_long_pairs(t: &mut Translator<'_>, i: Insn) {
    let a = t.v(i.rn(), XMM0);
    long_pairs(t, i, XMM0, a);
    let lanes = Lanes::checked(i);
    t.accumulate_v(i, lanes.bits, ADD[lanes.index() + 1], XMM0);
}

fn add_halves(t: &mut Translator<'_>, i: Insn) {
    t.unary_v(i, 64, |t, _, _, a| {
        t.asm.v2i(VPSHUFD, XMM1, a, 0xee);
        t.asm.v3(VPADDQ, XMM0, XMM1, a);
    });
}

// ---- Across all lanes ----

/// Combines the elements in the low `bits` of `a` into that at 0 of XMM0, above which
/// anything may be left. Clobbers XMM1.
fn fold(t: &mut Translator<'_>, size: u32, bits: u32, op: VOp, mut a: Xmm) {
    // Halves onto halves, until there is one element.
    let mut live = bits / 2;
    while live >= 8 << size {
        match live {
            64 => t.asm.v2i(VPSHUFD, XMM1, a, 0xee),
            32 => t.asm.v2i(VPSHUFD, XMM1, a, 0x55),
            16 => t.asm.vshift(VPSRLD_IMM, XMM1, a, 16),
            _ => t.asm.vshift(VPSRLW_IMM, XMM1, a, 8),
        }
        t.asm.v3(op, XMM0, a, XMM1);
        a = XMM0;
        live /= 2;
    }
}

fn across(t: &mut Translator<'_>, i: Insn, op: VOp) {
    let lanes = Lanes::checked(i);
    let a = t.v(i.rn(), XMM0);
    if lanes.size == 0 && op == VPADDB {
        // Sums of eight bytes each; the upper one counts only in the 128-bit form.
        t.zero_v(XMM2);
        t.asm.v3(VPSADBW, XMM0, a, XMM2);
        if lanes.bits == 128 {
            fold(t, 3, 128, VPADDQ, XMM0);
        }
    } else {
        fold(t, lanes.size, lanes.bits, op, a);
    }
    t.finish_v(i.rd(), lanes.esize(), XMM0);
}

fn add_long_across(t: &mut Translator<'_>, i: Insn) {
    let lanes = Lanes::checked(i);
    let a = t.v(i.rn(), XMM0);
    if lanes.size == 0 && !is_signed(i) {
        t.zero_v(XMM2);
        t.asm.v3(VPSADBW, XMM0, a, XMM2);
        if lanes.bits == 128 {
            fold(t, 3, 128, VPADDQ, XMM0);
        }
        return t.finish_v(i.rd(), 64, XMM0);
    }
    long_pairs(t, i, XMM0, a);
    let wide = lanes.size + 1;
    fold(t, wide, lanes.bits, ADD[wide as usize], XMM0);
    t.finish_v(i.rd(), 8 << wide, XMM0);
}

//! Advanced SIMD permutations, reversals, extraction and table lookup.

use super::Translator;
use super::lines::{Family, Line};
use super::simd::{
    B, BHS, BHSD, H, Lanes, Sizes, UNPACK_HIGH, UNPACK_LOW, XMM0, XMM1, XMM2, bits, d_n, d_n_m,
};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::Xmm;
use crate::x64::vector::*;

pub(super) const LINES: Family = &[
    (Op::ZIP1, Line::new(permute_uses, |t, i| permute(t, i, zip_low))),
    (Op::ZIP2, Line::new(permute_uses, |t, i| permute(t, i, zip_high))),
    (
        Op::UZP1,
        Line::new(permute_uses, |t, i| permute(t, i, |t, i, to, a, b| unzip(t, i, 0, to, a, b))),
    ),
    (
        Op::UZP2,
        Line::new(permute_uses, |t, i| permute(t, i, |t, i, to, a, b| unzip(t, i, 1, to, a, b))),
    ),
    (Op::TRN1, Line::new(permute_uses, |t, i| permute(t, i, transpose_even))),
    (Op::TRN2, Line::new(permute_uses, |t, i| permute(t, i, transpose_odd))),
    (Op::EXT, Line::new(extract_uses, extract)),
    (Op::TBL, Line::new(lookup_uses, lookup)),
    (Op::TBX, Line::new(|i| lookup_uses(i).map(|uses| uses.reads_v(i.rd())), lookup)),
    (Op::REV64, Line::new(|i| reverse_uses(i, BHS), |t, i| reverse(t, i, 8))),
    (Op::REV32_vector, Line::new(|i| reverse_uses(i, B | H), |t, i| reverse(t, i, 4))),
    (Op::REV16_vector, Line::new(|i| reverse_uses(i, B), |t, i| reverse(t, i, 2))),
];

fn permute_uses(i: Insn) -> Option<Uses> {
    Lanes::of(i, BHSD, 0).map(|_| d_n_m(i))
}

fn permute(t: &mut Translator<'_>, i: Insn, f: super::simd::Binary) {
    t.binary_v(i, bits(i), f);
}

fn zip_low(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    t.asm.v3(UNPACK_LOW[i.size() as usize], to, a, b);
}

fn zip_high(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    if i.q() {
        t.asm.v3(UNPACK_HIGH[i.size() as usize], to, a, b);
    } else {
        zip_low(t, i, XMM2, a, b);
        t.asm.vshift(VPSRLDQ_IMM, to, XMM2, 8);
    }
}

/// The even elements of both (`odd` = 0), or the odd ones.
fn unzip(t: &mut Translator<'_>, i: Insn, odd: u32, to: Xmm, a: Xmm, b: Xmm) {
    let size = i.size();
    if !i.q() {
        // Both halves in one register.
        let control = t.shuffle(|byte| {
            let element = 2 * (byte >> size) + odd;
            (byte < 8).then_some((element << size) + (byte & ((1 << size) - 1)))
        });
        t.asm.v3(VPUNPCKLQDQ, XMM2, a, b);
        return t.asm.v3(VPSHUFB, to, XMM2, control);
    }
    match size {
        0 | 1 => {
            for (part, from) in [(XMM2, a), (XMM1, b)] {
                if odd == 1 {
                    t.shift_right_v(size + 1, part, from, 8 << size);
                } else {
                    let low = t.splat(size + 1, (1 << (8 << size)) - 1);
                    t.asm.v3(VPAND, part, from, low);
                }
            }
            t.asm.v3([VPACKUSWB, VPACKUSDW][size as usize], to, XMM2, XMM1);
        }
        2 => t.asm.v3i(VSHUFPS, to, a, b, if odd == 1 { 0xdd } else { 0x88 }),
        _ if odd == 1 => t.asm.v3(VPUNPCKHQDQ, to, a, b),
        _ => t.asm.v3(VPUNPCKLQDQ, to, a, b),
    }
}

/// The even elements of both, alternating.
fn transpose_even(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    match i.size() {
        0 => {
            let low = t.splat(1, 0xff);
            t.asm.vshift(VPSLLW_IMM, XMM2, b, 8);
            t.asm.v3(VPAND, XMM0, a, low);
            t.asm.v3(VPOR, to, XMM0, XMM2);
        }
        1 => {
            t.asm.vshift(VPSLLD_IMM, XMM2, b, 16);
            t.asm.v3i(VPBLENDW, to, a, XMM2, 0xaa);
        }
        2 => {
            t.asm.vshift(VPSLLQ_IMM, XMM2, b, 32);
            t.asm.v3i(VPBLENDD, to, a, XMM2, 0b1010);
        }
        _ => t.asm.v3(VPUNPCKLQDQ, to, a, b),
    }
}

/// The odd elements of both, alternating.
fn transpose_odd(t: &mut Translator<'_>, i: Insn, to: Xmm, a: Xmm, b: Xmm) {
    match i.size() {
        0 => {
            let high = t.splat(1, 0xff00);
            t.asm.vshift(VPSRLW_IMM, XMM2, a, 8);
            t.asm.v3(VPAND, XMM1, b, high);
            t.asm.v3(VPOR, to, XMM1, XMM2);
        }
        1 => {
            t.asm.vshift(VPSRLD_IMM, XMM2, a, 16);
            t.asm.v3i(VPBLENDW, to, XMM2, b, 0xaa);
        }
        2 => {
            t.asm.vshift(VPSRLQ_IMM, XMM2, a, 32);
            t.asm.v3i(VPBLENDD, to, XMM2, b, 0b1010);
        }
        _ => t.asm.v3(VPUNPCKHQDQ, to, a, b),
    }
}

// ---- EXT ----

fn extract_uses(i: Insn) -> Option<Uses> {
    // A 64-bit vector has eight bytes.
    (i.q() || !i.bit(14)).then_some(d_n_m(i))
}

fn extract(t: &mut Translator<'_>, i: Insn) {
    t.binary_v(i, bits(i), |t, i, to, a, b| {
        let from = i.bits(14, 11) as u8;
        if i.q() {
            t.asm.v3i(VPALIGNR, to, b, a, from);
        } else {
            t.asm.v3(VPUNPCKLQDQ, XMM2, a, b);
            t.asm.vshift(VPSRLDQ_IMM, to, XMM2, from);
        }
    });
}

// ---- Tables ----

/// The number of registers.
fn table_length(i: Insn) -> usize {
    i.bits(14, 13) as usize + 1
}

fn lookup_uses(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.reads_v(i.rm()).writes_v(i.rd());
    Some((0..table_length(i)).fold(uses, |uses, k| uses.reads_v(i.rn() + k)))
}

/// `vpshufb` gives zero for an index with bit 7, and looks at the low four bits of others: so indices that
/// are not this register's get that bit, by a saturating addition, and the results of all registers
/// are combined.
fn lookup(t: &mut Translator<'_>, i: Insn) {
    let registers = table_length(i);
    for k in 0..registers {
        let control = if k == 0 { XMM0 } else { XMM2 };
        let mut index = t.v(i.rm(), control);
        if k > 0 {
            let before = t.splat(0, 16 * k as u64);
            t.asm.v3(VPSUBB, control, index, before);
            index = control;
        }
        let beyond = t.splat(0, 0x70);
        t.asm.v3(VPADDUSB, control, index, beyond);
        let table = t.v((i.rn() + k) % 32, XMM1);
        t.asm.v3(VPSHUFB, control, table, control);
        if k > 0 {
            t.asm.v3(VPOR, XMM0, XMM0, XMM2);
        }
    }
    if i.bit(12) {
        // TBX: the destination's bytes for indices beyond all registers.
        let index = t.v(i.rm(), XMM2);
        let limit = t.splat(0, 16 * registers as u64);
        t.asm.v3(VPMAXUB, XMM1, index, limit);
        t.asm.v3(VPCMPEQB, XMM1, XMM1, index);
        let old = t.v_operand(i.rd());
        t.asm.v3(VPAND, XMM1, XMM1, old);
        t.asm.v3(VPOR, XMM0, XMM0, XMM1);
    }
    t.finish_v(i.rd(), bits(i), XMM0);
}

// ---- Reversal ----

fn reverse_uses(i: Insn, sizes: Sizes) -> Option<Uses> {
    Lanes::of(i, sizes, 0).map(|_| d_n(i))
}

/// Reverses the elements in each group of so many bytes.
fn reverse(t: &mut Translator<'_>, i: Insn, group: u32) {
    let lanes = Lanes::checked(i);
    let last = (group >> lanes.size) - 1;
    let a = t.v(i.rn(), XMM0);
    let to = t.v_target(i.rd(), XMM0);
    let control = t.shuffle(|byte| (byte < lanes.bits / 8).then_some(byte ^ (last << lanes.size)));
    t.asm.v3(VPSHUFB, to, a, control);
    t.set_v(i.rd(), to);
}

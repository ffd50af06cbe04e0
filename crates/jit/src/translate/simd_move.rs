//! Advanced SIMD copies and immediates, and moves between general and vector registers.

use super::lines::{Family, Line};
use super::simd::{XMM0, XMM1, bits, splat};
use super::{RAX, Translator, ZERO, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::*;
use crate::x64::{Rm, Width};

pub(super) const LINES: Family = &[
    (Op::DUP_element, Line::new(dup_element_uses, dup_element)),
    (Op::DUP_element_scalar, Line::new(dup_scalar_uses, dup_scalar)),
    (Op::DUP_general, Line::new(dup_general_uses, dup_general)),
    (Op::INS_element, Line::new(ins_element_uses, ins_element)),
    (Op::INS_general, Line::new(ins_general_uses, ins_general)),
    (Op::SMOV, Line::new(smov_uses, smov)),
    (Op::UMOV, Line::new(umov_uses, umov)),
    (Op::FMOV_to_general, Line::new(fmov_to_uses, fmov_to_general)),
    (Op::FMOV_from_general, Line::new(fmov_from_uses, fmov_from_general)),
    (Op::FMOV_top_to_general, Line::new(top_to_uses, fmov_top_to_general)),
    (Op::FMOV_top_from_general, Line::new(top_from_uses, fmov_top_from_general)),
    (Op::MOVI_8bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, false))),
    (Op::MOVI_16bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, false))),
    (Op::MOVI_32bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, false))),
    (Op::MOVI_32bit_ones, Line::new(immediate_uses, |t, i| set_immediate(t, i, false))),
    (Op::MOVI_64bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, false))),
    (Op::MVNI_16bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, true))),
    (Op::MVNI_32bit, Line::new(immediate_uses, |t, i| set_immediate(t, i, true))),
    (Op::MVNI_32bit_ones, Line::new(immediate_uses, |t, i| set_immediate(t, i, true))),
    (Op::ORR_vector_immediate_16bit, Line::new(change_uses, or_immediate)),
    (Op::ORR_vector_immediate_32bit, Line::new(change_uses, or_immediate)),
    (Op::BIC_vector_immediate_16bit, Line::new(change_uses, clear_immediate)),
    (Op::BIC_vector_immediate_32bit, Line::new(change_uses, clear_immediate)),
];

// ---- Copies ----

/// Size and index from `imm5`: the lowest set bit, and those above it.
fn size_and_index(i: Insn) -> Option<(u32, u32)> {
    let imm5 = i.bits(20, 16);
    let size = imm5.trailing_zeros();
    (size <= 3).then(|| (size, imm5 >> (size + 1)))
}

/// In an emitter, whose `uses` has checked them.
fn checked(i: Insn) -> (u32, u32) {
    size_and_index(i).expect("checked by the line")
}

fn dup_scalar_uses(i: Insn) -> Option<Uses> {
    size_and_index(i)?;
    Some(super::simd::d_n(i))
}

/// One 64-bit lane is reserved.
fn dup_element_uses(i: Insn) -> Option<Uses> {
    let (size, _) = size_and_index(i)?;
    if size == 3 && !i.q() { None } else { dup_scalar_uses(i) }
}

fn dup_general_uses(i: Insn) -> Option<Uses> {
    dup_element_uses(i)?;
    Some(Uses::NONE.reads(i.rn()).writes_v(i.rd()))
}

fn ins_element_uses(i: Insn) -> Option<Uses> {
    dup_scalar_uses(i).map(|uses| uses.reads_v(i.rd()))
}

fn ins_general_uses(i: Insn) -> Option<Uses> {
    size_and_index(i)?;
    Some(Uses::NONE.reads(i.rn()).reads_v(i.rd()).writes_v(i.rd()))
}

fn to_general(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rn()).writes(i.rd()))
}

fn smov_uses(i: Insn) -> Option<Uses> {
    let (size, _) = size_and_index(i)?;
    if size < if i.q() { 3 } else { 2 } { to_general(i) } else { None }
}

fn umov_uses(i: Insn) -> Option<Uses> {
    let (size, _) = size_and_index(i)?;
    if i.q() == (size == 3) { to_general(i) } else { None }
}

fn dup_element(t: &mut Translator<'_>, i: Insn) {
    let (size, index) = checked(i);
    let to = t.result_v(i.rd(), bits(i));
    t.broadcast_v(size, to, i.rn(), index);
    t.finish_v(i.rd(), bits(i), to);
}

fn dup_scalar(t: &mut Translator<'_>, i: Insn) {
    let (size, index) = checked(i);
    let mut from = t.v(i.rn(), XMM0);
    if index != 0 {
        t.asm.vshift(VPSRLDQ_IMM, XMM0, from, (index << size) as u8);
        from = XMM0;
    }
    // The shift has left nothing above the last element.
    let bits = if index == (16 >> size) - 1 { 128 } else { 8 << size };
    t.finish_v(i.rd(), bits, from);
}

fn dup_general(t: &mut Translator<'_>, i: Insn) {
    let (size, _) = checked(i);
    if let Some(value) = t.known(zr(i.rn())) {
        return t.set_vector_constant(i, splat(size, value));
    }
    t.general_to_v(Width::of(size == 3), XMM0, zr(i.rn()));
    let to = t.result_v(i.rd(), bits(i));
    let op = [VPBROADCASTB, VPBROADCASTW, VPBROADCASTD, VPBROADCASTQ][size as usize];
    t.asm.v2(op, to, XMM0);
    t.finish_v(i.rd(), bits(i), to);
}

const INSERT: [VOp; 4] = [VPINSRB, VPINSRW, VPINSRD, VPINSRQ];
const EXTRACT: [VOp; 4] = [VPEXTRB, VPEXTRW, VPEXTRD, VPEXTRQ];

fn ins_element(t: &mut Translator<'_>, i: Insn) {
    let (size, to_index) = checked(i);
    let from_index = i.bits(14, 11) >> size;
    let (d, n) = (t.v(i.rd(), XMM0), t.v(i.rn(), XMM1));
    let to = t.v_target(i.rd(), XMM0);
    match (size, to_index, from_index) {
        (3, 0, 0) => t.asm.v3i(VPBLENDD, to, d, n, 0b0011),
        (3, 1, 1) => t.asm.v3i(VPBLENDD, to, d, n, 0b1100),
        (3, 1, _) => t.asm.v3(VPUNPCKLQDQ, to, d, n),
        (3, ..) => t.asm.v3i(VSHUFPD, to, n, d, 0b11),
        (2, ..) => t.asm.v3i(VINSERTPS, to, d, n, (from_index << 6 | to_index << 4) as u8),
        _ => {
            t.asm.vextract(EXTRACT[size as usize], RAX, n, from_index as u8);
            t.asm.v3i_from_reg(INSERT[size as usize], to, d, RAX, to_index as u8);
        }
    }
    t.set_v(i.rd(), to);
}

fn ins_general(t: &mut Translator<'_>, i: Insn) {
    let (size, index) = checked(i);
    let value = t.x(zr(i.rn()), RAX);
    let d = t.v(i.rd(), XMM0);
    let to = t.v_target(i.rd(), XMM0);
    t.asm.v3i_from_reg(INSERT[size as usize], to, d, value, index as u8);
    t.set_v(i.rd(), to);
}

fn umov(t: &mut Translator<'_>, i: Insn) {
    let d = zr(i.rd());
    if d == ZERO {
        return;
    }
    let (size, index) = checked(i);
    let n = t.v(i.rn(), XMM0);
    let target = t.target(d, RAX);
    match (size, index) {
        (2, 0) => t.asm.v_to_reg(VMOVD_TO_GPR, target, n),
        (3, 0) => t.asm.v_to_reg(VMOVQ_TO_GPR, target, n),
        _ => t.asm.vextract(EXTRACT[size as usize], target, n, index as u8),
    }
    t.set_x(d, target);
}

fn smov(t: &mut Translator<'_>, i: Insn) {
    let (size, index) = checked(i);
    let n = t.v(i.rn(), XMM0);
    let target = t.target(zr(i.rd()), RAX);
    t.asm.vextract(EXTRACT[size as usize], RAX, n, index as u8);
    t.asm.load_sign(size, Width::of(i.q()), target, RAX);
    t.set_x(zr(i.rd()), target);
}

// ---- FMOV ----

/// log2 of the bytes that FMOV moves: between W and S, X and D, either and H.
fn fmov_size(i: Insn) -> Option<u32> {
    match (i.sf(), i.bits(23, 22)) {
        (false, 0) => Some(2),
        (true, 1) => Some(3),
        (_, 3) => Some(1),
        _ => None,
    }
}

fn fmov_to_uses(i: Insn) -> Option<Uses> {
    fmov_size(i)?;
    to_general(i)
}

fn fmov_from_uses(i: Insn) -> Option<Uses> {
    fmov_size(i)?;
    Some(Uses::NONE.reads(i.rn()).writes_v(i.rd()))
}

fn top_to_uses(i: Insn) -> Option<Uses> {
    to_general(i)
}

fn top_from_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rn()).reads_v(i.rd()).writes_v(i.rd()))
}

fn fmov_to_general(t: &mut Translator<'_>, i: Insn) {
    let target = t.target(zr(i.rd()), RAX);
    let n = t.v(i.rn(), XMM0);
    match fmov_size(i) {
        Some(3) => t.asm.v_to_reg(VMOVQ_TO_GPR, target, n),
        Some(2) => t.asm.v_to_reg(VMOVD_TO_GPR, target, n),
        _ => t.asm.vextract(VPEXTRW, target, n, 0),
    }
    t.set_x(zr(i.rd()), target);
}

fn fmov_from_general(t: &mut Translator<'_>, i: Insn) {
    let to = t.v_target(i.rd(), XMM0);
    let n = zr(i.rn());
    match fmov_size(i) {
        Some(1) if n != ZERO => {
            let from = t.x_operand(n);
            t.asm.load_zero(1, RAX, from);
            t.asm.v_from_reg(VMOVD_FROM_GPR, to, RAX);
        }
        size => t.general_to_v(Width::of(size == Some(3)), to, n),
    }
    t.set_v(i.rd(), to);
}

fn fmov_top_to_general(t: &mut Translator<'_>, i: Insn) {
    let target = t.target(zr(i.rd()), RAX);
    let n = t.v(i.rn(), XMM0);
    t.asm.vextract(VPEXTRQ, target, n, 1);
    t.set_x(zr(i.rd()), target);
}

fn fmov_top_from_general(t: &mut Translator<'_>, i: Insn) {
    let from: Rm = t.x(zr(i.rn()), RAX).into();
    let d = t.v(i.rd(), XMM0);
    let to = t.v_target(i.rd(), XMM0);
    t.asm.v3i_from_reg(VPINSRQ, to, d, from, 1);
    t.set_v(i.rd(), to);
}

// ---- Immediates ----

fn immediate_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes_v(i.rd()))
}

fn change_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_v(i.rd()).writes_v(i.rd()))
}

/// `AdvSIMDExpandImm()`, in both halves.
fn immediate(i: Insn) -> u128 {
    let imm8 = u64::from(i.bits(18, 16) << 5 | i.bits(9, 5));
    let cmode = i.bits(15, 12);
    match cmode {
        0b0000..=0b0111 => splat(2, imm8 << (8 * (cmode >> 1))),
        0b1000..=0b1011 => splat(1, imm8 << (8 * (cmode >> 1 & 1))),
        0b1100 => splat(2, imm8 << 8 | 0xff),
        0b1101 => splat(2, imm8 << 16 | 0xffff),
        _ if !i.bit(29) => splat(0, imm8),
        // Each bit becomes a byte of its copies.
        _ => splat(3, (0..8).filter(|n| imm8 >> n & 1 != 0).map(|n| 0xff << (8 * n)).sum()),
    }
}

impl Translator<'_> {
    /// `V[d]` becomes a constant, or its lower half does.
    fn set_vector_constant(&mut self, i: Insn, value: u128) {
        let to = self.v_target(i.rd(), XMM0);
        let value = if i.q() { value } else { value & u128::from(u64::MAX) };
        self.set_constant_v(to, value);
        self.set_v(i.rd(), to);
    }
}

fn set_immediate(t: &mut Translator<'_>, i: Insn, invert: bool) {
    let value = immediate(i);
    t.set_vector_constant(i, if invert { !value } else { value });
}

fn or_immediate(t: &mut Translator<'_>, i: Insn) {
    let d = t.v(i.rd(), XMM0);
    let to = t.result_v(i.rd(), bits(i));
    let value = t.constant(immediate(i));
    t.asm.v3(VPOR, to, d, value);
    t.finish_v(i.rd(), bits(i), to);
}

fn clear_immediate(t: &mut Translator<'_>, i: Insn) {
    let kept = if i.q() { u128::MAX } else { u128::from(u64::MAX) };
    let d = t.v(i.rd(), XMM0);
    let to = t.v_target(i.rd(), XMM0);
    let value = t.constant(!immediate(i) & kept);
    t.asm.v3(VPAND, to, d, value);
    t.set_v(i.rd(), to);
}

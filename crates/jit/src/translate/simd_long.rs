//! Advanced SIMD sums and differences whose operands and results differ in element size.

use super::Translator;
use super::lines::{Family, Line};
use super::simd::{ADD, Lanes, SUB, XMM0, XMM1, XMM2, d_n_m, extreme, is_signed};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::vector::*;

pub(super) const LINES: Family = &[
    (Op::SADDL, Line::new(uses, |t, i| long(t, i, ADD))),
    (Op::UADDL, Line::new(uses, |t, i| long(t, i, ADD))),
    (Op::SSUBL, Line::new(uses, |t, i| long(t, i, SUB))),
    (Op::USUBL, Line::new(uses, |t, i| long(t, i, SUB))),
    (Op::SADDW, Line::new(uses, |t, i| wide(t, i, ADD))),
    (Op::UADDW, Line::new(uses, |t, i| wide(t, i, ADD))),
    (Op::SSUBW, Line::new(uses, |t, i| wide(t, i, SUB))),
    (Op::USUBW, Line::new(uses, |t, i| wide(t, i, SUB))),
    (Op::SABDL, Line::new(uses, |t, i| difference(t, i, false))),
    (Op::UABDL, Line::new(uses, |t, i| difference(t, i, false))),
    (Op::SABAL, Line::new(keeping_uses, |t, i| difference(t, i, true))),
    (Op::UABAL, Line::new(keeping_uses, |t, i| difference(t, i, true))),
    (Op::ADDHN, Line::new(narrow_uses, |t, i| high_half(t, i, ADD))),
    (Op::RADDHN, Line::new(narrow_uses, |t, i| high_half(t, i, ADD))),
    (Op::SUBHN, Line::new(narrow_uses, |t, i| high_half(t, i, SUB))),
    (Op::RSUBHN, Line::new(narrow_uses, |t, i| high_half(t, i, SUB))),
];

/// `size` is that of the narrow side, whose half `Q` chooses.
fn uses(i: Insn) -> Option<Uses> {
    (i.size() < 3).then_some(d_n_m(i))
}

fn keeping_uses(i: Insn) -> Option<Uses> {
    uses(i).map(|uses| uses.reads_v(i.rd()))
}

fn narrow_uses(i: Insn) -> Option<Uses> {
    if i.q() { keeping_uses(i) } else { uses(i) }
}

/// The operation on elements of twice the size.
fn widened(i: Insn, ops: [VOp; 4]) -> VOp {
    ops[i.size() as usize + 1]
}

/// Both operands narrow.
fn long(t: &mut Translator<'_>, i: Insn, ops: [VOp; 4]) {
    let (a, b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    t.widen_v(i.size(), is_signed(i), i.q(), XMM2, a);
    t.widen_v(i.size(), is_signed(i), i.q(), XMM1, b);
    let to = t.v_target(i.rd(), XMM0);
    t.asm.v3(widened(i, ops), to, XMM2, XMM1);
    t.set_v(i.rd(), to);
}

/// Only the second operand narrow.
fn wide(t: &mut Translator<'_>, i: Insn, ops: [VOp; 4]) {
    let b = t.v(i.rm(), XMM1);
    t.widen_v(i.size(), is_signed(i), i.q(), XMM1, b);
    let a = t.v(i.rn(), XMM0);
    let to = t.v_target(i.rd(), XMM0);
    t.asm.v3(widened(i, ops), to, a, XMM1);
    t.set_v(i.rd(), to);
}

/// The absolute difference fits in an unsigned narrow element.
fn difference(t: &mut Translator<'_>, i: Insn, accumulate: bool) {
    let (size, signed) = (i.size(), is_signed(i));
    let (a, b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    t.asm.v3(extreme(size, true, signed), XMM2, a, b);
    t.asm.v3(extreme(size, false, signed), XMM0, a, b);
    t.asm.v3(SUB[size as usize], XMM0, XMM2, XMM0);
    t.widen_v(size, false, i.q(), XMM0, XMM0);
    if accumulate {
        t.accumulate_v(i, 128, widened(i, ADD), XMM0);
    } else {
        t.set_v(i.rd(), XMM0);
    }
}

/// Both operands wide; the upper halves of the results, rounded if `U`.
fn high_half(t: &mut Translator<'_>, i: Insn, ops: [VOp; 4]) {
    let lanes = Lanes { size: i.size(), bits: 64 };
    let (a, b) = (t.v(i.rn(), XMM0), t.v(i.rm(), XMM1));
    t.asm.v3(widened(i, ops), XMM0, a, b);
    if i.bit(29) {
        let half = t.splat(lanes.size + 1, 1 << (lanes.esize() - 1));
        t.asm.v3(widened(i, ADD), XMM0, XMM0, half);
    }
    t.narrow_v(lanes.size, true, XMM0, XMM0);
    t.finish_half_v(i, XMM0);
}

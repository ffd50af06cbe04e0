//! Shifts and bit fields.

use super::lines::{Family, Line};
use super::{RAX, RCX, RDX, Translator, ZERO, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::x64::{Alu, Reg, Rm, Shift, Width};

/// `N` must equal `sf`, and a 32-bit form has no positions above 31.
fn is_valid(i: Insn) -> bool {
    i.sf() == i.bit(22) && (i.sf() || (!i.bit(21) && !i.bit(15)))
}

fn field(i: Insn) -> Option<Uses> {
    is_valid(i).then_some(Uses::NONE.writes(i.rd()).reads(i.rn()))
}

fn insert(i: Insn) -> Option<Uses> {
    is_valid(i).then_some(Uses::NONE.writes(i.rd()).reads(i.rd()).reads(i.rn()))
}

fn extract(i: Insn) -> Option<Uses> {
    let uses = Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm());
    (i.sf() == i.bit(22) && (i.sf() || !i.bit(15))).then_some(uses)
}

fn variable(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()).reads(i.rn()).reads(i.rm()))
}

const fn line(uses: fn(Insn) -> Option<Uses>, emit: super::Emit) -> Line {
    Line::new(uses, emit)
}

pub(super) const LINES: Family = &[
    (Op::SBFM, line(field, |t, i| move_field(t, i, Shift::Sar))),
    (Op::UBFM, line(field, |t, i| move_field(t, i, Shift::Shr))),
    (Op::BFM, line(insert, insert_field)),
    (Op::EXTR, line(extract, extract_pair)),
    (Op::LSLV, line(variable, |t, i| shift_by_register(t, i, Shift::Shl))),
    (Op::LSRV, line(variable, |t, i| shift_by_register(t, i, Shift::Shr))),
    (Op::ASRV, line(variable, |t, i| shift_by_register(t, i, Shift::Sar))),
    (Op::RORV, line(variable, rotate_by_register)),
];

impl Translator<'_> {
    /// `to = from op amount`. Leaves the flags alone if they are busy; then it clobbers RDX.
    pub(super) fn shift_const(&mut self, op: Shift, width: Width, to: Reg, from: Rm, amount: u8) {
        if amount == 0 {
            if from != Rm::Reg(to) || width == Width::W32 {
                self.asm.mov(width, to, from);
            }
        } else if op == Shift::Ror {
            self.asm.rorx(width, to, from, amount);
        } else if self.flags_busy() {
            self.asm.mov_imm(RDX, u64::from(amount));
            self.asm.shift_var(op, width, to, from, RDX);
        } else {
            self.clobber_flags();
            if from != Rm::Reg(to) {
                self.asm.mov(width, to, from);
            }
            self.asm.shift_imm(op, width, to, amount);
        }
    }
}

/// `SBFM` and `UBFM`: a field moved to another position with nothing or its sign above.
fn move_field(t: &mut Translator<'_>, i: Insn, right: Shift) {
    let (d, n) = (zr(i.rd()), zr(i.rn()));
    let (immr, imms) = (i.bits(21, 16) as u8, i.bits(15, 10) as u8);
    if n == ZERO {
        return t.set_x_const(d, 0);
    }
    let width = Width::of(i.sf());
    let top = width.bits() as u8 - 1;
    let target = t.target(d, RAX);
    let from = t.x_operand(n);
    if immr == 0 && matches!(imms, 7 | 15 | 31) {
        let size = (u32::from(imms + 1) / 8).trailing_zeros();
        if right == Shift::Shr {
            t.asm.load_zero(size, target, from);
        } else {
            t.asm.load_sign(size, width, target, from);
        }
    } else if imms == top {
        t.shift_const(right, width, target, from, immr);
    } else if imms + 1 == immr {
        t.shift_const(Shift::Shl, width, target, from, top + 1 - immr);
    } else {
        // The field to the top, then to its place.
        let up = top - imms;
        let down = if imms >= immr { up + immr } else { immr - imms - 1 };
        t.shift_const(Shift::Shl, width, target, from, up);
        t.shift_const(right, width, target, Rm::Reg(target), down);
    }
    t.set_x(d, target);
}

/// `BFM`: a field of one register into another.
fn insert_field(t: &mut Translator<'_>, i: Insn) {
    let (d, n) = (zr(i.rd()), zr(i.rn()));
    let (immr, imms) = (i.bits(21, 16) as u8, i.bits(15, 10) as u8);
    let width = Width::of(i.sf());
    let bits = width.bits() as u8;
    t.clobber_flags();
    let (length, to) = if imms >= immr { (imms - immr + 1, 0) } else { (imms + 1, bits - immr) };
    let ones = u64::MAX >> (64 - length);
    // The field in RCX, at its place.
    t.copy_x(width, n, RCX);
    if imms >= immr && immr != 0 {
        t.asm.shift_imm(Shift::Shr, width, RCX, immr);
    }
    if length < bits {
        t.asm.mov_imm(RAX, ones);
        t.asm.alu(Alu::And, width, RCX, RAX);
    }
    if to != 0 {
        t.asm.shift_imm(Shift::Shl, width, RCX, to);
    }
    t.asm.mov_imm(RAX, !(ones << to));
    t.copy_x(width, d, RDX);
    t.asm.alu(Alu::And, width, RDX, RAX);
    t.asm.alu(Alu::Or, width, RDX, RCX);
    t.set_x(d, RDX);
}

/// `EXTR`: the middle of two registers.
fn extract_pair(t: &mut Translator<'_>, i: Insn) {
    let (d, n, m) = (zr(i.rd()), zr(i.rn()), zr(i.rm()));
    let (width, lsb) = (Width::of(i.sf()), i.bits(15, 10) as u8);
    let target = t.target(d, RAX);
    if n == m && n != ZERO {
        let n = t.x_operand(n);
        t.shift_const(Shift::Ror, width, target, n, lsb);
        return t.set_x(d, target);
    }
    if lsb != 0 {
        t.clobber_flags();
    }
    t.copy_x(width, m, RAX);
    if lsb != 0 {
        let n = t.x(n, RCX);
        t.asm.shrd(width, RAX, n, lsb);
    }
    t.set_x(d, RAX);
}

/// The amount is taken modulo the width, on both processors.
fn shift_by_register(t: &mut Translator<'_>, i: Insn, op: Shift) {
    let (d, n, m) = (zr(i.rd()), zr(i.rn()), zr(i.rm()));
    let amount = t.x(m, RCX);
    let target = t.target(d, RAX);
    let from = if n == ZERO { Rm::Reg(t.x(n, RAX)) } else { t.x_operand(n) };
    t.asm.shift_var(op, Width::of(i.sf()), target, from, amount);
    t.set_x(d, target);
}

fn rotate_by_register(t: &mut Translator<'_>, i: Insn) {
    t.clobber_flags();
    t.copy_x(Width::W64, zr(i.rm()), RCX);
    t.copy_x(Width::of(i.sf()), zr(i.rn()), RAX);
    t.asm.shift_cl(Shift::Ror, Width::of(i.sf()), RAX);
    t.set_x(zr(i.rd()), RAX);
}

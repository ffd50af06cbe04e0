//! Exclusive, ordered and atomic accesses.
//!
//! x86 keeps loads in order with everything before them and stores with everything, so acquire and
//! release are free but for the one order it lacks: a store-release before a later load-acquire.
//! Stores-release are therefore exchanges. The exclusive monitor is the interpreter's: address,
//! size and value, kept in engine words; anything unusual, a misaligned address among it, is left to
//! the interpreter.
//!
//! A locked operation costs some twenty cycles, and waits for all stores before it. As long as nobody shares the guest's
//! memory nothing is locked: signals come between guest instructions, so it is enough that nobody else looks.

use super::lines::{Family, Line};
use super::{RAX, RCX, RDX, Slow, Translator, ZERO, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::runtime::frame::{self, word};
use crate::x64::{Alu, Cond, Mem, Width};

fn size(i: Insn) -> u32 {
    i.bits(31, 30)
}

fn load_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_or_sp(i.rn()).writes(i.rd()))
}

fn store_uses(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads_or_sp(i.rn()).reads(i.rd()))
}

fn store_exclusive_uses(i: Insn) -> Option<Uses> {
    store_uses(i).map(|uses| uses.writes(i.rm()))
}

fn modify_uses(i: Insn) -> Option<Uses> {
    load_uses(i).map(|uses| uses.reads(i.rm()))
}

fn swap_if_uses(i: Insn) -> Option<Uses> {
    store_uses(i).map(|uses| uses.reads(i.rm()).writes(i.rm()))
}

const fn line(uses: fn(Insn) -> Option<Uses>, emit: super::Emit) -> Line {
    Line::new(uses, emit)
}

pub(super) const LINES: Family = &[
    (Op::LDAR, line(load_uses, load_acquire)),
    (Op::LDAPR, line(load_uses, load_acquire)),
    (Op::STLR, line(store_uses, store_release)),
    (Op::LDXR, line(load_uses, load_exclusive)),
    (Op::STXR, line(store_exclusive_uses, store_exclusive)),
    (Op::CAS, line(swap_if_uses, compare_and_swap)),
    (Op::SWP, line(modify_uses, swap)),
    (Op::LDADD, line(modify_uses, add)),
    (Op::LDCLR, line(modify_uses, |t, i| modify(t, i, Alu::And))),
    (Op::LDSET, line(modify_uses, |t, i| modify(t, i, Alu::Or))),
    (Op::LDEOR, line(modify_uses, |t, i| modify(t, i, Alu::Xor))),
];

impl Translator<'_> {
    /// Whether nobody else can see the guest's memory change.
    pub(super) fn is_alone(&mut self) -> bool {
        self.unlocked |= self.mode.alone;
        self.mode.alone
    }

    /// The memory at the address, which is in RCX, if it is a multiple of the size.
    fn aligned_place(&mut self, i: Insn) -> (Mem, Slow) {
        self.clobber_flags();
        let slow = self.slow_path();
        let n = i.rn();
        self.copy_x(Width::W64, n, RCX);
        let mask = if n == 31 { 15 } else { (1 << size(i)) - 1 };
        if mask != 0 {
            self.asm.test_imm(Width::W32, RCX, mask);
            self.asm.jcc(Cond::NE, slow.label);
        }
        (self.guest(Mem::at(RCX, 0), &mut Some(slow)), slow)
    }
}

fn load_acquire(t: &mut Translator<'_>, i: Insn) {
    let (mem, slow) = t.aligned_place(i);
    let d = zr(i.rd());
    let target = t.target(d, RAX);
    t.asm.load_zero(size(i), target, mem);
    t.may_fault();
    t.set_x(d, target);
    t.resume(slow);
}

fn store_release(t: &mut Translator<'_>, i: Insn) {
    let (mem, slow) = t.aligned_place(i);
    if t.is_alone() {
        let value = t.x(zr(i.rd()), RAX);
        t.asm.store_sized(size(i), mem, value);
    } else {
        t.copy_x(Width::W64, zr(i.rd()), RAX);
        t.asm.xchg(size(i), mem, RAX);
    }
    t.may_fault();
    t.resume(slow);
}

fn load_exclusive(t: &mut Translator<'_>, i: Insn) {
    let (mem, slow) = t.aligned_place(i);
    t.asm.load_zero(size(i), RAX, mem);
    t.may_fault();
    t.asm.store(Width::W64, frame::word(word::MONITOR_ADDR), RCX);
    t.asm.store(Width::W64, frame::word(word::MONITOR_VALUE), RAX);
    t.asm.store_imm(Width::W64, frame::word(word::MONITOR_BYTES), 1 << size(i));
    t.set_x(zr(i.rd()), RAX);
    t.resume(slow);
}

fn store_exclusive(t: &mut Translator<'_>, i: Insn) {
    let (mem, slow) = t.aligned_place(i);
    t.asm.alu(Alu::Cmp, Width::W64, RCX, frame::word(word::MONITOR_ADDR));
    t.asm.jcc(Cond::NE, slow.label);
    t.asm.alu_imm(Alu::Cmp, Width::W64, frame::word(word::MONITOR_BYTES), 1 << size(i));
    t.asm.jcc(Cond::NE, slow.label);
    t.asm.mov(Width::W64, RAX, frame::word(word::MONITOR_VALUE));
    let value = t.x(zr(i.rd()), RDX);
    let locked = !t.is_alone();
    t.asm.cmpxchg(locked, size(i), mem, value);
    t.may_fault();
    t.asm.setcc(Cond::NE, RAX);
    t.asm.load_zero(0, RAX, RAX);
    t.asm.store_imm(Width::W64, frame::word(word::MONITOR_ADDR), -1);
    t.set_x(zr(i.rm()), RAX);
    t.resume(slow);
}

fn compare_and_swap(t: &mut Translator<'_>, i: Insn) {
    let (mem, slow) = t.aligned_place(i);
    t.copy_x(Width::W64, zr(i.rm()), RAX);
    let new = t.x(zr(i.rd()), RDX);
    let locked = !t.is_alone();
    t.asm.cmpxchg(locked, size(i), mem, new);
    t.may_fault();
    t.asm.load_zero(size(i), RAX, RAX);
    t.set_x(zr(i.rm()), RAX);
    t.resume(slow);
}

/// An exchange of RAX with memory by `emit`; the old value goes to the register.
fn exchange(t: &mut Translator<'_>, i: Insn, emit: impl FnOnce(&mut Translator<'_>, Mem)) {
    let (mem, slow) = t.aligned_place(i);
    t.copy_x(Width::W64, zr(i.rm()), RAX);
    emit(t, mem);
    t.may_fault();
    if zr(i.rd()) != ZERO {
        t.asm.load_zero(size(i), RAX, RAX);
        t.set_x(zr(i.rd()), RAX);
    }
    t.resume(slow);
}

/// `xchg` with memory is locked by itself.
fn swap(t: &mut Translator<'_>, i: Insn) {
    if !t.is_alone() {
        return exchange(t, i, |t, mem| t.asm.xchg(size(i), mem, RAX));
    }
    let (mem, slow) = t.aligned_place(i);
    let new = t.x(zr(i.rm()), RAX);
    t.asm.load_zero(size(i), RDX, mem);
    t.may_fault();
    t.asm.store_sized(size(i), mem, new);
    t.may_fault();
    t.set_x(zr(i.rd()), RDX);
    t.resume(slow);
}

fn add(t: &mut Translator<'_>, i: Insn) {
    let locked = !t.is_alone();
    exchange(t, i, |t, mem| t.asm.xadd(locked, size(i), mem, RAX));
}

/// x86 has these only without the old value; with it they are loops.
fn modify(t: &mut Translator<'_>, i: Insn, op: Alu) {
    let (mem, slow) = t.aligned_place(i);
    let (m, d) = (zr(i.rm()), zr(i.rd()));
    if d == ZERO {
        t.copy_x(Width::W64, m, RAX);
        if op == Alu::And {
            t.asm.not(Width::W64, RAX);
        }
        let locked = !t.is_alone();
        t.asm.alu_memory(locked, op, size(i), mem, RAX);
        t.may_fault();
        return t.resume(slow);
    }
    t.asm.load_zero(size(i), RAX, mem);
    t.may_fault();
    let again = t.asm.label();
    t.asm.bind(again);
    t.copy_x(Width::W64, m, RDX);
    if op == Alu::And {
        t.asm.not(Width::W64, RDX);
    }
    t.asm.alu(op, Width::W64, RDX, RAX);
    if t.is_alone() {
        t.asm.store_sized(size(i), mem, RDX);
        t.may_fault();
    } else {
        t.asm.cmpxchg(true, size(i), mem, RDX);
        t.may_fault();
        t.asm.jcc(Cond::NE, again);
        t.asm.load_zero(size(i), RAX, RAX);
    }
    t.set_x(d, RAX);
    t.resume(slow);
}

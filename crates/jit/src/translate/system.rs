//! Hints, barriers and the thread pointer.

use super::lines::{Family, Line};
use super::{RAX, Translator, zr};
use crate::a64::{Insn, Op};
use crate::region::Uses;
use crate::runtime::frame::{self, word};
use crate::x64::Width;

fn none(_: Insn) -> Option<Uses> {
    Some(Uses::NONE)
}

fn writes(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()))
}

fn reads(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rd()))
}

pub(super) const LINES: Family = &[
    (Op::HINT, Line::new(none, |_, _| {})),
    (Op::DMB, Line::new(none, barrier)),
    (Op::DSB, Line::new(none, barrier)),
    (Op::CLREX, Line::new(none, clear_monitor)),
    (Op::MRS_TPIDR_EL0, Line::new(writes, read_thread_pointer)),
    (Op::MSR_TPIDR_EL0, Line::new(reads, write_thread_pointer)),
];

/// Only an order of stores before loads needs an instruction: neither the barriers of loads
/// (`CRm` = xx01) nor those of stores (xx10) ask for it.
fn barrier(t: &mut Translator<'_>, i: Insn) {
    if !matches!(i.bits(9, 8), 1 | 2) {
        t.clobber_flags();
        t.asm.barrier();
    }
}

fn clear_monitor(t: &mut Translator<'_>, _: Insn) {
    t.asm.store_imm(Width::W64, frame::word(word::MONITOR_ADDR), -1);
}

fn read_thread_pointer(t: &mut Translator<'_>, i: Insn) {
    let target = t.target(zr(i.rd()), RAX);
    t.asm.mov(Width::W64, target, frame::tpidr_el0());
    t.set_x(zr(i.rd()), target);
}

fn write_thread_pointer(t: &mut Translator<'_>, i: Insn) {
    let value = t.x(zr(i.rd()), RAX);
    t.asm.store(Width::W64, frame::tpidr_el0(), value);
}

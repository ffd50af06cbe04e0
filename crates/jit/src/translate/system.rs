//! Hints, barriers and the thread pointer.

use super::lines::{Family, Fp, Line};
use super::{RAX, RCX, Translator, zr};
use crate::a64::{Insn, Op};
use crate::interp::{FPSR_WRITABLE, constant_register, is_clock};
use crate::region::Uses;
use crate::runtime::frame::{self, word};
use crate::x64::{Alu, Shift, Width};

fn none(_: Insn) -> Option<Uses> {
    Some(Uses::NONE)
}

fn writes(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.writes(i.rd()))
}

fn reads(i: Insn) -> Option<Uses> {
    Some(Uses::NONE.reads(i.rd()))
}

/// Registers that never change, and clocks.
fn readable(i: Insn) -> Option<Uses> {
    let id = i.bits(20, 5);
    if constant_register(id).is_some() || is_clock(id) { writes(i) } else { None }
}

pub(super) const LINES: Family = &[
    (Op::HINT, Line::new(none, hint)),
    // What code is there was settled when it was written (`IC IVAU`). Loops that wait for another
    // thread execute it for a pause.
    (Op::ISB, Line::new(none, |t, _| t.asm.pause())),
    (Op::SB, Line::new(none, |_, _| {})),
    (Op::DMB, Line::new(none, barrier)),
    (Op::DSB, Line::new(none, barrier)),
    (Op::CLREX, Line::new(none, clear_monitor)),
    (Op::MRS_TPIDR_EL0, Line::new(writes, read_thread_pointer)),
    (Op::MSR_TPIDR_EL0, Line::new(reads, write_thread_pointer)),
    (Op::MRS, Line::new(readable, read)),
    (Op::MRS_FPCR, Line::new(writes, read_fpcr)),
    (Op::MRS_FPSR, Line::new(writes, read_fpsr)),
    (Op::MSR_FPSR, Line::fp(Fp::Records, reads, write_fpsr)),
];

/// Only `YIELD` does something.
fn hint(t: &mut Translator<'_>, i: Insn) {
    if i.bits(11, 5) == 1 {
        t.asm.pause();
    }
}

/// Only an order of stores before loads needs an instruction: neither the barriers of loads
/// (`CRm` = xx01) nor those of stores (xx10) ask for it.
fn barrier(t: &mut Translator<'_>, i: Insn) {
    if !matches!(i.bits(9, 8), 1 | 2) && !t.is_alone() {
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

fn read(t: &mut Translator<'_>, i: Insn) {
    match constant_register(i.bits(20, 5)) {
        Some(value) => t.set_x_const(zr(i.rd()), value),
        None => {
            t.clobber_flags();
            t.call_clock(i.bits(20, 5));
            t.set_x(zr(i.rd()), RAX);
        }
    }
}

fn read_fpcr(t: &mut Translator<'_>, i: Insn) {
    t.set_x_const(zr(i.rd()), t.mode.fpcr.into());
}

/// With the exceptions that are still in MXCSR, where `DE` stands between `IE` and the others.
fn read_fpsr(t: &mut Translator<'_>, i: Insn) {
    const IOC: i32 = 1;
    const DZC_TO_IXC: i32 = 0x1e;
    let mxcsr = frame::half_word(word::MXCSR, false);
    t.clobber_flags();
    t.asm.stmxcsr(mxcsr);
    t.asm.mov(Width::W32, RAX, mxcsr);
    t.asm.mov(Width::W32, RCX, RAX);
    t.asm.alu_imm(Alu::And, Width::W32, RAX, IOC);
    t.asm.shift_imm(Shift::Shr, Width::W32, RCX, 1);
    t.asm.alu_imm(Alu::And, Width::W32, RCX, DZC_TO_IXC);
    t.asm.alu(Alu::Or, Width::W32, RAX, RCX);
    t.asm.alu(Alu::Or, Width::W32, RAX, frame::fpsr());
    t.asm.alu_imm(Alu::And, Width::W32, RAX, FPSR_WRITABLE as i32);
    t.set_x(zr(i.rd()), RAX);
}

/// Forgets the exceptions that are in MXCSR.
fn write_fpsr(t: &mut Translator<'_>, i: Insn) {
    const EXCEPTIONS: i32 = 0x3f;
    let mxcsr = frame::half_word(word::MXCSR, false);
    t.clobber_flags();
    t.copy_x(Width::W32, zr(i.rd()), RAX);
    t.asm.alu_imm(Alu::And, Width::W32, RAX, FPSR_WRITABLE as i32);
    t.asm.store(Width::W32, frame::fpsr(), RAX);
    t.asm.stmxcsr(mxcsr);
    t.asm.alu_imm(Alu::And, Width::W32, mxcsr, !EXCEPTIONS);
    t.asm.ldmxcsr(mxcsr);
}

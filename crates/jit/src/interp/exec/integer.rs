//! Data processing on general registers.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::super::cpu::Cpu;
use super::Outcome;
use crate::a64::Insn;

pub fn ADD_immediate(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let imm = u64::from(i.bits(21, 10)) << if i.bit(22) { 12 } else { 0 };
    let sum = cpu.x_or_sp(i.rn()).wrapping_add(imm);
    cpu.set_x_or_sp(i.rd(), if i.sf() { sum } else { u64::from(sum as u32) });
    Ok(())
}

pub fn B(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.next_pc = cpu.regs.pc.wrapping_add((i.sbits(25, 0) << 2) as u64);
    Ok(())
}

pub fn SVC(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    cpu.regs.pc = cpu.next_pc;
    Err(Exit::Syscall)
}

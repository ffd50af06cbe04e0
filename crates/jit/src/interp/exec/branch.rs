//! Branches, and the instructions that ask for the kernel.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::super::cpu::{Cpu, untagged};
use super::Outcome;
use crate::a64::Insn;

fn branch(cpu: &mut Cpu<'_>, words: i64) -> Outcome {
    cpu.next_pc = cpu.regs.pc.wrapping_add((words << 2) as u64);
    Ok(())
}

pub fn B(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch(cpu, i.sbits(25, 0))
}

pub fn BL(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    cpu.regs.x[30] = cpu.next_pc;
    branch(cpu, i.sbits(25, 0))
}

fn branch_if(cpu: &mut Cpu<'_>, taken: bool, words: i64) -> Outcome {
    if taken { branch(cpu, words) } else { Ok(()) }
}

pub fn B_cond(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch_if(cpu, cpu.condition(i.bits(3, 0)), i.sbits(23, 5))
}

fn is_zero(cpu: &Cpu<'_>, i: Insn) -> bool {
    let value = cpu.x(i.rd());
    if i.sf() { value == 0 } else { value as u32 == 0 }
}

pub fn CBZ(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch_if(cpu, is_zero(cpu, i), i.sbits(23, 5))
}

pub fn CBNZ(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch_if(cpu, !is_zero(cpu, i), i.sbits(23, 5))
}

fn tested_bit(cpu: &Cpu<'_>, i: Insn) -> bool {
    let bit = i.bits(31, 31) << 5 | i.bits(23, 19);
    cpu.x(i.rd()) >> bit & 1 != 0
}

pub fn TBZ(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch_if(cpu, !tested_bit(cpu, i), i.sbits(18, 5))
}

pub fn TBNZ(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    branch_if(cpu, tested_bit(cpu, i), i.sbits(18, 5))
}

/// A branch to a register; an address that cannot be executed faults at the target.
pub fn BR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    // The tag is not part of PC (`BranchAddr()` with TBI).
    cpu.next_pc = untagged(cpu.x(i.rn()));
    Ok(())
}

pub use BR as RET;

pub fn BLR(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let link = cpu.next_pc;
    BR(cpu, i)?;
    cpu.regs.x[30] = link;
    Ok(())
}

pub fn SVC(cpu: &mut Cpu<'_>, _: Insn) -> Outcome {
    cpu.regs.pc = cpu.next_pc;
    Err(Exit::Syscall)
}

pub fn BRK(_: &mut Cpu<'_>, i: Insn) -> Outcome {
    Err(Exit::Breakpoint(i.bits(20, 5) as u16))
}

//! Advanced SIMD copy and modified immediate: elements moved between vectors and general
//! registers, and constants.
//!
//! `imm5` of the copy class encodes the element size by its lowest set bit and the index in the
//! bits above it.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::Outcome;
use super::shape::Shape;
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// `size` and index from `imm5`.
fn size_and_index(i: Insn) -> Result<(u32, u32), Exit> {
    let imm5 = i.bits(20, 16);
    let size = imm5.trailing_zeros();
    if size > 3 { Err(Exit::Undefined(i.0)) } else { Ok((size, imm5 >> (size + 1))) }
}

/// The destination's shape; one 64-bit lane is reserved.
fn arrangement(i: Insn, size: u32) -> Result<Shape, Exit> {
    if size == 3 && !i.q() { Err(Exit::Undefined(i.0)) } else { Ok(Shape::vector(size, i.q())) }
}

pub fn DUP_element(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, index) = size_and_index(i)?;
    let shape = arrangement(i, size)?;
    let element = shape.get(cpu.regs.v[i.rn()], index);
    cpu.regs.v[i.rd()] = shape.build(|_| element);
    Ok(())
}

pub fn DUP_element_scalar(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, index) = size_and_index(i)?;
    cpu.regs.v[i.rd()] = u128::from(Shape::scalar(size).get(cpu.regs.v[i.rn()], index));
    Ok(())
}

pub fn DUP_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, _) = size_and_index(i)?;
    let value = cpu.x(i.rn());
    cpu.regs.v[i.rd()] = arrangement(i, size)?.build(|_| value);
    Ok(())
}

pub fn INS_element(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, to) = size_and_index(i)?;
    let shape = Shape::scalar(size);
    let element = shape.get(cpu.regs.v[i.rn()], i.bits(14, 11) >> size);
    let d = &mut cpu.regs.v[i.rd()];
    *d = shape.with(*d, to, element);
    Ok(())
}

pub fn INS_general(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, to) = size_and_index(i)?;
    let value = cpu.x(i.rn());
    let d = &mut cpu.regs.v[i.rd()];
    *d = Shape::scalar(size).with(*d, to, value);
    Ok(())
}

pub fn SMOV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, index) = size_and_index(i)?;
    if size >= if i.q() { 3 } else { 2 } {
        return Err(Exit::Undefined(i.0));
    }
    let value = Shape::scalar(size).int(cpu.regs.v[i.rn()], index, true) as u64;
    cpu.set_x(i.rd(), if i.q() { value } else { u64::from(value as u32) });
    Ok(())
}

pub fn UMOV(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let (size, index) = size_and_index(i)?;
    if i.q() != (size == 3) {
        return Err(Exit::Undefined(i.0));
    }
    let value = Shape::scalar(size).get(cpu.regs.v[i.rn()], index);
    cpu.set_x(i.rd(), value);
    Ok(())
}

/// The constant of the modified-immediate class, `AdvSIMDExpandImm`, as 64 bits.
fn expanded_immediate(i: Insn) -> u64 {
    let imm8 = u64::from(i.bits(18, 16) << 5 | i.bits(9, 5));
    let cmode = i.bits(15, 12);
    match cmode {
        0b0000..=0b0111 => (imm8 << (8 * (cmode >> 1))) * 0x1_0000_0001,
        0b1000..=0b1011 => (imm8 << (8 * (cmode >> 1 & 1))) * 0x1_0001_0001_0001,
        0b1100 => (imm8 << 8 | 0xff) * 0x1_0000_0001,
        0b1101 => (imm8 << 16 | 0xffff) * 0x1_0000_0001,
        _ if !i.bit(29) => imm8 * 0x0101_0101_0101_0101,
        _ => (0..8).fold(0, |v, n| v | ((imm8 >> n & 1) * (0xff << (8 * n)))),
    }
}

/// Combines the destination with the immediate in both halves, or in the lower one alone.
fn modified_immediate(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u64, u64) -> u64) -> Outcome {
    let imm = expanded_immediate(i);
    let shape = Shape::vector(3, i.q());
    let d = &mut cpu.regs.v[i.rd()];
    *d = shape.build(|n| f(shape.get(*d, n), imm));
    Ok(())
}

/// The forms of one page differ in `cmode` and `op` only.
pub use {
    BIC_vector_immediate_16bit as BIC_vector_immediate_32bit, MOVI_8bit as MOVI_16bit,
    MOVI_8bit as MOVI_32bit, MOVI_8bit as MOVI_32bit_ones, MOVI_8bit as MOVI_64bit,
    MVNI_16bit as MVNI_32bit, MVNI_16bit as MVNI_32bit_ones,
    ORR_vector_immediate_16bit as ORR_vector_immediate_32bit,
};

pub fn MOVI_8bit(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    modified_immediate(cpu, i, |_, imm| imm)
}

pub fn MVNI_16bit(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    modified_immediate(cpu, i, |_, imm| !imm)
}

pub fn ORR_vector_immediate_16bit(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    modified_immediate(cpu, i, |d, imm| d | imm)
}

pub fn BIC_vector_immediate_16bit(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    modified_immediate(cpu, i, |d, imm| d & !imm)
}

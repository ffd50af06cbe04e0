//! Advanced SIMD loads and stores of structures.
//!
//! Structure elements alternate between consecutive registers, which wrap from V31 to V0. The
//! registers and the base are written when the whole access has succeeded, so a fault leaves them
//! alone; a store may have been done in part by then, as on hardware.
#![allow(non_snake_case)] // The table's names are the manual's.

use engine::Exit;

use super::arith::instructions;
use super::shape::Shape;
use super::{Outcome, undefined};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// `L`: a load.
fn is_load(i: Insn) -> bool {
    i.bit(22)
}

/// Register `k` of the list that starts with `Rt`.
fn register(i: Insn, k: u32) -> usize {
    (i.rd() + k as usize) % 32
}

/// Loads an element of `8 << size` bits.
fn load(cpu: &Cpu<'_>, addr: u64, esize: u32) -> Result<u64, Exit> {
    match esize {
        8 => cpu.load::<u8>(addr).map(u64::from),
        16 => cpu.load::<u16>(addr).map(u64::from),
        32 => cpu.load::<u32>(addr).map(u64::from),
        _ => cpu.load::<u64>(addr),
    }
}

/// Stores the low `esize` bits.
fn store(cpu: &Cpu<'_>, addr: u64, esize: u32, value: u64) -> Result<(), Exit> {
    match esize {
        8 => cpu.store(addr, value as u8),
        16 => cpu.store(addr, value as u16),
        32 => cpu.store(addr, value as u32),
        _ => cpu.store(addr, value),
    }
}

/// The post-indexed forms (bit 23) move the base: by `Rm`, or by the size of the access if that
/// is register 31.
fn post_index(cpu: &mut Cpu<'_>, i: Insn, base: u64, bytes: u32) {
    if i.bit(23) {
        let offset = if i.rm() == 31 { u64::from(bytes) } else { cpu.x(i.rm()) };
        cpu.set_x_or_sp(i.rn(), base.wrapping_add(offset));
    }
}

/// Whole registers of structures of `n` elements each.
fn multiple(cpu: &mut Cpu<'_>, i: Insn, n: u32) -> Outcome {
    let size = i.bits(11, 10);
    if size == 3 && !i.q() {
        return undefined(cpu, i);
    }
    let shape = Shape::vector(size, i.q());
    let base = cpu.base(i.rn())?;
    let places = (0..shape.count * n)
        .map(|at| (at % n, at / n, base.wrapping_add(u64::from(at * shape.esize / 8))));
    if is_load(i) {
        let mut list = [0; 4];
        for (k, e, addr) in places {
            let value = load(cpu, addr, shape.esize)?;
            list[k as usize] = shape.with(list[k as usize], e, value);
        }
        for k in 0..n {
            cpu.regs.v[register(i, k)] = list[k as usize];
        }
    } else {
        for (k, e, addr) in places {
            store(cpu, addr, shape.esize, shape.get(cpu.regs.v[register(i, k)], e))?;
        }
    }
    post_index(cpu, i, base, n * shape.count * shape.esize / 8);
    Ok(())
}

instructions! { multiple:
    LD2_multiple LD2_multiple_post ST2_multiple ST2_multiple_post = 2;
    LD3_multiple LD3_multiple_post ST3_multiple ST3_multiple_post = 3;
    LD4_multiple LD4_multiple_post ST4_multiple ST4_multiple_post = 4;
}

/// `n` registers, one behind the other. In memory, as in a register, the elements come in order of
/// their indices, so their size does not matter.
fn consecutive(cpu: &mut Cpu<'_>, i: Insn, n: u32) -> Outcome {
    let base = cpu.base(i.rn())?;
    let bytes = if i.q() { 16 } else { 8 };
    let places = (0..n).map(|k| (k, base.wrapping_add(u64::from(k * bytes))));
    if is_load(i) {
        let mut list = [0; 4];
        for (k, addr) in places {
            list[k as usize] = match i.q() {
                true => cpu.load(addr)?,
                false => u128::from(cpu.load::<u64>(addr)?),
            };
        }
        for k in 0..n {
            cpu.regs.v[register(i, k)] = list[k as usize];
        }
    } else {
        for (k, addr) in places {
            let value = cpu.regs.v[register(i, k)];
            if i.q() { cpu.store(addr, value)? } else { cpu.store(addr, value as u64)? }
        }
    }
    post_index(cpu, i, base, n * bytes);
    Ok(())
}

instructions! { consecutive:
    LD1_multiple_1 LD1_multiple_1_post ST1_multiple_1 ST1_multiple_1_post = 1;
    LD1_multiple_2 LD1_multiple_2_post ST1_multiple_2 ST1_multiple_2_post = 2;
    LD1_multiple_3 LD1_multiple_3_post ST1_multiple_3 ST1_multiple_3_post = 3;
    LD1_multiple_4 LD1_multiple_4_post ST1_multiple_4 ST1_multiple_4_post = 4;
}

/// The element size (as `size`) and index of a single structure: `opcode`, `Q`, `S` and `size`
/// hold the index and then, in what the index leaves, the size.
fn size_and_index(i: Insn) -> Result<(u32, u32), Exit> {
    let index = u32::from(i.q()) << 3 | i.bits(12, 10);
    match (i.bits(15, 14), index & 7) {
        (0, _) => Ok((0, index)),
        (1, 0 | 2 | 4 | 6) => Ok((1, index >> 1)),
        (2, 0 | 4) => Ok((2, index >> 2)),
        (2, 1) => Ok((3, index >> 3)),
        _ => Err(Exit::Undefined(i.0)),
    }
}

/// One structure of `n` elements, at one index of as many registers.
fn single(cpu: &mut Cpu<'_>, i: Insn, n: u32) -> Outcome {
    let (size, index) = size_and_index(i)?;
    let shape = Shape::scalar(size);
    let base = cpu.base(i.rn())?;
    let places = (0..n).map(|k| (k, base.wrapping_add(u64::from(k << size))));
    if is_load(i) {
        let mut list = [0; 4];
        for (k, addr) in places {
            list[k as usize] = load(cpu, addr, shape.esize)?;
        }
        for k in 0..n {
            let v = &mut cpu.regs.v[register(i, k)];
            *v = shape.with(*v, index, list[k as usize]);
        }
    } else {
        for (k, addr) in places {
            store(cpu, addr, shape.esize, shape.get(cpu.regs.v[register(i, k)], index))?;
        }
    }
    post_index(cpu, i, base, n << size);
    Ok(())
}

instructions! { single:
    LD1_single LD1_single_post ST1_single ST1_single_post = 1;
    LD2_single LD2_single_post ST2_single ST2_single_post = 2;
    LD3_single LD3_single_post ST3_single ST3_single_post = 3;
    LD4_single LD4_single_post ST4_single ST4_single_post = 4;
}

/// One structure of `n` elements, to all lanes of as many registers.
fn replicate(cpu: &mut Cpu<'_>, i: Insn, n: u32) -> Outcome {
    let size = i.bits(11, 10);
    let shape = Shape::vector(size, i.q());
    let base = cpu.base(i.rn())?;
    let mut list = [0; 4];
    for k in 0..n {
        list[k as usize] = load(cpu, base.wrapping_add(u64::from(k << size)), shape.esize)?;
    }
    for k in 0..n {
        cpu.regs.v[register(i, k)] = shape.build(|_| list[k as usize]);
    }
    post_index(cpu, i, base, n << size);
    Ok(())
}

instructions! { replicate:
    LD1R LD1R_post = 1;
    LD2R LD2R_post = 2;
    LD3R LD3R_post = 3;
    LD4R LD4R_post = 4;
}

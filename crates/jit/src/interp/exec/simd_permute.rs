//! Advanced SIMD permute, extract and table lookup: elements chosen from registers.
#![allow(non_snake_case)] // The table's names are the manual's.

use super::arith::instructions;
use super::lanes::sized;
use super::shape::{BHSD, Shape};
use super::{Outcome, undefined};
use crate::a64::Insn;
use crate::interp::cpu::Cpu;

/// Element `n` of the result is `f(n, number of elements)` of the `Rn` elements followed by the
/// `Rm` ones.
#[inline(always)]
fn permute(cpu: &mut Cpu<'_>, i: Insn, f: impl Fn(u32, u32) -> u32) -> Outcome {
    let shape = Shape::of(i, BHSD, 0)?;
    let sources = [cpu.regs.v[i.rn()], cpu.regs.v[i.rm()]];
    cpu.regs.v[i.rd()] = shape.build(|n| {
        let from = f(n, shape.count);
        shape.get(sources[(from / shape.count) as usize], from % shape.count)
    });
    Ok(())
}

instructions! { permute:
    UZP1    = |n, _| 2 * n;
    UZP2    = |n, _| 2 * n + 1;
    TRN1    = |n, count| (n & !1) + (n & 1) * count;
    TRN2    = |n, count| (n | 1) + (n & 1) * count;
    ZIP1    = |n, count| n / 2 + (n & 1) * count;
    ZIP2    = |n, count| (count + n) / 2 + (n & 1) * count;
}

/// Bytes from position `imm4` on of `Rn` followed by `Rm`.
pub fn EXT(cpu: &mut Cpu<'_>, i: Insn) -> Outcome {
    let from = i.bits(14, 11);
    let (n, m) = (cpu.regs.v[i.rn()], cpu.regs.v[i.rm()]);
    cpu.regs.v[i.rd()] = match (i.q(), 8 * from) {
        (true, 0) => n,
        (true, bits) => n >> bits | m << (128 - bits),
        (false, 64..) => return undefined(cpu, i),
        (false, bits) => sized((sized(n, false) | m << 64) >> bits, false),
    };
    Ok(())
}

/// Bytes of one to four consecutive registers, by the indices in `Rm`; `outside(n)` for an index
/// beyond them.
fn table_lookup(cpu: &mut Cpu<'_>, i: Insn, outside: impl Fn(u128, u32) -> u64) -> Outcome {
    let bytes = Shape::vector(0, i.q());
    let registers = i.bits(14, 13) as usize + 1;
    let (indices, old) = (cpu.regs.v[i.rm()], cpu.regs.v[i.rd()]);
    let result = bytes.build(|n| {
        let index = bytes.get(indices, n) as u32;
        let register = (index / 16) as usize;
        if register < registers {
            bytes.get(cpu.regs.v[(i.rn() + register) % 32], index % 16)
        } else {
            outside(old, n)
        }
    });
    cpu.regs.v[i.rd()] = result;
    Ok(())
}

instructions! { table_lookup:
    TBL     = |_, _| 0;
    TBX     = |old, n| Shape::scalar(0).get(old, n);
}
